"""Score a table by a registered model, as a run of a job that is built for it and not declared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparkops.core.place import Place
from sparkops.engine.operations.execute_job import execute_job
from sparkops.errors import InputError
from sparkops.pipeline.discovery.jobs_folder import JobsFolder
from sparkops.pipeline.discovery.jobs_package import prepare_package
from sparkops.pipeline.job import Job
from sparkops.pipeline.param import REQUIRED, Param
from sparkops.pipeline.parameters.bind import BoundParameters
from sparkops.pipeline.write import Write
from sparkops.runs.read_versions import ReadVersions
from sparkops.runs.records.run import Run
from sparkops.scoring.locate.model_uri import parse_model_uri

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from sparkops.engine.container import ServiceContainer
    from sparkops.engine.project import LoadedProject
    from sparkops.pipeline.model import ModelVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class TableScoring:
    """Which rows of a table to score, and where to write the scores.

    Args:
        table: Table to read.
        into: Table to write; with `where`, only the slice of it that the scored rows belong to is replaced.
        where: Column to the value, as text, that the scored rows have in it.
        at: Version of the table; the newest by default.
    """

    table: str
    into: str
    where: Mapping[str, str] = field(default_factory=dict)
    at: int | None = None


def score_table(container: ServiceContainer, model: str, scoring: TableScoring) -> Run:
    """Score a table in Spark, as a run with its own record.

    Args:
        container: The services.
        model: `name`, `name/3` or `name@alias`.
        scoring: Which rows to score, and where to write the scores.
    """
    version = container.project.models.resolve(*parse_model_uri(model))
    job = build_scoring_job(version.name, scoring)
    bound = BoundParameters(values=dict(scoring.where), origins=dict.fromkeys(scoring.where, "command line"))
    at = {version.name: version.version} | ({scoring.table: scoring.at} if scoring.at is not None else {})
    container.warm_up([job])
    make_stages_importable(container.project.settings.jobs)
    return execute_job(container, job, bound, versions=ReadVersions(at=at))


def find_scoring_job(project: LoadedProject, run: Run) -> Job | None:
    """Return the job of a run of `score_table`, as its record describes it; None for a run of a declared job.

    Raises:
        InputError: The run stopped before it recorded what it read.
    """
    prefix, _, table = run.job.partition("_")
    if prefix != "score" or not _is_of_this_module(run):
        return None
    if len(run.inputs) != 1 or len(run.models) != 1:
        raise InputError(
            f"Run {run.id} of `sparkops score --table` stopped before it recorded what it reads: start it again with "
            f"the same command, with `--into {table}`."
        )
    make_stages_importable(project.settings.jobs)
    where = {name: str(value) for name, value in run.params.items()}
    return build_scoring_job(
        next(iter(run.models)), TableScoring(table=next(iter(run.inputs)), into=table, where=where)
    )


def _is_of_this_module(run: Run) -> bool:
    """Return whether a run's job was made by this module, in whatever folder the package was installed."""
    place = Path(str(run.code.get("place", "")).rpartition(":")[0])
    return place.parts[-3:] == Path(__file__).parts[-3:]


def make_stages_importable(jobs: str) -> None:
    """Make the modules of the jobs' folder importable: they may define stages of the model. No job is imported."""
    if not jobs.startswith("package:") and Path(jobs).is_dir():
        prepare_package(JobsFolder.of(Path(jobs)))


def build_scoring_job(model: str, scoring: TableScoring) -> Job:
    """Return a job that reads the table, filters its rows, scores them and publishes the scores.

    Args:
        model: Registered name.
        scoring: Which rows to score, and where to write the scores.
    """
    place = Place(__file__, 1)
    table, where = scoring.table, scoring.where

    def score(**arguments: Any) -> DataFrame:
        rows = _filter_rows(arguments[table], scoring)
        version: ModelVersion = arguments[model]
        return version.transform(rows, arrays=True)

    return Job(
        name=f"score_{scoring.into}",
        function=score,
        doc=f"Score `{table}` by `{model}`.",
        place=place,
        kind="table",
        tables=(table,),
        models=(model,),
        params=tuple(Param(name, str, REQUIRED, "", place) for name in where),
        writes=(Write(table=scoring.into, mode="replace" if where else "overwrite", by=tuple(where)),),
    )


def _filter_rows(frame: DataFrame, scoring: TableScoring) -> DataFrame:
    for column, value in scoring.where.items():
        if column not in frame.columns:
            raise InputError(
                f"Table `{scoring.table}` has no column `{column}` to select rows by. "
                f"It has: {', '.join(frame.columns)}."
            )
        frame = frame.where(_build_condition(frame, column, value))
    if scoring.where and frame.isEmpty():
        conditions = ", ".join(f"{column} = {value}" for column, value in scoring.where.items())
        raise InputError(f"Table `{scoring.table}` has no rows with {conditions}.")
    return frame


def _build_condition(frame: DataFrame, column: str, value: str) -> Column:
    from pyspark.sql import functions as F

    return frame[column] == F.lit(value).try_cast(frame.schema[column].dataType)
