"""The order of jobs by the tables and models that stand between them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sparkops.errors import DeclarationError, UnknownName
from sparkops.pipeline.job import Job

Dataset = tuple[str, str]


def execution_order(jobs: Mapping[str, Job], targets: Sequence[str | Job]) -> tuple[Job, ...]:
    """Return the targets and every job they depend on, each after what it reads from.

    Args:
        jobs: Every job of the project, by name.
        targets: Jobs to arrive at.

    Raises:
        UnknownName: For a target that is no job.
        DeclarationError: For a circle, or a table or model with two writers.
    """
    makers = _makers(jobs.values())
    done: dict[str, Job] = {}
    for target in targets:
        _visit(_named(jobs, target), makers, done, ())
    return tuple(done.values())


def upstream(job: Job, jobs: Mapping[str, Job]) -> tuple[Job, ...]:
    """Return the jobs that write the tables and register the models this job reads, without itself."""
    return _direct(job, _makers(jobs.values()))


def dependants(job: Job, jobs: Mapping[str, Job]) -> tuple[Job, ...]:
    """Return every job that cannot stand without this one, near and far, in order of names."""
    makers = _makers(jobs.values())
    found = {job.name}
    while True:
        more = {o.name for o in jobs.values() if any(up.name in found for up in _direct(o, makers))} - found
        if not more:
            return tuple(jobs[name] for name in sorted(found - {job.name}))
        found |= more


def outputs_of(job: Job) -> tuple[Dataset, ...]:
    """Return what a job makes: ("table", name) and ("model", name)."""
    tables = tuple(("table", write.table) for write in job.writes)
    return (*tables, ("model", job.registers)) if job.registers else tables


def inputs_of(job: Job) -> tuple[Dataset, ...]:
    """Return what a job reads: ("table", name) and ("model", name)."""
    return (*(("table", name) for name in job.tables), *(("model", name) for name in job.models))


def _makers(jobs: Iterable[Job]) -> dict[Dataset, Job]:
    makers: dict[Dataset, Job] = {}
    problems = []
    for job in jobs:
        for thing in outputs_of(job):
            other = makers.setdefault(thing, job)
            if other.name != job.name:
                problems.append(
                    f"The {thing[0]} `{thing[1]}` has two writers: `{other.name}` ({other.place}) and "
                    f"`{job.name}` ({job.place}). Let one of them write another {thing[0]}."
                )
    if problems:
        raise DeclarationError("\n".join(problems))
    return makers


def _named(jobs: Mapping[str, Job], target: str | Job) -> Job:
    if isinstance(target, Job):
        return target
    if target not in jobs:
        raise UnknownName("job", target, sorted(jobs))
    return jobs[target]


def _direct(job: Job, makers: Mapping[Dataset, Job]) -> tuple[Job, ...]:
    """Return the makers of what a job reads; a job that reads its own table reads its last version."""
    found = {makers[thing].name: makers[thing] for thing in inputs_of(job) if thing in makers}
    found.pop(job.name, None)
    return tuple(found.values())


def _visit(job: Job, makers: Mapping[Dataset, Job], done: dict[str, Job], path: tuple[Job, ...]) -> None:
    if job.name in done:
        return
    names = [other.name for other in path]
    if job.name in names:
        circle = [*path[names.index(job.name) :], job]
        told = " -> ".join(f"`{one.name}` ({one.place})" for one in circle)
        raise DeclarationError(
            f"These jobs wait for each other: {told}. One of them must read something else."
        )
    for other in _direct(job, makers):
        _visit(other, makers, done, (*path, job))
    done[job.name] = job
