"""Validate the declaration of a streaming job."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final, Literal

from sparkops.core.wording import find_closest_name
from sparkops.errors import InputError
from sparkops.pipeline.declaration.decorator_options import JobOptions
from sparkops.pipeline.declaration.return_type import ReturnDeclaration
from sparkops.pipeline.job import Job
from sparkops.pipeline.write import Mode

OutputMode = Literal["append", "update", "complete"]

# Output mode of Structured Streaming for each write mode.
OUTPUT_MODES: Final[Mapping[Mode, OutputMode]] = {
    "append": "append",
    "merge": "update",
    "overwrite": "complete",
}
_INTERVAL: Final = re.compile(r"[1-9]\d*\s+(?:second|minute|hour)s?")


def find_stream_problems(
    options: JobOptions, result: ReturnDeclaration, tables: Sequence[str]
) -> Iterator[str]:
    """Yield the problems of `stream=` and `every=`."""
    if options.every is not None and options.stream is None:
        yield "every= is for a job that reads a stream: name the table with stream="
    if options.every is not None and not _INTERVAL.fullmatch(options.every):
        yield f"every={options.every!r} is not an interval: write '10 seconds', '5 minutes' or '1 hour'"
    if options.stream is None:
        return
    if options.stream not in tables:
        near = find_closest_name(options.stream, tables)
        hint = f", did you mean {near!r}?" if near else f"; its tables are {', '.join(tables) or 'none'}"
        yield f"stream={options.stream!r} is not one of its tables{hint}"
    if result.kind == "tables":
        yield "stream= is for a job that returns one DataFrame, and it returns several: write a job for each"
    for write in result.writes:
        if write.mode == "replace":
            yield (
                "stream= and replace= exclude each other: a micro-batch does not contain a complete slice. "
                "Use mode='append', or merge= with key columns"
            )


def with_interval(job: Job, every: str | None) -> Job:
    """Return a streaming job that looks for new rows in this interval, until it is stopped.

    Args:
        job: The job.
        every: The interval, such as `10 seconds`; None for what the job declares.

    Raises:
        InputError: The job reads no stream, or this is no interval.
    """
    if every is None:
        return job
    if job.stream is None:
        raise InputError(
            f"`every` is for a job that reads a stream, and `{job.name}` reads none ({job.place}): leave it out."
        )
    if not _INTERVAL.fullmatch(every):
        raise InputError(
            f"`every` is {every[:100]!r}, which is no interval: write '10 seconds', '5 minutes' or '1 hour'."
        )
    return replace(job, every=every)
