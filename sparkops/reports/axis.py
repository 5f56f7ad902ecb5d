"""An axis of a plot: the places of its values and the words beside its ticks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from math import isfinite, nan
from typing import Any, Literal

from sparkops.errors import JobFailed
from sparkops.reports.value import clean, is_missing, is_number, shorten, show

_LONGEST = 30


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis.

    Args:
        kind: `number` and `time` are continuous, `category` gives each value a place of its own.
        values: The distinct values of a category axis in their order; empty for a continuous one.
        label: What the axis shows, with its unit.
        whole: Whether every value is a whole number.
    """

    kind: Literal["number", "time", "category"]
    values: tuple[Any, ...]
    label: str
    whole: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Return the words beside the ticks of a category axis."""
        return tuple(name(value) for value in self.values)


def continuous(values: Sequence[Any], label: str) -> Axis:
    """Return an axis along which values lie as far apart as they differ, or categories where they are names."""
    present = [value for value in values if not is_missing(value)]
    if present and all(is_number(value) for value in present):
        return Axis("number", (), label, whole=all(float(value).is_integer() for value in present))
    if present and all(isinstance(value, date) for value in present):
        return Axis("time", (), label)
    return categories(values, label)


def categories(values: Sequence[Any], label: str) -> Axis:
    """Return an axis with a place for each value: numbers and times sorted, names in their order in the rows."""
    distinct = list(dict.fromkeys(None if is_missing(value) else _settled(value) for value in values))
    present = [value for value in distinct if value is not None]
    if all(is_number(value) for value in present) or all(type(value) is date for value in present):
        present.sort()
    elif all(isinstance(value, datetime) for value in present):
        present.sort(key=moment)
    else:
        return Axis("category", tuple(distinct), label)
    return Axis("category", (*present, *([None] if None in distinct else [])), label)


def key(value: Any) -> Any:
    """Return what tells a category from another."""
    return None if is_missing(value) else _settled(value)


def _settled(value: Any) -> Any:
    try:
        hash(value)
    except TypeError:
        return show(value)
    return value


def labelled(column: str, label: str, axis_of: Sequence[Any] = ()) -> str:
    """Return an axis's name: the author's, else the column's; names beside ticks speak for themselves."""
    if label:
        return label
    speaks = any(isinstance(value, str) for value in axis_of)
    return "" if speaks else column.replace("_", " ")


def name(value: Any, most: int = _LONGEST) -> str:
    """Return a category's name, on one line and not too long."""
    return "no value" if is_missing(value) else shorten(show(value), most) or "(empty)"


def place(value: Any, axis: Axis) -> Any:
    """Return where a value lies on a continuous axis; NaN leaves a gap."""
    if axis.kind == "number":
        return float(value) if not is_missing(value) and isfinite(value) else nan
    return None if is_missing(value) else moment(value)


def moment(value: date) -> datetime:
    """Return a date or a time as one in UTC without its zone, as plots take it."""
    if not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001  a day has no zone
    return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value


def measure(value: Any, *, part: str, column: str) -> float:
    """Return a value as a length; nothing and infinity are NaN, and words are the author's mistake."""
    if is_missing(value):
        return nan
    if not isinstance(value, bool) and not is_number(value):
        raise JobFailed(f"{part} draws column `{column}`, which holds {value!r}: it is not a number.")
    return float(value) if isfinite(value) else nan


def text(label: str) -> str:
    """Return text as Matplotlib draws it letter by letter, with no formula seen in a dollar sign."""
    return clean(" ".join(label.split())).replace("$", r"\$")
