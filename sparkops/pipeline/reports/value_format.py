"""Format specifications of numbers, dates and times, as the author of a report writes them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from math import isfinite
from numbers import Integral, Real
from typing import Any, Final

_TIME_DIRECTIVE: Final = re.compile(r"%[-_0^#]?([A-Za-z])")
# Directives of `strftime` in Python and in the C library.
_DIRECTIVES: Final = frozenset("aAbBcCdDeFgGhHIjklmMpPrRsSTuUVwWxXyYzZf")
_INTEGER_TYPE: Final = re.compile(r"[bcdoxX]$")
# `%.2f` of C and `{:.2f}` of `str.format` contain a specification.
_PRINTF: Final = re.compile(r"%([-+ 0#,]*\d*(?:\.\d+)?(?<=[\d,+])[a-zA-Z])")
_BRACES: Final = re.compile(r"\{[^:{}]*:([^{}]*)\}")
_NUMBERS: Final = (1234, 1234.5)
_EXAMPLES: Final = (
    "Write a number format such as `,.0f` (1,234), `.1%` (12.3%) or `d` (1234), or a date "
    "format such as `%d %b` (04 Jul)"
)


def is_missing(value: Any) -> bool:
    """Return whether a value is None, NaN or NaT."""
    if value is None:
        return True
    if isinstance(value, Decimal):
        return value.is_nan()
    return isinstance(value, float | datetime) and value != value  # noqa: PLR0124  NaN differs from itself


def is_number(value: Any) -> bool:
    """Return whether a value is a number; a bool is not."""
    return isinstance(value, Real | Decimal) and not isinstance(value, bool)


def is_integral(value: Any) -> bool:
    """Return whether a number is an integer, of whatever type."""
    return isinstance(value, Integral) or (isfinite(value) and value == int(value))


def is_time_format(spec: str) -> bool:
    """Return whether a specification is one of `strftime`: it contains a directive such as `%d`."""
    return _TIME_DIRECTIVE.search(spec) is not None


def is_integer_format(spec: str) -> bool:
    """Return whether a specification formats integers only, as `d` does."""
    return not is_time_format(spec) and _INTEGER_TYPE.search(spec) is not None


def find_format_problem(spec: Any, *, allow_text: bool = False) -> str | None:
    """Return what is wrong with a specification, with an example of a valid one; None if it is valid.

    Args:
        spec: The specification. An empty one is valid.
        allow_text: Whether a specification for text, such as `.10s`, is valid too.
    """
    if not isinstance(spec, str):
        return f"the format {spec!r} is of type {type(spec).__name__}, not text. {_EXAMPLES}"
    inner = next((match[1] for match in (_PRINTF.fullmatch(spec), _BRACES.fullmatch(spec)) if match), "")
    if inner and find_format_problem(inner) is None:
        return f"the format `{spec}` is not a format specification. Write `{inner}`"
    if is_time_format(spec):
        unknown = [match[0] for match in _TIME_DIRECTIVE.finditer(spec) if match[1] not in _DIRECTIVES]
        return (
            f"the format `{spec}` has the unknown directive `{unknown[0]}`. {_EXAMPLES}" if unknown else None
        )
    if spec == "" or _accepts(spec, (*_NUMBERS, "text") if allow_text else _NUMBERS):
        return None
    return f"the format `{spec}` is not a format specification. {_EXAMPLES}"


def _accepts(spec: str, values: Sequence[Any]) -> bool:
    """Return whether any of the values can be formatted."""
    for value in values:
        try:
            format(value, spec)
        except (ValueError, TypeError, OverflowError):
            continue
        return True
    return False


def apply_format(value: Any, spec: str) -> str:
    """Format a value by a specification.

    Times with a zone are converted to UTC. An integer format takes any number that is whole.

    Raises:
        ValueError, TypeError: The specification does not fit the value.
    """
    if isinstance(value, date | time):
        if not is_time_format(spec):
            raise ValueError("a date has a format such as `%d %b`")
        if isinstance(value, datetime) and value.tzinfo is not None:
            return format(value.astimezone(UTC), spec)
        return format(value, spec)
    if is_time_format(spec):
        raise ValueError("it is a format of dates and times")
    if is_number(value) and is_integer_format(spec) and is_integral(value):
        return format(int(value), spec)
    return format(value, spec)


def find_tick_resolution(spec: str) -> float:
    """Return the smallest difference of numbers that a specification shows: 0.01 for `.2f`; 0 if it shows every one."""
    if is_integer_format(spec):
        return 1.0
    match = re.search(r"(?:\.(\d+))?([fF%])$", spec)
    if match is None or is_time_format(spec):
        return 0.0
    decimals = 6 if match[1] is None else int(match[1])
    return float(10.0 ** -(decimals + (2 if match[2] == "%" else 0)))
