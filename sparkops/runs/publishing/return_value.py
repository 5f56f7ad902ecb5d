"""Check what a job's function returned against what the job declares."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, TypeVar

from sparkops.errors import JobFailed
from sparkops.pipeline.job import Job

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

T = TypeVar("T")


def require_type(result: Any, expected: type[T], job: Job) -> T:
    """Return the result, if it is of the declared type.

    Raises:
        JobFailed: It is of another type.
    """
    if isinstance(result, expected):
        return result
    raise JobFailed(
        f"Job `{job.name}` returned {type(result).__name__}, and is declared to return "
        f"{expected.__name__} ({job.place}): change what it returns, or its annotation."
    )


def require_frame(value: Any, job: Job) -> DataFrame:
    """Return what the job returned for a table, if it is a DataFrame.

    Raises:
        JobFailed: It is of another type.
    """
    if not hasattr(value, "sparkSession") or not hasattr(value, "schema"):
        raise JobFailed(
            f"Job `{job.name}` returned {type(value).__name__} where a DataFrame is declared ({job.place}): "
            "change what it returns, or its annotation."
        )
    return value  # type: ignore[no-any-return]


def read_frames(result: Any, job: Job) -> dict[str, DataFrame]:
    """Return the frame of each written table; empty if the result is None, because all frames are staged already.

    Raises:
        JobFailed: The result is not what the job declares.
    """
    if result is None:
        return {}
    if job.kind == "table":
        return {job.writes[0].table: require_frame(result, job)}
    values = result._asdict() if hasattr(result, "_asdict") else _read_fields(result, job)
    return {
        write.table: require_frame(value, job)
        for write, value in zip(job.writes, values.values(), strict=True)
    }


def _read_fields(result: Any, job: Job) -> dict[str, Any]:
    if not dataclasses.is_dataclass(result):
        raise JobFailed(
            f"Job `{job.name}` returned {type(result).__name__} where a NamedTuple or dataclass of its tables is "
            f"declared ({job.place}): change what it returns, or its annotation."
        )
    return {field.name: getattr(result, field.name) for field in dataclasses.fields(result)}
