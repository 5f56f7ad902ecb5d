"""Find out, before anything is started, whether a run continues an earlier one, repeats it, or is done already."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sparkops.engine.options import RunOptions, Unfinished
from sparkops.errors import InputError, UnknownName
from sparkops.pipeline.job import Job
from sparkops.pipeline.parameters.bind import BoundParameters
from sparkops.runs.fingerprint import params_to_json
from sparkops.runs.records.process import is_active_on_this_host
from sparkops.runs.records.publications import OpenPublication, hash_params
from sparkops.runs.records.run import Run, make_run_id
from sparkops.runs.records.run_key import RunKey, RunKeys

if TYPE_CHECKING:
    from sparkops.engine.container import ServiceContainer

_log = logging.getLogger("sparkops.engine")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStart:
    """How a run begins.

    Args:
        done: The run that makes a new one unnecessary.
        resume: The earlier run to resume.
        run_id: Id of the new run; None for any.
        key: Key of the run.
    """

    done: Run | None = None
    resume: Run | None = None
    run_id: str | None = None
    key: RunKey | None = None


def choose_start(
    container: ServiceContainer, job: Job, bound: BoundParameters, options: RunOptions
) -> RunStart:
    """Return how a run of the job begins.

    Raises:
        InputError: The run with this key is running, or an incomplete run has the same job and parameters.
    """
    params = hash_params(params_to_json(job, bound.values))
    if options.key is not None:
        return _start_with_key(container, job, params, options.key, options.unfinished)
    started = RunStart(run_id=options.run_id)
    if options.unfinished == "new":
        return started
    unfinished = _find_unfinished(container, job, params)
    if unfinished is None:
        return started
    run = container.project.runs.load(unfinished.run)
    if options.unfinished == "resume":
        return RunStart(done=run) if run.state == "done" else RunStart(resume=run)
    published = _find_published_tables(container, unfinished)
    message = _describe_unfinished(job, run, published)
    if _is_repeatable(job, published):
        _log.warning("%s This run replaces what it published.", message)
        return started
    raise InputError(
        f"{message} Nothing was started. Complete that run with --resume (or `sparkops runs resume {run.id}`), or "
        "begin another with --new, which publishes its rows again."
    )


def _describe_unfinished(job: Job, run: Run, published: Sequence[str]) -> str:
    state = (
        "is done, but its process ended before that was recorded"
        if run.state == "done"
        else f"is not complete ({run.state})"
    )
    tables = ", ".join(f"`{name}`" for name in published)
    return f"Run {run.id} of job `{job.name}` has the same parameters, has published {tables} and {state}."


def _is_repeatable(job: Job, published: Sequence[str]) -> bool:
    """Return whether a new run replaces what an incomplete one published, rather than adding to it."""
    tables = {write.table for write in job.writes if write.mode != "append"}
    return set(published) <= tables


def require_not_running(run: Run) -> None:
    """Refuse to resume a run that is running.

    Raises:
        InputError: A process of this host is running it.
    """
    if is_active_on_this_host(run):
        raise InputError(
            f"Run {run.id} is still running, in process {run.process['pid']}: wait for it, or stop that process "
            "before you resume the run."
        )


def _start_with_key(
    container: ServiceContainer, job: Job, params: str, key: RunKey, unfinished: Unfinished
) -> RunStart:
    keys, run_id = RunKeys(container.settings.state / "keys"), make_run_id()
    if unfinished == "new":
        keys.release(job.name, key, params)
    owner = keys.claim(job.name, key, params, run_id)
    try:
        earlier = container.project.runs.load(owner)
    except (UnknownName, ValueError):
        # The process that claimed the key stopped before it recorded the run, or it is this one.
        return RunStart(run_id=owner, key=key)
    if earlier.state == "rolled_back":
        # Its commits are in the logs of the tables; only a run of another id commits again.
        keys.forget({earlier.id})
        return _start_with_key(container, job, params, key, unfinished)
    if earlier.state == "done":
        return RunStart(done=earlier, key=key)
    require_not_running(earlier)
    return RunStart(resume=earlier, key=key)


def _find_unfinished(container: ServiceContainer, job: Job, params: str) -> OpenPublication | None:
    """Return the newest incomplete run of the job with these parameters that published something, or None."""
    for publication in reversed(container.build_run_context().publications.list_open_for(job.name, params)):
        try:
            run = container.project.runs.load(publication.run)
        except (UnknownName, ValueError):
            continue
        if not is_active_on_this_host(run) and _find_published_tables(container, publication):
            return publication
    return None


def _find_published_tables(container: ServiceContainer, publication: OpenPublication) -> list[str]:
    """Return the tables and quarantines into which a run has published."""
    tables = container.tables
    names = [name for table in publication.before for name in (table, tables.get_quarantine_name(table))]
    return [name for name in names if tables.find_published(name, publication.run) is not None]
