"""Compare the results of a replay with the tables, models and reports of its original."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sparkops.pipeline.model import Model
from sparkops.pipeline.reports.replay_verdict import (
    FactDifference,
    NondeterministicExpression,
    TableComparison,
)
from sparkops.pipeline.reports.report import Report
from sparkops.pipeline.write import Write
from sparkops.runs.records.run import Run
from sparkops.tables import Tables
from sparkops.tables.compare.committed_rows import CommittedWrite
from sparkops.tables.compare.row_difference import CompareOptions

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

# Compares a model or report with the original; returns what differs, and what was compared.
CompareResult = Callable[[Any], tuple[tuple[FactDifference, ...], str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayedResults:
    """Implements the port `ReplayComparer`.

    Args:
        original: The run that is replayed.
        values: Its parameters, which define the slice of a `replace`.
        tables: The project's tables.
        options: How rows are compared.
        compare_other: Compares a model or report.
    """

    original: Run
    values: Mapping[str, Any]
    tables: Tables
    options: CompareOptions
    compare_other: CompareResult

    def stage(self, frame: DataFrame, write: Write, *, run_id: str) -> DataFrame:
        """Compute a frame once, outside of the tables; return the rows that a reader of the table would get."""
        return self.tables.replayed.stage(frame, run_id, self._find_commit(write))

    def compare_table(self, frame: DataFrame, write: Write) -> TableComparison:
        """Return the comparison of a staged frame with the rows that the run wrote."""
        return self.tables.replayed.compare(frame, self._find_commit(write), self.options)

    def compare_quarantine(self, frame: DataFrame, table: str) -> TableComparison | None:
        """Return the comparison of rows that fail checks with the run's quarantined rows; None if there are none."""
        output = self.original.outputs.get(table)
        write = Write(table=table, mode="append", schema_change=True)
        comparison = self.tables.replayed.compare_quarantined(
            frame,
            table,
            run_id=self.original.id,
            commit=None if output is None else self._find_commit(write),
            options=self.options,
        )
        return None if output is None and comparison.is_identical else comparison

    def find_causes(self, frame: DataFrame) -> tuple[NondeterministicExpression, ...]:
        """Return the non-deterministic expressions in the plan of a frame."""
        from sparkops.spark.nondeterminism import find_nondeterministic

        return find_nondeterministic(frame)

    def compare_result(self, result: Model | Report) -> tuple[tuple[FactDifference, ...], str]:
        """Return what differs in a model or report, and what was compared, in words."""
        return self.compare_other(result)

    def _find_commit(self, write: Write) -> CommittedWrite:
        output = self.original.outputs[write.table]
        return CommittedWrite(
            write=write, version=output["version"], identity=output["identity"], parameters=self.values
        )
