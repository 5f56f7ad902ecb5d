"""Publish what a job returned: stage, check, then write all tables or none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sparkops.errors import BadData, ChecksFailed, JobFailed
from sparkops.pipeline.check import CheckResult
from sparkops.pipeline.job import Job
from sparkops.pipeline.json_values import published_json, registered_json
from sparkops.pipeline.model import Model
from sparkops.pipeline.report import Report
from sparkops.pipeline.table import MicroBatch, PublishedVersion
from sparkops.pipeline.write import Write
from sparkops.runs.check_report import failure_message, to_record
from sparkops.runs.empty_result import require_rows_to_publish
from sparkops.runs.ports import CheckOutcome, RunServices
from sparkops.runs.record import Run
from sparkops.runs.return_value import frames_by_table, require_type
from sparkops.runs.store import Attempt

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

Timer = Callable[[str], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """Publishes the result of one attempt of a run.

    Args:
        job: The job.
        values: Its bound parameters.
        services: The services of the run.
        attempt: The record, to which every commit is appended.
        timer: Context manager that measures a step.
    """

    job: Job
    values: Mapping[str, Any]
    services: RunServices
    attempt: Attempt
    timer: Timer

    def publish(self, result: Any, run: Run) -> None:
        """Publish what the job returned, by the job's kind.

        Args:
            result: What the job returned; None if all its frames are staged already.
            run: The run's record.

        Raises:
            ChecksFailed: A check blocked a table; nothing was published.
            JobFailed: The result is not what the job declares.
        """
        if self.job.kind == "model":
            self._register(require_type(result, Model, self.job), run)
        elif self.job.kind == "report":
            with self.timer("report"):
                page = self.services.reports.write(require_type(result, Report, self.job), run)
                self.attempt.append("reported", report=page)
        else:
            self._publish_tables(frames_by_table(result, self.job))

    def write_with_quarantine(
        self, write: Write, staged: DataFrame, outcome: CheckOutcome | None, batch: MicroBatch | None = None
    ) -> Iterator[PublishedVersion]:
        """Write one table, its quarantined rows first; yield each commit once it is made, the table's own last."""
        run_id, writer = self.attempt.run_id, self.services.writer
        if outcome is not None and outcome.bad is not None:
            yield writer.quarantine(outcome.bad, table=write.table, run_id=run_id, batch=batch)
        good = outcome.good if outcome is not None else staged
        yield writer.publish(
            good, write, run_id=run_id, values=self.values, staged=good is staged, batch=batch
        )

    def _register(self, model: Model, run: Run) -> None:
        # An earlier attempt of this run registered the model already.
        if run.registered:
            return
        with self.timer("register"):
            registered = self.services.models.register(
                model,
                name=self.job.registers or self.job.name,
                run=run,
                gates=self.job.gates,
                params=run.params,
            )
        self.attempt.append(
            "registered", registered=registered_json(registered), metrics=dict(registered.metrics)
        )

    def _publish_tables(self, frames: Mapping[str, DataFrame]) -> None:
        with self.timer("compute"):
            staged = {write.table: self._stage(write, frames.get(write.table)) for write in self.job.writes}
        with self.timer("check"):
            outcomes = {table: self._check(table, frame) for table, frame in staged.items()}
        checked = [outcome for outcome in outcomes.values() if outcome is not None]
        results = [result for outcome in checked for result in outcome.results]
        self.attempt.append("checked", checks=[to_record(result) for result in results])
        run_id, job = self.attempt.run_id, self.job.name
        if any(outcome.blocked for outcome in checked):
            self.services.history.append(results, run_id=run_id, job=job, versions={})
            self.services.checks.write_docs(checked)
            raise ChecksFailed(failure_message(checked, self.job))
        self._require_rows(staged, outcomes, results)
        versions = {}
        with self.timer("publish"):
            for write in self.job.writes:
                for commit in self.write_with_quarantine(write, staged[write.table], outcomes[write.table]):
                    self.attempt.append("published", outputs={commit.table: published_json(commit)})
                    versions[write.table] = commit.version
        if checked:
            with self.timer("results"):
                self.services.history.append(results, run_id=run_id, job=job, versions=versions)
            with self.timer("docs"):
                self.services.checks.write_docs(checked)

    def require_rows(self, write: Write, staged: DataFrame, outcome: CheckOutcome | None) -> None:
        """Refuse a result without rows that would remove rows of its table.

        Raises:
            BadData: Rows would be removed, and the job does not allow it.
        """
        good = outcome.good if outcome is not None else staged
        require_rows_to_publish(
            good, write, job=self.job, values=self.values, reader=self.services.reader, outcome=outcome
        )

    def _require_rows(
        self,
        staged: Mapping[str, DataFrame],
        outcomes: Mapping[str, CheckOutcome | None],
        results: Sequence[CheckResult],
    ) -> None:
        """Refuse the run before its first commit if a table would lose its rows; the check results are kept."""
        try:
            for write in self.job.writes:
                self.require_rows(write, staged[write.table], outcomes[write.table])
        except BadData:
            checked = [outcome for outcome in outcomes.values() if outcome is not None]
            if checked:
                self.services.history.append(
                    results, run_id=self.attempt.run_id, job=self.job.name, versions={}
                )
                self.services.checks.write_docs(checked)
            raise

    def _stage(self, write: Write, frame: DataFrame | None) -> DataFrame:
        """Stage a frame, or return what an earlier attempt staged."""
        run_id, writer = self.attempt.run_id, self.services.writer
        if frame is None:
            earlier = writer.find_staged(write.table, run_id)
            if earlier is None:
                raise JobFailed(f"Nothing was computed for table `{write.table}`.")
            return earlier
        staged = writer.stage(frame, table=write.table, run_id=run_id, partition_by=write.partition_by)
        self.attempt.append("staged", staged=[write.table])
        return staged

    def _check(self, table: str, frame: DataFrame) -> CheckOutcome | None:
        return self.services.checks.run_checkpoint(frame, table=table, run_id=self.attempt.run_id)
