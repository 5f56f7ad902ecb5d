"""The type of a parameter: kind of value, choices and constraints."""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import Enum
from typing import Annotated, Any, Literal, Union

ParamKind = Literal["bool", "int", "float", "str", "date", "datetime", "choice", "list"]

_SCALARS: dict[Any, ParamKind] = {
    bool: "bool",
    int: "int",
    float: "float",
    str: "str",
    date: "date",
    datetime: "datetime",
}
_LIMITS = ("gt", "ge", "lt", "le", "multiple_of", "min_length", "max_length", "pattern")
_NULLS = ("null", "none", "")
ALLOWED = (
    "bool, int, float, str, date, datetime, an Enum, Literal[...], list[...] or tuple[..., ...] of those, "
    "`| None`, Annotated[...] with pydantic limits"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParamType:
    """The values that a parameter accepts.

    Args:
        kind: The kind of value; an Enum and a Literal are both a `choice`.
        optional: Whether None is allowed.
        choices: Text to value, for a `choice`, in the order they were declared.
        names: Enum member names, accepted besides the text of their value.
        item: The type of one item of a `list`.
        as_tuple: Whether a `list` is passed to the function as a tuple.
        limits: Constraints of `Annotated`, by pydantic's names: `ge`, `le`, `min_length`, `pattern`, ...
        description: `Field(description=...)`; empty where there is none.
    """

    kind: ParamKind
    optional: bool = False
    choices: Mapping[str, Any] = field(default_factory=dict)
    names: Mapping[str, Any] = field(default_factory=dict)
    item: ParamType | None = None
    as_tuple: bool = False
    limits: Mapping[str, Any] = field(default_factory=dict)
    description: str = ""


def read_param_type(annotation: Any) -> ParamType:
    """Return the parameter type of an annotation; raise TypeError that lists the supported types for any other."""
    annotation = _unwrap(annotation)
    if annotation in list(_SCALARS):
        return ParamType(kind=_SCALARS[annotation])
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Annotated:
        return _read_annotated(args[0], annotation.__metadata__)
    if origin in (Union, types.UnionType):
        return _read_optional(args, annotation)
    if origin is Literal:
        return _read_literal(args)
    if origin in (list, tuple):
        return _read_list(origin, args, annotation)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return _read_enum(annotation)
    raise TypeError(f"`{type_text(annotation)}` is not a type of a parameter; allowed: {ALLOWED}")


def _unwrap(annotation: Any) -> Any:
    """Return the type behind a NewType or a `type` alias."""
    for attribute in ("__supertype__", "__value__"):
        inner = getattr(annotation, attribute, None)
        if inner is not None and not isinstance(annotation, type | Enum):
            return _unwrap(inner)
    return annotation


def type_text(annotation: Any) -> str:
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
        for part in (note, *_parts(note)):
            constraints = {key: getattr(part, key, None) for key in _LIMITS}
            limits |= {key: value for key, value in constraints.items() if value is not None}
    return replace(param_type, limits=limits, description=description if isinstance(description, str) else "")


def _parts(note: Any) -> tuple[Any, ...]:
    parts = getattr(note, "metadata", ())
    return tuple(parts) if isinstance(parts, list | tuple) else ()


def _read_optional(args: tuple[Any, ...], annotation: Any) -> ParamType:
    others = [arg for arg in args if arg is not type(None)]
    if len(others) != 1 or len(others) == len(args):
        raise TypeError(f"`{type_text(annotation)}` mixes types: only `X | None` is allowed")
    param_type = replace(read_param_type(others[0]), optional=True)
    if all(text in param_type.choices for text in _NULLS):
        raise TypeError("choices named `null`, `none` and empty text leave no text for None")
    return param_type


def null_text(param_type: ParamType) -> str:
    """Return the text that is read as None."""
    return next(text for text in _NULLS if text not in param_type.choices)


def _read_literal(args: tuple[Any, ...]) -> ParamType:
    optional = None in args
    values = [arg for arg in args if arg is not None]
    bad = [value for value in values if type(value) not in (str, int, bool)]
    if bad:
        raise TypeError(f"`Literal[{bad[0]!r}]`: choices are str, int or bool")
    param_type = ParamType(kind="choice", choices=_by_text([(choice_text(v), v) for v in values]))
    return _optional_choice(param_type) if optional else param_type


def _optional_choice(param_type: ParamType) -> ParamType:
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
    texts = [(choice_text(m.value) if by_value else m.name, m) for m in members]
    return ParamType(kind="choice", choices=_by_text(texts), names=dict(kind.__members__))


def choice_text(value: Any) -> str:
    """Return the text of one choice, as a user types it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Enum):
        return choice_text(value.value)
    return str(value)


def _by_text(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    by_text = dict(pairs)
    if len(by_text) != len(pairs):
        twice = next(text for text, _ in pairs if [t for t, _ in pairs].count(text) > 1)
        raise TypeError(f"two choices are both written `{twice}`")
    return by_text


def _read_list(origin: Any, args: tuple[Any, ...], annotation: Any) -> ParamType:
    as_tuple = origin is tuple
    if not args or (as_tuple and args[1:] != (Ellipsis,)):
        raise TypeError(f"`{type_text(annotation)}`: write list[X] or tuple[X, ...]")
    item = read_param_type(args[0])
    if item.kind == "list":
        raise TypeError(f"`{type_text(annotation)}`: a list of lists is not a parameter")
    return ParamType(kind="list", item=item, as_tuple=as_tuple)
