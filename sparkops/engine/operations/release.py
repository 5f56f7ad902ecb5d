"""Quarantined rows back into their table, each exactly once, whatever it is interrupted by.

What passed is staged whole; one commit marks those rows in the quarantine; one appends them to the table, with the release's id
as its transaction; one stamps them as done with. A release that was interrupted is brought to its end by the next one: its
staged rows are published if the table does not hold them yet, and only then stamped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sparkops.checks.outcome import REASONS, describe
from sparkops.checks.suite.release_suites import of_each_row, of_the_whole
from sparkops.errors import ChecksFailed, InputError, UnknownName
from sparkops.pipeline.quarantine_summary import QuarantineSummary, ReleaseResult
from sparkops.pipeline.write import Write
from sparkops.runs.ids import new_id
from sparkops.runs.lock import writing
from sparkops.tables.quarantine.quarantine import DISCARD, RELEASE
from sparkops.tables.write.replaced_slice import quoted

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from sparkops.checks.outcome import Outcome
    from sparkops.engine.container import Workshop
    from sparkops.engine.engine import Engine

Watch = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to become of quarantined rows.

    Args:
        table: Their table.
        run: Only what this run held back.
        repairs: Column to a Spark SQL expression on the row's own columns.
        discard: They are not wanted: none is admitted.
    """

    table: str
    run: str | None = None
    repairs: Mapping[str, str] = field(default_factory=dict)
    discard: bool = False


def survey(engine: Engine, wanted: Wanted) -> QuarantineSummary:
    """Return what waits, after all that can be told wrong without Spark was told.

    Raises:
        UnknownName: There is no such table, no such column, or nothing waits from that run.
        InputError: The table cannot be written to.
    """
    tables = engine.workshop.tables
    tables.require_writable(wanted.table)
    tables.pin(wanted.table)
    found = tables.held(wanted.table)
    if wanted.run is not None and wanted.run not in {each.run for each in found.counts}:
        known = sorted({each.run for each in found.counts})
        raise UnknownName("run", wanted.run, known, where=f"the quarantine of `{wanted.table}`")
    columns = [name for name, _ in tables.schema(wanted.table)] if wanted.repairs else []
    for column in wanted.repairs:
        if column not in columns:
            raise UnknownName("column", column, columns, where=f"table `{wanted.table}`")
    if wanted.repairs and wanted.discard:
        raise InputError("Rows are repaired or discarded: leave out --set, or --discard.")
    return found


def release(engine: Engine, wanted: Wanted, *, watch: Watch = lambda _: None) -> ReleaseResult:
    """Do what is wanted of the rows that wait; nothing where none does.

    Args:
        engine: The project.
        wanted: Which rows, and what for.
        watch: Told the name of each step as it begins.

    Raises:
        InputError: A repair that cannot be read, or that is not about one row.
        ChecksFailed: The table would not pass its checks with these rows; nothing was released.
        TableBusy: A run writes the table.
    """
    found = survey(engine, wanted)
    if not found.counts:
        raise InputError(f"Nothing of `{wanted.table}` was ever held back, so there is nothing to release.")
    release_id = (DISCARD if wanted.discard else RELEASE) + new_id()
    nothing = ReleaseResult(table=wanted.table, release=release_id, discarded=wanted.discard)
    if not found.row_count and not found.interrupted:
        return nothing
    shop = engine.workshop
    if not wanted.discard or found.interrupted:
        shop.warm([])
        shop.checks.warm([wanted.table])
    names = [wanted.table, shop.tables.quarantine_name(wanted.table)]
    with writing(engine.settings.state / "locks", names, release_id):
        try:
            return _Release(shop, wanted, release_id, watch).all(nothing)
        except Exception as error:  # Spark's errors are told in words
            told = shop.tables.explain(error)
            if told is None or told is error:
                raise
            raise told from error


@dataclass(frozen=True, slots=True)
class _Release:
    shop: Workshop
    wanted: Wanted
    id: str
    watch: Watch

    def all(self, nothing: ReleaseResult) -> ReleaseResult:
        """Finish what was interrupted, then do what is wanted."""
        tables, table = self.shop.tables, self.wanted.table
        interrupted = tables.held(table).interrupted  # asked again: now nobody else releases
        done = replace(nothing, finished=tuple((earlier, self.finish(earlier)) for earlier in interrupted))
        waiting = tables.held(table, run=self.wanted.run).row_count
        if not waiting:
            return done
        releases = tables.releases(table)
        releases.prepare(self.id)
        if self.wanted.discard:
            self.watch("discard")
            return replace(done, rows=releases.discard(self.id, run=self.wanted.run))
        good, still = self.judged(waiting)
        count = waiting - sum(still.values())
        done = replace(done, still=sum(still.values()), reasons=tuple(sorted(still.items())))
        if not count:
            self.forget(self.id)
            return done
        releases.mark(good, self.id, count=count)
        return replace(done, rows=self.finish(self.id), version=self.version(self.id))

    def judged(self, waiting: int) -> tuple[DataFrame, dict[str, int]]:
        """Stage the rows that may come back; return them with their keys, and how many others break which rule."""
        try:
            rows = self.repaired()
            self.watch("check")
            good, still = self.passed(rows)
            if sum(still.values()) < waiting:
                self.stage_whole(good)
                self.watch("mark")
        except BaseException:
            self.forget(self.id)
            raise
        return good, still

    def repaired(self) -> DataFrame:
        """Stage the rows that wait, repaired; what a repair says is computed once."""
        tables, table = self.shop.tables, self.wanted.table
        self.watch("repair")
        target = tables.read(tables.pin(table)).schema
        frame = tables.releases(table).waiting(target, self.wanted.repairs, run=self.wanted.run)
        return tables.stage(frame, table=table, run_id=_rows_of(self.id))

    def stage_whole(self, good: DataFrame) -> None:
        """Stage exactly what will be appended, and refuse it if the table would not pass its checks with it."""
        tables, table = self.shop.tables, self.wanted.table
        whole = tables.read(tables.pin(table))
        admitted = tables.stage(good.select(*map(quoted, whole.columns)), table=table, run_id=self.id)
        self.require_whole(whole.unionByName(admitted))

    def passed(self, rows: DataFrame) -> tuple[DataFrame, dict[str, int]]:
        """Return the rows that meet what each must meet, and how many break each rule that the others break."""
        suite = self.shop.checks.suite(self.wanted.table)
        each = of_each_row(suite) if suite else None
        if each is None:
            return rows, {}
        outcome = self.shop.checks.gate(each, rows, table=self.wanted.table, run_id=self.id)
        self._require(outcome)
        return outcome.good, {} if outcome.bad is None else _why(outcome.bad)

    def require_whole(self, frame: DataFrame) -> None:
        """Refuse rows with which the table would not pass what is asked of it as a whole."""
        suite = self.shop.checks.suite(self.wanted.table)
        whole = of_the_whole(suite) if suite else None
        if whole is not None:
            self._require(self.shop.checks.gate(whole, frame, table=self.wanted.table, run_id=self.id))

    def _require(self, outcome: Outcome) -> None:
        if outcome.blocked:
            lines = "\n".join(f"  - {describe(result)}" for result in outcome.failed)
            raise ChecksFailed(
                f"Table `{self.wanted.table}` would not pass its checks with these rows; nothing was released.\n{lines}\n"
                "Repair them with --set COLUMN=EXPRESSION, choose others with --run, or discard them."
            )

    def finish(self, release_id: str) -> int:
        """Bring a release whose rows are marked to its end; return how many rows it admitted."""
        tables, table = self.shop.tables, self.wanted.table
        releases = tables.releases(table)
        if tables.published(table, release_id) is None:
            staged = tables.staged(table, release_id)
            if staged is None:  # somebody removed what was staged: nothing of it is in the table
                releases.unmark(release_id)
                return 0
            self.watch("publish")
            tables.publish(staged, Write(table=table, mode="append"), run_id=release_id, staged=True)
        self.watch("stamp")
        rows = releases.stamp(release_id)
        self.forget(release_id)
        return rows

    def version(self, release_id: str) -> int | None:
        """Return the version of the table that a release made."""
        done = self.shop.tables.published(self.wanted.table, release_id)
        return None if done is None else done.version

    def forget(self, release_id: str) -> None:
        """Remove what a release staged."""
        self.shop.tables.discard(release_id)
        self.shop.tables.discard(_rows_of(release_id))


def _rows_of(release_id: str) -> str:
    return f"{release_id}-rows"


def _why(bad: DataFrame) -> dict[str, int]:
    """Return how many rows break each rule; a row that breaks two counts at the first."""
    counted = bad.groupBy(bad[REASONS][0].alias("reason")).count().collect()
    return {row["reason"]: row["count"] for row in counted}
