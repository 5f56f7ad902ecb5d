"""Which way of scoring is faster: both run once, on the example rows over and over, when a model is registered."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from math import ceil
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from sparkops.batch.executor_scorer import build_arrow_scorer
from sparkops.batch.frame_scoring import (
    VERSION_COLUMN,
    quote_column,
    score_with_compiled,
    score_with_transform,
)
from sparkops.batch.planner import find_unsupported_column
from sparkops.config.settings import Settings

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from sparkops.pipeline.model import Model
    from sparkops.scoring.scorer import Scorer

    Way = Callable[[DataFrame], DataFrame]

_SAMPLE, _FEW, _MANY = 2_000, 4_000, 40_000  # rows: of the example, to warm up with, to race with
_LONGEST, _START = 0.7, 0.25  # seconds: of one run, about; of starting a job
_LARGEST = 50_000_000  # bytes of a description's arrays; beyond that both ways take longer than a race may
_TURN = "_sparkops_turn"
_log = logging.getLogger("sparkops.registry")


def run_benchmark(model: Model, scorer: Scorer, folder: Path, settings: Settings) -> dict[str, float]:
    """Return microseconds a row by each way, "transform" and "mapInArrow", with "rows"; nothing where there was no race.

    Both ways compute all outputs for the same cached rows and give them to no one. They are run in turn, twice, once
    they are warm; the better of two counts, less what a job of one row takes.

    Args:
        model: The trained model.
        scorer: Compiled from it.
        folder: The scorer's folder.
        settings: Where Spark runs; a way set by `models.batch` needs no race.
    """
    arrays = sum(array.nbytes for step in scorer.description.steps for array in step.arrays.values())
    if (
        settings.models.batch != "auto"
        or arrays > _LARGEST
        or find_unsupported_column(_inputs(model, scorer))
    ):
        return {}
    from py4j.protocol import Py4JJavaError
    from pyspark.errors import PySparkException

    try:
        return _run(model, scorer, folder, settings)
    except (PySparkException, Py4JJavaError) as error:
        _log.warning("the ways of scoring were not raced: %s", str(error)[:300])
        return {}


def _run(model: Model, scorer: Scorer, folder: Path, settings: Settings) -> dict[str, float]:
    sample = _inputs(model, scorer).limit(_SAMPLE).persist()
    try:
        count = sample.count()
        ways = _ways(model, scorer, folder, settings)
        few = ceil(_FEW / count)
        warm = [max(_times(_repeated(sample, few), ways)) for _ in range(2)][
            -1
        ]  # the first starts workers, compiles
        pace = max(warm - _START, 1e-3) / few
        turns = max(few, min(ceil(_MANY / count), int(_LONGEST / pace)))
        many = _repeated(sample, turns).persist()
        try:
            many.count()
            rounds = [_times(many, ways) for _ in range(2)]
        finally:
            many.unpersist()
    finally:
        sample.unpersist()
    rows = turns * count
    best = [min(times) / rows * 1e6 for times in zip(*rounds, strict=True)]
    return {**{way: round(took, 2) for way, took in zip(ways, best, strict=True)}, "rows": rows}


def _inputs(model: Model, scorer: Scorer) -> DataFrame:
    return model.example.select(*(quote_column(field.name) for field in scorer.fields))


def _ways(model: Model, scorer: Scorer, folder: Path, settings: Settings) -> Mapping[str, Way]:
    score = build_arrow_scorer(model.example.sparkSession, scorer, folder, (VERSION_COLUMN, 0), settings)
    answers = [output.name for output in scorer.outputs]
    return {
        "transform": lambda frame: score_with_transform(frame, model.fitted, answers, scorer, 0, arrays=True),
        "mapInArrow": lambda frame: score_with_compiled(frame, score, scorer.outputs, arrays=True),
    }


def _repeated(sample: DataFrame, turns: int) -> DataFrame:
    """Return the rows over and over, spread as Spark spreads a range: over all cores."""
    from pyspark.sql import functions as F

    return sample.sparkSession.range(turns).toDF(_TURN).crossJoin(F.broadcast(sample)).drop(_TURN)


def _times(frame: DataFrame, ways: Mapping[str, Way]) -> list[float]:
    """Return seconds of one run by each way."""
    found = []
    for way in ways.values():
        begun = perf_counter()
        way(frame).write.format("noop").mode("overwrite").save()
        found.append(perf_counter() - begun)
    return found
