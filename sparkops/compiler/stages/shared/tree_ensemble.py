"""Compile decision trees, random forests and boosted trees."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import numpy as np

from sparkops.compiler.plan import Plan, Uncompiled
from sparkops.compiler.saved_stage import Saved
from sparkops.scoring.ir.description import Output
from sparkops.scoring.trees.tree_ensemble import AMONG, AT_MOST, LEAF, NOT_AMONG

from .predictor import classifier, regressor, thresholds_of

Node = dict[str, Any]


def tree_regressor(saved: Saved, plan: Plan) -> None:
    """Compile DecisionTreeRegressionModel, its variances too."""
    nodes = _sorted(saved.rows())
    params, variance = _params(saved, "regress"), str(saved.params.get("varianceCol", ""))
    regressor(saved, plan, "trees", params, _arrays([nodes], [1.0], _prediction))
    if variance:
        arrays = _arrays([nodes], [1.0], _variance)
        _more(saved, plan, "trees", Output(variance, "double", variance, "column"), params, arrays)
    _leaves(saved, plan, [nodes])


def tree_classifier(saved: Saved, plan: Plan) -> None:
    """Compile DecisionTreeClassificationModel: its raw scores are the leaf's own statistics."""
    nodes = _sorted(saved.rows())
    arrays = _arrays([nodes], [1.0], _counts) | thresholds_of(saved)
    classifier(saved, plan, "trees", _params(saved, "classify"), arrays)
    _leaves(saved, plan, [nodes])


def forest_regressor(saved: Saved, plan: Plan) -> None:
    """Compile RandomForestRegressionModel: the mean of its trees."""
    trees, weights = _trees(saved)
    arrays = _arrays(trees, [1.0] * len(weights), _prediction)
    regressor(saved, plan, "trees", _params(saved, "regress") | {"mean": True}, arrays)
    _leaves(saved, plan, trees)


def forest_classifier(saved: Saved, plan: Plan) -> None:
    """Compile RandomForestClassificationModel: each tree votes with its leaf's shares."""
    trees, weights = _trees(saved)
    arrays = _arrays(trees, [1.0] * len(weights), _shares) | thresholds_of(saved)
    classifier(saved, plan, "trees", _params(saved, "classify"), arrays)
    _leaves(saved, plan, trees)


def boosted_regressor(saved: Saved, plan: Plan) -> None:
    """Compile GBTRegressionModel: the weighted sum of its trees."""
    trees, weights = _trees(saved)
    regressor(saved, plan, "trees", _params(saved, "regress"), _arrays(trees, weights, _prediction))
    _leaves(saved, plan, trees)


def boosted_classifier(saved: Saved, plan: Plan) -> None:
    """Compile GBTClassificationModel: the weighted sum of its trees is the margin."""
    trees, weights = _trees(saved)
    arrays = _arrays(trees, weights, _prediction) | thresholds_of(saved)
    classifier(saved, plan, "trees", _params(saved, "boost") | {"classes": 2}, arrays)
    _leaves(saved, plan, trees)


def _leaves(saved: Saved, plan: Plan, trees: Sequence[Sequence[Node]]) -> None:
    """Add the column that tells the leaf of each tree, where one is wanted: leaves count from 0, left to right."""
    name = str(saved.params.get("leafCol", ""))
    if not name:
        return
    numbered = []
    for nodes in trees:
        count = accumulate(node["leftChild"] < 0 for node in nodes)
        numbered.append([{**node, "leaf": number - 1.0} for node, number in zip(nodes, count, strict=True)])
    arrays = _arrays(numbered, [1.0] * len(trees), _leaf)
    single = saved.kind.startswith("DecisionTree")
    params = {"features": int(saved.extra["numFeatures"]), "single": single}
    output = Output(name, "double" if single else "vector", name, "column", None if single else len(trees))
    _more(saved, plan, "tree_leaves", output, params, arrays)


def _more(
    saved: Saved, plan: Plan, op: str, output: Output, params: dict[str, Any], arrays: dict[str, Any]
) -> None:
    """Add a further column of the same features."""
    columns = [(output.name, output.type)]
    plan.add(saved, op, [saved.params["featuresCol"]], columns, params=params, arrays=arrays)
    plan.outputs.append(output)


def _params(saved: Saved, kind: str) -> dict[str, Any]:
    classes = int(saved.extra.get("numClasses", 0))
    return {"kind": kind, "features": int(saved.extra["numFeatures"]), "classes": classes, "mean": False}


def _prediction(node: Node) -> list[float]:
    return [node["prediction"]]


def _leaf(node: Node) -> list[float]:
    return [node["leaf"]]


def _variance(node: Node) -> list[float]:
    count, total, squares = node["impurityStats"]
    return [(squares - total * total / count) / count if count else 0.0]


def _counts(node: Node) -> list[float]:
    return list(node["impurityStats"])


def _shares(node: Node) -> list[float]:
    counts = node["impurityStats"]
    total = sum(counts)
    return [count / total for count in counts] if total else list(counts)


def _sorted(rows: Sequence[Node]) -> list[Node]:
    return sorted(rows, key=lambda row: int(row["id"]))


def _trees(saved: Saved) -> tuple[list[list[Node]], list[float]]:
    """Return the nodes of every tree in order, and the trees' weights."""
    metadata = saved.rows("treesMetadata")
    weights = {int(_any(row, "treeID", "_1")): float(_any(row, "weights", "_3")) for row in metadata}
    nodes: dict[int, list[Node]] = {tree: [] for tree in weights}
    for row in saved.rows():
        nodes[int(row["treeID"])].append(row["nodeData"])
    order = sorted(nodes)
    return [_sorted(nodes[tree]) for tree in order], [weights[tree] for tree in order]


def _any(row: Node, *names: str) -> Any:
    return next(row[name] for name in names if name in row)


def _arrays(trees: Sequence[Sequence[Node]], weights: Sequence[float], leaf: Any) -> dict[str, Any]:
    """Return all nodes of all trees as the arrays of a Forest."""
    columns: dict[str, list[Any]] = {
        name: []
        for name in ("roots", "kind", "feature", "threshold", "left", "right", "leaves", "categories")
    }
    first = [0]
    for nodes, weight in zip(trees, weights, strict=True):
        start = len(columns["kind"])
        columns["roots"].append(start)
        if [node["id"] for node in nodes] != list(range(len(nodes))):
            raise Uncompiled("the nodes of a tree are not numbered one by one")
        for at, node in enumerate(nodes):
            _node(columns, node, start, start + at)
            columns["leaves"].append([value * weight for value in leaf(node)])
            first.append(len(columns["categories"]))
    real = {"threshold", "leaves", "categories"}
    arrays = {
        name: np.array(values, dtype=np.float64 if name in real else np.int64)
        for name, values in columns.items()
    }
    return arrays | {"first": np.array(first, dtype=np.int64)}


def _node(columns: dict[str, list[Any]], node: Node, start: int, own: int) -> None:
    split = node["split"]
    inner = node["leftChild"] >= 0
    kind, threshold = LEAF, 0.0
    if inner and split["numCategories"] < 0:
        kind, threshold = AT_MOST, split["leftCategoriesOrThreshold"][0]
    elif inner:
        kind, chosen = _categories(split)
        columns["categories"] += chosen
    columns["kind"].append(kind)
    columns["feature"].append(split["featureIndex"] if inner else 0)
    columns["threshold"].append(threshold)
    columns["left"].append(start + node["leftChild"] if inner else own)
    columns["right"].append(start + node["rightChild"] if inner else own)


def _categories(split: Node) -> tuple[int, list[float]]:
    """Return the set that Spark asks: the smaller side, so that a category out of range goes with the larger."""
    left, count = set(split["leftCategoriesOrThreshold"]), int(split["numCategories"])
    if len(left) <= count // 2:
        return AMONG, sorted(left)
    return NOT_AMONG, [float(at) for at in range(count) if float(at) not in left]
