"""Convert text to scalar values: bool, int, float, Decimal, date, datetime, timedelta, choice, path, secret."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final

from sparkops.core.duration import parse_duration
from sparkops.core.masking import MIN_SECRET_LENGTH
from sparkops.pipeline.parameters.param_type import ParamType
from sparkops.pipeline.secret import Secret

_TRUE, _FALSE = frozenset({"true", "yes", "on", "1"}), frozenset({"false", "no", "off", "0"})
_INT: Final = re.compile(r"[+-]?[0-9]{1,4000}")
_FLOAT: Final = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,9})?")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATETIME: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:?[0-9]{2})?)?"
)


class InvalidValueError(ValueError):
    """A value is not of the type; its message, if it has one, becomes part of the error of `value.parse`."""


def unquote(text: str) -> str:
    """Return the text inside of double quotes, as JSON reads it; other text unchanged."""
    if len(text) > 1 and text[0] == text[-1] == '"':
        try:
            return str(json.loads(text))
        except ValueError:
            return text
    return text


def is_quoted(text: str) -> bool:
    """Return whether a text is a JSON string in double quotes."""
    return unquote(text) != text


def is_null_word(text: str) -> bool:
    """Return whether a text stands for None where None is accepted."""
    return text.strip().lower() in ("", "null", "none")


def require_finite(value: float) -> float:
    """Return a finite float, which JSON can hold; raise InvalidValueError for any other."""
    if not math.isfinite(value):
        raise InvalidValueError("nan, inf and numbers beyond 1.8e308 are refused")
    return value


def _read_bool(_: ParamType, text: str) -> bool:
    word = text.strip().lower()
    if word not in _TRUE | _FALSE:
        raise InvalidValueError
    return word in _TRUE


def _read_int(_: ParamType, text: str) -> int:
    if not _INT.fullmatch(text.strip()):
        raise InvalidValueError
    return int(text.strip())


def _read_float(_: ParamType, text: str) -> float:
    if not _FLOAT.fullmatch(text.strip()):
        raise InvalidValueError
    return require_finite(float(text.strip()))


def _read_decimal(_: ParamType, text: str) -> Decimal:
    if not _FLOAT.fullmatch(text.strip()):
        raise InvalidValueError
    try:
        return Decimal(text.strip())
    except InvalidOperation:
        raise InvalidValueError from None


def _read_date(_: ParamType, text: str) -> date:
    if not _DATE.fullmatch(text.strip()):
        raise InvalidValueError
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise InvalidValueError(str(error)) from None


def _read_datetime(_: ParamType, text: str) -> datetime:
    if not _DATETIME.fullmatch(text.strip()):
        raise InvalidValueError
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise InvalidValueError(str(error)) from None


def _read_timedelta(_: ParamType, text: str) -> timedelta:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise InvalidValueError(str(error)) from None


def _read_path(_: ParamType, text: str) -> Path:
    if not text or "\0" in text:
        raise InvalidValueError
    return Path(text)


def require_maskable(secret: Secret) -> Secret:
    """Return a secret; raise InvalidValueError if it is too short to be masked: it would match ordinary words."""
    if len(secret.reveal()) < MIN_SECRET_LENGTH:
        raise InvalidValueError(
            f"secrets shorter than {MIN_SECRET_LENGTH} characters cannot be masked in logs"
        )
    return secret


def _read_secret(_: ParamType, text: str) -> Secret:
    return require_maskable(Secret(text))


def _read_choice(param_type: ParamType, text: str) -> Any:
    for known in (param_type.choices, param_type.names):
        for word in (text, text.strip()):
            if word in known:
                return known[word]
    raise InvalidValueError


SCALAR_READERS: Final[Mapping[str, Callable[[ParamType, str], Any]]] = {
    "bool": _read_bool,
    "int": _read_int,
    "float": _read_float,
    "decimal": _read_decimal,
    "str": lambda _, text: text,
    "path": _read_path,
    "date": _read_date,
    "datetime": _read_datetime,
    "timedelta": _read_timedelta,
    "secret": _read_secret,
    "choice": _read_choice,
}
