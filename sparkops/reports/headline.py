"""A headline number as the page shows it."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral
from typing import Any, Final

from sparkops.errors import JobFailed
from sparkops.pipeline.report import Number
from sparkops.reports.value import clean, group, is_missing, is_number, minus, show

_USUAL: Final = Number("", 0).fmt


@dataclass(frozen=True, slots=True)
class Headline:
    """A headline number in words.

    Args:
        label: What it counts or measures.
        text: The number.
        unit: Its unit.
        close: Whether the unit stands right at the number, as a percent sign does.
        note: One sentence under it.
        there: Whether there is a number.
    """

    label: str
    text: str
    unit: str
    close: bool
    note: str
    there: bool


def headline(number: Number) -> Headline:
    """Return a headline number as the page shows it; the usual format never writes whole digits as a power of ten."""
    there = not is_missing(number.value)
    return Headline(
        label=number.label,
        text=_text(number) if there else "no value",
        unit=number.unit if there else "",
        close=number.unit in {"%", "‰", "°"},
        note=number.note,
        there=there,
    )


def _text(number: Number) -> str:
    value: Any = number.value
    usual = number.fmt in {"", _USUAL}
    if usual and is_number(value) and isinstance(value, Integral):
        return group(int(value), always=True)
    if usual or isinstance(value, str):
        return show(value)
    try:
        text = format(value, number.fmt)
    except (ValueError, TypeError) as error:
        raise JobFailed(
            f"Number `{number.label}`: the format `{number.fmt}` does not fit the value {value!r} ({error})."
        ) from error
    return minus(clean(text)) if is_number(value) else clean(text)
