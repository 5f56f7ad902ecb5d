"""The trees of a saved tree, forest or boosted ensemble, as the arrays of a step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any

import numpy as np

from sparkops.compiler.plan import CannotCompile, Plan
from sparkops.compiler.saved_stage import SavedStage
from sparkops.scoring.ir.description import Output
from sparkops.scoring.trees.tree_ensemble import AMONG, AT_MOST, LEAF, NOT_AMONG

Node = dict[str, Any]


def add_tree_leaves(saved: SavedStage, plan: Plan, trees: Sequence[Sequence[Node]]) -> None:
    """Add the column of `leafCol`, if it is set: the leaf of each tree, counted from 0 from left to right."""
    name = str(saved.params.get("leafCol", ""))
    if not name:
        return
    numbered = []
    for nodes in trees:
        count = accumulate(node["leftChild"] < 0 for node in nodes)
        numbered.append([{**node, "leaf": number - 1.0} for node, number in zip(nodes, count, strict=True)])
    arrays = build_tree_arrays(numbered, [1.0] * len(trees), _read_leaf)
    single = saved.class_name.startswith("DecisionTree")
    params = {"features": int(saved.metadata["numFeatures"]), "single": single}
    output = Output(name, "double" if single else "vector", name, "column", None if single else len(trees))
    add_column(saved, plan, "tree_leaves", output, params, arrays)


def add_column(
    saved: SavedStage, plan: Plan, op: str, output: Output, params: dict[str, Any], arrays: dict[str, Any]
) -> None:
    """Add a step that computes one more column from the same features."""
    columns = [(output.name, output.type)]
    plan.add_step(saved, op, [saved.params["featuresCol"]], columns, params=params, arrays=arrays)
    plan.add_output(output)


def build_tree_params(saved: SavedStage, task: str) -> dict[str, Any]:
    """Return the params of a step; `task` is "regress", "classify" or "boost"."""
    classes = int(saved.metadata.get("numClasses", 0))
    return {"kind": task, "features": int(saved.metadata["numFeatures"]), "classes": classes, "mean": False}


def read_leaf_prediction(node: Node) -> list[float]:
    """Return the prediction of a leaf."""
    return [node["prediction"]]


def _read_leaf(node: Node) -> list[float]:
    return [node["leaf"]]


def compute_leaf_variance(node: Node) -> list[float]:
    """Return the variance of the training labels in a leaf of a regression tree."""
    count, total, squares = node["impurityStats"]
    return [(squares - total * total / count) / count if count else 0.0]


def read_leaf_counts(node: Node) -> list[float]:
    """Return the class counts of a leaf."""
    return list(node["impurityStats"])


def compute_leaf_shares(node: Node) -> list[float]:
    """Return the share of each class in a leaf; zeros stay zeros."""
    counts = node["impurityStats"]
    total = sum(counts)
    return [count / total for count in counts] if total else list(counts)


def sort_nodes(rows: Sequence[Node]) -> list[Node]:
    """Return the nodes of one tree in the order of their ids."""
    return sorted(rows, key=lambda row: int(row["id"]))


def read_trees(saved: SavedStage) -> tuple[list[list[Node]], list[float]]:
    """Return the nodes of every tree in order, and the trees' weights."""
    metadata = saved.read_rows("treesMetadata")
    weights = {
        int(_get_value(row, "treeID", "_1")): float(_get_value(row, "weights", "_3")) for row in metadata
    }
    nodes: dict[int, list[Node]] = {tree: [] for tree in weights}
    for row in saved.read_rows():
        nodes[int(row["treeID"])].append(row["nodeData"])
    order = sorted(nodes)
    return [sort_nodes(nodes[tree]) for tree in order], [weights[tree] for tree in order]


def _get_value(row: Node, *names: str) -> Any:
    """Return the value of the first name that a row has: versions of Spark name these columns differently."""
    for name in names:
        if name in row:
            return row[name]
    raise KeyError(names[0])


def build_tree_arrays(
    trees: Sequence[Sequence[Node]], weights: Sequence[float], leaf: Callable[[Node], list[float]]
) -> dict[str, Any]:
    """Return the nodes of all trees as the arrays of a step.

    Args:
        trees: Nodes of each tree, in the order of their ids.
        weights: Factor of each tree's leaves.
        leaf: Returns the values of a leaf.
    """
    columns: dict[str, list[Any]] = {
        name: []
        for name in ("roots", "kind", "feature", "threshold", "left", "right", "leaves", "categories")
    }
    first = [0]
    for nodes, weight in zip(trees, weights, strict=True):
        start = len(columns["kind"])
        columns["roots"].append(start)
        if [node["id"] for node in nodes] != list(range(len(nodes))):
            raise CannotCompile("the nodes of a tree are not numbered one by one")
        for offset, node in enumerate(nodes):
            _append_node(columns, node, start, start + offset)
            columns["leaves"].append([value * weight for value in leaf(node)])
            first.append(len(columns["categories"]))
    float_arrays = {"threshold", "leaves", "categories"}
    arrays = {
        name: np.array(values, dtype=np.float64 if name in float_arrays else np.int64)
        for name, values in columns.items()
    }
    return arrays | {"first": np.array(first, dtype=np.int64)}


def _append_node(columns: dict[str, list[Any]], node: Node, start: int, index: int) -> None:
    """Append one node to all columns.

    Args:
        columns: Columns of the arrays.
        node: The node.
        start: Index of the root of its tree.
        index: Index of the node; both children of a leaf are the leaf itself.
    """
    split = node["split"]
    inner = node["leftChild"] >= 0
    node_type, threshold = LEAF, 0.0
    if inner and split["numCategories"] < 0:
        node_type, threshold = AT_MOST, split["leftCategoriesOrThreshold"][0]
    elif inner:
        node_type, categories = _choose_tested_categories(split)
        columns["categories"] += categories
    columns["kind"].append(node_type)
    columns["feature"].append(split["featureIndex"] if inner else 0)
    columns["threshold"].append(threshold)
    columns["left"].append(start + node["leftChild"] if inner else index)
    columns["right"].append(start + node["rightChild"] if inner else index)


def _choose_tested_categories(split: Node) -> tuple[int, list[float]]:
    """Return the set that Spark tests: the smaller side, so that a category out of range goes to the larger one."""
    left, count = set(split["leftCategoriesOrThreshold"]), int(split["numCategories"])
    if len(left) <= count // 2:
        return AMONG, sorted(left)
    return NOT_AMONG, [float(category) for category in range(count) if float(category) not in left]
