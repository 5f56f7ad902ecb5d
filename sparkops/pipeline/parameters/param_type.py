"""The type of a parameter: kind of value, choices and constraints."""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, Union

from sparkops.pipeline.secret import Secret

ParamKind = Literal[
    "bool", "int", "float", "decimal", "str", "path", "date", "datetime", "timedelta", "secret", "choice",
    "list", "tuple", "dict", "json", "union",
]  # fmt: skip

_SCALARS: dict[Any, ParamKind] = {
    bool: "bool",
    int: "int",
    float: "float",
    Decimal: "decimal",
    str: "str",
    Path: "path",
    date: "date",
    datetime: "datetime",
    timedelta: "timedelta",
    Secret: "secret",
}
# Kinds that any text can be a value of.
_ANY_TEXT = ("str", "path")
# Pairs of kinds that the same text can be a value of.
_AMBIGUOUS = (("str", "path"), ("float", "decimal"))
_LIMITS = ("gt", "ge", "lt", "le", "multiple_of", "min_length", "max_length", "pattern")
_NULLS = ("null", "none", "")
ALLOWED = (
    "bool, int, float, Decimal, str, Path, date, datetime, timedelta, Secret, an Enum, Literal[...], "
    "list[...], set[...] or tuple[...] of those, dict[str, ...], JsonValue, `X | Y`, `| None`, "
    "Annotated[...] with pydantic limits"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParamType:
    """The values that a parameter accepts.

    Args:
        kind: The kind of value; an Enum and a Literal are both a `choice`.
        optional: Whether None is allowed.
        choices: Values of a `choice` by their text, in the order they were declared.
        names: Enum member names, accepted besides the text of their value.
        item: The type of one item of a `list`, or of one value of a `dict`.
        members: The types of a `union`, or of each item of a `tuple`.
        container: The Python type of a `list`: list, tuple, set or frozenset.
        limits: Constraints of `Annotated`, by pydantic's names: `ge`, `le`, `min_length`, `pattern`, ...
        description: `Field(description=...)`; empty where there is none.
    """

    kind: ParamKind
    optional: bool = False
    choices: Mapping[str, Any] = field(default_factory=dict)
    names: Mapping[str, Any] = field(default_factory=dict)
    item: ParamType | None = None
    members: tuple[ParamType, ...] = ()
    container: type = list
    limits: Mapping[str, Any] = field(default_factory=dict)
    description: str = ""

    @property
    def takes_any_text(self) -> bool:
        """Return whether any text is a value, so that text in a file or request is taken literally."""
        return self.kind in _ANY_TEXT or any(member.kind in _ANY_TEXT for member in self.members_of_union)

    @property
    def members_of_union(self) -> tuple[ParamType, ...]:
        """Return the types of a union; empty for any other type."""
        return self.members if self.kind == "union" else ()


def read_param_type(annotation: Any) -> ParamType:
    """Return the parameter type of an annotation; raise TypeError that lists the supported types for any other."""
    # pydantic's JsonValue is an alias that refers to itself.
    if annotation is Any or getattr(annotation, "__name__", "") == "JsonValue":
        return ParamType(kind="json", optional=True)
    annotation = _unwrap(annotation)
    if annotation in list(_SCALARS):
        return ParamType(kind=_SCALARS[annotation])
    if typing.get_origin(annotation) is not None or annotation is dict:
        return _read_generic(annotation)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return _read_enum(annotation)
    raise TypeError(f"`{format_type(annotation)}` is not a type of a parameter; allowed: {ALLOWED}")


def _read_generic(annotation: Any) -> ParamType:
    """Return the parameter type of an annotation with arguments: `list[int]`, `X | None`, `Annotated[...]`."""
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Annotated:
        return _read_annotated(args[0], annotation.__metadata__)
    if origin in (Union, types.UnionType):
        return _read_union(args, annotation)
    if origin is Literal:
        return _read_literal(args)
    if annotation is dict or origin in (dict, Mapping):
        return _read_dict(args, annotation)
    if origin in (list, tuple, set, frozenset):
        return _read_list(origin, args, annotation)
    raise TypeError(f"`{format_type(annotation)}` is not a type of a parameter; allowed: {ALLOWED}")


def _unwrap(annotation: Any) -> Any:
    """Return the type behind a NewType or a `type` alias."""
    for attribute in ("__supertype__", "__value__"):
        inner = getattr(annotation, attribute, None)
        if inner is not None and not isinstance(annotation, type | Enum):
            return _unwrap(inner)
    return annotation


def format_type(annotation: Any) -> str:
    """Return a type as its author wrote it, without module names."""
    if isinstance(annotation, str):
        return annotation
    if isinstance(annotation, type) and not typing.get_args(annotation):
        return annotation.__name__
    return re.sub(r"\b(?:[a-z_]\w*\.)+(?=[A-Za-z])", "", str(annotation))


def _read_annotated(base: Any, metadata: Iterable[Any]) -> ParamType:
    param_type = read_param_type(base)
    limits, description = dict(param_type.limits), param_type.description
    for note in metadata:
        description = getattr(note, "description", None) or description
        for part in (note, *_read_metadata(note)):
            constraints = {key: getattr(part, key, None) for key in _LIMITS}
            limits |= {key: value for key, value in constraints.items() if value is not None}
    return replace(param_type, limits=limits, description=description if isinstance(description, str) else "")


def _read_metadata(note: Any) -> tuple[Any, ...]:
    parts = getattr(note, "metadata", ())
    return tuple(parts) if isinstance(parts, list | tuple) else ()


def _read_union(args: tuple[Any, ...], annotation: Any) -> ParamType:
    others = [arg for arg in args if arg is not type(None)]
    param_type = read_param_type(others[0]) if len(others) == 1 else _read_members(others, annotation)
    if len(others) == len(args):
        return param_type
    if all(text in param_type.choices for text in _NULLS):
        raise TypeError("choices named `null`, `none` and empty text leave no text for None")
    return replace(param_type, optional=True)


def _read_members(types_: list[Any], annotation: Any) -> ParamType:
    """Return the type of `int | str`: scalars whose texts differ."""
    members = tuple(map(read_param_type, types_))
    kinds = [member.kind for member in members]
    bad = [kind for kind in kinds if kind in ("list", "tuple", "dict", "json", "secret", "union")]
    if bad or any(member.optional for member in members):
        raise TypeError(
            f"`{format_type(annotation)}`: a union consists of single values, such as `int | str`"
        )
    ambiguous = next((pair for pair in _AMBIGUOUS if set(pair) <= set(kinds)), None)
    if ambiguous or len(set(kinds)) < len(kinds):
        raise TypeError(f"`{format_type(annotation)}`: a text does not say which of these types it is")
    return ParamType(kind="union", members=members)


def _read_dict(args: tuple[Any, ...], annotation: Any) -> ParamType:
    key, value = args or (str, Any)
    if key is not str:
        raise TypeError(f"`{format_type(annotation)}`: the keys of a dict are text: write dict[str, X]")
    return ParamType(kind="dict", item=_read_item(value, annotation))


def _read_item(annotation: Any, container: Any) -> ParamType:
    """Return the type of an item of a list or a value of a dict."""
    param_type = read_param_type(annotation)
    if param_type.kind == "secret":
        raise TypeError(f"`{format_type(container)}`: a Secret is a parameter of its own")
    return param_type


def choose_null_text(param_type: ParamType) -> str:
    """Return the text that is read as None."""
    return next(text for text in _NULLS if text not in param_type.choices)


def _read_literal(args: tuple[Any, ...]) -> ParamType:
    optional = None in args
    values = [arg for arg in args if arg is not None]
    bad = [value for value in values if type(value) not in (str, int, bool)]
    if bad:
        raise TypeError(f"`Literal[{bad[0]!r}]`: choices are str, int or bool")
    param_type = ParamType(kind="choice", choices=_index_by_text([(format_choice(v), v) for v in values]))
    return _make_optional(param_type) if optional else param_type


def _make_optional(param_type: ParamType) -> ParamType:
    if not param_type.choices:
        raise TypeError("`Literal[None]` leaves nothing to choose")
    return replace(param_type, optional=True)


def _read_enum(kind: type[Enum]) -> ParamType:
    members = list(kind)
    if not members:
        raise TypeError(f"Enum `{kind.__name__}` has no members")
    by_value = all(
        type(m.value) in (bool, int, float, str, date) or isinstance(m.value, str | int) for m in members
    )
    texts = [(format_choice(m.value) if by_value else m.name, m) for m in members]
    return ParamType(kind="choice", choices=_index_by_text(texts), names=dict(kind.__members__))


def format_choice(value: Any) -> str:
    """Return the text of one choice, as a user types it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Enum):
        return format_choice(value.value)
    return str(value)


def _index_by_text(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    by_text = dict(pairs)
    if len(by_text) != len(pairs):
        repeated = next(text for text, _ in pairs if [t for t, _ in pairs].count(text) > 1)
        raise TypeError(f"two choices are both written `{repeated}`")
    return by_text


def _read_list(origin: type, args: tuple[Any, ...], annotation: Any) -> ParamType:
    if origin is tuple and args and Ellipsis not in args:
        items = tuple(_read_item(arg, annotation) for arg in args)
        if any(item.kind in ("list", "tuple", "dict") for item in items):
            raise TypeError(f"`{format_type(annotation)}`: the items of a tuple are single values")
        return ParamType(kind="tuple", members=items)
    if not args or (origin is tuple and args[1:] != (Ellipsis,)):
        raise TypeError(f"`{format_type(annotation)}`: write list[X] or tuple[X, ...]")
    item = _read_item(args[0], annotation)
    if item.kind in ("list", "tuple"):
        raise TypeError(f"`{format_type(annotation)}`: a list of lists is not a parameter; JsonValue is one")
    if origin in (set, frozenset) and item.kind in ("dict", "json"):
        raise TypeError(f"`{format_type(annotation)}`: the items of a set are single values")
    return ParamType(kind="list", item=item, container=origin)


def has_enum(param_type: ParamType) -> bool:
    """Return whether values of a type are, or contain, members of an Enum."""
    parts = (*param_type.members, *((param_type.item,) if param_type.item else ()))
    return bool(param_type.names) or any(map(has_enum, parts))
