"""A job made for one scoring of a table, so that it is pinned, checked, published and recorded like any other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sparkops.errors import InputError
from sparkops.pipeline.job import Job
from sparkops.pipeline.param import REQUIRED, Param
from sparkops.pipeline.write import Write
from sparkops.place import Place

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from sparkops.pipeline.model import ModelVersion


def score_job(model: str, table: str, *, into: str, where: Mapping[str, str]) -> Job:
    """Return a job that reads the table, keeps the rows that `where` chooses, scores them and publishes them.

    Args:
        model: Registered name.
        table: Table to read.
        into: Table to write; with `where`, only the slice of it that the scored rows belong to.
        where: Column to the value, as text, that a row must have.
    """
    place = Place(__file__, 1)

    def score(**given: Any) -> DataFrame:
        chosen = _chosen(given[table], table, where)
        scored: ModelVersion = given[model]
        return scored.transform(chosen, arrays=True)

    return Job(
        name=f"score_{into}",
        function=score,
        doc=f"Score `{table}` by `{model}`.",
        place=place,
        kind="table",
        tables=(table,),
        models=(model,),
        params=tuple(Param(name, str, REQUIRED, "", place) for name in where),
        writes=(Write(table=into, mode="replace" if where else "overwrite", by=tuple(where)),),
    )


def _chosen(frame: DataFrame, table: str, where: Mapping[str, str]) -> DataFrame:
    for column, value in where.items():
        if column not in frame.columns:
            raise InputError(
                f"Table `{table}` has no column `{column}` to choose rows by. It has: {', '.join(frame.columns)}."
            )
        frame = frame.where(_equal(frame, column, value))
    if where and frame.isEmpty():
        said = ", ".join(f"{column} = {value}" for column, value in where.items())
        raise InputError(f"Table `{table}` has no rows with {said}.")
    return frame


def _equal(frame: DataFrame, column: str, value: str) -> Column:
    from pyspark.sql import functions as F

    return frame[column] == F.lit(value).try_cast(frame.schema[column].dataType)
