"""A streaming job: every micro-batch staged, checked and published once, until the stream is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sparkops.errors import ChecksFailed, JobFailed
from sparkops.pipeline.check import CheckResult
from sparkops.pipeline.json_values import pin_json, published_json
from sparkops.pipeline.stream import OUTPUT_MODES
from sparkops.pipeline.table import MicroBatch, Pin, PublishedVersion
from sparkops.runs.ports import Outcome, RunServices
from sparkops.runs.publisher import Ordered, Timed, a_frame, plain, put, why
from sparkops.runs.store import Attempt

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def stream(
    result: Any,
    order: Ordered,
    rooms: RunServices,
    attempt: Attempt,
    timed: Timed,
    *,
    pin: Pin,
    watch: Callable[[str], None],
) -> None:
    """Run the stream that the job returned to its end.

    Args:
        result: A streaming frame.
        order: The job and its values.
        rooms: The rooms beside this one.
        attempt: Told of every batch.
        timed: Times a step.
        pin: The streamed table as it stood when the run began.
        watch: Told which batch is at work.

    Raises:
        ChecksFailed: A batch did not pass: nothing of it was published, and the next run begins with it.
        JobFailed: The frame does not come from the stream.
    """
    job = order.job
    frame = a_frame(result, job)
    if not frame.isStreaming:
        raise JobFailed(
            f"Job `{job.name}` reads `{job.stream}` as a stream and returned a frame that does not come from it "
            f"({job.place}): return what you made of `{job.stream}`."
        )
    batches = _Batches(order, rooms, attempt, watch)
    mode = OUTPUT_MODES[job.writes[0].mode]
    try:
        with timed("stream"):
            reached = rooms.streams.run(
                frame, name=job.name, output_mode=mode, every=job.every, each=batches.take
            )
    finally:
        batches.tell()
    batches.draw()
    if reached is not None:
        attempt.say("streamed", inputs={pin.table: {**pin_json(pin), "version": reached}})


@dataclass(slots=True)
class _Batches:
    """Takes the micro-batches of one run."""

    order: Ordered
    rooms: RunServices
    attempt: Attempt
    watch: Callable[[str], None]
    checks: list[CheckResult] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)
    last: Outcome | None = None

    def take(self, rows: DataFrame, batch: MicroBatch) -> None:
        """Stage, check and publish one micro-batch."""
        self.watch(f"batch {batch.number}")
        [write] = self.order.job.writes
        run_id = self.attempt.run_id
        staged = self.rooms.outputs.stage(
            rows, table=write.table, run_id=run_id, partition_by=write.partition_by
        )
        if write.mode != "overwrite" and staged.isEmpty():
            return
        outcome = self.rooms.checks.gate(staged, table=write.table, run_id=run_id)
        self._checked(outcome)
        if outcome is not None and outcome.blocked:
            self._keep(outcome, batch, {})
            self.draw()
            nothing = f"nothing of batch {batch.number} was published; the next run begins with it"
            raise ChecksFailed(why([outcome], self.order.job, nothing=nothing))
        done = []
        for each in put(write, staged, outcome, self.order, self.rooms, run_id, batch):
            done.append(each)
            self._wrote(each)
        self._published(batch, done, outcome)
        if outcome is not None:
            self._keep(outcome, batch, {write.table: done[-1].version})

    def tell(self) -> None:
        """Tell what the checks found in all batches together."""
        if self.checks:
            self.attempt.say("checked", checks=[plain(result) for result in self.checks])

    def draw(self) -> None:
        """Draw what the checks found in the last batch."""
        if self.last is not None:
            self.rooms.checks.publish(self.attempt.run_id, [self.last])

    def _checked(self, outcome: Outcome | None) -> None:
        if outcome is None:
            return
        self.last = outcome
        found = list(outcome.results)
        both = zip(self.checks, found, strict=True) if self.checks else ()
        self.checks = [before.combine(now) for before, now in both] or found

    def _wrote(self, done: PublishedVersion) -> None:
        """Tell of one commit, with all rows that this run brought into its table."""
        rows = self.rows[done.table] = self.rows.get(done.table, 0) + (0 if done.already else done.rows)
        self.attempt.say("published", outputs={done.table: {**published_json(done), "rows": rows}})

    def _published(
        self, batch: MicroBatch, done: Sequence[PublishedVersion], outcome: Outcome | None
    ) -> None:
        """Tell of one batch, which stands whole."""
        table = done[-1]
        told: Mapping[str, Any] = {
            "number": batch.number,
            "version": table.version,
            "rows": table.rows,
            "held": sum(each.rows for each in done[:-1]),
            "already": table.already,
            "broken": [r.expectation for r in outcome.results if not r.success] if outcome else [],
        }
        self.attempt.say("batch", batches=[told])

    def _keep(self, outcome: Outcome, batch: MicroBatch, versions: Mapping[str, int]) -> None:
        job = self.order.job.name
        self.rooms.history.keep(
            outcome.results, run_id=self.attempt.run_id, job=job, versions=versions, batch=batch
        )
