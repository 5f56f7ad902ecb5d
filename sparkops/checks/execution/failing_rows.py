"""The rows that fail expectations: samples of them in one Spark job, and a frame split into good and failing rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from sparkops.checks.execution.aggregate import SparkEvaluationError, translate_evaluation_errors
from sparkops.checks.expectations.metric_plan import FailingRows
from sparkops.checks.results import SAMPLE_SIZE
from sparkops.driver.collection import collect_rows
from sparkops.errors import ConfigError
from sparkops.pipeline.staging import REASONS_COLUMN

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

# Up to this many failing rows fit into the memory of one task. If there are more, `limit` finds a few quickly.
_MAX_COLLECTED = 10_000

Requests = Mapping[int, tuple[FailingRows, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitFrame:
    """The two parts of a frame.

    Args:
        annotated: All rows, with their reasons in `_sparkops_reasons`; good rows have none.
        good: Rows that fail no expectation, with the frame's own columns.
        bad: The other rows, with their reasons in `_sparkops_reasons`.
    """

    annotated: DataFrame
    good: DataFrame
    bad: DataFrame


def split_frame(frame: DataFrame, conditions: Mapping[str, Column]) -> SplitFrame:
    """Split a frame into good and bad rows.

    Args:
        frame: The frame that was checked.
        conditions: For each reason, the condition that is true for the rows that have it, false or NULL for others.

    Raises:
        ConfigError: The frame has a column `_sparkops_reasons` itself.
    """
    if REASONS_COLUMN in frame.columns:
        raise ConfigError(
            f"A frame that is checked must not have a column `{REASONS_COLUMN}`: rename it or drop it."
        )
    reasons = [F.when(condition, F.lit(reason)) for reason, condition in conditions.items()]
    with_reasons = frame.withColumn(
        REASONS_COLUMN, F.filter(F.array(*reasons), lambda reason: reason.isNotNull())
    )
    is_bad = F.size(F.col(REASONS_COLUMN)) > 0
    return SplitFrame(
        annotated=with_reasons,
        good=with_reasons.filter(~is_bad).drop(REASONS_COLUMN),
        bad=with_reasons.filter(is_bad),
    )


def sample_failing_rows(frame: DataFrame, requests: Requests) -> dict[int, list[Any] | str]:
    """Return samples of the rows that fail each expectation, or the message of Spark's error.

    Args:
        frame: The frame that was checked.
        requests: Failing rows and their number, by the position of the expectation.
    """
    if not requests:
        return {}
    try:
        with translate_evaluation_errors():
            return _sample_in_one_job(frame, requests)
    except (SparkEvaluationError, ValueError, OverflowError) as error:
        if len(requests) == 1:
            return dict.fromkeys(requests, str(error))
    # One of the expectations cannot be evaluated, so each is sampled in a job of its own.
    separate = (sample_failing_rows(frame, {index: request}) for index, request in requests.items())
    return {index: samples for part in separate for index, samples in part.items()}


def _sample_in_one_job(frame: DataFrame, requests: Requests) -> dict[int, list[Any] | str]:
    """Return the samples from a union of one-row frames.

    One scan collects the rows of all expectations that few rows fail. Each of the others scans until it has a sample.
    """
    rare = [
        _collect_failing(rows.condition, rows.fields, index)
        for index, (rows, count) in requests.items()
        if count <= _MAX_COLLECTED and rows.select is None and rows.condition is not None
    ]
    parts = [frame.agg(*rare)] if rare else []
    for index, (rows, count) in requests.items():
        if rows.select is not None:
            parts.append(_collect_rows_of_frame(rows.select(frame), index))
        elif count > _MAX_COLLECTED and rows.condition is not None:
            few = frame.where(rows.condition).limit(SAMPLE_SIZE).select(*map(F.col, rows.fields))
            parts.append(_collect_rows_of_frame(few, index))
    union = parts[0]
    for part in parts[1:]:
        union = union.unionByName(part, allowMissingColumns=True)
    lists = _merge_rows(collect_rows(union))
    return {
        index: [rows.to_sample(tuple(value)) for value in lists[f"s{index}"]]
        for index, (rows, _) in requests.items()
    }


def _collect_failing(condition: Column, names: Sequence[str], index: int) -> Column:
    """Return the aggregate that lists the fields of the first rows of a condition."""
    fields = F.struct(*[F.col(name).alias(f"f{i}") for i, name in enumerate(names)])
    return F.slice(F.collect_list(F.when(condition, fields)), 1, SAMPLE_SIZE).alias(f"s{index}")


def _collect_rows_of_frame(rows: DataFrame, index: int) -> DataFrame:
    renamed = rows.toDF(*[f"f{i}" for i in range(len(rows.columns))])
    return renamed.agg(F.collect_list(F.struct(*renamed.columns)).alias(f"s{index}"))


def _merge_rows(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """Return the lists of all rows; each row has some of them and NULL for the others."""
    return {name: value for row in rows for name, value in row.items() if value is not None}
