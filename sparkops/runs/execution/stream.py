"""Run a streaming job: stage, check and publish every micro-batch once, until the stream has been read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, NoReturn

from sparkops.errors import BadData, ChecksFailed, JobFailed
from sparkops.pipeline.checks.check import CheckResult
from sparkops.pipeline.checks.checkpoint import CheckpointFacts
from sparkops.pipeline.json_values.tables import (
    pin_to_json,
    published_version_to_json,
    stream_progress_to_json,
)
from sparkops.pipeline.staging import StagedPart, name_batch_area
from sparkops.pipeline.stream import OUTPUT_MODES
from sparkops.pipeline.table import MicroBatch, Pin, PublishedVersion, StreamProgress
from sparkops.pipeline.write import Write
from sparkops.runs.ports import CheckOutcome
from sparkops.runs.publishing.check_report import collect_pages, format_failures, to_record
from sparkops.runs.publishing.decision import Decision, decide, load_decision
from sparkops.runs.publishing.publisher import Publisher
from sparkops.runs.publishing.return_value import require_frame
from sparkops.runs.records.run import Run, utc_now

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

# The record is made small again after so many events.
_COMPACTION: Final = 200


def publish_stream(
    result: Any, publisher: Publisher, *, pin: Pin, run: Run, on_batch: Callable[[str], None] = lambda _: None
) -> None:
    """Publish the stream that the job returned, up to its end.

    Args:
        result: A streaming frame.
        publisher: Publishes the batches.
        pin: The streamed table as it was when the run began.
        run: The run's record, with what earlier attempts have published.
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
    batches = _BatchPublisher(publisher, on_batch, _Totals.of_record(run), rows=_count_rows(run))
    mode = OUTPUT_MODES[job.writes[0].mode]
    try:
        with publisher.timer("stream"):
            last_version = services.streams.run(
                frame,
                name=job.name,
                output_mode=mode,
                every=job.every,
                process_batch=batches.publish,
                on_progress=batches.record_progress,
            )
    finally:
        batches.record_checks()
    batches.discard_staged()
    batches.write_docs()
    if last_version is not None:
        attempt.append("streamed", inputs={pin.table: {**pin_to_json(pin), "version": last_version}})


@dataclass(slots=True, kw_only=True)
class _Totals:
    """What all attempts of a run have published.

    Args:
        last: Number of the last batch; None if there is none.
        batches: Number of batches.
        rows: Rows in the table.
        quarantined: Rows in quarantine.
        is_resumed: Whether an earlier attempt has recorded something.
    """

    last: int | None = None
    batches: int = 0
    rows: int = 0
    quarantined: int = 0
    is_resumed: bool = False

    @classmethod
    def of_record(cls, run: Run) -> _Totals:
        """Return the totals of a run's record."""
        return cls(
            last=run.batches[-1]["number"] if run.batches else None,
            batches=run.batch_count,
            rows=run.stream.get("rows", 0),
            quarantined=run.stream.get("held", 0),
            is_resumed=run.attempt > 1,
        )

    def add(self, batch: Mapping[str, Any]) -> None:
        """Add a batch, unless an earlier attempt has recorded it."""
        if self.last is not None and batch["number"] <= self.last:
            return
        self.last = batch["number"]
        self.batches += 1
        # An earlier attempt may have published the batch, and ended before it recorded that.
        if self.is_resumed or not batch["already"]:
            self.rows += batch["rows"]
            self.quarantined += batch["held"]

    def to_json(self) -> dict[str, int]:
        """Return the totals as JSON values."""
        return {"batches": self.batches, "rows": self.rows, "held": self.quarantined}


@dataclass(slots=True)
class _BatchPublisher:
    """Publishes the micro-batches of one run, and adds up the results of their checks.

    Args:
        publisher: Publishes one micro-batch.
        on_batch: Called with the name of each batch when it begins.
        totals: What all attempts of the run have published.
        published: Check results of the published batches together.
        unpublished: Check results of the present batch, until it is published.
        rows: Rows that this run published, by table.
        last_pages: Pages of the last batch that was checked.
        last_batch: The last batch that began.
        events: Events since the record was last made small.
    """

    publisher: Publisher
    on_batch: Callable[[str], None]
    totals: _Totals
    published: list[CheckResult] = field(default_factory=list)
    unpublished: list[CheckResult] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)
    last_pages: Sequence[CheckpointFacts] = ()
    last_batch: MicroBatch | None = None
    events: int = 0

    def publish(self, frame: DataFrame, batch: MicroBatch) -> None:
        """Stage, check and publish one micro-batch, or follow the plan that an earlier attempt saved for it."""
        self.on_batch(f"batch {batch.number}")
        services, [write] = self.publisher.services, self.publisher.job.writes
        if batch.number:
            # Spark has recorded the batch before this one as processed, so that no run needs its rows again.
            services.staging.discard(name_batch_area(replace(batch, number=batch.number - 1)))
        self.last_batch = batch
        decision = load_decision(services.plans, name_batch_area(batch)) or self._decide(frame, batch)
        if decision is None:
            return
        self.last_pages = decision.plan.pages or self.last_pages
        self.unpublished = list(decision.plan.checks)
        commits = []
        for commit in self.publisher.commit(write, decision, batch):
            commits.append(commit)
            self._record_commit(commit)
        self._record_batch(batch, commits, decision)
        if decision.plan.checks:
            self._add_published()
            self._append_history(decision.plan.checks, batch, {write.table: commits[-1].version})

    def discard_staged(self) -> None:
        """Remove what the last batch staged; the stream has ended and Spark has recorded the batch as processed."""
        if self.last_batch is not None:
            self.publisher.services.staging.discard(name_batch_area(self.last_batch))

    def _decide(self, frame: DataFrame, batch: MicroBatch) -> Decision | None:
        """Stage and check a micro-batch; return None if it has no rows to publish."""
        services, run_id = self.publisher.services, self.publisher.attempt.run_id
        [write], area = self.publisher.job.writes, name_batch_area(batch)
        part = StagedPart(area, write.table)
        staged = services.staging.stage(frame, part, write=write)
        if write.mode != "overwrite" and staged.isEmpty():
            return None
        outcome = services.checks.run_checkpoint(staged, table=write.table, run_id=run_id)
        self.last_pages = (collect_pages([outcome]) if outcome is not None else ()) or self.last_pages
        self.unpublished = list(outcome.results) if outcome is not None else []
        if outcome is not None and outcome.blocked:
            self._refuse(outcome, batch)
        self._require_rows(write, staged, outcome, batch)
        return decide(services, area, [write], {write.table: staged}, {write.table: outcome})

    def _require_rows(
        self, write: Write, staged: DataFrame, outcome: CheckOutcome | None, batch: MicroBatch
    ) -> None:
        """Refuse a batch without rows that would remove rows of the table; the check results are kept."""
        try:
            self.publisher.require_rows(write, staged, outcome)
        except BadData:
            if outcome is not None:
                self._append_history(outcome.results, batch, {})
                self.last_pages = collect_pages([outcome], is_published=False)
                self.write_docs()
            raise

    def record_checks(self) -> None:
        """Record the check results of the published batches together, and those of a batch that was not published."""
        for part, results in (("published", self.published), ("unpublished", self.unpublished)):
            if results:
                checks = [to_record(result) for result in results]
                self.publisher.attempt.append("checked", checks=checks, part=part)

    def write_docs(self) -> None:
        """Write the page of the last batch that this run checked, also if an earlier attempt decided about it."""
        pages = [replace(page, run_id=self.publisher.attempt.run_id) for page in self.last_pages]
        if pages:
            self.publisher.services.checks.write_docs(pages)

    def _add_published(self) -> None:
        """Add the check results of the newest batch to those of the earlier ones; a changed suite replaces them."""
        results, self.unpublished = self.unpublished, []
        if [_identify(total) for total in self.published] == [_identify(result) for result in results]:
            results = [total.combine(result) for total, result in zip(self.published, results, strict=True)]
        self.published = results

    def _refuse(self, outcome: CheckOutcome, batch: MicroBatch) -> NoReturn:
        self._append_history(outcome.results, batch, {})
        self.write_docs()
        self.publisher.services.staging.discard(name_batch_area(batch))
        consequence = f"nothing of batch {batch.number} was published; the next run begins with it"
        raise ChecksFailed(format_failures([outcome], self.publisher.job, consequence=consequence))

    def _record_commit(self, commit: PublishedVersion) -> None:
        """Record one commit, with all rows that this run has published to its table."""
        rows = self.rows.get(commit.table, 0) + (0 if commit.already_published else commit.rows)
        self.rows[commit.table] = rows
        self._record("published", outputs={commit.table: {**published_version_to_json(commit), "rows": rows}})

    def record_progress(self, progress: StreamProgress) -> None:
        """Record how far the stream has read."""
        self._record("progress", sync=False, stream={"progress": stream_progress_to_json(progress)})

    def _record(self, event: str, **fields: Any) -> None:
        """Append an event, and make the record small again now and then: a stream may have any number of batches."""
        self.publisher.attempt.append(event, **fields)
        self.events += 1
        if self.events >= _COMPACTION:
            self.publisher.attempt.compact()
            self.events = 0

    def _record_batch(
        self, batch: MicroBatch, commits: Sequence[PublishedVersion], decision: Decision
    ) -> None:
        # The table's own commit comes last.
        *quarantined, table = commits
        facts: Mapping[str, Any] = {
            "number": batch.number,
            "version": table.version,
            "rows": table.rows,
            "held": sum(commit.rows for commit in quarantined),
            "already": table.already_published,
            "broken": [result.expectation for result in decision.plan.checks if not result.success],
            "time": utc_now().isoformat(),
        }
        self.totals.add(facts)
        self._record("batch", batches=[facts], stream=self.totals.to_json())

    def _append_history(
        self, results: Sequence[CheckResult], batch: MicroBatch, versions: Mapping[str, int]
    ) -> None:
        self.publisher.services.history.append(
            results,
            run_id=self.publisher.attempt.run_id,
            job=self.publisher.job.name,
            versions=versions,
            batch=batch,
        )


def _count_rows(run: Run) -> dict[str, int]:
    """Return the rows that earlier attempts of a run published, by table."""
    return {name: output.get("rows") or 0 for name, output in run.outputs.items()}


def _identify(result: CheckResult) -> tuple[str, str]:
    """Return what identifies an expectation in the results of different batches."""
    return result.table, result.expectation
