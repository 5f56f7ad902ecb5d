"""Run a streaming job: stage, check and publish every micro-batch once, until the stream has been read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

from sparkops.errors import BadData, ChecksFailed, JobFailed
from sparkops.pipeline.check import CheckResult
from sparkops.pipeline.json_values import pin_json, published_json
from sparkops.pipeline.stream import OUTPUT_MODES
from sparkops.pipeline.table import MicroBatch, Pin, PublishedVersion
from sparkops.pipeline.write import Write
from sparkops.runs.check_report import failure_message, to_record
from sparkops.runs.ports import CheckOutcome
from sparkops.runs.publisher import Publisher
from sparkops.runs.return_value import require_frame

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def publish_stream(
    result: Any, publisher: Publisher, *, pin: Pin, on_batch: Callable[[str], None] = lambda _: None
) -> None:
    """Publish the stream that the job returned, up to its end.

    Args:
        result: A streaming frame.
        publisher: Publishes the batches.
        pin: The streamed table as it was when the run began.
        on_batch: Called with the name of each batch when it begins.

    Raises:
        ChecksFailed: A check blocked a batch: nothing of it was published, and the next run begins with it.
        JobFailed: The frame is not derived from the stream.
    """
    job, services, attempt = publisher.job, publisher.services, publisher.attempt
    frame = require_frame(result, job)
    if not frame.isStreaming:
        raise JobFailed(
            f"Job `{job.name}` reads `{job.stream}` as a stream and returned a frame that does not come from it "
            f"({job.place}): return a frame made from `{job.stream}`."
        )
    batches = _BatchPublisher(publisher, on_batch)
    mode = OUTPUT_MODES[job.writes[0].mode]
    try:
        with publisher.timer("stream"):
            last_version = services.streams.run(
                frame, name=job.name, output_mode=mode, every=job.every, process_batch=batches.publish
            )
    finally:
        batches.record_checks()
    batches.write_docs()
    if last_version is not None:
        attempt.append("streamed", inputs={pin.table: {**pin_json(pin), "version": last_version}})


@dataclass(slots=True)
class _BatchPublisher:
    """Publishes the micro-batches of one run, and adds up the results of their checks."""

    publisher: Publisher
    on_batch: Callable[[str], None]
    checks: list[CheckResult] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)
    last_outcome: CheckOutcome | None = None

    def publish(self, frame: DataFrame, batch: MicroBatch) -> None:
        """Stage, check and publish one micro-batch."""
        self.on_batch(f"batch {batch.number}")
        job, services, run_id = self.publisher.job, self.publisher.services, self.publisher.attempt.run_id
        [write] = job.writes
        staged = services.writer.stage(
            frame, table=write.table, run_id=run_id, partition_by=write.partition_by
        )
        if write.mode != "overwrite" and staged.isEmpty():
            return
        outcome = services.checks.run_checkpoint(staged, table=write.table, run_id=run_id)
        if outcome is not None:
            self._add_results(outcome)
            if outcome.blocked:
                self._refuse(outcome, batch)
        self._require_rows(write, staged, outcome, batch)
        commits = []
        for commit in self.publisher.write_with_quarantine(write, staged, outcome, batch):
            commits.append(commit)
            self._record_commit(commit)
        self._record_batch(batch, commits, outcome)
        if outcome is not None:
            self._append_history(outcome, batch, {write.table: commits[-1].version})

    def _require_rows(
        self, write: Write, staged: DataFrame, outcome: CheckOutcome | None, batch: MicroBatch
    ) -> None:
        """Refuse a batch without rows that would remove rows of the table; the check results are kept."""
        try:
            self.publisher.require_rows(write, staged, outcome)
        except BadData:
            if outcome is not None:
                self._append_history(outcome, batch, {})
                self.write_docs()
            raise

    def record_checks(self) -> None:
        """Record the check results of all batches together."""
        if self.checks:
            checks = [to_record(result) for result in self.checks]
            self.publisher.attempt.append("checked", checks=checks)

    def write_docs(self) -> None:
        """Write the Data Docs of the last batch."""
        if self.last_outcome is not None:
            self.publisher.services.checks.write_docs([self.last_outcome])

    def _add_results(self, outcome: CheckOutcome) -> None:
        self.last_outcome = outcome
        results = list(outcome.results)
        if self.checks:
            results = [total.combine(result) for total, result in zip(self.checks, results, strict=True)]
        self.checks = results

    def _refuse(self, outcome: CheckOutcome, batch: MicroBatch) -> NoReturn:
        self._append_history(outcome, batch, {})
        self.write_docs()
        consequence = f"nothing of batch {batch.number} was published; the next run begins with it"
        raise ChecksFailed(failure_message([outcome], self.publisher.job, consequence=consequence))

    def _record_commit(self, commit: PublishedVersion) -> None:
        """Record one commit, with all rows that this run has published to its table."""
        rows = self.rows.get(commit.table, 0) + (0 if commit.already_published else commit.rows)
        self.rows[commit.table] = rows
        self.publisher.attempt.append(
            "published", outputs={commit.table: {**published_json(commit), "rows": rows}}
        )

    def _record_batch(
        self, batch: MicroBatch, commits: Sequence[PublishedVersion], outcome: CheckOutcome | None
    ) -> None:
        *quarantined, table = commits
        facts: Mapping[str, Any] = {
            "number": batch.number,
            "version": table.version,
            "rows": table.rows,
            "held": sum(commit.rows for commit in quarantined),
            "already": table.already_published,
            "broken": [r.expectation for r in outcome.results if not r.success] if outcome else [],
        }
        self.publisher.attempt.append("batch", batches=[facts])

    def _append_history(self, outcome: CheckOutcome, batch: MicroBatch, versions: Mapping[str, int]) -> None:
        self.publisher.services.history.append(
            outcome.results,
            run_id=self.publisher.attempt.run_id,
            job=self.publisher.job.name,
            versions=versions,
            batch=batch,
        )
