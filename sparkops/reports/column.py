"""A column of a table on the page: one way of writing for all its values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import isfinite
from numbers import Integral
from typing import Any

from sparkops.errors import JobFailed
from sparkops.reports.value import MISSING, clean, group, is_missing, is_number, minus, show

_LARGE, _SMALL = 1e12, 1e-3
_GROUPED = 10_000


@dataclass(frozen=True, slots=True)
class Column:
    """A column as it is printed.

    Args:
        label: What stands over it.
        cells: Texts, in the order of the rows.
        numeric: Whether its values stand right-aligned under each other.
        missing: Per cell, whether there is no value.
    """

    label: str
    cells: tuple[str, ...]
    numeric: bool
    missing: tuple[bool, ...]


def column(name: str, values: Sequence[Any], *, part: str, spec: str = "", label: str = "") -> Column:
    """Return a column as it is printed.

    Args:
        name: The column's name in the rows.
        values: Its values.
        part: The part of the report, for messages.
        spec: Format specification for every value that is there; empty: chosen for the column as a whole.
        label: What stands over it; empty: the name with its underscores as spaces.
    """
    present = [value for value in values if not is_missing(value)]
    numeric = bool(present) and all(is_number(value) for value in present)
    if spec:
        cells = [_formatted(value, spec, f"{part}, column `{name}`") for value in values]
    elif numeric:
        cells = _numbers(values, present)
    else:
        cells = [show(value) for value in values]
    return Column(
        clean(label or name.replace("_", " ")), tuple(cells), numeric, tuple(map(is_missing, values))
    )


def written(values: Sequence[float]) -> list[str]:
    """Return numbers as one column would print them."""
    return _numbers(values, [value for value in values if not is_missing(value)])


def _formatted(value: Any, spec: str, where: str) -> str:
    if is_missing(value):
        return MISSING
    try:
        text = format(value, spec)
    except (ValueError, TypeError) as error:
        raise JobFailed(
            f"{where}: the format `{spec}` does not fit the value {value!r} ({error})."
        ) from error
    return minus(clean(text)) if is_number(value) else clean(text)


def _numbers(values: Sequence[Any], present: Sequence[Any]) -> list[str]:
    """Return numbers with as many decimals in every row, so that their points stand under each other."""
    if not present:
        return [MISSING] * len(values)
    if all(isinstance(value, Integral) for value in present):
        grouped = any(abs(value) >= _GROUPED for value in present)
        return [MISSING if is_missing(v) else group(int(v), always=grouped) for v in values]
    sizes = [abs(float(value)) for value in present if isfinite(value) and value]
    if sizes and (max(sizes) >= _LARGE or max(sizes) < _SMALL):
        return [MISSING if is_missing(v) else show(v) for v in values]
    decimals = _decimals(present, max(sizes, default=0.0))
    comma = "," if max(sizes, default=0.0) >= _GROUPED else ""
    return [_fixed(value, decimals, comma) for value in values]


def _decimals(present: Sequence[Any], largest: float) -> int:
    chosen = 1 if largest >= 100 else 2 if largest >= 1 else 4  # noqa: PLR2004  digits that a reader compares
    return min(chosen, max(_needed(value) for value in present))


def _needed(value: Any) -> int:
    """Return the decimals that a value has."""
    if isinstance(value, Integral) or not isfinite(value):
        return 0
    text = f"{Decimal(str(value)):f}"
    return len(text.partition(".")[2].rstrip("0"))


def _fixed(value: Any, decimals: int, comma: str) -> str:
    if is_missing(value) or not isfinite(value):
        return show(value)
    text = minus(f"{value:{comma}.{decimals}f}")
    return text[1:] if text.startswith("\N{MINUS SIGN}") and not text.strip("\N{MINUS SIGN}0.,") else text
