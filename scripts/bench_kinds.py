"""A model of every kind at the size of a real table: 15 columns, numbers drawn at random. Used by bench_onnx.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from bench_forests import grown

from sparkops.scoring import Description, Field, Output, Step
from sparkops.scoring.trees.tree_ensemble import LEAF

SIZE, CLASSES = 15, 3
NAMES = tuple(f"x{at}" for at in range(SIZE))
CATEGORIES = {"carrier": 16, "origin": 3, "dest": 100}
Row = dict[str, Any]
ALL = ("prediction", "probability", "rawPrediction")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of model.

    Args:
        name: What the table calls it.
        ours: The model, as the scorer takes it: one field a column.
        theirs: The same, as onnxruntime takes it.
        draw: Makes a row.
        given: From a row to what `theirs` takes.
    """

    name: str
    ours: Description
    theirs: Description
    draw: Callable[[np.random.Generator], Row]
    given: Callable[[Row], Row]

    def rows(self, count: int) -> list[Row]:
        """Return rows, the same ones each time."""
        draw = np.random.default_rng(7)
        return [self.draw(draw) for _ in range(count)]


def kinds() -> Iterator[Kind]:
    """Return one model of every kind."""
    draw = np.random.default_rng(1)
    for name, steps, outputs in (*_predictors(draw), *_clusters(draw), *_forests(draw), *_features(draw)):
        yield _of_numbers(name, steps, outputs)
    for name, steps, outputs in _last(draw):
        yield _of_flights(name, steps, outputs)
    yield _recommender(draw)


Made = tuple[str, Sequence[Step], tuple[Output, ...]]


def _predictors(draw: np.random.Generator) -> Iterator[Made]:
    yield from _last(draw)
    weights, one = draw.normal(size=SIZE) / 4, draw.normal(size=1)
    linear, three = {"weights": weights, "intercept": one}, draw.normal(size=(CLASSES, SIZE))
    glm = {"family": "positive", "link": "log", "sparse": False}
    yield _made("glm, Poisson", "glm", glm, linear, "regress", ("prediction", ""))
    survival = linear | {"factors": np.array([0.5, 2.0])}
    yield _made("survival", "survival", {"sparse": False}, survival, "regress", ("prediction", ""))
    svc = linear | {"threshold": np.zeros(1)}
    yield _made(
        "linear SVC", "svc", {"classes": 2, "sparse": False}, svc, "two", ("prediction", "", "rawPrediction")
    )
    bayes = {"prior": draw.normal(size=CLASSES), "theta": three}
    widths = {"sigma": three**2 + 0.1, "widths": np.log(three**2 + 0.1).sum(axis=1)}
    yield _made(
        "naive Bayes, Gaussian",
        "naive_bayes",
        {"kind": "gaussian", "classes": CLASSES},
        bayes | widths,
        "many",
    )
    for kind in ("multinomial", "complement"):
        yield _made(f"naive Bayes, {kind}", "naive_bayes", {"kind": kind, "classes": CLASSES}, bayes, "many")
    for hidden in (8, 32):
        flat = draw.normal(size=(SIZE + 1) * hidden + (hidden + 1) * CLASSES)
        params = {"layers": [SIZE, hidden, CLASSES], "classes": CLASSES}
        yield _made(f"perceptron, {hidden} hidden", "perceptron", params, {"weights": flat}, "many")
    factors = linear | {"factors": draw.normal(size=(SIZE, 8)) / 4}
    yield _made(
        "factorization machine",
        "factorization",
        {"kind": "regress", "classes": 0, "sparse": False},
        factors,
        "regress",
    )
    places = np.sort(draw.normal(size=100))
    isotonic = {"places": places, "answers": np.sort(draw.normal(size=100))}
    yield _made("isotonic, 100 places", "isotonic", {"feature": 1}, isotonic, "regress")
    for classes in (10, 50):
        arrays = {"weights": draw.normal(size=(classes, SIZE)) / 4, "intercepts": np.zeros(classes)}
        params = {"multinomial": True, "classes": classes, "sparse": False}
        yield _made(f"logistic, {classes} classes", "logistic", params, arrays, "many")


def _last(draw: np.random.Generator) -> Iterator[Made]:
    """Return predictors that take vectors of any length: it is theirs to be cut to the vectors' length."""
    weights = draw.normal(size=(CLASSES, SIZE + sum(CATEGORIES.values()))) / 4
    linear = {"weights": weights[0], "intercept": np.array([0.1])}
    two = {"weights": weights[:1], "intercepts": np.zeros(1), "threshold": np.array([0.5])}
    three = {"weights": weights, "intercepts": np.zeros(CLASSES)}
    yield _made("linear", "linear", {"sparse": False}, linear, "regress")
    yield _made("logistic", "logistic", {"multinomial": False, "classes": 2, "sparse": False}, two, "two")
    params = {"multinomial": True, "classes": CLASSES, "sparse": False}
    yield _made("logistic, 3 classes", "logistic", params, three, "many")


def _clusters(draw: np.random.Generator) -> Iterator[Made]:
    for count in (8, 64):
        arrays = {"centres": draw.normal(size=(count, SIZE))}
        for cosine in (False, True):
            name = f"k-means, {count} centres{', cosine' if cosine else ''}"
            yield _made(name, "kmeans", {"cosine": cosine}, arrays, "cluster")
    at, inner = np.arange(15), np.arange(15) < 7
    tree = {
        "centres": draw.normal(size=(15, SIZE)),
        "left": np.where(inner, 2 * at + 1, at),
        "right": np.where(inner, 2 * at + 2, at),
        "cluster": np.where(inner, 0, at - 7),
    }
    yield _made("bisecting k-means, 8", "bisecting", {"cosine": False}, tree, "cluster")
    mixture = {
        "weights": np.full(4, 0.25),
        "heights": draw.normal(size=4),
        "roots": draw.normal(size=(4, SIZE, SIZE)) / SIZE,
        "shifts": draw.normal(size=(4, SIZE)),
    }
    yield _made("Gaussian mixture, 4", "mixture", {}, mixture, "mixture", ("prediction", "probability"))


def _forests(draw: np.random.Generator) -> Iterator[Made]:
    for trees, depth, name in (
        (1, 5, "a tree"),
        (20, 5, "boosted"),
        (20, 5, "forest"),
        (100, 5, "forest"),
        (20, 10, "forest"),
        (100, 8, "forest"),
    ):
        arrays = grown(draw, trees, depth)
        arrays["feature"] = np.where(arrays["kind"] == LEAF, 0, arrays["feature"] % SIZE)
        params = {"kind": "regress", "features": SIZE, "classes": 0, "mean": False}
        title = f"{name}, {trees} of depth {depth}" if trees > 1 else f"{name} of depth {depth}"
        if name != "forest":
            yield _made(title, "trees", params, arrays, "regress")
            boost = params | {"kind": "boost", "classes": 2}
            yield _made(f"{title}, two classes", "trees", boost, arrays, "two")
            continue
        yield _made(f"{title}", "trees", params | {"mean": True}, arrays, "regress")
        shares = draw.random(len(arrays["kind"]))
        votes = arrays | {"leaves": np.column_stack([shares, 1.0 - shares])}
        yield _made(
            f"{title}, two classes", "trees", params | {"kind": "classify", "classes": 2}, votes, "two"
        )


def _features(draw: np.random.Generator) -> Iterator[Made]:
    """Return stages that make a vector of a vector, each with a linear model behind it."""
    shift = {"shift": draw.normal(size=SIZE), "scale": draw.random(SIZE)}
    yield _before("standard scaler", "rescale", {}, shift, SIZE, draw)
    yield _before(
        "min-max scaler",
        "rescale",
        {},
        shift | {"add": draw.random(SIZE), "constant": np.full(SIZE, np.nan)},
        SIZE,
        draw,
    )
    yield _before("PCA, 5", "project", {}, {"directions": draw.normal(size=(5, SIZE))}, 5, draw)
    yield _before(
        "polynomial expansion, degree 2",
        "polynomial",
        {"size": SIZE, "degree": 2, "stored": "dense"},
        {},
        135,
        draw,
    )
    yield _before("normalizer", "normalize", {"stored": "dense"}, {"p": np.array([2.0])}, SIZE, draw)
    yield _before("DCT", "dct", {"size": SIZE, "inverse": False}, {}, SIZE, draw)
    yield _before("slots picked", "pick_slots", {}, {"slots": np.arange(0, SIZE, 2)}, 8, draw)


def _before(name: str, op: str, params: Row, arrays: Row, size: int, draw: np.random.Generator) -> Made:
    step = Step(op, name, ("features",), ("made",), params, arrays)
    linear = {"weights": draw.normal(size=size), "intercept": np.zeros(1)}
    last = Step("linear", "linear", ("made",), ("prediction",), {"sparse": False}, linear)
    return name, (step, last), _OUTPUTS["regress"]


_PREDICTION = Output("prediction", "double", "prediction", "prediction")
_OUTPUTS = {
    "regress": (_PREDICTION,),
    "two": (_PREDICTION, Output("probability", "vector", "probability", "probability", 2)),
    "many": (_PREDICTION, Output("probability", "vector", "probability", "probability", CLASSES)),
    "cluster": (replace(_PREDICTION, type="integer"),),
    "mixture": (
        replace(_PREDICTION, type="integer"),
        Output("probability", "vector", "probability", "probability", 4),
    ),
}


def _made(name: str, op: str, params: Row, arrays: Row, kind: str, outputs: tuple[str, ...] = ()) -> Made:
    """Return one predictor."""
    names = outputs or (("prediction",) if kind in ("regress", "cluster") else ALL)
    given = tuple(output for output in _OUTPUTS[kind] if output.name in names)
    if kind == "many":
        given = (given[0], replace(given[1], size=params["classes"]))
    return name, (Step(op, name, ("features",), names, params, arrays),), given


def _of_numbers(name: str, steps: Sequence[Step], outputs: tuple[Output, ...]) -> Kind:
    """Return a model of 15 doubles: columns for the scorer, one finished array for onnxruntime."""
    steps = [_cut(step, SIZE) for step in steps]
    assembled = Step("assemble", "VectorAssembler", NAMES, ("features",), {"invalid": "error"})
    fields = tuple(Field(each, "double", nullable=False) for each in NAMES)
    counts = "multinomial" in name or "complement" in name
    ours = Description(fields, (), (assembled, *steps), outputs)
    theirs = Description((Field("features", "vector", nullable=False, size=SIZE),), (), tuple(steps), outputs)
    return Kind(
        name, ours, theirs, _counts if counts else _numbers, lambda row: {"features": list(row.values())}
    )


def _numbers(draw: np.random.Generator) -> Row:
    return dict(zip(NAMES, draw.normal(size=SIZE).tolist(), strict=True))


def _counts(draw: np.random.Generator) -> Row:
    return dict(zip(NAMES, draw.integers(5, size=SIZE).astype(float).tolist(), strict=True))


def _of_flights(name: str, steps: Sequence[Step], outputs: tuple[Output, ...]) -> Kind:
    """Return a pipeline of three texts and twelve numbers: indexed, one-hot, imputed, assembled, scaled."""
    before, texts, numbers = [], tuple(CATEGORIES), NAMES[len(CATEGORIES) :]
    for each, count in CATEGORIES.items():
        label = {"labels": [f"{each}{at}" for at in range(count)], "invalid": "keep", "type": "string"}
        before.append(Step("string_index", "StringIndexerModel", (each,), (f"{each}_i",), label))
        hot = {"categories": count + 1, "keep": False, "drop_last": True}
        before.append(Step("one_hot", "OneHotEncoderModel", (f"{each}_i",), (f"{each}_v",), hot))
    gap = {"surrogate": np.array([0.5]), "missing": np.array([np.nan])}
    before += [
        Step("impute", "ImputerModel", (each,), (f"{each}_f",), {"type": "double"}, gap) for each in numbers
    ]
    parts = (*(f"{each}_v" for each in texts), *(f"{each}_f" for each in numbers))
    size = sum(CATEGORIES.values()) + len(numbers)
    before.append(Step("assemble", "VectorAssembler", parts, ("whole",), {"invalid": "error"}))
    scale = {"scale": np.linspace(0.5, 2.0, size)}
    before.append(Step("rescale", "StandardScalerModel", ("whole",), ("features",), {}, scale))
    fields = (
        *(Field(each, "string", nullable=False) for each in texts),
        *(Field(each, "double") for each in numbers),
    )
    whole = Description(fields, (), (*before, *(_cut(step, size) for step in steps)), outputs)

    def row(draw: np.random.Generator) -> Row:
        names = {each: f"{each}{draw.integers(count)}" for each, count in CATEGORIES.items()}
        return names | dict(zip(numbers, draw.normal(size=len(numbers)).tolist(), strict=True))

    return Kind(f"flights: {name}", whole, whole, row, lambda each: each)


def _cut(step: Step, size: int) -> Step:
    """Return a predictor with as many weights as the vector has slots."""
    if step.op not in ("linear", "logistic") or step.inputs != ("features",):
        return step
    return replace(step, arrays={**step.arrays, "weights": step.arrays["weights"][..., :size]})


def _recommender(draw: np.random.Generator) -> Kind:
    users, items, rank = 10_000, 2_000, 10
    arrays: Mapping[str, Any] = {
        "users": np.arange(users),
        "items": np.arange(items),
        "user_factors": draw.normal(size=(users, rank)).astype(np.float32).astype(np.float64),
        "item_factors": draw.normal(size=(items, rank)).astype(np.float32).astype(np.float64),
    }
    step = Step("recommend", "ALSModel", ("user", "item"), ("prediction",), {"invalid": "keep"}, arrays)
    fields = Field("user", "integer", nullable=False), Field("item", "integer", nullable=False)
    whole = Description(fields, (), (step,), (replace(_PREDICTION, type="float"),))
    return Kind(
        "ALS, 10,000 by 2,000",
        whole,
        whole,
        lambda draw: {"user": int(draw.integers(users)), "item": int(draw.integers(items))},
        lambda each: each,
    )
