"""Find out whether a training job's model will compile, by fitting it on a few rows."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sparkops.engine.parameter_sources import Parameters, to_sources
from sparkops.errors import BadData, InputError, JobFailed, ModelError, NotCompiled, SparkopsError
from sparkops.pipeline.job import Job
from sparkops.pipeline.model import Model
from sparkops.pyfunc.registration.mlflow_flavors import detect_flavor
from sparkops.registry.spark_model_folder import dry_run_compile
from sparkops.runs.read_versions import ReadVersions

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from sparkops.compiler import Compilation
    from sparkops.engine.container import ServiceContainer


def check_servable(
    container: ServiceContainer, name: str, params: Parameters, *, versions: ReadVersions, rows: int
) -> Compilation:
    """Fit a training job's model on the first rows of each table and compile it; nothing is recorded or registered.

    Args:
        container: The services.
        name: Name of the job.
        params: Its parameters.
        versions: Versions to read.
        rows: Number of rows to read of each table.

    Raises:
        InputError: The job trains no model, or its parameters are wrong; nothing was started.
        SparkopsError: What stopped the job.
    """
    project = container.project
    declared = project.find_declared(name)
    if declared.kind != "model":
        raise InputError(
            f"Job `{name}` returns no Model, so there is nothing to compile ({declared.place}). "
            "Name a job that trains one; `sparkops jobs` lists them."
        )
    bound = project.bind(declared, to_sources(params), at=versions.at)
    container.starter.begin()
    job, bound = project.load_job(declared, bound)
    return compile_on_sample(container, job, bound.values, versions=versions, rows=rows)


def compile_on_sample(
    container: ServiceContainer, job: Job, values: Mapping[str, Any], *, versions: ReadVersions, rows: int
) -> Compilation:
    """Call a training job with the first rows of each table, and compile the model that it returns.

    Args:
        container: The services.
        job: A job that returns a model.
        values: Its bound parameters.
        versions: Versions to read.
        rows: Number of rows of each table.

    Raises:
        SparkopsError: What stopped the job.
    """
    with ExitStack() as cached:
        try:
            arguments = _SampleReader(container, job, versions, rows).read_arguments(cached)
            model = job.function(**arguments, **values)
        except SparkopsError:
            raise
        except Exception as error:
            raise _convert_job_error(error, container, job, rows) from error
        if not isinstance(model, Model):
            raise ModelError(
                f"Job `{job.name}` returned a {type(model).__name__}, not a Model ({job.place})."
            )
        if detect_flavor(model.fitted) is not None:
            raise NotCompiled(
                f"Job `{job.name}` trains no Spark model, so there is nothing to compile ({job.place}): it will be "
                "scored in a process of its own."
            )
        return dry_run_compile(model, container.settings)


def _convert_job_error(error: Exception, container: ServiceContainer, job: Job, rows: int) -> SparkopsError:
    """Return the error to show when the job's function raises; it says that the function was called with a sample."""
    translated = container.tables.explain(error)
    message = str(translated or error).strip().partition("\n")[0] or "no message"
    return JobFailed(
        f"Job `{job.name}` raised {type(error).__name__} on the first {rows} rows of each table: {message} "
        f"({job.place}). If it needs more rows, pass --rows; --debug shows the line."
    )


@dataclass(frozen=True, slots=True)
class _SampleReader:
    """Reads what a job takes, with only the first rows of each table."""

    container: ServiceContainer
    job: Job
    versions: ReadVersions
    rows: int

    def read_arguments(self, cached: ExitStack) -> dict[str, Any]:
        """Return the job's models, frames and session.

        Args:
            cached: Uncaches the frames when it is closed.
        """
        job, container = self.job, self.container
        arguments: dict[str, Any] = {
            name: container.registry.load_version(name, self.versions.at.get(name)) for name in job.models
        }
        for name in job.tables:
            sample = self._read(name)
            cached.callback(sample.unpersist)
            if not job.allow_empty and sample.isEmpty():
                raise BadData(
                    f"Table `{name}` has no rows, and job `{job.name}` needs some ({job.place}). Write rows to it, or "
                    "declare allow_empty=True."
                )
            arguments[name] = sample
        if job.session:
            arguments[job.session] = container.starter.session()
        return arguments

    def _read(self, table: str) -> DataFrame:
        tables, versions = self.container.tables, self.versions
        pin = tables.pin(table, at=versions.at.get(table), as_of=versions.as_of)
        return tables.read(pin).limit(self.rows).persist()
