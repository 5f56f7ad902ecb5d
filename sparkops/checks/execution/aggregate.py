"""Compute many aggregates in one Spark job. If some of them fail, only those are errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sparkops.checks.results import to_json_value
from sparkops.driver.collection import collect_rows
from sparkops.driver.engine_failure import find_engine_failure

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

# What pyspark raises for a value that Python cannot hold, such as an interval of 300,000 years.
_UNREPRESENTABLE = (ValueError, OverflowError)
_LOGGERS_OF_ERRORS = ("SQLQueryContextLogger", "DataFrameQueryContextLogger")


@dataclass(frozen=True, slots=True)
class FailedMetric:
    """The message of Spark's error, in place of a metric's value."""

    message: str


class SparkEvaluationError(Exception):
    """Spark could not evaluate an expression; the text is Spark's."""


@contextmanager
def translate_evaluation_errors() -> Iterator[None]:
    """Raise Spark's errors as SparkEvaluationError.

    The error of a cancelled job is not changed.

    Raises:
        EngineError: Memory or disk are exhausted, or an executor was lost. Such a failure is not caused by the data, so
            it must not become the result of an expectation.
        SparkEvaluationError: Any other error of Spark.
    """
    from py4j.protocol import Py4JJavaError
    from pyspark.errors import PySparkException

    try:
        with _mute_error_loggers():
            yield
    except (PySparkException, Py4JJavaError) as error:
        if "SPARK_JOB_CANCELLED" in str(error):
            raise
        failure = find_engine_failure(error)
        if failure is not None:
            raise failure from error
        # The first line of py4j's own text only names the call that failed.
        message = error.java_exception.toString() if isinstance(error, Py4JJavaError) else str(error)
        raise SparkEvaluationError(message) from error


@contextmanager
def _mute_error_loggers() -> Iterator[None]:
    """Keep the errors of Spark that the block raises out of pyspark's own log: they become results."""
    from pyspark.logger import PySparkLogger

    loggers = [PySparkLogger.getLogger(name) for name in _LOGGERS_OF_ERRORS]
    states = [logger.disabled for logger in loggers]
    for logger in loggers:
        logger.disabled = True
    try:
        yield
    finally:
        for logger, was_disabled in zip(loggers, states, strict=True):
            logger.disabled = was_disabled


# `DataFrame.observe` on the write itself would save this job, but it is not used: after a session of Spark 4.1 has seen
# an `Observation`, models with a training summary cannot be serialized any more, so that every later evaluation of them
# fails.
def compute_metrics(frame: DataFrame, metrics: Mapping[str, Column]) -> dict[str, Any]:
    """Return the value of each aggregate, or a FailedMetric.

    One job, unless one of them fails while it runs: then the aggregates are halved until the failing ones are alone.
    """
    if not metrics:
        return {}
    try:
        with translate_evaluation_errors():
            [row] = collect_rows(frame.agg(*_alias_by_position(metrics)))
            return {name: to_json_value(row[f"m{index}"]) for index, name in enumerate(metrics)}
    except (SparkEvaluationError, *_UNREPRESENTABLE) as error:
        if len(metrics) == 1:
            return dict.fromkeys(metrics, FailedMetric(str(error)))
    invalid = _find_invalid(frame, metrics)
    if invalid:
        valid = {name: metric for name, metric in metrics.items() if name not in invalid}
        return {**compute_metrics(frame, valid), **invalid}
    return {
        name: value
        for half in _split_in_half(metrics)
        for name, value in compute_metrics(frame, half).items()
    }


def _find_invalid(frame: DataFrame, metrics: Mapping[str, Column]) -> dict[str, FailedMetric]:
    """Return the aggregates that fail at analysis (wrong types, unknown columns), which needs no job."""
    try:
        with translate_evaluation_errors():
            _ = frame.agg(*_alias_by_position(metrics)).schema
    except SparkEvaluationError as error:
        if len(metrics) == 1:
            return dict.fromkeys(metrics, FailedMetric(str(error)))
        return {
            name: failed
            for half in _split_in_half(metrics)
            for name, failed in _find_invalid(frame, half).items()
        }
    return {}


def _alias_by_position(metrics: Mapping[str, Column]) -> list[Column]:
    """Return the aggregates as m0, m1, ..., in their order."""
    return [metric.alias(f"m{index}") for index, metric in enumerate(metrics.values())]


def _split_in_half(metrics: Mapping[str, Column]) -> tuple[dict[str, Column], dict[str, Column]]:
    pairs: Sequence[tuple[str, Column]] = list(metrics.items())
    middle = len(pairs) // 2
    return dict(pairs[:middle]), dict(pairs[middle:])
