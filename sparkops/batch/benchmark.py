"""Measure how fast a model scores batches: both methods on registration, or the scorer alone on its certificate."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from itertools import cycle, islice
from math import ceil
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from sparkops.artifact.frames import create_frame
from sparkops.batch.executor_scorer import (
    ScoreBatches,
    ScorerOptions,
    build_arrow_scorer,
    has_remote_executors,
)
from sparkops.batch.frame_scoring import VERSION_COLUMN, score_with_map_in_arrow, score_with_transform
from sparkops.batch.planner import find_unsupported_column
from sparkops.config.settings import Settings
from sparkops.core.column_name import quote_column
from sparkops.errors import ModelError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from sparkops.pipeline.model import Model
    from sparkops.scoring.scorer import Scorer

    Methods = Mapping[str, Callable[[DataFrame], DataFrame]]

# Rows of a measured run.
_MEASURED_ROWS = 10_000
# One measurement decides if a method takes this many times as long as the other.
_CLEAR_FACTOR = 1.5
# Longest time that the scorer may take for a measured run, in seconds of one core.
_MAX_SECONDS = 0.5
# Size of a description's arrays in bytes above which a measurement would take too long.
_MAX_ARRAY_BYTES = 50_000_000
_CERTIFICATE_ROWS = 4096
_REPEAT_COLUMN = "_sparkops_turn"
_log = logging.getLogger("sparkops.registry")


def run_benchmark(
    model: Model,
    scorer: Scorer,
    rows: Sequence[dict[str, Any]],
    folder: Path,
    settings: Settings,
    code: Path | None = None,
) -> dict[str, float]:
    """Return microseconds per row of "transform" and "mapInArrow", and the number of "rows"; empty if not measured.

    Both methods compute all outputs of the same cached rows and discard them. After a warm-up, which starts workers and
    compiles code, each runs once, and once more where neither is clearly faster. The better time counts, divided by the
    rows.

    Args:
        model: The trained model.
        scorer: The scorer compiled from it.
        rows: Rows that the model answers, those of its certificate.
        folder: The scorer's folder.
        settings: Where Spark runs. If `models.batch` sets the method, nothing is measured.
        code: Code of the model's row functions, if it has any; they are measured only where executors are on this
            machine.
    """
    spark = model.example.sparkSession
    arrays = sum(array.nbytes for step in scorer.description.steps for array in step.arrays.values())
    if (
        not rows
        or settings.models.batch != "auto"
        or arrays > _MAX_ARRAY_BYTES
        or (code is not None and has_remote_executors(spark, settings))
        or find_unsupported_column(model.example.select(*_quote_inputs(model, scorer)))
    ):
        return {}
    from py4j.protocol import Py4JJavaError
    from pyspark.errors import PySparkException

    options = ScorerOptions((VERSION_COLUMN, 0), code=code)
    try:
        score = build_arrow_scorer(spark, scorer, folder, settings, options)
        return _measure(model, scorer, rows, _build_methods(model, scorer, score))
    except (PySparkException, Py4JJavaError, ModelError) as error:
        _log.warning("the scoring methods were not measured: %s", str(error)[:300])
        return {}


def read_answered_rows(certificate: Path) -> list[dict[str, Any]]:
    """Return the rows of a certificate that the model answers."""
    from sparkops.scoring.artifact.certificate import read_certificate

    return [row for row, answer in read_certificate(certificate) if isinstance(answer, dict)]


def measure_seconds_per_row(scorer: Scorer, answered: Sequence[Mapping[str, Any]]) -> float:
    """Return the scorer's seconds per row in a batch of certificate rows on this machine; the better of two runs."""
    if not answered:
        return 0.0
    rows = list(islice(cycle(answered), _CERTIFICATE_ROWS))
    columns = {field.name: [row[field.name] for row in rows] for field in scorer.fields}
    return min(_measure_seconds(lambda: scorer.score_batch(columns)) for _ in range(2)) / len(rows)


def _measure(
    model: Model, scorer: Scorer, rows: Sequence[dict[str, Any]], methods: Methods
) -> dict[str, float]:
    seconds = max(measure_seconds_per_row(scorer, rows) * len(rows), 1e-6)
    repeats = max(1, min(ceil(_MEASURED_ROWS / len(rows)), int(_MAX_SECONDS / seconds)))
    sample = create_frame(model.example, scorer.fields, rows, _REPEAT_COLUMN).drop(_REPEAT_COLUMN)
    frame = _repeat(sample.select(*_quote_inputs(model, scorer)), repeats).persist()
    try:
        # Once for all runs: what Spark's analysis takes does not depend on the number of rows.
        scored = [score(frame) for score in methods.values()]
        _run_all(scored)
        rounds = [_run_all(scored)]
        if max(rounds[0]) < _CLEAR_FACTOR * min(rounds[0]):
            rounds.append(_run_all(scored))
    finally:
        frame.unpersist()
    count = repeats * len(rows)
    best = [min(times) / count * 1e6 for times in zip(*rounds, strict=True)]
    return {
        **{name: round(microseconds, 2) for name, microseconds in zip(methods, best, strict=True)},
        "rows": count,
    }


def _quote_inputs(model: Model, scorer: Scorer) -> list[str]:
    """Return the columns that a model reads in backticks, a struct in place of its fields."""
    columns = model.example.columns
    names = (field.name if field.name in columns else field.name.partition(".")[0] for field in scorer.fields)
    return [quote_column(name) for name in dict.fromkeys(names)]


def _build_methods(model: Model, scorer: Scorer, score: ScoreBatches) -> Methods:
    outputs = [output.name for output in scorer.outputs]
    return {
        "transform": lambda frame: score_with_transform(frame, model.fitted, outputs, scorer, 0, arrays=True),
        "mapInArrow": lambda frame: score_with_map_in_arrow(frame, score, scorer.outputs, arrays=True),
    }


def _repeat(sample: DataFrame, times: int) -> DataFrame:
    """Return each row many times, where it is: Spark distributes local rows over all cores."""
    from pyspark.sql import functions as F

    repeated = F.explode(F.array_repeat(F.lit(0), times)).alias(_REPEAT_COLUMN)
    return sample.select("*", repeated).drop(_REPEAT_COLUMN)


def _run_all(frames: Sequence[DataFrame]) -> list[float]:
    """Return the seconds that Spark takes to compute each frame."""
    return [
        _measure_seconds(lambda: frame.write.format("noop").mode("overwrite").save())  # noqa: B023 - called at once
        for frame in frames
    ]


def _measure_seconds(action: Callable[[], object]) -> float:
    start = perf_counter()
    action()
    return perf_counter() - start
