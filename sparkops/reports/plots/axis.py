"""Axes of a plot: the positions of values and the labels of ticks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from math import isfinite, nan
from typing import Any, Literal

from sparkops.errors import JobFailed
from sparkops.pipeline.reports.value_format import is_missing, is_number
from sparkops.reports.column_format import ColumnFormat
from sparkops.reports.formatting import clean, format_value, shorten

# Characters of a category's label.
_MAX_LABEL = 30
_DEFAULT_FORMAT = ColumnFormat()


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis.

    Args:
        kind: `number` and `time` are continuous, `category` has one position per value.
        values: The distinct values of a category axis in order; empty for a continuous axis.
        label: What the axis shows, with its unit.
        column_format: How the values are shown.
        integers: Whether all values are integers.
    """

    kind: Literal["number", "time", "category"]
    values: tuple[Any, ...]
    label: str
    column_format: ColumnFormat = _DEFAULT_FORMAT
    integers: bool = False

    @property
    def category_labels(self) -> tuple[str, ...]:
        """Return the tick labels of a category axis."""
        return tuple(format_category(value, self.column_format) for value in self.values)


def build_axis(values: Sequence[Any], label: str, column_format: ColumnFormat = _DEFAULT_FORMAT) -> Axis:
    """Return a continuous axis for numbers and times, else a category axis."""
    present = [value for value in values if not is_missing(value)]
    if present and all(is_number(value) for value in present):
        integers = all(float(value).is_integer() for value in present)
        return Axis("number", (), label, column_format, integers=integers)
    if present and all(isinstance(value, date) for value in present):
        return Axis("time", (), label, column_format)
    return build_category_axis(values, label, column_format)


def build_category_axis(
    values: Sequence[Any], label: str, column_format: ColumnFormat = _DEFAULT_FORMAT
) -> Axis:
    """Return an axis with a position for each value: numbers and times sorted, names in the order of the rows."""
    distinct = list(dict.fromkeys(build_category_key(value) for value in values))
    present = [value for value in distinct if value is not None]
    if all(is_number(value) for value in present) or all(type(value) is date for value in present):
        present.sort()
    elif all(isinstance(value, datetime) for value in present):
        present.sort(key=to_naive_utc)
    else:
        return Axis("category", tuple(distinct), label, column_format)
    return Axis("category", (*present, *([None] if None in distinct else [])), label, column_format)


def build_category_key(value: Any) -> Any:
    """Return a hashable value that identifies a category; None for a missing value."""
    if is_missing(value):
        return None
    try:
        hash(value)
    except TypeError:
        return format_value(value)
    return value


def format_category(
    value: Any, column_format: ColumnFormat = _DEFAULT_FORMAT, length: int = _MAX_LABEL
) -> str:
    """Return the label of a category, on one line of at most `length` characters."""
    return (
        "no value" if is_missing(value) else shorten(column_format.format_value(value), length) or "(empty)"
    )


def choose_axis_label(column: str, label: str, values: Sequence[Any] = ()) -> str:
    """Return the author's label, else the column's name; empty if the values are names, which need no label."""
    if label:
        return label
    has_names = any(isinstance(value, str) for value in values)
    return "" if has_names else column.replace("_", " ")


def find_axis_position(value: Any, axis: Axis) -> Any:
    """Return the position of a value on a continuous axis; NaN or None if it has none."""
    if axis.kind == "number":
        return float(value) if not is_missing(value) and isfinite(value) else nan
    return None if is_missing(value) else to_naive_utc(value)


def to_naive_utc(value: date) -> datetime:
    """Convert a date or a time to a UTC time without zone, which is what Matplotlib takes."""
    if not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001  a day has no zone
    return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value


def to_length(value: Any, *, part: str, column: str) -> float:
    """Convert a value to the number to draw; NaN if it is missing or infinite. Raise JobFailed if it is no number."""
    if is_missing(value):
        return nan
    if not isinstance(value, bool) and not is_number(value):
        raise JobFailed(f"{part} draws column `{column}`, whose value {value!r} is not a number.")
    return float(value) if isfinite(value) else nan


def escape_text(label: str) -> str:
    """Return text that Matplotlib draws literally: a dollar sign starts no formula."""
    return clean(" ".join(label.split())).replace("$", r"\$")
