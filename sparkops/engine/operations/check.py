"""Run a table's checkpoint on an existing version of the table, without a job."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparkops.checks.suite.repeatable import is_repeatable
from sparkops.engine.operations.suites import require_suite
from sparkops.pipeline.checks.check import CheckResult
from sparkops.pipeline.json_values.checks import check_from_json, check_to_json
from sparkops.runs.records.run import make_run_id, utc_now
from sparkops.runs.records.verdicts import VersionVerdict

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from sparkops.checks.suite.suite import Suite
    from sparkops.engine.container import ServiceContainer
    from sparkops.pipeline.table import Pin


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
            single row does, or the result is an earlier one.
        earlier: The earlier check of the same version by the same suite from which the result is taken; None if it was
            computed now.
    """

    table: str
    version: int | None
    results: tuple[CheckResult, ...]
    summary: str
    blocked: bool
    docs: Path | None
    failing: DataFrame | None = None
    earlier: VersionVerdict | None = None

    def iterate_failing_lines(self) -> Iterator[str]:
        """Yield every failing row as a line of JSON, one partition at a time."""
        if self.failing is None:
            return
        from pyspark.sql import functions as F

        as_json = F.to_json(F.struct("*"), {"ignoreNullFields": "false"})
        for row in self.failing.select(as_json).toLocalIterator():
            yield row[0]


def check_table(
    container: ServiceContainer, table: str, *, at: int | None = None, again: bool = False
) -> TableCheck:
    """Run the suite conf/checks/<table>.yml on a version of the table, the newest by default.

    Args:
        container: The services.
        table: The table.
        at: Its version.
        again: Compute the result even if this version was checked by this suite before. A suite whose result depends on
            time, chance or other tables is computed each time.

    Raises:
        UnknownName: There is no such table, version or suite.
        ConfigError: The suite cannot be evaluated on the table's columns, where those are known without Spark.
    """
    pin = container.tables.pin(table, at=at)
    suite = require_suite(container.checks, table)
    columns = container.tables.find_schema_json(table, at=pin.version)
    if columns is not None:
        container.checks.require_fit(suite, columns)
    verdicts = container.build_run_context().verdicts
    suite_hash = container.suite_runner.hash_suite(table) or ""
    can_be_reused = is_repeatable(suite)
    earlier = verdicts.find(pin, suite_hash) if can_be_reused and not again else None
    if earlier is not None:
        return _to_table_check(earlier, container)
    run_id = f"check-{make_run_id()}"
    result = _compute(container, pin, suite, columns, run_id=run_id)
    if can_be_reused:
        verdicts.save(pin, _to_verdict(result, suite_hash, run_id))
    return result


def _compute(
    container: ServiceContainer, pin: Pin, suite: Suite, columns: Mapping[str, Any] | None, *, run_id: str
) -> TableCheck:
    """Run a suite on a version of a table, and append the results to the history.

    Args:
        container: The services.
        pin: The version.
        suite: The suite.
        columns: The columns of the version, in the JSON form of Delta; None if they are unknown without Spark.
        run_id: Id of this check.
    """
    checks, table = container.checks, pin.table
    container.warm_up([])
    checks.warm([table])
    checks.validate(suite)
    if checks.needs_dry_run(suite, columns):
        checks.dry_run(suite, container.starter.session(), columns)
    outcome = checks.run_checkpoint(suite, container.tables.read(pin), table=table, run_id=run_id)
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


def _to_verdict(check: TableCheck, suite: str, run_id: str) -> VersionVerdict:
    return VersionVerdict(
        table=check.table,
        version=check.version,
        suite=suite,
        failed=check.blocked,
        results=tuple(check_to_json(result) for result in check.results),
        summary=check.summary,
        run=run_id,
        time=utc_now().isoformat(),
    )


def _to_table_check(verdict: VersionVerdict, container: ServiceContainer) -> TableCheck:
    pages = container.check_pages.find([verdict.table], verdict.run)
    return TableCheck(
        table=verdict.table,
        version=verdict.version,
        results=tuple(check_from_json(result) for result in verdict.results),
        summary=verdict.summary,
        blocked=verdict.failed,
        docs=pages[0] if pages else None,
        earlier=verdict,
    )
