"""Measure the flights models for one row and in batches, with their peers; print a Markdown table of ratios.

    scripts/bench models

Every peer is measured in the same process on the same rows. Needs the table `flight_features` and a registered
`late_arrival`, which scripts/demo creates, and the packages of the extra `bench`.
"""

from __future__ import annotations

import statistics
import tempfile
import time
import timeit
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from sparkops import Engine
from sparkops.compiler import compile_model, fields_from_spark
from sparkops.scoring import Scorer
from sparkops.scoring.arrow_scorer import ArrowScorer

CATEGORICAL = ("carrier", "origin", "dest")
ROWS = 2000


def main() -> None:
    with Engine() as engine, tempfile.TemporaryDirectory() as work:
        tables = engine.container.tables
        features = tables.read(tables.pin("flight_features")).where("late is not null").cache()
        train = engine.jobs["train_late_arrival"]
        lr = train(features, kind="lr", max_iter=20)
        gbt = train(features, kind="gbt", max_iter=20, depth=5)
        rows = [row.asDict() for row in lr.example.limit(ROWS).collect()]
        frame = features.toPandas()
        print("| measurement | time | ratio |\n| --- | --- | --- |")
        ours = {
            kind: row_time(compile_scorer(model, Path(work) / kind), rows)
            for kind, model in (("lr", lr), ("gbt", gbt))
        }
        print_row("one row, logistic, compiled scorer", f"{ours['lr']:.1f} us")
        print_row("one row, GBT of 20 trees, depth 5, compiled scorer", f"{ours['gbt']:.1f} us")
        onnx = onnx_row_time(frame, rows)
        print_row(
            "one row, logistic, onnxruntime (skl2onnx)",
            f"{onnx:.1f} us",
            f"{onnx / ours['lr']:.1f} x sparkops",
        )
        pyfunc = pyfunc_row_time(lr, Path(work) / "flavor", rows) * 1e6
        print_row(
            "one row, logistic, mlflow.pyfunc on the spark flavor",
            f"{pyfunc / 1000:.0f} ms",
            f"{pyfunc / ours['lr']:,.0f} x sparkops",
        )
        measure_batches(engine, features, lr, Path(work), frame)


def print_row(measurement: str, value: str, ratio: str = "") -> None:
    print(f"| {measurement} | {value} | {ratio} |", flush=True)


def compile_scorer(model: Any, folder: Path) -> Scorer:
    """Return the scorer of a fitted model, compiled from its saved files."""
    model.fitted.write().overwrite().save(str(folder))
    return Scorer(compile_model(folder, fields_from_spark(model.example.schema.jsonValue())))


def row_time(scorer: Scorer, rows: Sequence[Mapping[str, Any]]) -> float:
    """Return microseconds per row of complete calls, with validation: the median of seven passes over the rows."""
    score = scorer.score
    return (
        statistics.median(timeit.repeat(lambda: [score(row) for row in rows], number=1, repeat=7))
        / len(rows)
        * 1e6
    )


def pyfunc_row_time(model: Any, folder: Path, rows: Sequence[Mapping[str, Any]]) -> float:
    """Return seconds per row of MLflow's own spark flavor after a warm-up: the median of 20 calls."""
    import mlflow
    import pandas as pd

    mlflow.spark.save_model(model.fitted, str(folder))
    loaded = mlflow.pyfunc.load_model(str(folder))
    # A column that is one None has no type for Spark.
    complete = [row for row in rows if None not in row.values()]
    frames = [pd.DataFrame([row]) for row in complete[:23]]
    return statistics.median([timed(partial(loaded.predict, frame)) for frame in frames][3:])


def timed(function: Callable[[], object]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def onnx_row_time(frame: Any, rows: Sequence[Mapping[str, Any]]) -> float:
    """Return microseconds per row of onnxruntime for the same pipeline in scikit-learn, fitted on the same months."""
    import onnxruntime
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import FloatTensorType, StringTensorType
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers = [name for name in rows[0] if name not in CATEGORICAL]
    train = frame[frame["month"] <= 9]
    scaled = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    prepare = ColumnTransformer(
        [("names", OneHotEncoder(handle_unknown="ignore"), list(CATEGORICAL)), ("numbers", scaled, numbers)]
    )
    model = make_pipeline(prepare, LogisticRegression(max_iter=20))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(train[[*CATEGORICAL, *numbers]].astype(dict.fromkeys(numbers, np.float32)), train["late"])
    types = [(name, StringTensorType([None, 1])) for name in CATEGORICAL]
    types += [(name, FloatTensorType([None, 1])) for name in numbers]
    exported = to_onnx(model, initial_types=types, options={id(model): {"zipmap": False}})
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    run = onnxruntime.InferenceSession(exported.SerializeToString(), options).run
    feeds = [_onnx_feed(row, numbers) for row in rows]
    return (
        statistics.median(timeit.repeat(lambda: [run(None, feed) for feed in feeds], number=1, repeat=7))
        / len(rows)
        * 1e6
    )


def _onnx_feed(row: Mapping[str, Any], numbers: Sequence[str]) -> dict[str, Any]:
    """Return a row as onnxruntime takes it; this conversion is not measured, which favours the peer."""
    strings = {name: np.array([[row[name]]], dtype=object) for name in CATEGORICAL}
    values = {name: np.nan if row[name] is None else row[name] for name in numbers}
    return strings | {name: np.array([[value]], dtype=np.float32) for name, value in values.items()}


def measure_batches(engine: Engine, features: Any, model: Any, work: Path, frame: Any) -> None:
    """Score all flights that arrived: in Spark by each method, and in this process by the scorer."""
    import mlflow
    from pyspark.sql import functions as F

    inputs = model.example.columns
    rows = features.select(*inputs).cache()
    count = rows.count()
    registered = engine.container.registry.load_version("late_arrival")
    udf = mlflow.pyfunc.spark_udf(
        rows.sparkSession, str(work / "flavor"), result_type="double", env_manager="local"
    )
    methods = {
        "PipelineModel.transform": lambda: model.fitted.transform(rows).select(
            *inputs, "prediction", "probability"
        ),
        "sparkops (registered version)": lambda: registered.transform(rows),
    }
    times = _measure_in_turns(methods)
    times["mlflow.pyfunc.spark_udf on the spark flavor"] = timed(
        lambda: _compute(rows.select(udf(F.struct(*inputs)).alias("prediction")))
    )
    ours = times["sparkops (registered version)"]
    for name, seconds in times.items():
        print_row(f"{count:,} rows in Spark, {name}", f"{seconds:.2f} s", f"{seconds / ours:.2f} x sparkops")
    scorer = compile_scorer(model, work / "lr")
    columns = {name: _to_column(frame[name], rows.schema[name].dataType.typeName()) for name in inputs}
    batches, arrow = rows.toArrow().to_batches(max_chunksize=10_000), ArrowScorer(scorer.description)
    in_process = {
        "columns of NumPy": lambda: scorer.score_batch(columns),
        "batches of Arrow": lambda: list(arrow(batches)),
    }
    for name, score in in_process.items():
        best = min(timed(score) for _ in range(7))
        print_row(
            f"{count:,} rows in this process, one core, {name}",
            f"{best:.2f} s",
            f"{count / best:,.0f} rows a second",
        )


def _measure_in_turns(methods: Mapping[str, Callable[[], Any]], rounds: int = 5) -> dict[str, float]:
    """Return the median seconds of each method: a round to warm up, then rounds in which they take turns."""
    for method in methods.values():
        _compute(method())
    times: dict[str, list[float]] = {name: [] for name in methods}
    for _ in range(rounds):
        for name, method in methods.items():
            times[name].append(timed(partial(_compute_result, method)))
    return {name: statistics.median(seconds) for name, seconds in times.items()}


def _compute_result(method: Callable[[], Any]) -> None:
    _compute(method())


def _compute(frame: Any) -> None:
    """Compute every column of every row without storing it."""
    frame.write.format("noop").mode("overwrite").save()


def _to_column(values: Any, type_name: str) -> Any:
    if type_name == "string":
        return values.to_numpy(dtype=object)
    if type_name == "double":
        return np.ma.MaskedArray(values.to_numpy(dtype=float), values.isna().to_numpy())
    return values.to_numpy()


if __name__ == "__main__":
    main()
