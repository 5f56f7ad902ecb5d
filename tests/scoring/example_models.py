"""Small models for tests that need no Spark."""

from __future__ import annotations

from dataclasses import replace
from tempfile import TemporaryDirectory

import numpy as np

from sparkops.scoring import Description, Field, Output, Step, describe, save

CARRIERS = ["AA", "B6", "UA"]
PROBABLE = (
    Output("prediction", "double", "prediction", "prediction"),
    Output("probability", "vector", "probability", "probability", 2),
    Output("rawPrediction", "vector", "rawPrediction", "rawPrediction", 2),
)


def as_read(description: Description) -> Description:
    """Return a description as read from a file: arrays in the narrowest type that holds their values."""
    with TemporaryDirectory() as folder:
        save(description, folder)
        return describe(folder)


def flights(*, invalid: str = "error", impute: bool = True) -> Description:
    """Return a logistic model of a carrier, a distance and a temperature."""
    fields = (Field("carrier", "string"), Field("distance", "integer"), Field("temp", "double"))
    label = {"labels": CARRIERS, "invalid": invalid, "type": "string"}
    hot = {"categories": len(CARRIERS) + (invalid == "keep"), "keep": False, "drop_last": True}
    slots = hot["categories"] - 1
    weights = np.linspace(-0.5, 0.5, slots + 2)[None, :]
    missing = {"surrogate": np.array([55.0]), "missing": np.array([np.nan])}
    steps = [
        Step("string_index", "StringIndexerModel `s`", ("carrier",), ("i",), label),
        Step("one_hot", "OneHotEncoderModel `o`", ("i",), ("hot",), hot),
        *(
            [Step("impute", "ImputerModel `m`", ("temp",), ("t",), {"type": "double"}, missing)]
            if impute
            else []
        ),
        Step(
            "assemble",
            "VectorAssembler `v`",
            ("hot", "distance", "t" if impute else "temp"),
            ("features",),
            {"invalid": invalid},
        ),
        Step(
            "rescale",
            "StandardScalerModel `c`",
            ("features",),
            ("scaled",),
            {},
            {"shift": np.full(slots + 2, 0.25), "scale": np.full(slots + 2, 0.125)},
        ),
        Step(
            "logistic",
            "LogisticRegressionModel `l`",
            ("scaled",),
            ("prediction", "probability", "rawPrediction"),
            {"multinomial": False, "classes": 2, "sparse": False},
            {"weights": weights, "intercepts": np.array([0.1]), "threshold": np.array([0.5])},
        ),
    ]
    outputs = (*PROBABLE, Output("label", "string", None, "label"))
    return Description(
        fields, ("tail",), tuple(steps), outputs, ("ontime", "late"), ("LogisticRegressionModel",)
    )


def forest(*, deep: int = 3, trees: int = 4, seed: int = 1) -> Description:
    """Return a boosted regression on two doubles and one category of four."""
    draw = np.random.default_rng(seed)
    names = ("kind", "feature", "threshold", "left", "right", "first", "categories", "leaves", "roots")
    arrays: dict[str, list[float]] = {name: [] for name in names}
    arrays["first"] = [0]
    for _ in range(trees):
        arrays["roots"].append(len(arrays["kind"]))
        _grow(arrays, draw, deep)
    integers = {"kind", "feature", "left", "right", "first", "roots"}
    numbers = {
        name: np.array(values, dtype=np.int64 if name in integers else np.float64)
        for name, values in arrays.items()
    }
    numbers["leaves"] = numbers["leaves"].reshape(-1, 1)
    fields = tuple(Field(name, "double") for name in ("a", "b", "c"))
    params = {"kind": "regress", "features": 3, "classes": 0, "mean": False}
    steps = (
        Step("assemble", "VectorAssembler `v`", ("a", "b", "c"), ("features",), {"invalid": "keep"}),
        Step("trees", "GBTRegressionModel `g`", ("features",), ("prediction",), params, numbers),
    )
    return Description(fields, (), steps, PROBABLE[:1], None, ("GBTRegressionModel",))


def _grow(arrays: dict[str, list[float]], draw: np.random.Generator, deep: int) -> None:
    node = len(arrays["kind"])
    slot = int(draw.integers(3))
    node_type = 0 if deep == 0 else (1 if slot < 2 else int(draw.integers(2, 4)))
    for name, value in (
        ("kind", node_type),
        ("feature", slot if node_type else 0),
        ("threshold", float(draw.integers(-3, 4))),
    ):
        arrays[name].append(value)
    arrays["leaves"].append(float(draw.normal()))
    arrays["left"].append(node)
    arrays["right"].append(node)
    if node_type > 1:
        arrays["categories"] += [float(index) for index in range(4) if draw.random() < 0.5]
    arrays["first"].append(len(arrays["categories"]))
    if node_type:
        for side in ("left", "right"):
            arrays[side][node] = len(arrays["kind"])
            _grow(arrays, draw, deep - 1)


def flights_with_bucket() -> Description:
    """Return the flights model with a label, and a bucket of another field after the predictor."""
    model = flights()
    bucket = Step(
        "bucketize",
        "Bucketizer `b`",
        ("delay",),
        ("late",),
        {"invalid": "keep"},
        {"splits": np.array([0.0, 5.0, 9.0])},
    )
    outputs = (*model.outputs[:-1], Output("late", "double", "late", "column"), model.outputs[-1])
    return replace(
        model,
        fields=(*model.fields, Field("delay", "double")),
        steps=(*model.steps, bucket),
        outputs=outputs,
        classes=("on time", "late"),
    )
