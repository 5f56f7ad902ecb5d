"""Random forests, as a file gives them back."""

from __future__ import annotations

from typing import Any

import numpy as np
from scoring.made import as_read

from sparkops.scoring import Description, Field, Output, Step
from sparkops.scoring.trees.tree_ensemble import AMONG, AT_MOST, LEAF, NOT_AMONG

FEATURES = 4
FIELDS = tuple(Field(f"x{at}", "double") for at in range(FEATURES))
KINDS = (AT_MOST, AT_MOST, AMONG, NOT_AMONG)


def grown(
    draw: np.random.Generator, trees: int, depth: int, width: int = 1, kinds: tuple[int, ...] = KINDS
) -> dict[str, Any]:
    """Return the arrays of a random forest with splits of every kind."""
    nodes: list[list[Any]] = []
    categories: list[list[float]] = []

    def node(left_over: int) -> int:
        at = len(nodes)
        nodes.append([LEAF, 0, 0.0, at, at, draw.normal(size=width).tolist()])
        categories.append([])
        if left_over and draw.random() < 0.9:
            kind = int(draw.choice(kinds))
            nodes[at][:3] = [kind, int(draw.integers(FEATURES)), float(draw.integers(-2, 3)) / 2]
            if kind != AT_MOST:
                categories[at] = sorted(draw.choice(6, size=draw.integers(0, 4), replace=False).astype(float))
            nodes[at][3], nodes[at][4] = node(left_over - 1), node(left_over - 1)
        return at

    roots = [node(depth) for _ in range(trees)]
    columns = list(zip(*nodes, strict=True))
    return {
        "roots": np.array(roots),
        "kind": np.array(columns[0]),
        "feature": np.array(columns[1]),
        "threshold": np.array(columns[2], dtype=float),
        "left": np.array(columns[3]),
        "right": np.array(columns[4]),
        "first": np.cumsum([0, *map(len, categories)]),
        "categories": np.array([value for each in categories for value in each], dtype=float),
        "leaves": np.array(columns[5], dtype=float),
    }


def described(arrays: dict[str, Any]) -> Description:
    """Return a model of a forest, as a file gives it back."""
    params = {"kind": "regress", "features": FEATURES, "classes": 0, "mean": True}
    names = tuple(field.name for field in FIELDS)
    steps = (
        Step("assemble", "VectorAssembler `v`", names, ("features",), {"invalid": "keep"}),
        Step("trees", "RandomForestRegressionModel `r`", ("features",), ("prediction",), params, arrays),
    )
    return as_read(
        Description(FIELDS, (), steps, (Output("prediction", "double", "prediction", "prediction"),))
    )


LABELS = ["a", "b", "c", "d", "e"]
MANY = [f"label {at}" for at in range(120)]  # slots that a byte holds, and twice of them it does not


def hot_description(*, scaled: bool, keep: bool, labels: list[str] = LABELS) -> Description:
    """Return boosted trees on a one-hot part, perhaps scaled, and a double, as a file gives them back."""
    slots = len(labels) + keep - 1
    fields = (Field("label", "string"), Field("x0", "double"))
    arrays = grown(np.random.default_rng(7), 40, 5)
    arrays["feature"] = np.random.default_rng(8).integers(slots + 1, size=len(arrays["kind"]))
    invalid = "keep" if keep else "error"
    known = {"labels": labels, "invalid": invalid, "type": "string"}
    hot = {"categories": len(labels) + keep, "keep": False, "drop_last": True}
    moved = {"shift": np.full(slots + 1, 0.5), "scale": np.full(slots + 1, 2.0)}
    params = {"kind": "regress", "features": slots + 1, "classes": 0, "mean": False}
    steps = [
        Step("string_index", "StringIndexerModel `s`", ("label",), ("i",), known),
        Step("one_hot", "OneHotEncoderModel `o`", ("i",), ("hot",), hot),
        Step("assemble", "VectorAssembler `v`", ("hot", "x0"), ("all",), {"invalid": "keep"}),
        *([Step("rescale", "StandardScalerModel `c`", ("all",), ("scaled",), {}, moved)] if scaled else []),
        Step("trees", "GBTRegressionModel `g`", ("scaled" if scaled else "all",), ("p",), params, arrays),
    ]
    return as_read(
        Description(fields, (), tuple(steps), (Output("prediction", "double", "p", "prediction"),))
    )
