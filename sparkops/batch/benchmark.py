"""Measure how fast a model scores batches: both methods on registration, or the scorer alone on its certificate."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from itertools import cycle, islice
from math import ceil
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from sparkops.artifact.frames import quote_column
from sparkops.batch.executor_scorer import ScorerOptions, build_arrow_scorer
from sparkops.batch.frame_scoring import VERSION_COLUMN, score_with_map_in_arrow, score_with_transform
from sparkops.batch.planner import find_unsupported_column
from sparkops.config.settings import Settings
from sparkops.errors import ModelError
from sparkops.scoring.artifact.file_names import CERTIFICATE

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from sparkops.pipeline.model import Model
    from sparkops.scoring.scorer import Scorer

    ScoreFrame = Callable[[DataFrame], DataFrame]

# Numbers of rows: of the example, and of a measured run.
_SAMPLE_ROWS, _MEASURED_ROWS = 2_000, 10_000
# Longest time that the scorer may take for a measured run, in seconds of one core.
_MAX_SECONDS = 0.5
# Size of a description's arrays in bytes above which a measurement would take too long.
_MAX_ARRAY_BYTES = 50_000_000
_CERTIFICATE_ROWS = 4096
_REPEAT_COLUMN = "_sparkops_turn"
_log = logging.getLogger("sparkops.registry")


def run_benchmark(model: Model, scorer: Scorer, folder: Path, settings: Settings) -> dict[str, float]:
    """Return microseconds per row of "transform" and "mapInArrow", and the number of "rows"; empty if not measured.

    Both methods compute all outputs of the same cached rows and discard them. After a warm-up, which starts workers and
    compiles code, each runs twice, in turns. The better time counts, divided by the rows.

    Args:
        model: The trained model.
        scorer: The scorer compiled from it.
        folder: The scorer's folder.
        settings: Where Spark runs. If `models.batch` sets the method, nothing is measured.
    """
    arrays = sum(array.nbytes for step in scorer.description.steps for array in step.arrays.values())
    if (
        settings.models.batch != "auto"
        or arrays > _MAX_ARRAY_BYTES
        or find_unsupported_column(_select_inputs(model, scorer))
    ):
        return {}
    from py4j.protocol import Py4JJavaError
    from pyspark.errors import PySparkException

    try:
        return _measure(model, scorer, folder, settings)
    except (PySparkException, Py4JJavaError, ModelError) as error:
        _log.warning("the scoring methods were not measured: %s", str(error)[:300])
        return {}


def measure_seconds_per_row(scorer: Scorer, certificate: Path) -> float:
    """Return the scorer's seconds per row in a batch of certificate rows on this machine; the better of two runs."""
    from sparkops.scoring.artifact.certificate import read_cases

    cases = read_cases(certificate.read_text("utf-8"))
    answered = [row for row, answer in cases if isinstance(answer, dict)]
    if not answered:
        return 0.0
    rows = list(islice(cycle(answered), _CERTIFICATE_ROWS))
    columns = {field.name: [row[field.name] for row in rows] for field in scorer.fields}
    return min(_measure_seconds(lambda: scorer.score_batch(columns)) for _ in range(2)) / len(rows)


def _measure(model: Model, scorer: Scorer, folder: Path, settings: Settings) -> dict[str, float]:
    sample = _select_inputs(model, scorer).limit(_SAMPLE_ROWS).persist()
    try:
        count = sample.count()
        methods = _build_methods(model, scorer, folder, settings)
        seconds = max(measure_seconds_per_row(scorer, folder / CERTIFICATE) * count, 1e-6)
        repeats = max(1, min(ceil(_MEASURED_ROWS / count), int(_MAX_SECONDS / seconds)))
        frame = _repeat(sample, repeats).persist()
        try:
            _run_all(frame, methods)
            rounds = [_run_all(frame, methods) for _ in range(2)]
        finally:
            frame.unpersist()
    finally:
        sample.unpersist()
    rows = repeats * count
    best = [min(times) / rows * 1e6 for times in zip(*rounds, strict=True)]
    return {
        **{name: round(microseconds, 2) for name, microseconds in zip(methods, best, strict=True)},
        "rows": rows,
    }


def _select_inputs(model: Model, scorer: Scorer) -> DataFrame:
    columns = model.example.columns
    names = (field.name if field.name in columns else field.name.partition(".")[0] for field in scorer.fields)
    return model.example.select(*map(quote_column, dict.fromkeys(names)))


def _build_methods(
    model: Model, scorer: Scorer, folder: Path, settings: Settings
) -> Mapping[str, ScoreFrame]:
    score = build_arrow_scorer(
        model.example.sparkSession, scorer, folder, settings, ScorerOptions((VERSION_COLUMN, 0))
    )
    outputs = [output.name for output in scorer.outputs]
    return {
        "transform": lambda frame: score_with_transform(frame, model.fitted, outputs, scorer, 0, arrays=True),
        "mapInArrow": lambda frame: score_with_map_in_arrow(frame, score, scorer.outputs, arrays=True),
    }


def _repeat(sample: DataFrame, times: int) -> DataFrame:
    """Return the rows many times, distributed as Spark distributes a range: over all cores."""
    from pyspark.sql import functions as F

    return (
        sample.sparkSession.range(times)
        .toDF(_REPEAT_COLUMN)
        .crossJoin(F.broadcast(sample))
        .drop(_REPEAT_COLUMN)
    )


def _run_all(frame: DataFrame, methods: Mapping[str, ScoreFrame]) -> list[float]:
    """Return the seconds of one run of each method."""
    return [
        _measure_seconds(lambda: score(frame).write.format("noop").mode("overwrite").save())  # noqa: B023 - called at once
        for score in methods.values()
    ]


def _measure_seconds(action: Callable[[], object]) -> float:
    start = perf_counter()
    action()
    return perf_counter() - start
