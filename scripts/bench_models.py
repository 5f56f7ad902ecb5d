"""The flights models, one row and in batches, beside what else can score them; a Markdown table of ratios.

    .venv/bin/python scripts/bench_models.py

Every peer is measured in the same process and minute, on the same rows. Needs the table `flight_features`
(scripts/demo makes it) and the packages of the extra `bench`.
"""

from __future__ import annotations

import statistics
import tempfile
import time
import timeit
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from sparkops import Engine
from sparkops.compiler import compile_model, fields_from_spark
from sparkops.scoring import Scorer
from sparkops.scoring.arrow_scorer import ArrowScorer

NAMES = ("carrier", "origin", "dest")
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
        print("| what | time | ratio |\n| --- | --- | --- |")
        ours = {
            kind: one_row(compiled(model, Path(work) / kind), rows)
            for kind, model in (("lr", lr), ("gbt", gbt))
        }
        line("one row, logistic, compiled scorer", f"{ours['lr']:.1f} us")
        line("one row, GBT of 20 trees, depth 5, compiled scorer", f"{ours['gbt']:.1f} us")
        peer = onnx_row(frame, rows)
        line("one row, logistic, onnxruntime (skl2onnx)", f"{peer:.1f} us", f"{peer / ours['lr']:.1f} x ours")
        slow = pyfunc_row(lr, Path(work) / "flavor", rows) * 1e6
        line(
            "one row, logistic, mlflow.pyfunc on the spark flavor",
            f"{slow / 1000:.0f} ms",
            f"{slow / ours['lr']:,.0f} x ours",
        )
        batches(engine, features, lr, Path(work), frame)


def line(what: str, took: str, ratio: str = "") -> None:
    print(f"| {what} | {took} | {ratio} |", flush=True)


def compiled(model: Any, folder: Path) -> Scorer:
    """Return the scorer of a fitted model, compiled from its saved files."""
    model.fitted.write().overwrite().save(str(folder))
    return Scorer(compile_model(folder, fields_from_spark(model.example.schema.jsonValue())))


def one_row(scorer: Scorer, rows: Sequence[Mapping[str, Any]]) -> float:
    """Return microseconds a row, whole call with all its checks: the median of seven passes over the rows."""
    score = scorer.score
    return (
        statistics.median(timeit.repeat(lambda: [score(row) for row in rows], number=1, repeat=7))
        / len(rows)
        * 1e6
    )


def pyfunc_row(model: Any, folder: Path, rows: Sequence[Mapping[str, Any]]) -> float:
    """Return seconds a row through MLflow's own spark flavor, warm: the median of 20 calls."""
    import mlflow
    import pandas as pd

    mlflow.spark.save_model(model.fitted, str(folder))
    loaded = mlflow.pyfunc.load_model(str(folder))
    full = [row for row in rows if None not in row.values()]  # a column of one None has no type for Spark
    frames = [pd.DataFrame([row]) for row in full[:23]]
    return statistics.median([timed(partial(loaded.predict, f)) for f in frames][3:])


def timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def onnx_row(frame: Any, rows: Sequence[Mapping[str, Any]]) -> float:
    """Return microseconds a row of the same pipeline in scikit-learn, fitted on the same months, through onnxruntime."""
    import onnxruntime
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import FloatTensorType, StringTensorType
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers = [name for name in rows[0] if name not in NAMES]
    past = frame[frame["month"] <= 9]
    scaled = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    prepare = ColumnTransformer(
        [("names", OneHotEncoder(handle_unknown="ignore"), list(NAMES)), ("numbers", scaled, numbers)]
    )
    model = make_pipeline(prepare, LogisticRegression(max_iter=20))
    with quiet():
        model.fit(past[[*NAMES, *numbers]].astype(dict.fromkeys(numbers, np.float32)), past["late"])
    types = [(name, StringTensorType([None, 1])) for name in NAMES]
    types += [(name, FloatTensorType([None, 1])) for name in numbers]
    exported = to_onnx(model, initial_types=types, options={id(model): {"zipmap": False}})
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    run = onnxruntime.InferenceSession(exported.SerializeToString(), options).run
    feeds = [_feed(row, numbers) for row in rows]
    return (
        statistics.median(timeit.repeat(lambda: [run(None, feed) for feed in feeds], number=1, repeat=7))
        / len(rows)
        * 1e6
    )


def _feed(row: Mapping[str, Any], numbers: Sequence[str]) -> dict[str, Any]:
    """Return a row as onnxruntime takes it: made before the clock starts, which favours the peer."""
    names = {name: np.array([[row[name]]], dtype=object) for name in NAMES}
    gaps = {name: np.nan if row[name] is None else row[name] for name in numbers}
    return names | {name: np.array([[value]], dtype=np.float32) for name, value in gaps.items()}


@contextmanager
def quiet() -> Iterator[None]:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def batches(engine: Engine, features: Any, model: Any, work: Path, frame: Any) -> None:
    """Score all known flights: in Spark by each way, and in this process by the scorer alone."""
    import mlflow
    from pyspark.sql import functions as F

    inputs = model.example.columns
    whole = features.select(*inputs).cache()
    count = whole.count()
    registered = engine.container.registry.version("late_arrival")
    udf = mlflow.pyfunc.spark_udf(
        whole.sparkSession, str(work / "flavor"), result_type="double", env_manager="local"
    )
    ways = {
        "PipelineModel.transform": lambda: model.fitted.transform(whole).select(
            *inputs, "prediction", "probability"
        ),
        "sparkops (registered version)": lambda: registered.transform(whole),
    }
    took = _in_turns(ways)
    took["mlflow.pyfunc.spark_udf on the spark flavor"] = timed(
        lambda: _drain(whole.select(udf(F.struct(*inputs)).alias("prediction")))
    )
    ours = took["sparkops (registered version)"]
    for name, seconds in took.items():
        line(f"{count:,} rows in Spark, {name}", f"{seconds:.2f} s", f"{seconds / ours:.2f} x ours")
    scorer = compiled(model, work / "lr")
    columns = {name: _column(frame[name], whole.schema[name].dataType.typeName()) for name in inputs}
    parts, arrow = whole.toArrow().to_batches(max_chunksize=10_000), ArrowScorer(scorer.description)
    alone = {
        "columns of NumPy": lambda: scorer.score_batch(columns),
        "batches of Arrow": lambda: list(arrow(parts)),
    }
    for name, work_once in alone.items():
        best = min(timed(work_once) for _ in range(7))
        line(
            f"{count:,} rows in this process, one core, {name}",
            f"{best:.2f} s",
            f"{count / best:,.0f} rows a second",
        )


def _in_turns(ways: Mapping[str, Callable[[], Any]], rounds: int = 5) -> dict[str, float]:
    """Return the median seconds of each way: all of them once to warm up, then one after the other in every round."""
    for way in ways.values():
        _drain(way())
    took: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            took[name].append(timed(partial(_compute, way)))
    return {name: statistics.median(each) for name, each in took.items()}


def _compute(way: Callable[[], Any]) -> None:
    _drain(way())


def _drain(frame: Any) -> None:
    """Compute every column of every row and keep nothing."""
    frame.write.format("noop").mode("overwrite").save()


def _column(values: Any, kind: str) -> Any:
    if kind == "string":
        return values.to_numpy(dtype=object)
    if kind == "double":
        return np.ma.MaskedArray(values.to_numpy(dtype=float), values.isna().to_numpy())
    return values.to_numpy()


if __name__ == "__main__":
    main()
