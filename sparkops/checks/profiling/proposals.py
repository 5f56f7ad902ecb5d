"""Propose expectations for a column from its profile, each with what was observed, and as certain or as a guess."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sparkops.checks.profiling.profile import ColumnProfile, TableProfile
from sparkops.checks.profiling.ranges import find_natural_range, round_down, round_up
from sparkops.pipeline.checks.check import Policy

# An expectation of a set of values is drafted if there are at least so many rows per value on average.
_MIN_ROWS_PER_VALUE = 5
# It is certain if there are this many rows per value on average, and the rarest value has at least _MIN_ROWS_OF_RARE
# rows and one in _MAX_ROWS_PER_RARE of all rows.
_CERTAIN_ROWS_PER_VALUE = 100
_MIN_ROWS_OF_RARE = 20
_MAX_ROWS_PER_RARE = 1000
_MAX_TEXT_IN_SET = 40
_MAX_NUMBERS_IN_SET = 10
# Below this percentage of non-null values, NULL is the normal case.
_MIN_PERCENT_NON_NULL = 50
# Numbers from here on are written with thousands separators.
_MIN_GROUPED = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """One expectation of a draft.

    Args:
        type: Type of the expectation, such as `expect_column_values_to_be_unique`.
        kwargs: Its arguments.
        comment: What was observed, and what to do about it.
        policy: `fail` if it is certain, `warn` if it is a guess.
    """

    type: str
    kwargs: Mapping[str, Any]
    comment: str
    policy: Policy = "fail"


def propose_for_column(table: TableProfile, column: ColumnProfile) -> Iterator[Proposal]:
    """Yield the expectations to draft for a column, its type first."""
    if column.type_name is not None:
        yield Proposal(
            type="expect_column_values_to_be_of_type",
            kwargs={"column": column.name, "type_": column.type_name},
            comment=column.type_text,
        )
    non_nulls = table.count_non_nulls(column)
    if not non_nulls:
        return
    yield from _propose_not_null(column, table.rows, non_nulls)
    if column.unique:
        yield _propose_unique(column, non_nulls)
    elif _is_set(column, non_nulls):
        yield _propose_set(column, non_nulls)
    elif column.kind in ("integer", "number"):
        yield from _propose_range(column, non_nulls)
    elif column.kind == "text":
        yield from _propose_lengths(column, non_nulls)
    if column.kind in ("date", "timestamp"):
        yield from _propose_dates(column)


def format_number(value: Any) -> str:
    """Return a number for display: `327,346`, `2013`, `0.125`."""
    grouping = "," if abs(value) >= _MIN_GROUPED else ""
    return format(value, grouping) if isinstance(value, int) else format(float(value), f"{grouping}.6g")


def _round_share(part: int, total: int) -> float:
    """Return a share, rounded down to a hundredth."""
    return part * 100 // total / 100


def _propose_not_null(column: ColumnProfile, rows: int, non_nulls: int) -> Iterator[Proposal]:
    name = "expect_column_values_to_not_be_null"
    if not column.nulls:
        yield Proposal(type=name, kwargs={"column": column.name}, comment=f"no null in {rows:,} rows")
        return
    mostly = _round_share(non_nulls, rows)
    if mostly * 100 >= _MIN_PERCENT_NON_NULL:
        comment = f"{column.nulls:,} nulls of {rows:,}; `mostly` is rounded down"
        kwargs = {"column": column.name, "mostly": mostly}
        yield Proposal(type=name, kwargs=kwargs, comment=comment, policy="warn")


def _propose_unique(column: ColumnProfile, non_nulls: int) -> Proposal:
    return Proposal(
        type="expect_column_values_to_be_unique",
        kwargs={"column": column.name},
        comment=f"all {non_nulls:,} values are distinct, exactly counted"
        + (", without nulls" if column.nulls else ""),
        policy="fail" if non_nulls >= _CERTAIN_ROWS_PER_VALUE else "warn",
    )


def _is_set(column: ColumnProfile, non_nulls: int) -> bool:
    """Return whether the values of a column look like a fixed set, such as codes."""
    values = column.values
    if values is None or len(values) * _MIN_ROWS_PER_VALUE > non_nulls:
        return False
    if column.kind == "text":
        return all(len(value) <= _MAX_TEXT_IN_SET for value in values)
    is_consecutive = column.kind == "integer" and column.maximum - column.minimum + 1 == len(values)
    return len(values) <= _MAX_NUMBERS_IN_SET and not is_consecutive and find_natural_range(column) is None


def _propose_set(column: ColumnProfile, non_nulls: int) -> Proposal:
    values = column.values or {}
    rarest = min(values.values())
    is_certain = (
        len(values) > 1
        and non_nulls >= _CERTAIN_ROWS_PER_VALUE * len(values)
        and rarest >= max(_MIN_ROWS_OF_RARE, non_nulls / _MAX_ROWS_PER_RARE)
    )
    comment = f"all {len(values)} values of {non_nulls:,}, the rarest in {rarest:,}"
    if len(values) == 1:
        comment = f"the only value of {non_nulls:,}"
    return Proposal(
        type="expect_column_values_to_be_in_set",
        kwargs={"column": column.name, "value_set": list(values)},
        comment=comment + ("" if is_certain else ": add other valid values"),
        policy="fail" if is_certain else "warn",
    )


def _propose_range(column: ColumnProfile, non_nulls: int) -> Iterator[Proposal]:
    if column.minimum is None:
        return
    natural = find_natural_range(column)
    comment = f"{format_number(column.minimum)} to {format_number(column.maximum)} observed"
    if column.minimum == column.maximum:
        comment = f"only {format_number(column.minimum)} observed"
    bounds = {"min_value": round_down(column.minimum), "max_value": round_up(column.maximum)}
    if natural is not None:
        bounds = {"min_value": natural.minimum, "max_value": natural.maximum}
    kwargs = {key: value for key, value in bounds.items() if value is not None}
    if column.nans:
        kwargs["mostly"] = _round_share(non_nulls - column.nans, non_nulls)
        comment += f", and {column.nans:,} NaN, which is outside every range"
    if kwargs.get("mostly") == 0 or not {"min_value", "max_value"} & kwargs.keys():
        return
    yield Proposal(
        type="expect_column_values_to_be_between",
        kwargs={"column": column.name, **kwargs},
        comment=f"{comment}; {natural.meaning}" if natural else f"{comment}: widen to all valid values",
        policy="fail" if natural and not column.nans else "warn",
    )


def _propose_lengths(column: ColumnProfile, non_nulls: int) -> Iterator[Proposal]:
    if column.lengths is None:
        return
    shortest, longest = column.lengths
    if shortest == longest:
        yield Proposal(
            type="expect_column_value_lengths_to_equal",
            kwargs={"column": column.name, "value": shortest},
            comment=f"{shortest:,} characters in each of {non_nulls:,}",
            policy="fail" if non_nulls >= _CERTAIN_ROWS_PER_VALUE else "warn",
        )
        return
    yield Proposal(
        type="expect_column_value_lengths_to_be_between",
        kwargs={"column": column.name, "min_value": shortest, "max_value": longest},
        comment=f"{shortest:,} to {longest:,} characters observed: widen to all valid lengths",
        policy="warn",
    )


def _propose_dates(column: ColumnProfile) -> Iterator[Proposal]:
    """Yield a first date, and a date that the newest value must reach."""
    first, last = _to_date(column.minimum), _to_date(column.maximum)
    if first is not None:
        yield Proposal(
            type="expect_column_values_to_be_between",
            kwargs={"column": column.name, "min_value": first},
            comment=f"the first is {column.minimum}: can there be earlier ones?",
            policy="warn",
        )
    if last is not None:
        # The date of a timestamp depends on the time zone of the session.
        slack = timedelta(days=column.kind == "timestamp" and last > date.min)
        yield Proposal(
            type="expect_column_max_to_be_between",
            kwargs={"column": column.name, "min_value": last - slack},
            comment=f"freshness: the newest is {column.maximum}; advance this with the data",
            policy="warn",
        )


def _to_date(text: str) -> date | None:
    """Return the date of a timestamp as Spark writes it; None if Python cannot represent it."""
    try:
        return date.fromisoformat(text[:10]) if text[10:11] in ("", " ") else None
    except ValueError:
        return None
