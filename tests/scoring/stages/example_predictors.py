"""A small model of each predictor, with random numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from sparkops.scoring import Description, Field, Output, Step

CLASSES = 3


def predictors(size: int, seed: int = 1) -> dict[str, Description]:
    """Return a model for each predictor; its features are intercept vector of `size` slots."""
    draw = np.random.default_rng(seed)
    weights, rows = draw.normal(size=size), draw.normal(size=(CLASSES, size))
    intercept, power = draw.normal(size=1), np.array([0.7])
    linear = {"weights": weights, "intercept": intercept}
    bayes = {"prior": draw.normal(size=CLASSES), "theta": rows}
    gaussian = bayes | {"sigma": rows**2 + 0.1, "widths": np.log(rows**2 + 0.1).sum(axis=1)}
    classes = {"classes": CLASSES}
    thresholds = {"thresholds": np.array([0.3, 0.7])}
    layers = [size, 4, CLASSES]
    layer_weights = draw.normal(size=(size + 1) * 4 + 5 * CLASSES)
    factors = linear | {"factors": draw.normal(size=(size, 2))}
    tree = {
        "centres": draw.normal(size=(5, size)),
        "left": np.array([1, 3, 2, 3, 4]),
        "right": np.array([2, 4, 2, 3, 4]),
        "cluster": np.array([0, 0, 2, 0, 1]),
    }
    mixture = {
        "weights": np.array([0.4, 0.6]),
        "heights": draw.normal(size=2),
        "roots": draw.normal(size=(2, size, size)) / size,
        "shifts": draw.normal(size=(2, size)),
    }
    variants: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        "svc": ({"classes": 2, "sparse": False}, linear | {"threshold": intercept}),
        "naive_bayes": ({"kind": "gaussian", **classes}, gaussian),
        "perceptron": ({"layers": layers, **classes}, {"weights": layer_weights}),
        "factorization": ({"kind": "classify", "classes": 2, "sparse": False}, factors | thresholds),
        "glm": ({"family": "positive", "link": "power", "sparse": False}, linear | {"power": power}),
        "survival": ({"sparse": True}, linear | {"factors": np.array([0.5, 2.0])}),
        "isotonic": (
            {"feature": 1},
            {"places": np.array([-1.0, 0.0, 2.0]), "answers": np.array([1.0, 5.0, 5.0])},
        ),
        "bisecting": ({"cosine": False}, tree),
        "mixture": ({}, mixture),
        "kmeans": ({"cosine": True}, {"centres": rows}),
    }
    models = {op: _on_vectors(op, op, size, *params) for op, params in variants.items()}
    for model_type in ("multinomial", "complement", "bernoulli"):
        name, params = f"naive_bayes, {model_type}", {"kind": model_type, **classes}
        models[name] = _on_vectors(name, "naive_bayes", size, params, bayes)
    models["bisecting, cosine"] = _on_vectors("bisecting", "bisecting", size, {"cosine": True}, tree)
    return models


def _on_vectors(name: str, op: str, size: int, params: dict[str, Any], arrays: dict[str, Any]) -> Description:
    outputs = {
        "svc": ("a", "", "c"),
        "glm": ("a", "b"),
        "survival": ("a", "b"),
        "isotonic": ("a",),
        "bisecting": ("a",),
        "kmeans": ("a",),
        "mixture": ("a", "b"),
    }.get(op, ("a", "b", "c"))
    step = Step(op, name, ("v",), outputs, params, arrays)
    vectors = {"c", "b"} - ({"b"} if op == "glm" else set())
    columns = tuple(
        Output(name, "vector" if name in vectors else "double", name, "column") for name in outputs if name
    )
    return Description((Field("v", "vector", size=size),), (), (step,), columns, None, (op,))


def others() -> dict[str, Description]:
    """Return models of the predictors that read no vector."""
    draw = np.random.default_rng(3)
    arrays = {
        "users": np.array([-5, 1, 2]),
        "items": np.array([0, 7]),
        "user_factors": draw.normal(size=(3, 4)),
        "item_factors": draw.normal(size=(2, 4)),
    }
    rules = {"rules": [[["a"], "b"], [["a", "b"], "c"], [[None], "a"], [["c"], None]]}
    fields = Field("u", "long"), Field("i", "double")
    recommend = Step("recommend", "als", ("u", "i"), ("a",), {"invalid": "skip"}, arrays)
    output = (Output("a", "float", "a", "prediction"),)
    words = (Output("a", "array<string>", "a", "set"),)
    basket = Step("rules", "rules", ("w",), ("a",), rules)
    return {
        "recommend": Description(fields, (), (recommend,), output, None, ("ALSModel",)),
        "rules": Description((Field("w", "array<string>"),), (), (basket,), words, None, ("FPGrowthModel",)),
    }
