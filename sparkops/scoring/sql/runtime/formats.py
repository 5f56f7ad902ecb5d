"""Numbers as formatted text: `format_number`, and `printf` for formats that every JVM writes alike."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from functools import partial
from math import inf
from typing import Any

from ...jvm.numbers import choose_text_function
from ...jvm.text import count_utf16_units
from ..types import is_integral, parse_decimal_type

_UNROUNDED = Context(prec=1200)
_SPECIFIER = re.compile(r"%(?:([-+0,]*)(\d{1,3})?(?:\.(\d{1,2}))?([sdf])|(%))", re.ASCII)


def make_number_formatter(java: int) -> Callable[[Any, int], str | None]:
    """Return `format_number`: a number with commas between thousands and a number of decimal places, ties to even.

    Args:
        java: The version of Java, whose digits of a double are rounded.
    """
    return partial(_format_number, choose_text_function("double", java))


def _format_number(write: Callable[[float], str], value: Any, places: int) -> str | None:
    if places < 0:
        return None
    if value != value:  # noqa: PLR0124
        return "NaN"
    if value in (inf, -inf):
        return "∞" if value > 0 else "-∞"
    number = _round(write, value, places) if isinstance(value, float) else _quantize(Decimal(value), places)
    return f"{number:,.{places}f}"


def _quantize(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN, _UNROUNDED)


def _round(write: Callable[[float], str], value: float, places: int) -> Decimal:
    """Return a double rounded by the digits of its text, or where these are a tie by its exact value."""
    digits = Decimal(write(value))
    half = Decimal(5).scaleb(-places - 1)
    is_tie = abs(digits - _UNROUNDED.subtract(_quantize(digits, places), Decimal(0))) == half
    return _quantize(Decimal(value) if is_tie else digits, places)


def make_printf_function(pattern: str, types: Sequence[str], java: int) -> Callable[..., str] | None:
    """Return the function that formats values of these types; None if the format is not supported.

    Args:
        pattern: The format.
        types: Types of the values.
        java: The version of Java, whose digits of a double are rounded.

    Supported are `%s` of texts and integers, `%d` of integers, `%f` of doubles and decimals, with flags and width.
    """
    write = choose_text_function("double", java)
    parts: list[str | Callable[[Any], str]] = []
    position, used = 0, 0
    for match in _SPECIFIER.finditer(pattern):
        parts.append(pattern[position : match.start()])
        position = match.end()
        if match[5]:
            parts.append("%")
            continue
        function = _make_part_function(match, types[used], write) if used < len(types) else None
        if function is None:
            return None
        parts.append(function)
        used += 1
    parts.append(pattern[position:])
    if used != len(types) or any("%" in part for part in parts[::2] if isinstance(part, str)):
        return None
    return lambda *values: _fill(parts, values)


def _fill(parts: Sequence[str | Callable[[Any], str]], values: Sequence[Any]) -> str:
    remaining = iter(values)
    return "".join([part if isinstance(part, str) else part(next(remaining)) for part in parts])


def _make_part_function(
    match: re.Match[str], type_: str, write: Callable[[float], str]
) -> Callable[[Any], str] | None:
    flags, width, precision, conversion = match[1], int(match[2] or 0), match[3], match[4]
    if (
        len(set(flags)) != len(flags)
        or (("-" in flags or "0" in flags) and not width)
        or {"-", "0"} <= set(flags)
    ):
        return None
    if conversion == "s":
        if flags not in ("", "-") or not (type_ == "string" or is_integral(type_)):
            return None
        size = None if precision is None else int(precision)
        return lambda value: _pad(("null" if value is None else str(value))[:size], flags, width)
    if conversion == "d" and (precision is not None or not is_integral(type_)):
        return None
    if conversion == "f" and type_ != "double" and parse_decimal_type(type_) is None:
        return None
    places = 0 if conversion == "d" else int(precision or 6)
    null = "null" if precision is None else "null"[: int(precision)]
    pad = partial(_pad, flags=flags.replace("0", "").replace(",", ""), width=width)
    return lambda value: (
        pad(null) if value is None else _format_printf_number(value, flags, width, places, write)
    )


def _format_printf_number(
    value: Any, flags: str, width: int, places: int, write: Callable[[float], str]
) -> str:
    if value != value or value in (inf, -inf):  # noqa: PLR0124
        text = "NaN" if value != value else "Infinity"  # noqa: PLR0124
        sign = "" if text == "NaN" else "-" if value < 0 else "+" if "+" in flags else ""
        return _pad(sign + text, flags.replace("0", ""), width)
    exact = Decimal(write(value)) if isinstance(value, float) else Decimal(value)
    rounded = exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, _UNROUNDED)
    text = format(rounded, f"{'+' if '+' in flags else ''}{',' if ',' in flags else ''}.{places}f")
    return _pad(text, flags, width)


def _pad(text: str, flags: str, width: int) -> str:
    if "0" in flags:
        sign = text[:1] if text[:1] in "+-" else ""
        return sign + text[len(sign) :].rjust(width - len(sign), "0")
    # Java counts UTF-16 units.
    blanks = " " * (width - count_utf16_units(text))
    return text + blanks if "-" in flags else blanks + text
