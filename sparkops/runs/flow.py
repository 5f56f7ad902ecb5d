"""Run jobs in dependency order: skip what is up to date, and what depends on a failed job."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sparkops.errors import RunCancelled, SparkopsError
from sparkops.pipeline.job import Job
from sparkops.runs.records.run import Run


@dataclass(frozen=True, slots=True)
class FlowStep:
    """One job of a flow and its result.

    Args:
        job: The job's name.
        state: `fresh` means up to date, `stopped` means not run because a job that it reads from failed.
        run: The run, or the earlier run of a job that is up to date.
        error: The error of a failed job.
    """

    job: str
    state: Literal["done", "fresh", "failed", "stopped"]
    run: Run | None = None
    error: SparkopsError | None = None


def run_in_order(
    jobs: Sequence[Job],
    *,
    upstream: Mapping[str, Collection[str]],
    find_fresh: Callable[[Job], Run | None],
    run: Callable[[Job], Run],
    on_skip: Callable[[str, str], None],
) -> tuple[FlowStep, ...]:
    """Run jobs in the given order; return one step for each.

    Args:
        jobs: In dependency order.
        upstream: Job name to the names of the jobs it reads from.
        find_fresh: Returns the earlier run that makes a new one unnecessary, or None.
        run: Runs one job.
        on_skip: Called with the name of a job that is not run, and the reason.

    Raises:
        RunCancelled: The flow was cancelled; no further job was started.
    """
    steps: dict[str, FlowStep] = {}
    for job in jobs:
        failed = [
            name
            for name in upstream.get(job.name, ())
            if name in steps and steps[name].state in ("failed", "stopped")
        ]
        if failed:
            on_skip(job.name, f"not run, because {', '.join(failed)} failed")
            steps[job.name] = FlowStep(job.name, "stopped")
        else:
            steps[job.name] = _run_unless_fresh(job, find_fresh, run, on_skip)
    return tuple(steps.values())


def _run_unless_fresh(
    job: Job,
    find_fresh: Callable[[Job], Run | None],
    run: Callable[[Job], Run],
    on_skip: Callable[[str, str], None],
) -> FlowStep:
    try:
        earlier = find_fresh(job)
        if earlier is not None:
            on_skip(job.name, f"up to date (run {earlier.id})")
            return FlowStep(job.name, "fresh", earlier)
        return FlowStep(job.name, "done", run(job))
    except RunCancelled:
        raise
    except SparkopsError as error:
        return FlowStep(job.name, "failed", error=error)
