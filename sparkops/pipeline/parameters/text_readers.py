"""Convert text to values of single types: bool, int, float, Decimal, date, datetime, timedelta, choice, path."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final

from sparkops.pipeline.parameters.duration import parse_duration
from sparkops.pipeline.parameters.param_type import ParamType
from sparkops.pipeline.secret import Secret

_TRUE, _FALSE = frozenset({"true", "yes", "on", "1"}), frozenset({"false", "no", "off", "0"})
# Shorter secrets are not masked (`sparkops.config.secrets`).
_MIN_SECRET_LENGTH: Final = 4
_INT: Final = re.compile(r"[+-]?[0-9]{1,4000}")
_FLOAT: Final = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,9})?")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATETIME: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:?[0-9]{2})?)?"
)


class InvalidValueError(ValueError):
    """A value that is not of the type; the text, if any, adds a detail to the error of `value.parse`."""


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


def finite(value: float) -> float:
    """Return a float that JSON can hold; refuse others."""
    if not math.isfinite(value):
        raise InvalidValueError("nan, inf and numbers beyond 1.8e308 are refused")
    return value


def _bool(_: ParamType, text: str) -> bool:
    word = text.strip().lower()
    if word not in _TRUE | _FALSE:
        raise InvalidValueError
    return word in _TRUE


def _int(_: ParamType, text: str) -> int:
    if not _INT.fullmatch(text.strip()):
        raise InvalidValueError
    return int(text.strip())


def _float(_: ParamType, text: str) -> float:
    if not _FLOAT.fullmatch(text.strip()):
        raise InvalidValueError
    return finite(float(text.strip()))


def _decimal(_: ParamType, text: str) -> Decimal:
    if not _FLOAT.fullmatch(text.strip()):
        raise InvalidValueError
    try:
        return Decimal(text.strip())
    except InvalidOperation:
        raise InvalidValueError from None


def _date(_: ParamType, text: str) -> date:
    if not _DATE.fullmatch(text.strip()):
        raise InvalidValueError
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise InvalidValueError(str(error)) from None


def _datetime(_: ParamType, text: str) -> datetime:
    if not _DATETIME.fullmatch(text.strip()):
        raise InvalidValueError
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise InvalidValueError(str(error)) from None


def _timedelta(_: ParamType, text: str) -> timedelta:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise InvalidValueError(str(error)) from None


def _path(_: ParamType, text: str) -> Path:
    if not text or "\0" in text:
        raise InvalidValueError
    return Path(text)


def check_secret(secret: Secret) -> Secret:
    """Return a secret that can be masked in logs; refuse one that would match ordinary words."""
    if len(secret.reveal()) < _MIN_SECRET_LENGTH:
        raise InvalidValueError("a shorter one than 4 characters cannot be hidden in logs")
    return secret


def _secret(_: ParamType, text: str) -> Secret:
    return check_secret(Secret(text))


def _choice(param_type: ParamType, text: str) -> Any:
    for known in (param_type.choices, param_type.names):
        for word in (text, text.strip()):
            if word in known:
                return known[word]
    raise InvalidValueError


SCALAR_TEXTS: Final[Mapping[str, Callable[[ParamType, str], Any]]] = {
    "bool": _bool,
    "int": _int,
    "float": _float,
    "decimal": _decimal,
    "str": lambda _, text: text,
    "path": _path,
    "date": _date,
    "datetime": _datetime,
    "timedelta": _timedelta,
    "secret": _secret,
    "choice": _choice,
}
