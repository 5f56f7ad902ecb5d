"""Convert text, JSON and Python values to a parameter type; the rule is documented in `sparkops.pipeline.parameters.value`."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from enum import Enum
from numbers import Integral, Real
from typing import Any, Final

from sparkops.pipeline.parameters.allowed_values import format_value
from sparkops.pipeline.parameters.param_type import ParamType

_TRUE, _FALSE = frozenset({"true", "yes", "on", "1"}), frozenset({"false", "no", "off", "0"})
_INT: Final = re.compile(r"[+-]?[0-9]{1,4000}")
_FLOAT: Final = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATETIME: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:?[0-9]{2})?)?"
)


class InvalidValueError(ValueError):
    """A value that is not of the type; the text, if any, adds a detail to the error of `value.parse`."""


def read_value(param_type: ParamType, raw: Any) -> Any:
    """Convert `raw` to the type, before constraints are applied; raise InvalidValueError."""
    if raw is None:
        if param_type.optional:
            return None
        raise InvalidValueError("null is not accepted here")
    if isinstance(raw, str) and not isinstance(raw, Enum):
        return _from_text(param_type, raw)
    return _READERS[param_type.kind](param_type, raw)


def _from_text(param_type: ParamType, text: str) -> Any:
    if param_type.optional and text not in param_type.choices:
        if text.strip().lower() in ("", "null", "none"):
            return None
        text = _unquote(text)
    return _TEXTS[param_type.kind](param_type, text)


def _unquote(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] == '"':
        try:
            return str(json.loads(text))
        except ValueError:
            return text
    return text


def _bool_text(_: ParamType, text: str) -> bool:
    word = text.strip().lower()
    if word not in _TRUE | _FALSE:
        raise InvalidValueError
    return word in _TRUE


def _int_text(_: ParamType, text: str) -> int:
    if not _INT.fullmatch(text.strip()):
        raise InvalidValueError
    return int(text.strip())


def _float_text(_: ParamType, text: str) -> float:
    if not _FLOAT.fullmatch(text.strip()):
        raise InvalidValueError
    return _finite(float(text.strip()))


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise InvalidValueError("nan, inf and numbers beyond 1.8e308 are refused")
    return value


def _date_text(_: ParamType, text: str) -> date:
    if not _DATE.fullmatch(text.strip()):
        raise InvalidValueError
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise InvalidValueError(str(error)) from None


def _datetime_text(_: ParamType, text: str) -> datetime:
    if not _DATETIME.fullmatch(text.strip()):
        raise InvalidValueError
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise InvalidValueError(str(error)) from None


def _choice_text(param_type: ParamType, text: str) -> Any:
    for known in (param_type.choices, param_type.names):
        for word in (text, text.strip()):
            if word in known:
                return known[word]
    raise InvalidValueError


def _list_text(param_type: ParamType, text: str) -> Any:
    if text.lstrip().startswith("["):
        return _list_value(param_type, _json(text))
    if not text.strip():
        return _list_value(param_type, [])
    return _list_value(param_type, [word.strip() for word in text.split(",")])


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidValueError(f"not a JSON array: {error}") from None


_TEXTS: Final[Mapping[str, Callable[[ParamType, str], Any]]] = {
    "bool": _bool_text,
    "int": _int_text,
    "float": _float_text,
    "str": lambda _, text: text,
    "date": _date_text,
    "datetime": _datetime_text,
    "choice": _choice_text,
    "list": _list_text,
}


def _bool_value(_: ParamType, raw: Any) -> bool:
    if not isinstance(raw, bool):
        raise InvalidValueError
    return raw


def _int_value(_: ParamType, raw: Any) -> int:
    """Return any integer, NumPy's too, as Python's own."""
    if isinstance(raw, bool) or not isinstance(raw, Integral):
        raise InvalidValueError
    return int(raw)


def _float_value(_: ParamType, raw: Any) -> float:
    if isinstance(raw, bool) or not isinstance(raw, Real):
        raise InvalidValueError
    try:
        return _finite(float(raw))
    except OverflowError:
        raise InvalidValueError("beyond 1.8e308") from None


def _no_value(_: ParamType, __: Any) -> str:
    raise InvalidValueError


def _date_value(_: ParamType, raw: Any) -> date:
    if not isinstance(raw, date) or isinstance(raw, datetime):
        raise InvalidValueError
    return date(raw.year, raw.month, raw.day)


def _datetime_value(_: ParamType, raw: Any) -> datetime:
    """Return any datetime, pandas' Timestamp too, as Python's own."""
    if not isinstance(raw, datetime):
        raise InvalidValueError
    return datetime.combine(raw.date(), raw.timetz())


def _choice_value(param_type: ParamType, raw: Any) -> Any:
    for choice in param_type.choices.values():
        comparable = choice.value if isinstance(choice, Enum) and not isinstance(raw, Enum) else choice
        if type(comparable) is type(raw) and comparable == raw:
            return choice
    raise InvalidValueError


def _list_value(param_type: ParamType, raw: Any) -> Any:
    if not isinstance(raw, list | tuple) or param_type.item is None:
        raise InvalidValueError
    items = [_item(param_type.item, number, item) for number, item in enumerate(raw)]
    return tuple(items) if param_type.as_tuple else items


def _item(param_type: ParamType, number: int, raw: Any) -> Any:
    try:
        return read_value(param_type, raw)
    except InvalidValueError as error:
        reason = f", {error}" if str(error) else ""
        raise InvalidValueError(f"item {number} is {format_value(raw)}{reason}") from None


_READERS: Final[Mapping[str, Callable[[ParamType, Any], Any]]] = {
    "bool": _bool_value,
    "int": _int_value,
    "float": _float_value,
    "str": _no_value,
    "date": _date_value,
    "datetime": _datetime_value,
    "choice": _choice_value,
    "list": _list_value,
}
