"""Run a table's checkpoint on an existing version of the table, without a job."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sparkops.engine.operations.suites import require_suite
from sparkops.pipeline.checks.check import CheckResult
from sparkops.runs.records.run import make_run_id

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from sparkops.engine.container import ServiceContainer


@dataclass(frozen=True, slots=True, kw_only=True)
class TableCheck:
    """The result of a checkpoint on one version of a table.

    Args:
        table: The table.
        version: The version that was checked; None for a source.
        results: One result for each expectation, in the order of the suite.
        summary: One line.
        blocked: Whether a job would not have published the table as it is.
        docs: The page of this check in the Data Docs, if it was written.
        failing: Every row that violates a failed expectation, with the reasons in `_sparkops_reasons`; None if no
            single row does.
    """

    table: str
    version: int | None
    results: tuple[CheckResult, ...]
    summary: str
    blocked: bool
    docs: Path | None
    failing: DataFrame | None = None

    def failing_lines(self) -> Iterator[str]:
        """Yield every failing row as a line of JSON, one partition at a time."""
        if self.failing is None:
            return
        from pyspark.sql import functions as F

        as_json = F.to_json(F.struct("*"), {"ignoreNullFields": "false"})
        for row in self.failing.select(as_json).toLocalIterator():
            yield row[0]


def check_table(container: ServiceContainer, table: str, *, at: int | None = None) -> TableCheck:
    """Run the suite conf/checks/<table>.yml on a version of the table, the newest by default.

    Raises:
        UnknownName: There is no such table, version or suite.
        ConfigError: The suite cannot be evaluated on the table's columns, where those are known without Spark.
    """
    tables, checks = container.tables, container.checks
    pin = tables.pin(table, at=at)
    suite = require_suite(checks, table)
    columns = tables.find_schema_json(table, at=pin.version)
    if columns is not None:
        checks.require_fit(suite, columns)
    container.warm_up([])
    checks.warm([table])
    checks.validate(suite)
    if checks.needs_dry_run(suite, columns):
        checks.dry_run(suite, container.starter.session(), columns)
    run_id = f"check-{make_run_id()}"
    outcome = checks.gate(suite, tables.read(pin), table=table, run_id=run_id)
    container.check_history.append(outcome.results, run_id=run_id, job="check", versions={table: pin.version})
    page = outcome.page
    return TableCheck(
        table=table,
        version=pin.version,
        results=outcome.results,
        summary=outcome.summary,
        blocked=outcome.blocked or outcome.bad is not None,
        docs=container.check_pages.write(replace(page, is_published=False) if page else None),
        failing=outcome.failing(),
    )
