"""What may be expected of a column, by what was seen of it: each expectation with its reason and how sure it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sparkops.checks.profiling.profile import ColumnProfile, TableProfile
from sparkops.checks.profiling.ranges import above, below, closed
from sparkops.pipeline.check import Policy

_SURE = 100  # rows a value, from which on a set of values is taken for all there are
_RARE = 1000  # one in so many rows, at least, has the rarest value of a set that is taken for whole
_OFTEN = 20  # and it has so many rows
_REPEATED = 5  # rows a value, from which on values are taken for a set at all
_LONGEST = 40  # characters of a value in a set
_FEW_NUMBERS = 10
_GROUPED = 10_000
_HALF = 50  # per cent of values: where fewer are there, nulls are the rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """One expectation of a draft.

    Args:
        type: Great Expectations' own name.
        kwargs: Its arguments.
        seen: Why: what was seen, and what to do about it.
        policy: `fail` for what is sure, `warn` for a guess.
    """

    type: str
    kwargs: Mapping[str, Any]
    seen: str
    policy: Policy = "fail"


def of_column(table: TableProfile, column: ColumnProfile) -> Iterator[Proposal]:
    """Yield what may be expected of a column, its type first."""
    if column.type_name is not None:
        arguments = {"column": column.name, "type_": column.type_name}
        yield Proposal(type="expect_column_values_to_be_of_type", kwargs=arguments, seen=column.type_text)
    filled = table.filled(column)
    if not filled:
        return
    yield from _nulls(column, table.rows, filled)
    if column.unique:
        yield _unique(column, filled)
    elif _is_set(column, filled):
        yield _set(column, filled)
    elif column.kind in ("whole", "number"):
        yield from _range(column, filled)
    elif column.kind == "text":
        yield from _lengths(column, filled)
    if column.kind in ("day", "moment"):
        yield from _days(column)


def share(part: int, whole: int) -> float:
    """Return a share, rounded down to a hundredth."""
    return part * 100 // whole / 100


def number(value: Any) -> str:
    """Return a number as people read it: `327,346`, `2013`, `0.125`."""
    grouping = "," if abs(value) >= _GROUPED else ""
    return format(value, grouping) if isinstance(value, int) else format(float(value), f"{grouping}.6g")


def _nulls(column: ColumnProfile, rows: int, filled: int) -> Iterator[Proposal]:
    name = "expect_column_values_to_not_be_null"
    if not column.nulls:
        yield Proposal(type=name, kwargs={"column": column.name}, seen=f"no null in {rows:,} rows")
        return
    mostly = share(filled, rows)
    if mostly * 100 >= _HALF:
        seen = f"{column.nulls:,} nulls of {rows:,}; `mostly` is rounded down"
        yield Proposal(type=name, kwargs={"column": column.name, "mostly": mostly}, seen=seen, policy="warn")


def _unique(column: ColumnProfile, filled: int) -> Proposal:
    return Proposal(
        type="expect_column_values_to_be_unique",
        kwargs={"column": column.name},
        seen=f"{filled:,} values, no two the same: counted" + (", nulls aside" if column.nulls else ""),
        policy="fail" if filled >= _SURE else "warn",
    )


def _is_set(column: ColumnProfile, filled: int) -> bool:
    values = column.values
    if values is None or len(values) * _REPEATED > filled:
        return False
    if column.kind == "text":
        return all(len(value) <= _LONGEST for value in values)
    in_a_row = column.kind == "whole" and column.most - column.least + 1 == len(values)
    return len(values) <= _FEW_NUMBERS and not in_a_row and closed(column) is None


def _set(column: ColumnProfile, filled: int) -> Proposal:
    values = column.values or {}
    rare = min(values, key=lambda value: values[value])
    sure = len(values) > 1 and filled >= _SURE * len(values) and values[rare] >= max(_OFTEN, filled / _RARE)
    told = f"all {len(values)} values of {filled:,}, the rarest in {values[rare]:,}"
    if len(values) == 1:
        told = f"the one value of {filled:,}"
    return Proposal(
        type="expect_column_values_to_be_in_set",
        kwargs={"column": column.name, "value_set": list(values)},
        seen=told + ("" if sure else ": add what else may come"),
        policy="fail" if sure else "warn",
    )


def _range(column: ColumnProfile, filled: int) -> Iterator[Proposal]:
    if column.least is None:
        return
    known = closed(column)
    seen = f"{number(column.least)} to {number(column.most)} seen"
    if column.least == column.most:
        seen = f"only {number(column.least)} seen"
    bounds = {"min_value": below(column.least), "max_value": above(column.most)}
    if known is not None:
        bounds = {"min_value": known.least, "max_value": known.most}
    kept = {key: value for key, value in bounds.items() if value is not None}
    if column.nans:
        kept["mostly"] = share(filled - column.nans, filled)
        seen += f", and {column.nans:,} NaN, which no range holds"
    if kept.get("mostly") == 0 or not {"min_value", "max_value"} & kept.keys():
        return
    yield Proposal(
        type="expect_column_values_to_be_between",
        kwargs={"column": column.name, **kept},
        seen=f"{seen}; {known.told}" if known else f"{seen}: widen to what can be",
        policy="fail" if known and not column.nans else "warn",
    )


def _lengths(column: ColumnProfile, filled: int) -> Iterator[Proposal]:
    if column.lengths is None:
        return
    least, most = column.lengths
    if least == most:
        yield Proposal(
            type="expect_column_value_lengths_to_equal",
            kwargs={"column": column.name, "value": least},
            seen=f"{least:,} characters in each of {filled:,}",
            policy="fail" if filled >= _SURE else "warn",
        )
        return
    yield Proposal(
        type="expect_column_value_lengths_to_be_between",
        kwargs={"column": column.name, "min_value": least, "max_value": most},
        seen=f"{least:,} to {most:,} characters seen: widen to what can be",
        policy="warn",
    )


def _days(column: ColumnProfile) -> Iterator[Proposal]:
    """Yield a first day, and a day that the newest value must have reached."""
    first, last = _day(column.least), _day(column.most)
    if first is not None:
        yield Proposal(
            type="expect_column_values_to_be_between",
            kwargs={"column": column.name, "min_value": first},
            seen=f"the first is {column.least}: can there be earlier ones?",
            policy="warn",
        )
    if last is not None:
        # The day of a moment depends on the time zone that it is read in.
        slack = timedelta(days=column.kind == "moment" and last > date.min)
        yield Proposal(
            type="expect_column_max_to_be_between",
            kwargs={"column": column.name, "min_value": last - slack},
            seen=f"freshness: the newest is {column.most}; move this on with the data",
            policy="warn",
        )


def _day(text: str) -> date | None:
    """Return the day of a moment as Spark writes it, or None where Python has no such day."""
    try:
        return date.fromisoformat(text[:10]) if text[10:11] in ("", " ") else None
    except ValueError:
        return None
