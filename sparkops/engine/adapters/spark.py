"""The Spark session that runs share, tagged with the run that uses it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sparkops.engine.adapters.job_code import JobCode
from sparkops.spark import ProgressWatcher, Snapshot, Starter, cancel, tag_jobs

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@dataclass(slots=True)
class SharedSparkSession:
    """Implements the port `SparkRuntime` with the session of a starter.

    Args:
        starter: Starts Spark on first use.
        code: Sends the code of the jobs to the workers.
        on_progress: Called at each change of a run's progress; None if nobody needs to know.
    """

    starter: Starter
    code: JobCode
    on_progress: Callable[[Snapshot], object] | None = None
    _open: dict[str, ExitStack] = field(default_factory=dict)

    def begin(self, run_id: str) -> SparkSession:
        """Return the session; Spark jobs that this thread starts are tagged with the run until `end`."""
        session = self.starter.session()
        self.code.send(session)
        stack = self._open[run_id] = ExitStack()
        stack.enter_context(tag_jobs(session, run_id))
        if self.on_progress is not None:
            stack.enter_context(ProgressWatcher(session, run_id, listener=self.on_progress))
        return session

    def describe(self) -> dict[str, Any]:
        """Return Spark's version and, without Spark Connect, the application's id and master."""
        session = self.starter.session()
        facts = {"version": session.version}
        context = getattr(session, "sparkContext", None)
        return facts | ({"app_id": context.applicationId, "master": context.master} if context else {})

    def cancel(self, run_id: str) -> None:
        """Cancel the run's Spark jobs and wait until none is active."""
        if run_id in self._open:
            cancel(self.starter.session(), run_id)

    def end(self, run_id: str) -> None:
        """Remove the run's tag."""
        stack = self._open.pop(run_id, None)
        if stack is not None:
            stack.close()
