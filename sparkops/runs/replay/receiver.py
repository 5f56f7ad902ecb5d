"""Compare what a job returns in a replay with what the original run published, instead of publishing it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

from sparkops.core.session_conf import apply_conf
from sparkops.pipeline.job import Job
from sparkops.pipeline.model import Model
from sparkops.pipeline.reports.replay_verdict import (
    FactDifference,
    NondeterministicExpression,
    ReplayVerdict,
    TableComparison,
    verdict_to_json,
)
from sparkops.pipeline.reports.report import Report
from sparkops.pipeline.staging import QUARANTINE_SUFFIX, REASONS_COLUMN
from sparkops.pipeline.write import Write
from sparkops.runs.ports import CheckOutcome, RunServices
from sparkops.runs.publishing.check_report import to_record
from sparkops.runs.publishing.return_value import read_frames, require_type
from sparkops.runs.records.run import Run
from sparkops.runs.records.store import Attempt
from sparkops.runs.replay.facts import compare_checks

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

Timer = Callable[[str], AbstractContextManager[None]]
# Splits the annotated rows of a table (second argument) into good and bad ones, which are computed once.
Divide = Callable[["DataFrame", str], tuple["DataFrame", "DataFrame"]]


class ReplayComparer(Protocol):
    """Compares results of a job with what a run published."""

    def stage(self, frame: DataFrame, write: Write, *, run_id: str) -> DataFrame:
        """Compute a frame once, outside of the tables; return the rows that a reader of the table would get."""

    def compare_table(self, frame: DataFrame, write: Write) -> TableComparison:
        """Return the comparison of a staged frame with the rows that the run wrote."""

    def compare_quarantine(self, frame: DataFrame, table: str) -> TableComparison | None:
        """Return the comparison of rows that fail checks with the run's quarantined rows; None if there are none."""

    def find_causes(self, frame: DataFrame) -> tuple[NondeterministicExpression, ...]:
        """Return the non-deterministic expressions in the plan of a frame."""

    def compare_result(self, result: Model | Report) -> tuple[tuple[FactDifference, ...], str]:
        """Return what differs in a model or report, and what was compared, in words."""


@dataclass(slots=True, kw_only=True)
class ReplayReceiver:
    """Implements the port `ResultReceiver`: compares instead of publishing.

    Args:
        job: The job.
        original: The run that is replayed.
        comparer: Compares tables, models and reports.
        plan: The verdict as far as it is known before the replay: code, overrides, notes, tolerance.
        write_page: Writes the page of a verdict and returns its path.
        conf: Recorded settings of Spark that differ from the present ones.
        locate_shadow: Returns where the rows of a table stay after the replay; None if they are removed.
    """

    job: Job
    original: Run
    comparer: ReplayComparer
    plan: ReplayVerdict
    write_page: Callable[[ReplayVerdict], str]
    conf: Mapping[str, str] = field(default_factory=dict)
    locate_shadow: Callable[[str], str] | None = None

    @property
    def facts(self) -> Mapping[str, Any]:
        """Return what the record of the replay begins with: which run it replays, and what is not as recorded."""
        return {
            "replay": {
                "of": self.original.id,
                "code": self.plan.code,
                "overrides": dict(self.plan.overrides),
                "settings": dict(self.conf),
            }
        }

    @contextmanager
    def prepare(self, session: SparkSession) -> Iterator[None]:
        """Give the session the recorded settings while the block runs."""
        with apply_conf(session.conf, self.conf):
            yield

    def receive(self, result: Any, services: RunServices, attempt: Attempt, timer: Timer) -> None:
        """Compare what the job returned with what the run published, and record the verdict."""
        verdict = replace(self.plan, run=attempt.run_id)
        if self.job.kind in ("model", "report"):
            kind: type[Model | Report] = Model if self.job.kind == "model" else Report
            with timer("compare"):
                facts, compared = self.comparer.compare_result(require_type(result, kind, self.job))
            verdict = replace(verdict, facts=facts, compared=(compared,))
        else:
            verdict = self._compare_tables(read_frames(result, self.job), services, verdict, timer)
            if self.locate_shadow is None:
                services.staging.discard(attempt.run_id)
        verdict = replace(verdict, page=self.write_page(verdict))
        attempt.append("compared", replay={"verdict": json.loads(json.dumps(verdict_to_json(verdict)))})

    def _compare_tables(
        self, frames: Mapping[str, DataFrame], services: RunServices, verdict: ReplayVerdict, timer: Timer
    ) -> ReplayVerdict:
        with timer("compute"):
            staged = {
                write.table: self.comparer.stage(frames[write.table], write, run_id=verdict.run)
                for write in self.job.writes
            }
        with timer("check"):
            outcomes = {
                table: services.checks.run_checkpoint(frame, table=table, run_id=verdict.run)
                for table, frame in staged.items()
            }
        checks = [to_record(result) for outcome in outcomes.values() if outcome for result in outcome.results]
        # The record of the original has its results as JSON values.
        facts = tuple(
            compare_checks(
                self.original.checks, json.loads(json.dumps(checks, default=str)), verdict.tolerance
            )
        )

        def divide(frame: DataFrame, table: str) -> tuple[DataFrame, DataFrame]:
            return services.staging.divide(frame, verdict.run, table)

        with timer("compare"):
            tables = [
                comparison
                for write in self.job.writes
                for comparison in self._compare_table(
                    write, staged[write.table], outcomes[write.table], divide
                )
            ]
        tables = [
            comparison if comparison.is_identical else self._add_causes(comparison, frames)
            for comparison in map(self._add_shadow, tables)
        ]
        count = sum(len(outcome.results) for outcome in outcomes.values() if outcome)
        compared = (f"{count} check results",) if count else ()
        return replace(verdict, tables=tuple(tables), facts=facts, compared=compared)

    def _compare_table(
        self, write: Write, staged: DataFrame, outcome: CheckOutcome | None, divide: Divide
    ) -> Iterator[TableComparison]:
        """Yield the comparison of a table, and that of its quarantine."""
        quarantine = write.table + QUARANTINE_SUFFIX
        good, bad = staged, None
        if outcome is not None and outcome.annotated is not None and not outcome.blocked:
            good, bad = divide(outcome.annotated, write.table)
        yield self.comparer.compare_table(good, write)
        if bad is None and quarantine in self.original.outputs:
            # No replayed row fails the checks: all rows that the run quarantined are missing.
            from pyspark.sql import functions as F

            reasons = F.array().cast("array<string>").alias(REASONS_COLUMN)
            bad = staged.select("*", reasons).limit(0)
        comparison = None if bad is None else self.comparer.compare_quarantine(bad, quarantine)
        if comparison is not None:
            yield comparison

    def _add_shadow(self, comparison: TableComparison) -> TableComparison:
        """Return a comparison with the path of its replayed rows, if they stay."""
        if self.locate_shadow is None or comparison.table.endswith(QUARANTINE_SUFFIX):
            return comparison
        return replace(comparison, shadow=self.locate_shadow(comparison.table))

    def _add_causes(self, comparison: TableComparison, frames: Mapping[str, DataFrame]) -> TableComparison:
        """Return a comparison with the non-deterministic expressions that may have made it differ."""
        table = comparison.table.removesuffix(QUARANTINE_SUFFIX)
        causes = self.comparer.find_causes(frames[table])
        return replace(comparison, causes=_order_causes(causes, comparison.rows.columns))


def _order_causes(
    causes: Sequence[NondeterministicExpression], columns: Sequence[str]
) -> tuple[NondeterministicExpression, ...]:
    """Return the causes; those that a differing column depends on come first."""
    return tuple(sorted(causes, key=lambda cause: not set(cause.columns) & set(columns)))
