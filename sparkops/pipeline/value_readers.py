"""Texts, JSON values and Python values read by a shape; the rule itself is told in `sparkops.pipeline.value`."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from enum import Enum
from numbers import Integral, Real
from typing import Any, Final

from sparkops.pipeline.allowed_values import format_value
from sparkops.pipeline.param_type import ParamType

_TRUE, _FALSE = frozenset({"true", "yes", "on", "1"}), frozenset({"false", "no", "off", "0"})
_INT: Final = re.compile(r"[+-]?[0-9]{1,4000}")
_FLOAT: Final = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATETIME: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:?[0-9]{2})?)?"
)


class InvalidValueError(ValueError):
    """A value that is not of the type; the text, if any, says more than the type does. Told by `value.parse`."""


def read_value(shape: ParamType, raw: Any) -> Any:
    """Return the value that `raw` stands for, before any limits; raise RefusedError."""
    if raw is None:
        if shape.optional:
            return None
        raise InvalidValueError("null stands for nothing here")
    if isinstance(raw, str) and not isinstance(raw, Enum):
        return _from_text(shape, raw)
    return _READERS[shape.kind](shape, raw)


def _from_text(shape: ParamType, text: str) -> Any:
    if shape.optional and text not in shape.choices:
        if text.strip().lower() in ("", "null", "none"):
            return None
        text = _unquoted(text)
    return _TEXTS[shape.kind](shape, text)


def _unquoted(text: str) -> str:
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


def _choice_text(shape: ParamType, text: str) -> Any:
    for known in (shape.choices, shape.names):
        for word in (text, text.strip()):
            if word in known:
                return known[word]
    raise InvalidValueError


def _list_text(shape: ParamType, text: str) -> Any:
    if text.lstrip().startswith("["):
        return _list_value(shape, _json(text))
    if not text.strip():
        return _list_value(shape, [])
    return _list_value(shape, [word.strip() for word in text.split(",")])


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


def _choice_value(shape: ParamType, raw: Any) -> Any:
    for choice in shape.choices.values():
        plain = choice.value if isinstance(choice, Enum) and not isinstance(raw, Enum) else choice
        if type(plain) is type(raw) and plain == raw:
            return choice
    raise InvalidValueError


def _list_value(shape: ParamType, raw: Any) -> Any:
    if not isinstance(raw, list | tuple) or shape.item is None:
        raise InvalidValueError
    items = [_item(shape.item, number, item) for number, item in enumerate(raw)]
    return tuple(items) if shape.as_tuple else items


def _item(shape: ParamType, number: int, raw: Any) -> Any:
    try:
        return read_value(shape, raw)
    except InvalidValueError as refused:
        more = f", {refused}" if str(refused) else ""
        raise InvalidValueError(f"item {number} is {format_value(raw)}{more}") from None


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
