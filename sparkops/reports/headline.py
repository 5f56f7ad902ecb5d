"""Headline numbers of a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sparkops.pipeline.reports.report import Number
from sparkops.pipeline.reports.value_format import is_missing, is_number
from sparkops.reports.column_format import is_identifier
from sparkops.reports.formatting import format_number, format_value, format_with_spec

_DEFAULT_SPEC: Final = Number("", 0).fmt


@dataclass(frozen=True, slots=True)
class Headline:
    """A headline number for the page's template.

    Args:
        label: What it counts or measures.
        text: The number.
        unit: Its unit.
        unit_attached: Whether no space separates number and unit, as with a percent sign.
        note: One sentence under it.
        present: Whether there is a value.
    """

    label: str
    text: str
    unit: str
    unit_attached: bool
    note: str
    present: bool


def build_headline(number: Number) -> Headline:
    """Format a headline number; the default format never uses scientific notation for an integer."""
    present = not is_missing(number.value)
    return Headline(
        label=number.label,
        text=_format_text(number) if present else "no value",
        unit=number.unit if present else "",
        unit_attached=number.unit in {"%", "‰", "°"},
        note=number.note,
        present=present,
    )


def _format_text(number: Number) -> str:
    value: Any = number.value
    is_default = number.fmt in {"", _DEFAULT_SPEC}
    if is_default and is_number(value):
        return format_number(value, grouped=not is_identifier(number.label))
    if is_default or isinstance(value, str):
        return format_value(value)
    return format_with_spec(value, number.fmt, f"Number `{number.label}`")
