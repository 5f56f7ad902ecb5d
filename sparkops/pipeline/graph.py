"""Order jobs by the tables and models that connect them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from sparkops.core.wording import pluralize
from sparkops.errors import DeclarationError, UnknownName
from sparkops.pipeline.fan_out.column_values import ColumnValues
from sparkops.pipeline.job import Job

# A kind ("table" or "model") and a name.
Dataset = tuple[str, str]
Producers = dict[Dataset, list[Job]]


def order_jobs(jobs: Mapping[str, Job], targets: Sequence[str | Job]) -> tuple[Job, ...]:
    """Return the targets and every job they depend on, producers before consumers; jobs of conditions are among them.

    Args:
        jobs: Every job of the project, by name.
        targets: Jobs to run, by name or as declared.

    Raises:
        UnknownName: A target is not a job of the project.
        DeclarationError: A condition is about no job of the project or about a fan-out, jobs depend on each other in a
            cycle, or a table or model that they write or read has two writers.
    """
    producers = _find_producers(jobs.values())
    done: dict[str, Job] = {}
    for target in targets:
        _visit(_find_job(jobs, target), lambda job: _find_dependencies(job, jobs, producers), done, ())
    _refuse_two_writers(producers, done.values())
    return tuple(done.values())


def find_upstream(job: Job, jobs: Mapping[str, Job]) -> tuple[Job, ...]:
    """Return the jobs that produce the tables and models this job reads, without the job itself."""
    return _find_upstream(job, _find_producers(jobs.values()))


def map_upstream(jobs: Iterable[Job], declared: Mapping[str, Job]) -> dict[str, tuple[str, ...]]:
    """Return for each of these jobs the names of the jobs that produce what it reads; see `find_upstream`."""
    producers = _find_producers(declared.values())
    return {job.name: tuple(other.name for other in _find_upstream(job, producers)) for job in jobs}


def find_downstream(job: Job, jobs: Sequence[Job]) -> tuple[Job, ...]:
    """Return a job and those of `jobs` that depend on it, directly or not; empty if it is none of them.

    A job depends on the jobs whose tables and models it reads, and on those that its conditions are about.

    Args:
        job: The job.
        jobs: Producers before consumers.
    """
    selected: dict[str, Job] = {}
    produced: set[Dataset] = set()
    for other in jobs:
        is_conditional = any(condition.job in selected for condition in other.when)
        if other.name == job.name or is_conditional or produced & set(list_inputs(other)):
            selected[other.name] = other
            produced |= set(list_outputs(other))
    return tuple(selected.values()) if job.name in selected else ()


def list_outputs(job: Job) -> tuple[Dataset, ...]:
    """Return what a job produces: ("table", name) and ("model", name)."""
    tables = tuple(("table", write.table) for write in job.writes)
    return (*tables, ("model", job.registers)) if job.registers else tables


def list_inputs(job: Job) -> tuple[Dataset, ...]:
    """Return what a job depends on: what it reads, and the tables whose columns its `each` names."""
    columns = (("table", values.table) for values in job.each.values() if isinstance(values, ColumnValues))
    return tuple(dict.fromkeys((*list_reads(job), *columns)))


def list_reads(job: Job) -> tuple[Dataset, ...]:
    """Return what the job's function reads: ("table", name) and ("model", name)."""
    return (*(("table", name) for name in job.tables), *(("model", name) for name in job.models))


def describe_dataset(name: str, jobs: Iterable[Job]) -> str:
    """Return which jobs publish or read the table or model of this name, as one sentence; empty if none does."""
    jobs = list(jobs)
    for kind in ("table", "model"):
        producers = [f"`{job.name}`" for job in jobs if (kind, name) in list_outputs(job)]
        if producers:
            noun = pluralize("job", len(producers))
            return f"{kind.title()} `{name}` is published by {noun} {', '.join(producers)}."
        readers = [f"`{job.name}`" for job in jobs if (kind, name) in list_inputs(job)]
        if readers:
            noun = pluralize("job", len(readers))
            return f"{kind.title()} `{name}` is read by {noun} {', '.join(readers)}, and no job publishes it."
    return ""


def _find_producers(jobs: Iterable[Job]) -> Producers:
    producers: Producers = {}
    for job in jobs:
        for dataset in list_outputs(job):
            producers.setdefault(dataset, []).append(job)
    return producers


def _refuse_two_writers(producers: Producers, jobs: Iterable[Job]) -> None:
    """Raise DeclarationError if a table or model that these jobs write or read has two writers."""
    datasets = dict.fromkeys(dataset for job in jobs for dataset in (*list_inputs(job), *list_outputs(job)))
    problems = [
        f"The {kind} `{name}` has two writers: `{first.name}` ({first.place}) and "
        f"`{other.name}` ({other.place}). Let one of them write another {kind}."
        for kind, name in datasets
        for first, other in _pair_first_with_others(producers.get((kind, name), ()))
    ]
    if problems:
        raise DeclarationError("\n".join(problems))


def _pair_first_with_others(jobs: Sequence[Job]) -> list[tuple[Job, Job]]:
    return [(jobs[0], other) for other in jobs[1:]]


def _find_job(jobs: Mapping[str, Job], target: str | Job) -> Job:
    if isinstance(target, Job):
        return target
    if target not in jobs:
        raise UnknownName("job", target, sorted(jobs))
    return jobs[target]


def _find_upstream(job: Job, producers: Producers) -> tuple[Job, ...]:
    """Return the producers of what a job reads, without itself: of its own table it reads the last version."""
    upstream_jobs = {
        producer.name: producer for dataset in list_inputs(job) for producer in producers.get(dataset, ())
    }
    upstream_jobs.pop(job.name, None)
    return tuple(upstream_jobs.values())


def _find_dependencies(job: Job, jobs: Mapping[str, Job], producers: Producers) -> tuple[Job, ...]:
    """Return the jobs that have to end before a job begins: those it reads from, and those of its conditions."""
    dependencies = {other.name: other for other in _find_upstream(job, producers)}
    for condition in job.when:
        if condition.job not in jobs:
            raise DeclarationError(
                f"Job `{job.name}` ({job.place}) has a condition on job `{condition.job}`, which this project does not "
                "have. `sparkops jobs` lists all jobs."
            )
        if jobs[condition.job].each:
            names = ", ".join(jobs[condition.job].each)
            raise DeclarationError(
                f"Job `{job.name}` ({job.place}) has a condition on job `{condition.job}`, which runs once for each "
                f"value of {names}: it has no one metric and no one result of checks. Let a job read the table of all "
                "its runs, and name that job in the condition."
            )
        dependencies[condition.job] = jobs[condition.job]
    return tuple(dependencies.values())


def _visit(
    job: Job, find_dependencies: Callable[[Job], tuple[Job, ...]], done: dict[str, Job], path: tuple[Job, ...]
) -> None:
    """Add a job to `done` after what it depends on; `path` leads from a target to it, and reveals cycles."""
    if job.name in done:
        return
    names = [other.name for other in path]
    if job.name in names:
        cycle = [*path[names.index(job.name) :], job]
        text = " -> ".join(f"`{member.name}` ({member.place})" for member in cycle)
        raise DeclarationError(
            f"These jobs depend on each other: {text}. Let one of them read another table or model."
        )
    for other in find_dependencies(job):
        _visit(other, find_dependencies, done, (*path, job))
    done[job.name] = job
