"""Samples of the rows that broke expectations: all of them in one Spark job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from sparkops.checks.execution.aggregate import SparkRefused, refusals
from sparkops.checks.expectations.metric_plan import SAMPLES, Rows

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

# So many rows fit in the memory of one task; of more, the first few are soon found.
_FEW = 10_000


def sample(frame: DataFrame, wanted: Mapping[int, tuple[Rows, int]]) -> dict[int, list[Any] | str]:
    """Return what is shown of the rows that broke each expectation, or what Spark said instead.

    Args:
        frame: The frame that was checked.
        wanted: Position of an expectation to its rows and how many there are.
    """
    if not wanted:
        return {}
    try:
        with refusals():
            return _together(frame, wanted)
    except SparkRefused as error:
        if len(wanted) == 1:
            return dict.fromkeys(wanted, str(error))
    alone = (sample(frame, {index: rows}) for index, rows in wanted.items())
    return {index: values for one in alone for index, values in one.items()}


def _together(frame: DataFrame, wanted: Mapping[int, tuple[Rows, int]]) -> dict[int, list[Any] | str]:
    """Return the samples from a union of one-row frames: one scan for all that are rare, a short look for each other."""
    rare = [
        _collected(rows, index)
        for index, (rows, count) in wanted.items()
        if count <= _FEW and rows.pick is None and rows.condition is not None
    ]
    parts = [frame.agg(*rare)] if rare else []
    for index, (rows, count) in wanted.items():
        if rows.pick is not None:
            parts.append(_listed(rows.pick(frame), index))
        elif count > _FEW and rows.condition is not None:
            chosen = frame.where(rows.condition).limit(SAMPLES).select(*map(F.col, rows.fields))
            parts.append(_listed(chosen, index))
    union = parts[0]
    for part in parts[1:]:
        union = union.unionByName(part, allowMissingColumns=True)
    lists = _merged(union.collect())
    return {
        index: [rows.show(tuple(value)) for value in lists[f"s{index}"]]
        for index, (rows, _) in wanted.items()
    }


def _collected(rows: Rows, index: int) -> Column:
    fields = F.struct(*[F.col(name).alias(f"f{i}") for i, name in enumerate(rows.fields)])
    every = F.collect_list(F.when(rows.condition, fields))  # type: ignore[arg-type]  # its caller asked for one
    return F.slice(every, 1, SAMPLES).alias(f"s{index}")


def _listed(chosen: DataFrame, index: int) -> DataFrame:
    renamed = chosen.toDF(*[f"f{i}" for i in range(len(chosen.columns))])
    return renamed.agg(F.collect_list(F.struct(*renamed.columns)).alias(f"s{index}"))


def _merged(rows: list[Any]) -> dict[str, list[Any]]:
    """Return the lists of all rows; each row holds some of them and NULL for the others."""
    return {name: value for row in rows for name, value in row.asDict().items() if value is not None}
