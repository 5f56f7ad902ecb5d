"""Trees: one node of ONNX walks them all in double precision; sums are taken in Spark's order where a class hangs on them."""

from __future__ import annotations

import numpy as np

from sparkops.onnx.graph_builder import ML, Graph
from sparkops.onnx.graph_context import Many, One, Work
from sparkops.onnx.kernels.class_decision import decide
from sparkops.onnx.kernels.linear_sums import both, in_order, logistic
from sparkops.onnx.kernels.tree_ensemble import Sets, Woods
from sparkops.scoring.ir.arrays import Numbers
from sparkops.scoring.ir.description import Step
from sparkops.scoring.trees.tree_ensemble import Forest

_SUM, _NO_CHANGE, _AT_MOST = 1, 0, 0  # onnx's numbers of what it may be told


def trees(step: Step, work: Work) -> None:
    """Write the walk, the sum of the leaves, and the class."""
    graph, woods = work.graph, _woods(step)
    features = _with_sets(graph, work.features(step), woods.sets)
    if step.params["kind"] == "regress":
        sum_ = _walk(graph, features, woods, weights=woods.leaves[:, 0], together=True)
        found = graph.add("Div", sum_, float(woods.trees)) if step.params["mean"] else sum_
        work.columns[step.outputs[0]] = One(found, "double", "double", nan=True)
        return
    total = _total(graph, features, woods)
    if step.params["kind"] == "boost":
        probability = graph.joined(both(graph, logistic(graph, total, times=2.0)))
        decide(step, work, graph.joined([graph.add("Neg", total), total]), probability)
        return
    decide(step, work, total, _shares(graph, total))


def tree_leaves(step: Step, work: Work) -> None:
    """Write the walk: each tree's leaf holds its own number."""
    woods = _woods(step)
    features = _with_sets(work.graph, work.features(step), woods.sets)
    found = _walk(work.graph, features, woods, weights=woods.leaves[:, 0], together=False)
    one = step.params["single"]
    work.columns[step.outputs[0]] = One(found, "double", "double") if one else Many(found, woods.trees)


def _woods(step: Step) -> Woods:
    return Woods.of(Forest.of(step), int(step.params["features"]))


def _with_sets(graph: Graph, source: Many, sets: Sets) -> str:
    """Return the features, and behind them a column for each set of categories: 0 of a category in it, else 1."""
    if not len(sets.slots):
        return source.name
    count = len(sets.tables[0]) - 1
    given = graph.add("Sub", graph.take(source.name, sets.slots), float(sets.low))
    whole = graph.add("Clip", graph.add("Floor", given), 0.0, float(count - 1))
    known = graph.add("Where", graph.add("Equal", whole, given), given, float(count))
    place = graph.cast(known, "int64")
    columns = [
        graph.add("Gather", table, graph.add("Gather", place, np.array(at), axis=1), axis=0)
        for at, table in enumerate(sets.tables)
    ]
    return graph.joined([source.name, *columns])


def _total(graph: Graph, features: str, woods: Woods) -> str:
    """Return (rows, width) sums of the leaves, added tree by tree."""
    own = np.arange(len(woods.leaves), dtype=np.float64)
    leaf = graph.cast(_walk(graph, features, woods, weights=own, together=False), "int64")
    return in_order(graph, graph.add("Gather", woods.leaves, leaf, axis=0))


def _shares(graph: Graph, raw: str) -> str:
    total = graph.sum(raw)
    none = graph.add("Equal", total, 0.0)
    return graph.add("Where", none, raw, graph.add("Div", raw, total))


def _walk(graph: Graph, features: str, woods: Woods, *, weights: Numbers, together: bool) -> str:
    """Return (rows, trees) what the leaf of each tree weighs, or (rows, 1) their sum."""
    from onnx import numpy_helper

    return graph.add(
        "TreeEnsemble",
        features,
        domain=ML,
        aggregate_function=_SUM,
        post_transform=_NO_CHANGE,
        n_targets=1 if together else woods.trees,
        tree_roots=woods.roots.tolist(),
        nodes_modes=numpy_helper.from_array(np.full(len(woods.splits), _AT_MOST, dtype=np.uint8)),
        nodes_featureids=woods.features.tolist(),
        nodes_splits=numpy_helper.from_array(woods.splits),
        nodes_truenodeids=woods.yes.tolist(),
        nodes_trueleafs=woods.yes_leaf.tolist(),
        nodes_falsenodeids=woods.no.tolist(),
        nodes_falseleafs=woods.no_leaf.tolist(),
        leaf_targetids=(np.zeros_like(woods.tree) if together else woods.tree).tolist(),
        leaf_weights=numpy_helper.from_array(np.ascontiguousarray(weights, dtype=np.float64)),
    )
