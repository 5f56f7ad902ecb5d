"""Run jobs in dependency order, except what is up to date, ruled out by a condition or behind a failed job."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Literal, Protocol

from sparkops.errors import ChecksFailed, RunCancelled, SparkopsError
from sparkops.pipeline.job import Job
from sparkops.runs.execution.interruption import call_on_signal
from sparkops.runs.records.run import Run


@dataclass(frozen=True, slots=True)
class FlowStep:
    """One job of a flow and its result.

    Args:
        job: The job's name.
        state: `fresh` means up to date, `skipped` means not run because a condition does not hold, `stopped` means not
            run because a job that it depends on failed.
        run: The run, or the earlier run of a job that is up to date.
        error: The error of a failed job.
        reason: Why the job was not run, as a clause.
    """

    job: str
    state: Literal["done", "fresh", "skipped", "failed", "stopped"]
    run: Run | None = None
    error: SparkopsError | None = None
    reason: str = ""


class JobRunner(Protocol):
    """Decides about the jobs of a flow one by one, and runs them; may be called in several threads."""

    def find_step(self, job: Job, steps: Mapping[str, FlowStep]) -> FlowStep | None:
        """Return the step of a job that is not run, because it is up to date or skipped, or None.

        `steps` are those of the jobs that have ended.
        """

    def run(self, job: Job) -> Run:
        """Run a job."""

    def skip(self, job: Job, reason: str) -> None:
        """Report that a job is not run, and why."""

    def enter_thread(self) -> None:
        """Prepare a thread in which jobs will be run."""

    def cancel_active(self) -> None:
        """Ask that the runs that are being executed are cancelled."""


def run_jobs(
    jobs: Sequence[Job], runner: JobRunner, *, upstream: Mapping[str, Collection[str]], max_parallel: int = 1
) -> tuple[FlowStep, ...]:
    """Run jobs, each after those that it depends on; return one step for each, in the order of `jobs`.

    Args:
        jobs: In dependency order.
        runner: Runs one job.
        upstream: The names of the jobs that a job reads from, by job.
        max_parallel: Jobs that may run at the same time. With 1, all run in the present thread.

    Raises:
        RunCancelled: The flow, or one of its runs, was cancelled; no further job was started.
    """
    flow = _Flow(jobs, runner, upstream)
    if max_parallel == 1:
        flow.run_sequentially()
    else:
        flow.run_in_threads(max_parallel)
    return tuple(flow.steps[job.name] for job in jobs)


class _Flow:
    """The progress of a flow."""

    def __init__(
        self, jobs: Sequence[Job], runner: JobRunner, upstream: Mapping[str, Collection[str]]
    ) -> None:
        self.steps: dict[str, FlowStep] = {}
        self._waiting = {job.name: job for job in jobs}
        self._known = frozenset(self._waiting)
        self._runner = runner
        self._cancelled: RunCancelled | None = None
        self._upstream = {
            job.name: [name for name in upstream.get(job.name, ()) if name in self._waiting] for job in jobs
        }

    def run_sequentially(self) -> None:
        while self._waiting:
            for job in self._take_ready(1):
                self.steps[job.name] = _run_if_needed(job, self._runner, self.steps)

    def run_in_threads(self, number: int) -> None:
        active: dict[Future[FlowStep], Job] = {}
        threads = ThreadPoolExecutor(number, "sparkops-job", initializer=self._runner.enter_thread)
        with call_on_signal(self._cancel), threads as pool:
            while active or (self._waiting and self._cancelled is None):
                if self._cancelled is None:
                    for job in self._take_ready(number - len(active)):
                        active[pool.submit(_run_if_needed, job, self._runner, dict(self.steps))] = job
                for future in wait(active, return_when=FIRST_COMPLETED).done:
                    self._end(active.pop(future), future)
        if self._cancelled is not None:
            raise self._cancelled

    def _cancel(self, signal_name: str) -> None:
        """Start no further job, and have the active runs cancelled, which then end one by one."""
        self._cancelled = RunCancelled(f"Cancelled by {signal_name}.")
        self._runner.cancel_active()

    def _end(self, job: Job, future: Future[FlowStep]) -> None:
        try:
            self.steps[job.name] = future.result()
        except RunCancelled as error:
            self._cancelled = self._cancelled or error

    def _take_ready(self, limit: int) -> list[Job]:
        """Remove and return jobs whose upstream jobs have ended, up to the limit; jobs that cannot run end here."""
        ready: list[Job] = []
        for job in list(self._waiting.values()):
            ended = [self.steps.get(name) for name in self._list_dependencies(job)]
            failed = [step.job for step in ended if step and self._stops(step, job)]
            if failed:
                del self._waiting[job.name]
                reason = f"not run, because {', '.join(failed)} failed"
                self._runner.skip(job, reason)
                self.steps[job.name] = FlowStep(job.name, "stopped", reason=reason)
            elif None not in ended and len(ready) < limit:
                ready.append(self._waiting.pop(job.name))
        return ready

    def _list_dependencies(self, job: Job) -> list[str]:
        """Return the jobs of the flow that have to end before a job begins."""
        conditions = [name for condition in job.when if (name := condition.job) in self._known]
        return list(dict.fromkeys((*self._upstream[job.name], *conditions)))

    def _stops(self, step: FlowStep, job: Job) -> bool:
        """Return whether a job is not run because of how this step, which it depends on, ended.

        Failed checks decide a condition; they stop only the jobs that read what was not published.
        """
        if step.state not in ("failed", "stopped"):
            return False
        return step.job in self._upstream[job.name] or not isinstance(step.error, ChecksFailed)


def _run_if_needed(job: Job, runner: JobRunner, steps: Mapping[str, FlowStep]) -> FlowStep:
    try:
        step = runner.find_step(job, steps)
        if step is not None:
            runner.skip(job, step.reason)
            return step
        return FlowStep(job.name, "done", runner.run(job))
    except RunCancelled:
        raise
    except SparkopsError as error:
        return FlowStep(job.name, "failed", error=error)
