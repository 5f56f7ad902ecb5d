"""How far the Spark jobs of a run are, by polling; Spark's UI need not run."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from sparkops.spark.cancel import is_remote, java_context

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_DONE: Final = {"COMPLETE", "SKIPPED", "FAILED"}

_logger = logging.getLogger("sparkops.spark")


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What a run's Spark jobs have done so far.

    Args:
        jobs_active: Jobs at work.
        jobs_done: Jobs that ended, well or not.
        stages_done: Stages that ended; a skipped stage counts.
        stages_total: Stages of all jobs begun so far.
        tasks_done: Tasks that ended well.
        tasks_total: Tasks of the stages begun so far.
        tasks_failed: Tasks that failed.
        rows_read: Rows that stages read from files, where Spark counts them.
        rows_written: Rows that stages wrote to files.
        doing: What a stage at work is, in Spark's words.
    """

    jobs_active: int = 0
    jobs_done: int = 0
    stages_done: int = 0
    stages_total: int = 0
    tasks_done: int = 0
    tasks_total: int = 0
    tasks_failed: int = 0
    rows_read: int = 0
    rows_written: int = 0
    doing: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stage:
    done: bool
    tasks_done: int
    tasks_total: int
    tasks_failed: int
    rows_read: int
    rows_written: int
    doing: str


class _Poll:
    """Reads the state of one run from Spark's status store; ended jobs and stages are asked for once."""

    def __init__(self, spark: SparkSession, run_id: str) -> None:
        self._spark, self._run_id = spark, run_id
        self._stages_of_ended: dict[int, tuple[int, ...]] = {}
        self._ended: dict[int, _Stage] = {}

    def snapshot(self) -> Snapshot:
        if is_remote(self._spark):
            return Snapshot()
        context = java_context(self._spark)
        tracker, store = context.statusTracker(), context.statusStore()
        jobs = {job: self._stages(tracker, job) for job in tracker.getJobIdsForTag(self._run_id)}
        active = [job for job in jobs if job not in self._stages_of_ended]
        ids = {stage for stages in jobs.values() for stage in stages}
        stages = [self._stage(store, stage, ended=stage not in _of(jobs, active)) for stage in sorted(ids)]
        return Snapshot(
            jobs_active=len(active),
            jobs_done=len(jobs) - len(active),
            stages_done=sum(stage.done for stage in stages),
            stages_total=len(stages),
            tasks_done=sum(stage.tasks_done for stage in stages),
            tasks_total=sum(stage.tasks_total for stage in stages),
            tasks_failed=sum(stage.tasks_failed for stage in stages),
            rows_read=sum(stage.rows_read for stage in stages),
            rows_written=sum(stage.rows_written for stage in stages),
            doing=next((stage.doing for stage in stages if not stage.done and stage.doing), ""),
        )

    def _stages(self, tracker: Any, job: int) -> tuple[int, ...]:
        if job in self._stages_of_ended:
            return self._stages_of_ended[job]
        found = tracker.getJobInfo(job)
        if not found.isDefined():
            return ()
        info = found.get()
        stages = tuple(info.stageIds())
        if info.status().toString() != "RUNNING":
            self._stages_of_ended[job] = stages
        return stages

    def _stage(self, store: Any, stage: int, *, ended: bool) -> _Stage:
        if stage in self._ended:
            return self._ended[stage]
        read = _read_stage(store, stage, ended=ended)
        if read.done:
            self._ended[stage] = read
        return read


def snapshot(spark: SparkSession, run_id: str) -> Snapshot:
    """Return what the Spark jobs tagged with a run's id have done so far."""
    return _Poll(spark, run_id).snapshot()


class Watcher:
    """Tells of a run's progress from a thread of its own, whenever it has changed.

    Args:
        spark: The session.
        run_id: The tag given to `tagged`.
        tell: Takes each new snapshot; called from the watcher's thread, and once more at the end.
        every: Time between two looks, in seconds.
    """

    def __init__(
        self, spark: SparkSession, run_id: str, *, tell: Callable[[Snapshot], object], every: float = 0.25
    ) -> None:
        self._poll = _Poll(spark, run_id)
        self._tell, self._every = tell, every
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sparkops-progress", daemon=True)
        self.last = Snapshot()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join(5.0)

    def _run(self) -> None:
        while not self._over.wait(self._every):
            self._look()
        self._look()

    def _look(self) -> None:
        from py4j.protocol import Py4JError

        try:
            now = self._poll.snapshot()
        except (Py4JError, OSError, AttributeError) as error:  # Spark went away: the run itself says so
            _logger.debug("No progress to be had: %s", error)
            return
        if now != self.last:
            self.last = now
            self._tell(now)


def _of(jobs: dict[int, tuple[int, ...]], active: list[int]) -> set[int]:
    return {stage for job in active for stage in jobs[job]}


def _read_stage(store: Any, stage: int, *, ended: bool) -> _Stage:
    """Read one stage; one that Spark has not made yet, or has forgotten, has done nothing that is known."""
    from py4j.protocol import Py4JJavaError

    try:
        data = store.lastStageAttempt(stage)
    except Py4JJavaError:
        return _Stage(
            done=ended, tasks_done=0, tasks_total=0, tasks_failed=0, rows_read=0, rows_written=0, doing=""
        )
    status = str(data.status().toString())
    return _Stage(
        done=status in _DONE or ended,
        tasks_done=data.numCompleteTasks(),
        tasks_total=0 if status == "SKIPPED" else data.numTasks(),
        tasks_failed=data.numFailedTasks(),
        rows_read=data.inputRecords(),
        rows_written=data.outputRecords(),
        doing=str(data.name()).split(" at ", maxsplit=1)[0] if status == "ACTIVE" else "",
    )
