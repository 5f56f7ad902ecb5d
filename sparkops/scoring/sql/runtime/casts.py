"""Casts between the simple types, as Spark does them in ANSI mode: a value that does not fit is a fault."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from math import isinf
from typing import Any

from ...ir.field import WHOLE_RANGES
from . import decimals
from .evaluation_error import Fault
from .numeric import (single, single_of_whole)
from ..types import (decimal_of, real, whole)

_BLANK = "".join(map(chr, (*range(0x21), 0x7F)))
_JAVA_BLANK = "".join(map(chr, range(0x21)))
_WHOLE = re.compile(r"[+-]?[0-9]+")
_REAL = re.compile(r"[+-]?(?:NaN|Infinity|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[fFdD]?)")
_HEX = re.compile(r"([+-]?0[xX](?:[0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)[pP][+-]?[0-9]+)[fFdD]?")
_NAMES = {
    "inf": "inf",
    "+inf": "inf",
    "infinity": "inf",
    "+infinity": "inf",
    "-inf": "-inf",
    "-infinity": "-inf",
}
_DATE = re.compile(r"([+-]?)([0-9]{4,7})(?:-([0-9]{1,2})(?:-([0-9]{1,2})(?:[ T].*)?)?)?", re.DOTALL)
_TRUE, _FALSE = frozenset(("t", "true", "y", "yes", "1")), frozenset(("f", "false", "n", "no", "0"))
_LONGEST = 400  # characters of a number's text that Python may turn into a whole number

Cast = Callable[[Any], Any]


def cast(source: str, target: str) -> Cast | None:
    """Return the function of a cast; None where there is no such cast, or it would not be exact."""
    if source == target:
        return _same
    digits = decimal_of(target)
    if digits is not None:
        made = _to_decimal(source)
        return None if made is None else partial(_fitted, made, decimals.fitting(*digits))
    if decimal_of(source) is not None:
        return _from_decimal(target)
    if whole(source) or real(source):
        return _from_number(source, target)
    return _OTHERS.get((source, target)) or _from_text(source, target)


def _same(value: Any) -> Any:
    return value


def _from_number(source: str, target: str) -> Cast | None:
    if whole(target):
        if whole(source):
            widens = WHOLE_RANGES[target] >= WHOLE_RANGES[source]
            return _same if widens else partial(_in_range, target, WHOLE_RANGES[target])
        return partial(_cut, target, WHOLE_RANGES[target])
    if target == "double":
        return float if whole(source) else _same
    if target == "float":
        return single_of_whole if whole(source) else single
    if target == "boolean":
        return _not_zero
    return str if target == "string" and whole(source) else None


def _in_range(kind: str, limit: int, value: int) -> int:
    if not -limit <= value < limit:
        raise Fault(f"casts {value}, which does not fit {kind}")
    return value


def _cut(kind: str, limit: int, value: float) -> int:
    if isinf(value) or not -float(limit) - 1.0 < value < float(limit) * (1.0 if limit < 2**63 else 2.0):
        raise Fault(f"casts {value!r}, which does not fit {kind}")
    cut = int(value)
    if cut == limit == 2**63:
        return limit - 1
    if not -limit <= cut < limit:
        raise Fault(f"casts {value!r}, which does not fit {kind}")
    return cut


def _not_zero(value: float) -> bool:
    return value != 0


def _to_decimal(source: str) -> Cast | None:
    if whole(source) or source == "boolean":
        return _decimal_of_whole
    if source == "double":
        return _decimal_of_real
    return _same if decimal_of(source) is not None else None


def _decimal_of_whole(value: int) -> Decimal:
    return Decimal(int(value))


def _decimal_of_real(value: float) -> Decimal:
    if isinf(value) or value != value:  # noqa: PLR0124
        raise Fault(f"casts {value!r} to a decimal")
    return Decimal(repr(value))


def _fitted(made: Cast, fit: Cast, value: Any) -> Any:
    return fit(made(value))


def _from_decimal(target: str) -> Cast | None:
    if target == "double":
        return float
    if target == "boolean":
        return _not_zero
    return partial(_decimal_cut, target, WHOLE_RANGES[target]) if whole(target) else None


def _decimal_cut(kind: str, limit: int, value: Decimal) -> int:
    return _in_range(kind, limit, int(value))


def _from_text(source: str, target: str) -> Cast | None:
    if source != "string":
        return None
    if whole(target):
        return partial(_whole, target, WHOLE_RANGES[target])
    return {"double": _real, "boolean": _boolean, "date": text_to_date}.get(target)


def _bad(value: str, kind: str) -> Fault:
    shown = repr(value if len(value) <= 40 else value[:37] + "...")  # noqa: PLR2004
    return Fault(f"casts {shown}, which is no {kind}")


def _whole(kind: str, limit: int, value: str) -> int:
    text = value.strip(_BLANK)
    if not _WHOLE.fullmatch(text):
        raise _bad(value, kind)
    digits = text.lstrip("+-").lstrip("0")
    number = int(digits or "0") if len(digits) < _LONGEST else limit * 2
    number = -number if text[0] == "-" else number
    if not -limit <= number < limit:
        raise _bad(value, kind)
    return number


def _real(value: str) -> float:
    text = value.strip(_JAVA_BLANK)
    if _REAL.fullmatch(text):
        return float(text.rstrip("fFdD") if text[-1:] in "fFdD" else text)
    hexadecimal = _HEX.fullmatch(text)
    if hexadecimal:
        try:
            return float.fromhex(hexadecimal[1])
        except OverflowError:
            return float("-inf" if text[0] == "-" else "inf")
    name = text.lower()
    if name != "nan" and name not in _NAMES:
        raise _bad(value, "double")
    return float(_NAMES.get(name, name))


def _boolean(value: str) -> bool:
    text = value.strip(_BLANK).lower()
    if text not in _TRUE and text not in _FALSE:
        raise _bad(value, "boolean")
    return text in _TRUE


def text_to_date(value: str) -> date:
    """Return the date at the start of a text: yyyy, yyyy-m, yyyy-m-d, then anything after a space or T."""
    match = _DATE.fullmatch(value.strip(_BLANK))
    if match is None:
        raise _bad(value, "date")
    year, month, day = (int(match[at] or "1") for at in (2, 3, 4))
    try:
        return date(-year if match[1] == "-" else year, month, day)
    except ValueError:
        raise _bad(value, "date") from None


def _word(value: bool) -> str:
    return "true" if value else "false"


def _moment_text(value: datetime) -> str:
    text = value.isoformat(" ")
    return text.rstrip("0") if value.microsecond else text


def _midnight(value: date) -> datetime:
    return datetime(value.year, value.month, value.day)  # noqa: DTZ001


_OTHERS: dict[tuple[str, str], Cast] = {
    ("boolean", "string"): _word,
    **{("boolean", kind): int for kind in WHOLE_RANGES},
    ("boolean", "float"): float,
    ("boolean", "double"): float,
    ("date", "string"): date.isoformat,
    ("date", "timestamp"): _midnight,
    ("timestamp", "date"): datetime.date,
    ("timestamp", "string"): _moment_text,
}
