"""Random tree ensembles, read back from a file as a model is."""

from __future__ import annotations

from typing import Any

import numpy as np
from scoring.example_models import as_read

from sparkops.scoring import Description, Field, Output, Step
from sparkops.scoring.trees.tree_ensemble import AMONG, AT_MOST, LEAF, NOT_AMONG, TreeEnsemble

FEATURES = 4
FIELDS = tuple(Field(f"x{index}", "double") for index in range(FEATURES))
NODE_TYPES = (AT_MOST, AT_MOST, AMONG, NOT_AMONG)


def random_trees(
    draw: np.random.Generator,
    trees: int,
    depth: int,
    width: int = 1,
    node_types: tuple[int, ...] = NODE_TYPES,
) -> dict[str, Any]:
    """Return the arrays of a random ensemble with splits of every type."""
    nodes: list[list[Any]] = []
    categories: list[list[float]] = []

    def add_node(levels: int) -> int:
        index = len(nodes)
        nodes.append([LEAF, 0, 0.0, index, index, draw.normal(size=width).tolist()])
        categories.append([])
        if levels and draw.random() < 0.9:
            node_type = int(draw.choice(node_types))
            nodes[index][:3] = [node_type, int(draw.integers(FEATURES)), float(draw.integers(-2, 3)) / 2]
            if node_type != AT_MOST:
                categories[index] = sorted(
                    draw.choice(6, size=draw.integers(0, 4), replace=False).astype(float)
                )
            nodes[index][3], nodes[index][4] = add_node(levels - 1), add_node(levels - 1)
        return index

    roots = [add_node(depth) for _ in range(trees)]
    columns = list(zip(*nodes, strict=True))
    return {
        "roots": np.array(roots),
        "kind": np.array(columns[0]),
        "feature": np.array(columns[1]),
        "threshold": np.array(columns[2], dtype=float),
        "left": np.array(columns[3]),
        "right": np.array(columns[4]),
        "first": np.cumsum([0, *map(len, categories)]),
        "categories": np.array([value for group in categories for value in group], dtype=float),
        "leaves": np.array(columns[5], dtype=float),
    }


def ensemble_description(arrays: dict[str, Any]) -> Description:
    """Return a model of an ensemble, read back from a file."""
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
# A byte holds the number of slots, but not twice of it.
MANY = [f"label {index}" for index in range(120)]


def one_hot_description(*, scaled: bool, keep: bool, labels: list[str] = LABELS) -> Description:
    """Return boosted trees on a one-hot block, optionally scaled, and a double, read back from a file."""
    slots = len(labels) + keep - 1
    fields = (Field("label", "string"), Field("x0", "double"))
    arrays = random_trees(np.random.default_rng(7), 40, 5)
    arrays["feature"] = np.random.default_rng(8).integers(slots + 1, size=len(arrays["kind"]))
    invalid = "keep" if keep else "error"
    known = {"labels": labels, "invalid": invalid, "type": "string"}
    hot = {"categories": len(labels) + keep, "keep": False, "drop_last": True}
    scaling = {"shift": np.full(slots + 1, 0.5), "scale": np.full(slots + 1, 2.0)}
    params = {"kind": "regress", "features": slots + 1, "classes": 0, "mean": False}
    steps = [
        Step("string_index", "StringIndexerModel `s`", ("label",), ("i",), known),
        Step("one_hot", "OneHotEncoderModel `o`", ("i",), ("hot",), hot),
        Step("assemble", "VectorAssembler `v`", ("hot", "x0"), ("all",), {"invalid": "keep"}),
        *([Step("rescale", "StandardScalerModel `c`", ("all",), ("scaled",), {}, scaling)] if scaled else []),
        Step("trees", "GBTRegressionModel `g`", ("scaled" if scaled else "all",), ("p",), params, arrays),
    ]
    return as_read(
        Description(fields, (), tuple(steps), (Output("prediction", "double", "p", "prediction"),))
    )


def complete_trees(trees: int, depth: int) -> dict[str, Any]:
    """Return the arrays of complete trees, in breadth-first order."""
    size, inner = 2 ** (depth + 1) - 1, 2**depth - 1
    own, draw = np.arange(size), np.random.default_rng(2)
    start = np.repeat(np.arange(trees) * size, size)
    return {
        "roots": np.arange(trees) * size,
        "kind": np.tile(np.where(own < inner, AT_MOST, LEAF), trees),
        "feature": draw.integers(FEATURES, size=size * trees),
        "threshold": draw.normal(size=size * trees),
        "left": np.tile(np.where(own < inner, 2 * own + 1, own), trees) + start,
        "right": np.tile(np.where(own < inner, 2 * own + 2, own), trees) + start,
        "first": np.zeros(size * trees + 1, dtype=np.int64),
        "categories": np.zeros(0),
        "leaves": draw.normal(size=(size * trees, 1)),
    }


def sum_by_descent(trees: TreeEnsemble, values: tuple[float, ...]) -> list[float]:
    """Return the sum of the leaf values, by descending node by node and adding tree by tree."""
    total = None
    for root in trees.roots.tolist():
        node = root
        while trees.node_type[node] != LEAF:
            value = values[trees.feature[node]]
            if trees.node_type[node] == AT_MOST:
                is_true = value <= trees.threshold[node]
            else:
                is_true = (value in trees.get_categories(node)) == (trees.node_type[node] == AMONG)
            node = int(trees.left[node] if is_true else trees.right[node])
        leaf = trees.leaves[node].tolist()
        total = leaf if total is None else [a + b for a, b in zip(total, leaf, strict=True)]
    return total or []
