"""Release quarantined rows into their table, each exactly once, even if a release is interrupted.

A release has these steps:

1. The rows that pass their checks are staged together.
2. One commit to the quarantine marks them with the release's id.
3. One commit appends them to the table, with the release's id as its transaction.
4. One commit to the quarantine records them as released.

The next release first finishes an interrupted one: it publishes the staged rows if the table does not have them yet,
and records them as released.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sparkops.checks.outcome import describe
from sparkops.checks.suite.release_suites import select_row_level, select_table_level
from sparkops.core.column_name import quote_column
from sparkops.errors import ChecksFailed, InputError, UnknownName
from sparkops.pipeline.checks.quarantine_summary import QuarantineSummary, ReleaseResult
from sparkops.pipeline.staging import DISCARD_PREFIX, REASONS_COLUMN, RELEASE_PREFIX, StagedPart
from sparkops.pipeline.write import Write
from sparkops.runs.execution.lock import lock_for_writing
from sparkops.runs.execution.open_rollback import require_no_open_rollback
from sparkops.runs.records.run import make_run_id

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from sparkops.checks.outcome import CheckpointOutcome
    from sparkops.checks.suite.suite import Suite
    from sparkops.engine.container import ServiceContainer
    from sparkops.tables import Tables


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseRequest:
    """Which quarantined rows to release or discard.

    Args:
        table: Their table.
        run: Only rows that this run quarantined.
        repairs: A Spark SQL expression on the row's own columns, by column.
        discard: Discard the rows instead of releasing them.
    """

    table: str
    run: str | None = None
    repairs: Mapping[str, str] = field(default_factory=dict)
    discard: bool = False


def validate_request(tables: Tables, request: ReleaseRequest) -> QuarantineSummary:
    """Validate a request as far as possible without Spark, and return what is in the quarantine.

    Raises:
        UnknownName: There is no such table or column, or the run quarantined nothing.
        InputError: The table cannot be written to, or a repair does more than compute a value of its row.
    """
    tables.require_writable(request.table)
    tables.pin(request.table)
    summary = tables.summarize_quarantine(request.table)
    runs = sorted({count.run for count in summary.counts})
    if request.run is not None and request.run not in runs:
        raise UnknownName("run", request.run, runs, where=f"the quarantine of `{request.table}`")
    columns = [name for name, _ in tables.read_schema(request.table)] if request.repairs else []
    for column in request.repairs:
        if column not in columns:
            raise UnknownName("column", column, columns, where=f"table `{request.table}`")
    if request.repairs:
        _check_expressions(request.repairs, columns)
    if request.repairs and request.discard:
        raise InputError("Rows are either repaired or discarded: leave out --set, or --discard.")
    return summary


def _check_expressions(repairs: Mapping[str, str], columns: Sequence[str]) -> None:
    """Refuse expressions that do more than compute a value of their row."""
    # Imported here because it brings sqlglot.
    from sparkops.compiler.sql.row_expression import find_refusal

    for column, text in repairs.items():
        refusal = find_refusal(text, columns)
        if refusal:
            raise InputError(
                f"--set {column}={text}: {refusal}. A repair is an expression on the row's own columns, of the "
                "functions of a row in docs/reference/sql-functions.md."
            )


def release_rows(
    container: ServiceContainer, request: ReleaseRequest, *, on_step: Callable[[str], None] = lambda _: None
) -> ReleaseResult:
    """Release or discard quarantined rows; do nothing if none are left.

    Args:
        container: The services.
        request: Which rows, and what to do with them.
        on_step: Called with the name of each step when it begins.

    Raises:
        InputError: No rows of the table were ever quarantined, or a repair is not an expression on one row.
        ChecksFailed: The table would not pass its checks with these rows; nothing was released.
        TableBusy: A run is writing the table.
    """
    tables, table = container.tables, request.table
    summary = validate_request(tables, request)
    if not summary.counts:
        raise InputError(f"No rows of `{table}` were ever quarantined, so there is nothing to release.")
    release_id = (DISCARD_PREFIX if request.discard else RELEASE_PREFIX) + make_run_id()
    result = ReleaseResult(table=table, release=release_id, discarded=request.discard)
    if not summary.row_count and not summary.interrupted:
        return result
    if not request.discard or summary.interrupted:
        container.warm_up([])
        container.checks.warm([table])
    names = [table, tables.get_quarantine_name(table)]
    context = container.build_run_context()
    with lock_for_writing(context.locks, names, release_id, wait=container.settings.wait):
        require_no_open_rollback(context.runs, context.publications, names)
        try:
            return _Release(container, request, release_id, on_step).run(result)
        except Exception as error:
            translated = tables.explain(error)
            if translated is None or translated is error:
                raise
            raise translated from error


@dataclass(frozen=True, slots=True)
class _Release:
    """One release, while it holds the locks of the table and its quarantine."""

    container: ServiceContainer
    request: ReleaseRequest
    id: str
    on_step: Callable[[str], None]

    def run(self, result: ReleaseResult) -> ReleaseResult:
        """Finish interrupted releases, then release or discard the requested rows."""
        tables, table = self.container.tables, self.request.table
        # Read again: only now can no other process release rows.
        interrupted = tables.summarize_quarantine(table).interrupted
        result = replace(result, finished=tuple((earlier, self.finish(earlier)) for earlier in interrupted))
        row_count = tables.summarize_quarantine(table, run=self.request.run).row_count
        if not row_count:
            return result
        releases = tables.get_releases(table)
        releases.add_release_columns(self.id)
        if self.request.discard:
            self.on_step("discard")
            return replace(result, rows=releases.discard(self.id, run=self.request.run))
        passing, failing = self.stage_passing_rows(row_count)
        result = replace(result, still_failing=sum(failing.values()), reasons=tuple(sorted(failing.items())))
        count = row_count - result.still_failing
        if not count:
            self.discard_staged(self.id)
            return result
        releases.mark(passing, self.id, count=count)
        return replace(result, rows=self.finish(self.id), version=self.find_published_version())

    def stage_passing_rows(self, row_count: int) -> tuple[DataFrame, dict[str, int]]:
        """Stage the rows that pass; return them with their keys, and the number of other rows by violated rule."""
        try:
            rows = self.stage_repaired_rows()
            self.on_step("check")
            passing, failing = self.check_rows(rows)
            if sum(failing.values()) < row_count:
                self.stage_for_table(passing)
                self.on_step("mark")
        except BaseException:
            self.discard_staged(self.id)
            raise
        return passing, failing

    def stage_repaired_rows(self) -> DataFrame:
        """Stage the quarantined rows with their repairs, so that each repair is computed once."""
        tables, table = self.container.tables, self.request.table
        self.on_step("repair")
        target = tables.read(tables.pin(table)).schema
        frame = tables.get_releases(table).select_unreleased(
            target, self.request.repairs, run=self.request.run
        )
        return tables.staging.stage(frame, StagedPart(_name_repair_area(self.id), table))

    def check_rows(self, rows: DataFrame) -> tuple[DataFrame, dict[str, int]]:
        """Return the rows that pass the expectations about single rows, and the number of others by violated rule."""
        suite = self.container.checks.find_suite(self.request.table)
        row_suite = select_row_level(suite) if suite else None
        if row_suite is None:
            return rows, {}
        outcome = self.require_unblocked(row_suite, rows)
        return outcome.good, {} if outcome.bad is None else _count_by_rule(outcome.bad)

    def stage_for_table(self, rows: DataFrame) -> None:
        """Stage exactly the rows to append, and refuse them if the table would not pass its checks with them."""
        tables, table = self.container.tables, self.request.table
        present = tables.read(tables.pin(table))
        staged = tables.staging.stage(
            rows.select(*map(quote_column, present.columns)), StagedPart(self.id, table)
        )
        suite = self.container.checks.find_suite(table)
        table_suite = select_table_level(suite) if suite else None
        if table_suite is not None:
            self.require_unblocked(table_suite, present.unionByName(staged))

    def require_unblocked(self, suite: Suite, frame: DataFrame) -> CheckpointOutcome:
        """Run a suite on a frame.

        Raises:
            ChecksFailed: A check blocks the frame.
        """
        table = self.request.table
        outcome = self.container.checks.run_checkpoint(suite, frame, table=table, run_id=self.id)
        if outcome.blocked:
            lines = "\n".join(f"  - {describe(result)}" for result in outcome.failed)
            raise ChecksFailed(
                f"Table `{table}` would not pass its checks with these rows; nothing was released.\n{lines}\n"
                "Repair them with --set COLUMN=EXPRESSION, choose others with --run, or discard them."
            )
        return outcome

    def finish(self, release_id: str) -> int:
        """Publish the marked rows of a release and record them as released; return their number."""
        tables, table = self.container.tables, self.request.table
        releases = tables.get_releases(table)
        if tables.find_published(table, release_id) is None:
            part = StagedPart(release_id, table)
            staged = tables.staging.find(part)
            if staged is None:
                # The staged rows were removed, and the table has none of them: they are in quarantine again.
                releases.undo(release_id)
                return 0
            self.on_step("publish")
            tables.publish(staged, Write(table=table, mode="append"), run_id=release_id, staged=part)
        self.on_step("record")
        rows = releases.complete(release_id)
        self.discard_staged(release_id)
        return rows

    def find_published_version(self) -> int | None:
        """Return the version of the table that this release made."""
        published = self.container.tables.find_published(self.request.table, self.id)
        return None if published is None else published.version

    def discard_staged(self, release_id: str) -> None:
        """Remove what a release staged."""
        self.container.tables.staging.discard(release_id)
        self.container.tables.staging.discard(_name_repair_area(release_id))


def _name_repair_area(release_id: str) -> str:
    return f"{release_id}-rows"


def _count_by_rule(bad: DataFrame) -> dict[str, int]:
    """Return the number of rows by violated rule; a row that violates several counts for the first."""
    counts = bad.groupBy(bad[REASONS_COLUMN][0].alias("reason")).count().collect()
    return {row["reason"]: row["count"] for row in counts}
