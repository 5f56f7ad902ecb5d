"""Whether what a training job fits will compile, found out on a few rows before it is trained in earnest."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sparkops.errors import BadData, InputError, JobFailed, ModelError, NotCompiled, SparkopsError
from sparkops.pipeline.job import Job
from sparkops.pipeline.model import Model
from sparkops.pyfunc.registration.flavors import flavor_of
from sparkops.registry.trial import trial

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from sparkops.compiler import Compilation
    from sparkops.engine.container import Workshop


def check_trains(job: Job) -> None:
    """Raise unless the job returns a model."""
    if job.kind != "model":
        raise InputError(
            f"Job `{job.name}` returns no Model, so there is nothing to compile ({job.place}). "
            "Name a job that trains one; `sparkops jobs` lists them."
        )


def servable(
    shop: Workshop,
    job: Job,
    values: Mapping[str, Any],
    *,
    at: Mapping[str, int],
    as_of: datetime | None,
    rows: int,
) -> Compilation:
    """Call a training job with the first rows of each table, and compile what it fits; nothing is recorded.

    Args:
        shop: The rooms.
        job: A job that returns a model.
        values: Its bound parameters.
        at: Table or model name to the version to read.
        as_of: Moment whose versions are read where `at` says nothing.
        rows: How many rows of each table.

    Raises:
        SparkopsError: What stopped the job.
    """
    with ExitStack() as kept:
        try:
            model = job.function(**_given(shop, job, at, as_of, rows, kept), **values)
        except SparkopsError:
            raise
        except Exception as error:
            raise _failed(error, shop, job, rows) from error
        if not isinstance(model, Model):
            raise ModelError(
                f"Job `{job.name}` returned a {type(model).__name__}, not a Model ({job.place})."
            )
        if flavor_of(model.fitted) is not None:
            raise NotCompiled(
                f"Job `{job.name}` trains no Spark model, so there is nothing to compile ({job.place}): it will be scored "
                "in a process of its own."
            )
        return trial(model, shop.settings)


def _failed(error: Exception, shop: Workshop, job: Job, rows: int) -> SparkopsError:
    """Return what stopped the author's function, and that it saw a sample."""
    told = shop.tables.explain(error)
    first = str(told or error).strip().partition("\n")[0] or "no message"
    return JobFailed(
        f"Job `{job.name}` raised {type(error).__name__} on the first {rows} rows of each table: {first} "
        f"({job.place}). Where it needs more rows, pass --rows; --debug shows the line."
    )


def _given(
    shop: Workshop,
    job: Job,
    at: Mapping[str, int],
    as_of: datetime | None,
    rows: int,
    kept: ExitStack,
) -> dict[str, Any]:
    """Return the job's frames, models and session."""
    given: dict[str, Any] = {name: shop.registry.version(name, at.get(name)) for name in job.models}
    for name in job.tables:
        given[name] = _sample(
            shop.tables.read(shop.tables.pin(name, at=at.get(name), as_of=as_of)), rows, kept
        )
        if not job.allow_empty and given[name].isEmpty():
            raise BadData(
                f"Table `{name}` has no rows, and job `{job.name}` needs some ({job.place}). Fill it."
            )
    if job.session:
        given[job.session] = shop.starter.session()
    return given


def _sample(frame: DataFrame, rows: int, kept: ExitStack) -> DataFrame:
    """Return the first rows of a table, read once."""
    sample = frame.limit(rows).persist()
    kept.callback(sample.unpersist)
    return sample
