"""Jobs in order: what is fresh is left, what failed stops only what depends on it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from sparkops.errors import RunCancelled, SparkopsError
from sparkops.pipeline.job import Job
from sparkops.runs.record import Run


class Told(Protocol):
    """Who is told how a flow goes."""

    def begins(self, job: str) -> None:
        """A job begins."""

    def ended(self, run: Run) -> None:
        """A job's run is done."""

    def stopped(self, job: str, error: SparkopsError) -> None:
        """A job's run did not end well."""

    def left(self, job: str, why: str) -> None:
        """A job was not run."""


@dataclass(frozen=True, slots=True)
class Step:
    """One job of a flow and what became of it."""

    job: str
    state: Literal["done", "fresh", "failed", "stopped"]
    run: Run | None = None
    error: SparkopsError | None = None


def flow(
    jobs: Sequence[Job],
    *,
    before: Mapping[str, Collection[str]],
    fresh: Callable[[Job], Run | None],
    run: Callable[[Job], Run],
    told: Told,
) -> tuple[Step, ...]:
    """Run jobs that are given in order; return a step for each.

    Args:
        jobs: In the order of their tables.
        before: Job name to the names of the jobs it reads from.
        fresh: Returns the earlier run that makes a new one needless, or None.
        run: Runs one job.
        told: Told of each step.

    Raises:
        RunCancelled: A person or scheduler stopped it; no further job is begun.
    """
    steps: dict[str, Step] = {}
    for job in jobs:
        broken = [
            name
            for name in before.get(job.name, ())
            if name in steps and steps[name].state in ("failed", "stopped")
        ]
        if broken:
            told.left(job.name, f"not run, because {', '.join(broken)} failed")
            steps[job.name] = Step(job.name, "stopped")
        else:
            steps[job.name] = _step(job, fresh, run, told)
    return tuple(steps.values())


def _step(job: Job, fresh: Callable[[Job], Run | None], run: Callable[[Job], Run], told: Told) -> Step:
    try:
        earlier = fresh(job)
        if earlier is not None:
            told.left(job.name, f"up to date (run {earlier.id})")
            return Step(job.name, "fresh", earlier)
        return Step(job.name, "done", run(job))
    except RunCancelled:
        raise
    except SparkopsError as error:
        return Step(job.name, "failed", error=error)
