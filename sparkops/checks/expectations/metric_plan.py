"""What one expectation asks of a frame, and how it judges the answers; Great Expectations is not imported."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

SAMPLES = 20

Answers = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict with the result that Great Expectations shows beside it, at its level BASIC."""

    success: bool
    result: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """The rows that break an expectation.

    Args:
        count: Name of the answer that counts them.
        condition: True for them, false or NULL for others; it may hold a window.
        fields: Columns that are shown of them.
        show: Turns the values of one row into what a result holds of it.
        pick: Returns a frame of at most `SAMPLES` of them with these fields; by the condition where None.
        known: Returns what is shown of so many rows, where that needs no look at them.
    """

    count: str
    condition: Column | None
    fields: Sequence[str]
    show: Callable[[Sequence[Any]], Any]
    pick: Callable[[DataFrame], DataFrame] | None = None
    known: Callable[[int], list[Any]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What an expectation asks.

    Args:
        measures: Name to aggregate; all that expectations ask of a frame are computed in one job. One name is one aggregate.
        own: Computes in a job of its own what does not fold.
        rest: Returns what is asked besides, once these are answered; folded with the rest of others.
        judge: Judges all answers, with the samples of broken rows.
        rows: Rows that break it, where it is about rows.
    """

    judge: Callable[[Answers, list[Any]], Judged]
    measures: Mapping[str, Column] = field(default_factory=dict)
    own: Callable[[DataFrame], Answers] | None = None
    rest: Callable[[Answers], Asked] | None = None
    rows: Rows | None = None


def first(values: Sequence[Any]) -> Any:
    """Show a row by its only field."""
    return values[0]


def enough(success_of: int, unexpected: int, mostly: float) -> bool:
    """Tell whether the share of rows that hold reaches `mostly`."""
    considered = float(success_of)
    return (considered - float(unexpected)) / considered >= mostly


def shown(rows: int, kept: int | None, unexpected: int | None, samples: list[Any]) -> dict[str, Any]:
    """Return what Great Expectations shows of an expectation about rows, at its level BASIC.

    Args:
        rows: Rows looked at.
        kept: Rows judged; None where missing values are what it is about.
        unexpected: Rows that broke it; None where there was none to look at.
        samples: Values of some of them.
    """
    total = unexpected / rows * 100 if unexpected is not None and rows else None
    share = total
    result: dict[str, Any] = {"element_count": rows, "unexpected_count": unexpected}
    if kept is not None and total is not None and unexpected is not None:
        share = unexpected / kept * 100 if kept else None
    result |= {"unexpected_percent": share, "partial_unexpected_list": samples}
    if kept is not None:
        missing = rows - kept
        result |= {
            "missing_count": missing,
            "missing_percent": None if total is None else missing / rows * 100,
            "unexpected_percent_total": total,
            "unexpected_percent_nonmissing": share,
        }
    return result
