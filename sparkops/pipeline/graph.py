"""Order jobs by the tables and models that connect them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sparkops.errors import DeclarationError, UnknownName
from sparkops.pipeline.job import Job

Dataset = tuple[str, str]


def execution_order(jobs: Mapping[str, Job], targets: Sequence[str | Job]) -> tuple[Job, ...]:
    """Return the targets and every job they depend on, producers before consumers.

    Args:
        jobs: Every job of the project, by name.
        targets: Jobs to run, by name or as declared.

    Raises:
        UnknownName: A target is not a job of the project.
        DeclarationError: Jobs depend on each other in a cycle, or a table or model has two writers.
    """
    producers = _producers(jobs.values())
    done: dict[str, Job] = {}
    for target in targets:
        _visit(_find_job(jobs, target), producers, done, ())
    return tuple(done.values())


def upstream(job: Job, jobs: Mapping[str, Job]) -> tuple[Job, ...]:
    """Return the jobs that produce the tables and models this job reads, without the job itself."""
    return _direct_upstream(job, _producers(jobs.values()))


def outputs_of(job: Job) -> tuple[Dataset, ...]:
    """Return what a job produces: ("table", name) and ("model", name)."""
    tables = tuple(("table", write.table) for write in job.writes)
    return (*tables, ("model", job.registers)) if job.registers else tables


def inputs_of(job: Job) -> tuple[Dataset, ...]:
    """Return what a job reads: ("table", name) and ("model", name)."""
    return (*(("table", name) for name in job.tables), *(("model", name) for name in job.models))


def _producers(jobs: Iterable[Job]) -> dict[Dataset, Job]:
    producers: dict[Dataset, Job] = {}
    problems = []
    for job in jobs:
        for dataset in outputs_of(job):
            other = producers.setdefault(dataset, job)
            if other.name != job.name:
                problems.append(
                    f"The {dataset[0]} `{dataset[1]}` has two writers: `{other.name}` ({other.place}) and "
                    f"`{job.name}` ({job.place}). Let one of them write another {dataset[0]}."
                )
    if problems:
        raise DeclarationError("\n".join(problems))
    return producers


def _find_job(jobs: Mapping[str, Job], target: str | Job) -> Job:
    if isinstance(target, Job):
        return target
    if target not in jobs:
        raise UnknownName("job", target, sorted(jobs))
    return jobs[target]


def _direct_upstream(job: Job, producers: Mapping[Dataset, Job]) -> tuple[Job, ...]:
    """Return the producers of what a job reads; a job that reads its own table reads its last version."""
    upstream_jobs = {
        producers[dataset].name: producers[dataset] for dataset in inputs_of(job) if dataset in producers
    }
    upstream_jobs.pop(job.name, None)
    return tuple(upstream_jobs.values())


def _visit(job: Job, producers: Mapping[Dataset, Job], done: dict[str, Job], path: tuple[Job, ...]) -> None:
    if job.name in done:
        return
    names = [other.name for other in path]
    if job.name in names:
        cycle = [*path[names.index(job.name) :], job]
        text = " -> ".join(f"`{one.name}` ({one.place})" for one in cycle)
        raise DeclarationError(
            f"These jobs depend on each other: {text}. Let one of them read another table or model."
        )
    for other in _direct_upstream(job, producers):
        _visit(other, producers, done, (*path, job))
    done[job.name] = job
