"""How long the compiled scorer takes for a row and for a batch, beside scikit-learn exported to onnxruntime.

Prints microseconds a row, and ratios against the peer measured in the same process and minute. No Spark.
Run: .venv/bin/python scripts/bench_scoring.py
"""

from __future__ import annotations

import timeit
from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np

from sparkops.scoring import Description, Field, Output, Scorer, Step

CARRIERS = ["UA", "B6", "EV", "DL", "AA", "MQ", "US", "9E", "WN", "VX", "FL", "AS", "F9", "YV", "HA", "OO"]
ORIGINS = ["EWR", "JFK", "LGA"]
DESTS = [f"D{at:02d}" for at in range(104)]
NUMBERS = ["distance", "hour", "month", "temp", "wind_speed", "visib", "precip", "seats", "age"]
OUTPUTS = (
    Output("prediction", "double", "prediction", "prediction"),
    Output("probability", "vector", "probability", "probability", 2),
    Output("label", "string", None, "label"),
)
COLUMNS = ("prediction", "probability", "rawPrediction")
FIELDS = (
    *(Field(name, "string") for name in ("carrier", "origin", "dest")),
    *(Field(name, "integer") for name in NUMBERS[:3]),
    *(Field(name, "double") for name in NUMBERS[3:]),
)


def indexed(*, hot: bool) -> tuple[list[Step], list[str], int]:
    """Return the steps that make features, the parts of the vector, and its length."""
    steps, parts, size = [], [], 0
    for name, labels in (("carrier", CARRIERS), ("origin", ORIGINS), ("dest", DESTS)):
        label = {"labels": labels, "invalid": "keep", "type": "string"}
        steps.append(Step("string_index", "s", (name,), (name + "_i",), label))
        if hot:
            kept = {"categories": len(labels) + 1, "keep": False, "drop_last": True}
            steps.append(Step("one_hot", "o", (name + "_i",), (name + "_o",), kept))
        parts.append(name + ("_o" if hot else "_i"))
        size += len(labels) if hot else 1
    for name in NUMBERS:
        kind = next(field.type for field in FIELDS if field.name == name)
        arrays = {"surrogate": np.array([1.0]), "missing": np.array([np.nan])}
        steps.append(Step("impute", "m", (name,), (name + "_m",), {"type": kind}, arrays))
        parts.append(name + "_m")
    steps.append(Step("assemble", "v", tuple(parts), ("features",), {"invalid": "error"}))
    return steps, parts, size + len(NUMBERS)


def logistic() -> Scorer:
    """Return index, one-hot, impute, assemble, scale and a logistic regression."""
    steps, _, size = indexed(hot=True)
    draw = np.random.default_rng(1)
    steps.append(Step("rescale", "c", ("features",), ("scaled",), {}, {"scale": draw.random(size) + 0.5}))
    params = {"multinomial": False, "classes": 2, "sparse": False}
    arrays = {
        "weights": draw.normal(size=(1, size)),
        "intercepts": np.array([0.1]),
        "threshold": np.array([0.5]),
    }
    steps.append(Step("logistic", "l", ("scaled",), COLUMNS, params, arrays))
    return Scorer(Description(FIELDS, (), tuple(steps), OUTPUTS, ("ontime", "late"), ()))


def boosted(*, trees: int = 20, depth: int = 5) -> Scorer:
    """Return index, impute, assemble and boosted trees, every branch of full depth."""
    steps, _, size = indexed(hot=False)
    draw, arrays = Random(1), {name: [] for name in ("kind", "feature", "threshold", "left", "right")}
    leaves: list[list[float]] = []
    roots: list[int] = []

    def grow(left: int) -> int:
        own = len(leaves)
        for name, value in (("kind", int(left > 0)), ("feature", draw.randrange(size) if left else 0)):
            arrays[name].append(value)
        arrays["threshold"].append(draw.uniform(0, 20))
        leaves.append([draw.gauss(0, 0.2)])
        arrays["left"].append(own)
        arrays["right"].append(own)
        if left:
            arrays["left"][own] = grow(left - 1)
            arrays["right"][own] = grow(left - 1)
        return own

    roots.extend(grow(depth) for _ in range(trees))
    made = {name: np.array(values, dtype=np.int64) for name, values in arrays.items()}
    made["threshold"] = np.array(arrays["threshold"])
    made |= {"leaves": np.array(leaves), "roots": np.array(roots), "categories": np.zeros(0)}
    made["first"] = np.zeros(len(leaves) + 1, dtype=np.int64)
    params = {"kind": "boost", "features": size, "classes": 2, "mean": False}
    steps.append(Step("trees", "g", ("features",), COLUMNS, params, made))
    return Scorer(Description(FIELDS, (), tuple(steps), OUTPUTS, ("ontime", "late"), ()))


def rows(count: int) -> list[dict[str, Any]]:
    """Return rows like flights, some with nulls."""
    draw = Random(2)
    made = []
    for _ in range(count):
        row: dict[str, Any] = {"carrier": draw.choice(CARRIERS), "origin": draw.choice(ORIGINS)}
        row["dest"] = draw.choice(DESTS)
        row |= {name: draw.randint(1, 20) for name in NUMBERS[:3]}
        row |= {name: draw.uniform(0, 20) if draw.random() < 0.9 else None for name in NUMBERS[3:]}
        made.append(row)
    return made


def onnx(data: list[dict[str, Any]]) -> Callable[[int], Any]:
    """Return the same kind of logistic pipeline as skl2onnx exports it, scoring the row of a number."""
    import onnxruntime
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import FloatTensorType, StringTensorType
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    texts = np.array([[row[name] for name in ("carrier", "origin", "dest")] for row in data], dtype=object)
    reals = np.array([[row[name] for name in NUMBERS] for row in data], dtype=np.float32)
    import pandas as pd

    frame = pd.DataFrame(texts, columns=["carrier", "origin", "dest"])
    frame[NUMBERS] = reals
    prepare = ColumnTransformer(
        [
            ("texts", OneHotEncoder(handle_unknown="ignore"), ["carrier", "origin", "dest"]),
            ("reals", make_pipeline(SimpleImputer(), StandardScaler()), NUMBERS),
        ]
    )
    model = make_pipeline(prepare, LogisticRegression(max_iter=500)).fit(frame, np.arange(len(data)) % 2)
    types = [(name, StringTensorType([None, 1])) for name in ("carrier", "origin", "dest")]
    types += [(name, FloatTensorType([None, 1])) for name in NUMBERS]
    exported = to_onnx(model, initial_types=types, options={id(model): {"zipmap": False}})
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(exported.SerializeToString(), options)
    feeds = [
        {name: np.array([[value]], dtype=object) for name, value in zip(texts_names(), text, strict=True)}
        | {name: np.array([[value]], dtype=np.float32) for name, value in zip(NUMBERS, real, strict=True)}
        for text, real in zip(texts, reals, strict=True)
    ]
    return lambda at: session.run(None, feeds[at])


def texts_names() -> tuple[str, ...]:
    """Return the text columns."""
    return ("carrier", "origin", "dest")


def per_row(score: Callable[[Any], Any], data: list[Any]) -> float:
    """Return the best of several measurements, in microseconds a row."""
    run = timeit.repeat(lambda: [score(row) for row in data], number=5, repeat=7)
    return min(run) / 5 / len(data) * 1e6


def main() -> None:
    """Measure and print."""
    data = rows(2000)
    lines = {
        "logistic, one row": per_row(logistic().score, data),
        "boosted 20x5, one row": per_row(boosted().score, data),
    }
    for name, scorer in (("logistic, batch", logistic()), ("boosted 20x5, batch", boosted())):
        many = {field.name: [row[field.name] for row in rows(50_000)] for field in FIELDS}
        arrays = {
            name: np.array(values, dtype=object if name in texts_names() else None)
            if None not in values
            else np.ma.MaskedArray([value or 0.0 for value in values], [value is None for value in values])
            for name, values in many.items()
        }
        lines[name] = (
            min(timeit.repeat(lambda s=scorer, a=arrays: s.score_batch(a), number=1, repeat=5)) / 0.05
        )
    for name, value in lines.items():
        print(f"{name:28}{value:9.2f} us a row")
    try:
        peer = per_row(onnx(data), list(range(len(data))))
    except ImportError:
        print("onnxruntime, skl2onnx or scikit-learn is not installed: `uv pip install '.[bench]'`")
        return
    ours = lines["logistic, one row"]
    print(f"{'onnxruntime, same shape':28}{peer:9.2f} us a row: {peer / ours:.1f} times ours")


if __name__ == "__main__":
    main()
