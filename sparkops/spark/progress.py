"""Progress of a run's Spark jobs, polled from the status store; the Spark UI need not run."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from sparkops.spark.cancel import get_java_context, is_remote

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_DONE: Final = {"COMPLETE", "SKIPPED", "FAILED"}

_logger = logging.getLogger("sparkops.spark")


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Progress of a run's Spark jobs.

    Args:
        jobs_active: Active jobs.
        jobs_done: Finished jobs, successful or not.
        stages_done: Finished stages, including skipped ones.
        stages_total: Stages of all jobs started so far.
        tasks_done: Successful tasks.
        tasks_total: Tasks of the stages started so far.
        tasks_failed: Failed tasks.
        rows_read: Rows read from files, where Spark counts them.
        rows_written: Rows written to files.
        doing: Name of an active stage.
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
    """Progress of one stage; `done` whether it succeeded or not."""

    done: bool
    tasks_done: int
    tasks_total: int
    tasks_failed: int
    rows_read: int
    rows_written: int
    doing: str


class _StatusReader:
    """Reads the state of one run from Spark's status store; finished jobs and stages are read once."""

    def __init__(self, spark: SparkSession, run_id: str) -> None:
        self._spark, self._run_id = spark, run_id
        self._stages_of_ended_jobs: dict[int, tuple[int, ...]] = {}
        self._ended_stages: dict[int, _Stage] = {}

    def read(self) -> Snapshot:
        if is_remote(self._spark):
            return Snapshot()
        context = get_java_context(self._spark)
        tracker, store = context.statusTracker(), context.statusStore()
        jobs = {job: self._stage_ids(tracker, job) for job in tracker.getJobIdsForTag(self._run_id)}
        active = [job for job in jobs if job not in self._stages_of_ended_jobs]
        active_stages = {stage for job in active for stage in jobs[job]}
        stages = [
            self._stage(store, stage, ended=stage not in active_stages)
            for stage in sorted({stage for ids in jobs.values() for stage in ids})
        ]
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

    def _stage_ids(self, tracker: Any, job: int) -> tuple[int, ...]:
        if job in self._stages_of_ended_jobs:
            return self._stages_of_ended_jobs[job]
        job_info = tracker.getJobInfo(job)
        if not job_info.isDefined():
            return ()
        info = job_info.get()
        stages = tuple(info.stageIds())
        if info.status().toString() != "RUNNING":
            self._stages_of_ended_jobs[job] = stages
        return stages

    def _stage(self, store: Any, stage: int, *, ended: bool) -> _Stage:
        if stage in self._ended_stages:
            return self._ended_stages[stage]
        read = _read_stage(store, stage, ended=ended)
        if read.done:
            self._ended_stages[stage] = read
        return read


def read_snapshot(spark: SparkSession, run_id: str) -> Snapshot:
    """Return the progress of the Spark jobs tagged with a run id."""
    return _StatusReader(spark, run_id).read()


class ProgressWatcher:
    """Reports progress to a listener from a separate thread whenever it changes.

    Args:
        spark: The session.
        run_id: The tag passed to `tag_jobs`.
        listener: Called with each new snapshot from the watcher's thread, and once at the end.
        every: Polling interval in seconds.
    """

    def __init__(
        self, spark: SparkSession, run_id: str, *, listener: Callable[[Snapshot], object], every: float = 0.25
    ) -> None:
        self._reader = _StatusReader(spark, run_id)
        self._listener, self._every = listener, every
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sparkops-progress", daemon=True)
        self.last = Snapshot()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._thread.join(5.0)

    def _run(self) -> None:
        while not self._stopped.wait(self._every):
            self._poll_once()
        self._poll_once()

    def _poll_once(self) -> None:
        try:
            now = self._reader.read()
        except Exception as error:  # noqa: BLE001 - whatever py4j and pyspark raise
            # Spark has exited; the run reports that.
            _logger.debug("Progress is unavailable: %s", error)
            return
        if now != self.last:
            self.last = now
            self._listener(now)


def _read_stage(store: Any, stage: int, *, ended: bool) -> _Stage:
    """Read one stage; a stage that Spark has not created yet or has removed has no progress."""
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
