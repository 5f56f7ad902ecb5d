"""Convert text, JSON and Python values to a parameter type; the rules are in `sparkops.pipeline.parameters.value`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Final

from sparkops.core.place import YamlScalar, unwrap_scalars
from sparkops.pipeline.parameters.allowed_values import format_value
from sparkops.pipeline.parameters.param_type import ParamType
from sparkops.pipeline.parameters.text_readers import (
    SCALAR_READERS,
    InvalidValueError,
    is_null_word,
    is_quoted,
    require_finite,
    unquote,
)
from sparkops.pipeline.parameters.typed_readers import SCALAR_VALUES
from sparkops.pipeline.parameters.value_form import ValueForm

__all__ = ["InvalidValueError", "read_repeated", "read_value"]

# Kinds that JSON has itself: a text beside them is a text, if the parameter takes any.
_JSON_KINDS: Final = ("bool", "int", "float")


def read_value(param_type: ParamType, raw: Any, form: ValueForm) -> Any:
    """Convert `raw` to the type, before constraints are applied; raise InvalidValueError."""
    if isinstance(raw, YamlScalar):
        return _read_yaml_scalar(param_type, raw, form)
    if param_type.kind == "json":
        return (
            _read_json_text(raw) if form is ValueForm.TEXT and isinstance(raw, str) else _read_json_value(raw)
        )
    if raw is None:
        if param_type.optional:
            return None
        raise InvalidValueError("null is not accepted here")
    is_text = isinstance(raw, str) and not isinstance(raw, Enum)
    if is_text and form is not ValueForm.PYTHON:
        return _read_text(param_type, raw, form)
    if param_type.kind in _COMPOUND_VALUES:
        return _COMPOUND_VALUES[param_type.kind](param_type, raw, form)
    return SCALAR_VALUES[param_type.kind](param_type, raw, form)


def _read_yaml_scalar(param_type: ParamType, raw: YamlScalar, form: ValueForm) -> Any:
    """Read a scalar of a YAML file that is written in another form than its own: `012`, `True`, `1.10`."""
    if raw.value is None:
        return read_value(param_type, None, form)
    if param_type.kind in ("str", "path"):
        raise InvalidValueError(f'put it in quotes: "{raw.text}"')
    if param_type.kind == "decimal" and not isinstance(raw.value, bool):
        return SCALAR_READERS["decimal"](param_type, raw.text)
    return read_value(param_type, raw.value, form)


def _read_text(param_type: ParamType, text: str, form: ValueForm) -> Any:
    if param_type.kind == "union":
        return _read_union_text(param_type, text, form)
    if param_type.optional and text not in param_type.choices:
        is_literal = param_type.takes_any_text and form is not ValueForm.TEXT
        if not is_literal and is_null_word(text):
            return None
        text = text if is_literal and form is ValueForm.JSON else unquote(text)
    if param_type.kind in _COMPOUND_TEXTS:
        return _COMPOUND_TEXTS[param_type.kind](param_type, text)
    return SCALAR_READERS[param_type.kind](param_type, text)


def _read_union_text(param_type: ParamType, text: str, form: ValueForm) -> Any:
    """Read a text as the first type of a union that accepts it; any text is text last."""
    if param_type.takes_any_text and is_quoted(text):
        return _read_literal_text(param_type, unquote(text))
    if param_type.optional and form is ValueForm.TEXT and is_null_word(text):
        return None
    skipped = _JSON_KINDS if form is not ValueForm.TEXT and param_type.takes_any_text else ()
    for member in param_type.members:
        # Beside other types, only the words of JSON are a bool.
        is_other_bool = member.kind == "bool" and text.strip().lower() not in ("true", "false")
        if member.kind in skipped or is_other_bool or member.takes_any_text:
            continue
        try:
            return SCALAR_READERS[member.kind](member, text)
        except InvalidValueError:
            continue
    if param_type.takes_any_text:
        return _read_literal_text(param_type, text)
    if param_type.optional and is_null_word(text):
        return None
    raise InvalidValueError


def _read_literal_text(param_type: ParamType, text: str) -> Any:
    member = next(member for member in param_type.members if member.takes_any_text)
    return SCALAR_READERS[member.kind](member, text)


def _read_union_value(param_type: ParamType, raw: Any, form: ValueForm) -> Any:
    """Return a value of the first type of a union that it has exactly, else of the first that accepts it."""
    accepted = []
    for member in param_type.members:
        try:
            accepted.append(read_value(member, raw, form))
        except InvalidValueError:
            continue
    if not accepted:
        raise InvalidValueError
    return next((value for value in accepted if type(value) is type(raw)), accepted[0])


def _split_items(param_type: ParamType, text: str) -> tuple[list[Any], ValueForm]:
    """Return the items of a text, a JSON array or separated by commas, and their form."""
    if text.lstrip().startswith("["):
        return list(_load_json(text, "array")), ValueForm.JSON
    words = [word.strip() for word in text.split(",")] if text.strip() else []
    if param_type.item is not None and param_type.item.kind in ("dict", "json"):
        raise InvalidValueError("write a JSON array")
    return words, ValueForm.TEXT


def _read_list_text(param_type: ParamType, text: str) -> Any:
    items, form = _split_items(param_type, text)
    return _read_list_value(param_type, items, form)


def _read_list_value(param_type: ParamType, raw: Any, form: ValueForm) -> Any:
    accepted = (set, frozenset) if param_type.container in (set, frozenset) else (list, tuple)
    if form is not ValueForm.PYTHON:
        accepted = (list, tuple)
    if not isinstance(raw, accepted) or param_type.item is None:
        raise InvalidValueError
    items = [_read_item(param_type.item, number, item, form) for number, item in enumerate(raw)]
    return param_type.container(items)


def _read_tuple_text(param_type: ParamType, text: str) -> Any:
    items, form = _split_items(param_type, text)
    return _read_tuple_value(param_type, items, form)


def _read_tuple_value(param_type: ParamType, raw: Any, form: ValueForm) -> Any:
    if not isinstance(raw, list | tuple):
        raise InvalidValueError
    if len(raw) != len(param_type.members):
        raise InvalidValueError(f"it has {len(raw)} items, not {len(param_type.members)}")
    pairs = enumerate(zip(param_type.members, raw, strict=True))
    return tuple(_read_item(member, number, item, form) for number, (member, item) in pairs)


def _read_dict_text(param_type: ParamType, text: str) -> Any:
    if text.lstrip().startswith("{"):
        return _read_dict_value(param_type, _load_json(text, "object"), ValueForm.JSON)
    pairs = [word.partition("=") for word in text.split(",")] if text.strip() else []
    keys = [key.strip() for key, _, _ in pairs]
    if any(not equals for _, equals, _ in pairs) or len(set(keys)) < len(keys):
        raise InvalidValueError("write a JSON object, or key=value pairs with different keys")
    values = {key: value.strip() for key, (_, _, value) in zip(keys, pairs, strict=True)}
    if param_type.item is not None and param_type.item.kind == "json":
        return {key: _read_json_or_text(value) for key, value in values.items()}
    return _read_dict_value(param_type, values, ValueForm.TEXT)


def _read_dict_value(param_type: ParamType, raw: Any, form: ValueForm) -> Any:
    if not isinstance(raw, Mapping) or param_type.item is None:
        raise InvalidValueError
    if not all(isinstance(key, str) for key in raw):
        raise InvalidValueError("its keys must be text")
    return {key: _read_item(param_type.item, repr(key), value, form) for key, value in raw.items()}


def _read_item(param_type: ParamType, key: int | str, raw: Any, form: ValueForm) -> Any:
    try:
        return read_value(param_type, raw, form)
    except InvalidValueError as error:
        more = f", {error}" if str(error) else ""
        raise InvalidValueError(f"item {key} is {format_value(raw)}{more}") from None


def _read_json_text(text: str) -> Any:
    return _read_json_value(_load_json(text, "value"))


def _read_json_or_text(text: str) -> Any:
    try:
        return _read_json_text(text)
    except InvalidValueError:
        return text


def _load_json(text: str, kind: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidValueError(f"not a JSON {kind}: {error}") from None


def _read_json_value(raw: Any) -> Any:
    """Return a value that JSON can hold, with every number finite and every key text."""
    value = unwrap_scalars(raw)
    if value is None or isinstance(value, bool | int) or type(value) is str:
        return value
    if isinstance(value, float):
        return require_finite(value)
    if isinstance(value, list):
        return [_read_json_value(item) for item in value]
    if isinstance(value, dict) and all(type(key) is str for key in value):
        return {key: _read_json_value(item) for key, item in value.items()}
    raise InvalidValueError(f"{format_value(value)} is not a JSON value")


_COMPOUND_TEXTS: Final[Mapping[str, Callable[[ParamType, str], Any]]] = {
    "list": _read_list_text,
    "tuple": _read_tuple_text,
    "dict": _read_dict_text,
}
_COMPOUND_VALUES: Final[Mapping[str, Callable[[ParamType, Any, ValueForm], Any]]] = {
    "list": _read_list_value,
    "tuple": _read_tuple_value,
    "dict": _read_dict_value,
    "union": _read_union_value,
}


def read_repeated(param_type: ParamType, texts: list[str]) -> Any:
    """Return the value of an option that is given several times: its lists are joined, its dicts are merged.

    Each text is read as if it were the only one: `--names a,b --names c` is a, b, c.
    """
    values = [_read_text(param_type, text, ValueForm.TEXT) for text in texts]
    if param_type.kind == "dict":
        merged: dict[str, Any] = {}
        for value in values:
            repeated = merged.keys() & value
            if repeated:
                raise InvalidValueError(f"the key {min(repeated)!r} is given twice")
            merged |= value
        return merged
    if param_type.kind != "list" or any(value is None for value in values):
        raise InvalidValueError("it is given several times")
    return param_type.container(item for value in values for item in value)
