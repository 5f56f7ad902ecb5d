"""Aggregates computed in one Spark job; where one of them fails, only that one is an error."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sparkops.checks.results import plain

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame


@dataclass(frozen=True, slots=True)
class Failed:
    """What Spark said instead of an answer."""

    message: str


class SparkRefused(Exception):
    """Spark refused what it was asked."""


@contextmanager
def refusals() -> Iterator[None]:
    """Tell what Spark refuses as SparkRefused; a cancelled job stays what it is."""
    from py4j.protocol import Py4JJavaError
    from pyspark.errors import PySparkException

    try:
        yield
    except (PySparkException, Py4JJavaError) as error:
        if "SPARK_JOB_CANCELLED" in str(error):
            raise
        # The first line of py4j's own text only says which call failed.
        said = error.java_exception.toString() if isinstance(error, Py4JJavaError) else str(error)
        raise SparkRefused(said) from error


def _named(measures: Mapping[str, Column]) -> list[Column]:
    """Return the aggregates under short names in their order."""
    return [measure.alias(f"m{index}") for index, measure in enumerate(measures.values())]


# Not by `observe` on the write itself: once a session of Spark 4.1 has seen an `Observation`, models that it trains with a
# summary can't be serialized any more, and every later evaluation of theirs fails.


def fold(frame: DataFrame, measures: Mapping[str, Column]) -> dict[str, Any]:
    """Return each measure's answer, or what Spark said instead; one job, unless something fails while it runs."""
    if not measures:
        return {}
    try:
        with refusals():
            row = frame.agg(*_named(measures)).collect()[0]
            return {name: plain(row[f"m{index}"]) for index, name in enumerate(measures)}
    except SparkRefused as error:
        if len(measures) == 1:
            return dict.fromkeys(measures, Failed(str(error)))
    senseless = _senseless(frame, measures)
    if senseless:
        return {**fold(frame, {k: v for k, v in measures.items() if k not in senseless}), **senseless}
    return {name: value for half in _halves(measures) for name, value in fold(frame, half).items()}


def _senseless(frame: DataFrame, measures: Mapping[str, Column]) -> dict[str, Failed]:
    """Return what Spark refuses before it runs anything: wrong types, unknown columns."""
    try:
        with refusals():
            _ = frame.agg(*_named(measures)).schema
    except SparkRefused as error:
        if len(measures) == 1:
            return dict.fromkeys(measures, Failed(str(error)))
        return {
            name: failed for half in _halves(measures) for name, failed in _senseless(frame, half).items()
        }
    return {}


def _halves(measures: Mapping[str, Column]) -> tuple[dict[str, Column], dict[str, Column]]:
    pairs: Sequence[tuple[str, Column]] = list(measures.items())
    middle = len(pairs) // 2
    return dict(pairs[:middle]), dict(pairs[middle:])
