"""What is known of one kind of expectation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sparkops.checks.expectations.metric_plan import Asked
from sparkops.checks.suite.schema_columns import Columns
from sparkops.scoring.ir.conditions import RowRule

Arguments = Mapping[str, Any]
CONDITIONED = ("row_condition", "condition_parser")


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of expectation.

    Args:
        takes: Arguments that it understands; with any other, Great Expectations itself judges.
        ask: Turns arguments, as Great Expectations validated them, and the frame's columns into what is asked.
            It raises ValueError, TypeError or IndexError where Great Expectations would not evaluate the expectation.
        own_job: Whether it costs a Spark job of its own.
        row: Turns the same into a rule about one row, where it is one; it raises as `ask` does, and asks no Spark.
    """

    takes: tuple[str, ...]
    ask: Callable[[Arguments, Columns], Asked]
    own_job: bool = False
    row: Callable[[Arguments, Columns], RowRule] | None = None
