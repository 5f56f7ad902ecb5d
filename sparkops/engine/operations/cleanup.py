"""Remove what runs that will not be completed left behind, and let a stream begin again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sparkops.core.duration import subtract_duration
from sparkops.errors import InputError
from sparkops.pipeline.job import Job
from sparkops.pipeline.staging import RELEASE_PREFIXES, name_batch_area
from sparkops.pipeline.table import MicroBatch
from sparkops.runs.execution.lock import lock_for_writing
from sparkops.runs.records.run import make_run_id
from sparkops.runs.records.states import ACTIVE
from sparkops.tables.staging.stage import StagingArea
from sparkops.tables.streams import StreamCheckpoint

if TYPE_CHECKING:
    from sparkops.engine.container import ServiceContainer


def find_garbage(container: ServiceContainer, *, older_than: timedelta) -> tuple[StagingArea, ...]:
    """Return the staged rows that no run needs any more.

    Kept are the rows of a run that is running or has begun to publish, of a micro-batch that its stream has not
    recorded as processed, and of a release.

    Args:
        container: The services.
        older_than: Rows that were staged less than this time ago are kept, too: a failed run may be resumed.
    """
    newest = subtract_duration(datetime.now(UTC), older_than)
    pending = _find_pending_areas(container)
    return tuple(
        area
        for area in container.tables.staging.list_areas()
        if area.changed < newest and area.name not in pending
    )


def remove_garbage(container: ServiceContainer, garbage: tuple[StagingArea, ...]) -> None:
    """Remove staged rows."""
    for area in garbage:
        container.tables.staging.discard(area.name)


def find_streaming_job(container: ServiceContainer, name: str) -> Job:
    """Return the streaming job of that name.

    Raises:
        UnknownName: There is no such job.
        InputError: The job is not a streaming job.
    """
    job = container.project.find_declared(name)
    if not job.stream:
        raise InputError(f"Job `{name}` reads no stream, so it has no checkpoint ({job.place}).")
    return job


def reset_stream(container: ServiceContainer, name: str) -> None:
    """Remove the checkpoint of a streaming job: its next run reads the stream from the beginning.

    Args:
        container: The services.
        name: Name of the job.

    Raises:
        UnknownName: There is no such job.
        InputError: The job is not a streaming job.
        TableBusy: A run of the job is running.
    """
    job = find_streaming_job(container, name)
    tables = [write.table for write in job.writes]
    with lock_for_writing(container.build_run_context().locks, tables, make_run_id()):
        for checkpoint in container.tables.streams.list_checkpoints():
            if checkpoint.name == name:
                container.tables.staging.discard(_name_next_area(checkpoint))
        container.tables.streams.reset(name)


def _find_pending_areas(container: ServiceContainer) -> frozenset[str]:
    """Return the names of the staging areas that a run, a stream or a release needs."""
    areas = [area.name for area in container.tables.staging.list_areas()]
    publications = container.build_run_context().publications
    streams = {_name_next_area(checkpoint) for checkpoint in container.tables.streams.list_checkpoints()}
    return frozenset(
        area
        for area in areas
        if area in streams
        or area.startswith(RELEASE_PREFIXES)
        or publications.contains(area)
        or _is_running(container, area)
    )


def _name_next_area(checkpoint: StreamCheckpoint) -> str:
    number = 0 if checkpoint.last_batch is None else checkpoint.last_batch + 1
    return name_batch_area(MicroBatch(stream=checkpoint.stream, number=number))


def _is_running(container: ServiceContainer, run_id: str) -> bool:
    try:
        return container.project.runs.load(run_id).state in ACTIVE
    except (InputError, ValueError):
        return False
