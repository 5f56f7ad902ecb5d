"""Random models of every kind with 15 columns, as the scorer and as onnxruntime take them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from benchmarks.tree_ensembles import random_trees
from sparkops.scoring import Description, Field, Output, Step
from sparkops.scoring.trees.tree_ensemble import LEAF

SIZE, CLASSES = 15, 3
NAMES = tuple(f"x{i}" for i in range(SIZE))
CATEGORIES = {"carrier": 16, "origin": 3, "dest": 100}
Row = dict[str, Any]
ALL = ("prediction", "probability", "rawPrediction")


@dataclass(frozen=True, slots=True)
class ModelKind:
    """A model of one kind.

    Args:
        name: Its name in the table.
        scorer_model: The model with one field per column, for the scorer.
        onnx_model: The same model with the fields that its ONNX graph takes.
        random_row: Returns a random row of `scorer_model`.
        to_onnx_row: Converts it to a row of `onnx_model`.
    """

    name: str
    scorer_model: Description
    onnx_model: Description
    random_row: Callable[[np.random.Generator], Row]
    to_onnx_row: Callable[[Row], Row]

    def rows(self, count: int) -> list[Row]:
        """Return random rows, the same ones for each call."""
        rng = np.random.default_rng(7)
        return [self.random_row(rng) for _ in range(count)]


def build_model_kinds() -> Iterator[ModelKind]:
    """Build one model of every kind."""
    rng = np.random.default_rng(1)
    for name, steps, outputs in (*_predictors(rng), *_clusters(rng), *_tree_ensembles(rng), *_features(rng)):
        yield _numeric_model(name, steps, outputs)
    for name, steps, outputs in _linear_predictors(rng):
        yield _flights_model(name, steps, outputs)
    yield _recommender(rng)


# Name, steps after the assembler, and outputs.
NamedSteps = tuple[str, Sequence[Step], tuple[Output, ...]]


def _predictors(rng: np.random.Generator) -> Iterator[NamedSteps]:
    yield from _linear_predictors(rng)
    weights, intercept = rng.normal(size=SIZE) / 4, rng.normal(size=1)
    linear, by_class = {"weights": weights, "intercept": intercept}, rng.normal(size=(CLASSES, SIZE))
    glm = {"family": "positive", "link": "log", "sparse": False}
    powered = linear | {"power": np.zeros(1)}
    yield _predictor("glm, Poisson", "glm", glm, powered, "regress", ("prediction", ""))
    survival = linear | {"factors": np.array([0.5, 2.0])}
    yield _predictor("survival", "survival", {"sparse": False}, survival, "regress", ("prediction", ""))
    svc = linear | {"threshold": np.zeros(1)}
    yield _predictor(
        "linear SVC",
        "svc",
        {"classes": 2, "sparse": False},
        svc,
        "binary",
        ("prediction", "", "rawPrediction"),
    )
    bayes = {"prior": rng.normal(size=CLASSES), "theta": by_class}
    variances = {"sigma": by_class**2 + 0.1, "widths": np.log(by_class**2 + 0.1).sum(axis=1)}
    yield _predictor(
        "naive Bayes, Gaussian",
        "naive_bayes",
        {"kind": "gaussian", "classes": CLASSES},
        bayes | variances,
        "multiclass",
    )
    for kind in ("multinomial", "complement"):
        yield _predictor(
            f"naive Bayes, {kind}", "naive_bayes", {"kind": kind, "classes": CLASSES}, bayes, "multiclass"
        )
    for hidden in (8, 32):
        flat = rng.normal(size=(SIZE + 1) * hidden + (hidden + 1) * CLASSES)
        params = {"layers": [SIZE, hidden, CLASSES], "classes": CLASSES}
        yield _predictor(
            f"perceptron, {hidden} hidden", "perceptron", params, {"weights": flat}, "multiclass"
        )
    factors = linear | {"factors": rng.normal(size=(SIZE, 8)) / 4}
    yield _predictor(
        "factorization machine",
        "factorization",
        {"kind": "regress", "classes": 0, "sparse": False},
        factors,
        "regress",
    )
    thresholds = np.sort(rng.normal(size=100))
    isotonic = {"places": thresholds, "answers": np.sort(rng.normal(size=100))}
    yield _predictor("isotonic, 100 thresholds", "isotonic", {"feature": 1}, isotonic, "regress")
    for classes in (10, 50):
        arrays = {"weights": rng.normal(size=(classes, SIZE)) / 4, "intercepts": np.zeros(classes)}
        params = {"multinomial": True, "classes": classes, "sparse": False}
        yield _predictor(f"logistic, {classes} classes", "logistic", params, arrays, "multiclass")


def _linear_predictors(rng: np.random.Generator) -> Iterator[NamedSteps]:
    """Return linear predictors with more weights than any vector has slots; `_fit_weights` cuts them."""
    weights = rng.normal(size=(CLASSES, SIZE + sum(CATEGORIES.values()))) / 4
    linear = {"weights": weights[0], "intercept": np.array([0.1])}
    binary = {"weights": weights[:1], "intercepts": np.zeros(1), "threshold": np.array([0.5])}
    multinomial = {"weights": weights, "intercepts": np.zeros(CLASSES)}
    yield _predictor("linear", "linear", {"sparse": False}, linear, "regress")
    yield _predictor(
        "logistic", "logistic", {"multinomial": False, "classes": 2, "sparse": False}, binary, "binary"
    )
    params = {"multinomial": True, "classes": CLASSES, "sparse": False}
    yield _predictor("logistic, 3 classes", "logistic", params, multinomial, "multiclass")


def _clusters(rng: np.random.Generator) -> Iterator[NamedSteps]:
    for count in (8, 64):
        arrays = {"centres": rng.normal(size=(count, SIZE))}
        for cosine in (False, True):
            name = f"k-means, {count} centres{', cosine' if cosine else ''}"
            yield _predictor(name, "kmeans", {"cosine": cosine}, arrays, "cluster")
    node, inner = np.arange(15), np.arange(15) < 7
    tree = {
        "centres": rng.normal(size=(15, SIZE)),
        "left": np.where(inner, 2 * node + 1, node),
        "right": np.where(inner, 2 * node + 2, node),
        "cluster": np.where(inner, 0, node - 7),
    }
    yield _predictor("bisecting k-means, 8", "bisecting", {"cosine": False}, tree, "cluster")
    mixture = {
        "weights": np.full(4, 0.25),
        "heights": rng.normal(size=4),
        "roots": rng.normal(size=(4, SIZE, SIZE)) / SIZE,
        "shifts": rng.normal(size=(4, SIZE)),
    }
    yield _predictor("Gaussian mixture, 4", "mixture", {}, mixture, "mixture", ("prediction", "probability"))


def _tree_ensembles(rng: np.random.Generator) -> Iterator[NamedSteps]:
    for trees, depth, name in (
        (1, 5, "a tree"),
        (20, 5, "boosted"),
        (20, 5, "forest"),
        (100, 5, "forest"),
        (20, 10, "forest"),
        (100, 8, "forest"),
    ):
        arrays = random_trees(rng, trees, depth)
        arrays["feature"] = np.where(arrays["kind"] == LEAF, 0, arrays["feature"] % SIZE)
        params = {"kind": "regress", "features": SIZE, "classes": 0, "mean": False}
        title = f"{name}, {trees} of depth {depth}" if trees > 1 else f"{name} of depth {depth}"
        if name != "forest":
            yield _predictor(title, "trees", params, arrays, "regress")
            boost = params | {"kind": "boost", "classes": 2}
            yield _predictor(f"{title}, two classes", "trees", boost, arrays, "binary")
            continue
        yield _predictor(f"{title}", "trees", params | {"mean": True}, arrays, "regress")
        shares = rng.random(len(arrays["kind"]))
        votes = arrays | {"leaves": np.column_stack([shares, 1.0 - shares])}
        yield _predictor(
            f"{title}, two classes", "trees", params | {"kind": "classify", "classes": 2}, votes, "binary"
        )


def _features(rng: np.random.Generator) -> Iterator[NamedSteps]:
    """Return stages that transform the vector of features, each followed by a linear model."""
    shift = {"shift": rng.normal(size=SIZE), "scale": rng.random(SIZE)}
    yield _feature_stage("standard scaler", "rescale", {}, shift, SIZE, rng)
    yield _feature_stage(
        "min-max scaler",
        "rescale",
        {},
        shift | {"add": rng.random(SIZE), "constant": np.full(SIZE, np.nan)},
        SIZE,
        rng,
    )
    yield _feature_stage("PCA, 5", "project", {}, {"directions": rng.normal(size=(5, SIZE))}, 5, rng)
    yield _feature_stage(
        "polynomial expansion, degree 2",
        "polynomial",
        {"size": SIZE, "degree": 2, "stored": "dense"},
        {},
        135,
        rng,
    )
    yield _feature_stage("normalizer", "normalize", {"stored": "dense"}, {"p": np.array([2.0])}, SIZE, rng)
    yield _feature_stage("DCT", "dct", {"size": SIZE, "inverse": False}, {}, SIZE, rng)
    yield _feature_stage("vector slicer, 8", "pick_slots", {}, {"slots": np.arange(0, SIZE, 2)}, 8, rng)


def _feature_stage(
    name: str, op: str, params: Row, arrays: Row, size: int, rng: np.random.Generator
) -> NamedSteps:
    step = Step(op, name, ("features",), ("transformed",), params, arrays)
    linear = {"weights": rng.normal(size=size), "intercept": np.zeros(1)}
    last = Step("linear", "linear", ("transformed",), ("prediction",), {"sparse": False}, linear)
    return name, (step, last), _OUTPUTS["regress"]


_PREDICTION = Output("prediction", "double", "prediction", "prediction")
_OUTPUTS = {
    "regress": (_PREDICTION,),
    "binary": (_PREDICTION, Output("probability", "vector", "probability", "probability", 2)),
    "multiclass": (_PREDICTION, Output("probability", "vector", "probability", "probability", CLASSES)),
    "cluster": (replace(_PREDICTION, type="integer"),),
    "mixture": (
        replace(_PREDICTION, type="integer"),
        Output("probability", "vector", "probability", "probability", 4),
    ),
}


def _predictor(
    name: str, op: str, params: Row, arrays: Row, kind: str, outputs: tuple[str, ...] = ()
) -> NamedSteps:
    """Return a model of one predictor."""
    names = outputs or (("prediction",) if kind in ("regress", "cluster") else ALL)
    selected = tuple(output for output in _OUTPUTS[kind] if output.name in names)
    if kind == "multiclass":
        selected = (selected[0], replace(selected[1], size=params["classes"]))
    return name, (Step(op, name, ("features",), names, params, arrays),), selected


def _numeric_model(name: str, steps: Sequence[Step], outputs: tuple[Output, ...]) -> ModelKind:
    """Return a model of 15 doubles: columns for the scorer, one array for onnxruntime."""
    steps = [_fit_weights(step, SIZE) for step in steps]
    assemble = Step("assemble", "VectorAssembler", NAMES, ("features",), {"invalid": "error"})
    fields = tuple(Field(column, "double", nullable=False) for column in NAMES)
    is_counts = "multinomial" in name or "complement" in name
    scorer_model = Description(fields, (), (assemble, *steps), outputs)
    onnx_model = Description(
        (Field("features", "vector", nullable=False, size=SIZE),), (), tuple(steps), outputs
    )
    return ModelKind(
        name,
        scorer_model,
        onnx_model,
        _random_counts if is_counts else _random_numbers,
        lambda row: {"features": list(row.values())},
    )


def _random_numbers(rng: np.random.Generator) -> Row:
    return dict(zip(NAMES, rng.normal(size=SIZE).tolist(), strict=True))


def _random_counts(rng: np.random.Generator) -> Row:
    return dict(zip(NAMES, rng.integers(5, size=SIZE).astype(float).tolist(), strict=True))


def _flights_model(name: str, steps: Sequence[Step], outputs: tuple[Output, ...]) -> ModelKind:
    """Return a pipeline of three strings and twelve numbers: index, one-hot encode, impute, assemble, scale."""
    steps_before, texts, numbers = [], tuple(CATEGORIES), NAMES[len(CATEGORIES) :]
    for column, count in CATEGORIES.items():
        label = {"labels": [f"{column}{i}" for i in range(count)], "invalid": "keep", "type": "string"}
        steps_before.append(Step("string_index", "StringIndexerModel", (column,), (f"{column}_i",), label))
        encoding = {"categories": count + 1, "keep": False, "drop_last": True}
        steps_before.append(
            Step("one_hot", "OneHotEncoderModel", (f"{column}_i",), (f"{column}_v",), encoding)
        )
    surrogate = {"surrogate": np.array([0.5]), "missing": np.array([np.nan])}
    steps_before += [
        Step("impute", "ImputerModel", (name,), (f"{name}_f",), {"type": "double"}, surrogate)
        for name in numbers
    ]
    parts = (*(f"{name}_v" for name in texts), *(f"{name}_f" for name in numbers))
    size = sum(CATEGORIES.values()) + len(numbers)
    steps_before.append(Step("assemble", "VectorAssembler", parts, ("assembled",), {"invalid": "error"}))
    scale = {"scale": np.linspace(0.5, 2.0, size)}
    steps_before.append(Step("rescale", "StandardScalerModel", ("assembled",), ("features",), {}, scale))
    fields = (
        *(Field(column, "string", nullable=False) for column in texts),
        *(Field(column, "double") for column in numbers),
    )
    description = Description(
        fields, (), (*steps_before, *(_fit_weights(step, size) for step in steps)), outputs
    )

    def random_row(rng: np.random.Generator) -> Row:
        names = {column: f"{column}{rng.integers(count)}" for column, count in CATEGORIES.items()}
        return names | dict(zip(numbers, rng.normal(size=len(numbers)).tolist(), strict=True))

    return ModelKind(f"flights: {name}", description, description, random_row, lambda row: row)


def _fit_weights(step: Step, size: int) -> Step:
    """Cut the weights of a linear predictor to the size of the vector."""
    if step.op not in ("linear", "logistic") or step.inputs != ("features",):
        return step
    return replace(step, arrays={**step.arrays, "weights": step.arrays["weights"][..., :size]})


def _recommender(rng: np.random.Generator) -> ModelKind:
    users, items, rank = 10_000, 2_000, 10
    arrays: Mapping[str, Any] = {
        "users": np.arange(users),
        "items": np.arange(items),
        "user_factors": rng.normal(size=(users, rank)).astype(np.float32).astype(np.float64),
        "item_factors": rng.normal(size=(items, rank)).astype(np.float32).astype(np.float64),
    }
    step = Step("recommend", "ALSModel", ("user", "item"), ("prediction",), {"invalid": "keep"}, arrays)
    fields = Field("user", "integer", nullable=False), Field("item", "integer", nullable=False)
    description = Description(fields, (), (step,), (replace(_PREDICTION, type="float"),))
    return ModelKind(
        "ALS, 10,000 by 2,000",
        description,
        description,
        lambda rng: {"user": int(rng.integers(users)), "item": int(rng.integers(items))},
        lambda row: row,
    )
