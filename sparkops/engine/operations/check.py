"""A checkpoint run on a table as it stands, outside of any job."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sparkops.engine.operations.expectation_history import graded
from sparkops.errors import UnknownName
from sparkops.pipeline.check import CheckResult
from sparkops.runs.ids import new_id

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from sparkops.engine.container import Workshop


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What the checkpoint found.

    Args:
        table: The table.
        version: The version that was looked at; None for a source.
        results: One per expectation, in the order of the suite.
        summary: One line.
        blocked: The table would not have been published so.
        docs: The index of Data Docs, where they were written.
        failing: Every row that broke an expectation which did not hold, with its reasons in `_sparkops_reasons`; None when
            no row is to blame.
    """

    table: str
    version: int | None
    results: tuple[CheckResult, ...]
    summary: str
    blocked: bool
    docs: Path | None
    failing: DataFrame | None = None

    def failing_lines(self) -> Iterator[str]:
        """Yield every failing row as a line of JSON, a part of the table at a time."""
        if self.failing is None:
            return
        from pyspark.sql import functions as F

        told = F.to_json(F.struct("*"), {"ignoreNullFields": "false"})
        for row in self.failing.select(told).toLocalIterator():
            yield row[0]


def check(shop: Workshop, table: str, *, at: int | None = None) -> Checked:
    """Run the suite of conf/checks/<table>.yml on a version of the table.

    Raises:
        UnknownName: There is no such table, version or suite.
        ConfigError: The suite cannot be evaluated on the table's columns, where those are known without Spark.
    """
    pin = shop.tables.pin(table, at=at)
    suite = shop.checks.suite(table)
    if suite is None:
        advice = f"Write conf/checks/{table}.yml to give `{table}` one."
        raise UnknownName("suite", table, sorted(shop.checks.suites()), where="conf/checks", advice=advice)
    columns = shop.tables.told(table, at=pin.version)
    if columns is not None:
        shop.checks.require_fit(suite, columns)
    shop.warm([])
    shop.checks.warm([table])
    run_id = f"check-{new_id()}"
    outcome = graded(shop.checks.gate(suite, shop.tables.read(pin), table=table, run_id=run_id), suite)
    shop.history.keep(outcome.results, run_id=run_id, job="check", versions={table: pin.version})
    return Checked(
        table=table,
        version=pin.version,
        results=outcome.results,
        summary=outcome.summary,
        blocked=outcome.blocked or outcome.bad is not None,
        docs=shop.checks.write_docs(outcome),
        failing=outcome.failing(),
    )
