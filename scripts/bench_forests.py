"""Forests and text, one row at a time and in batches, beside onnxruntime; a Markdown table. No Spark is needed.

    .venv/bin/python scripts/bench_forests.py

The forests are grown at random: every tree has all its levels, which is the most work a forest of that size can be. A
feature has 31 thresholds, as many as Spark tries by default (`maxBins` is 32); one forest has a new one at every node.
onnxruntime gets the same trees as a hand-built graph (TreeEnsembleRegressor, thresholds in double precision). Needs the
packages of the extra `bench`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from timeit import timeit
from typing import Any

import numpy as np
from bench_costs import costs_of
from bench_text import WORDS, pipeline, row_times, texts

from sparkops.scoring import Description, Field, Output, Step, load, save
from sparkops.scoring.trees.tree_ensemble import AT_MOST, LEAF

FEATURES, ROWS = 20, 400
NAMES = tuple(f"x{at}" for at in range(FEATURES))
BINS = 31  # thresholds of a feature
FORESTS = (
    (20, 5, BINS), (20, 8, BINS), (20, 10, BINS), (100, 5, BINS), (100, 5, 0), (100, 8, BINS), (200, 7, BINS),
    (500, 10, BINS),
)  # fmt: skip


def main() -> None:
    print(
        "| model | one row | onnxruntime | beside it | first rows | batch, a row | onnxruntime | load | memory |"
    )
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for trees, depth, bins in FORESTS:
        forest(trees, depth, bins)
    words()


def forest(trees: int, depth: int, bins: int) -> None:
    """Print one forest's line."""
    draw = np.random.default_rng(trees)
    arrays = grown(draw, trees, depth, bins)
    table = draw.normal(size=(ROWS, FEATURES))
    rows = [dict(zip(NAMES, row, strict=True)) for row in table.tolist()]
    with tempfile.TemporaryDirectory() as folder:
        save(described(arrays), folder)
        scorer, costs = load(folder), costs_of(folder, rows[0])
    score = scorer.score
    first = timeit(lambda: [score(row) for row in rows], number=1) / ROWS * 1e6
    many = np.tile(table, (16, 1))
    columns = dict(zip(NAMES, np.ascontiguousarray(many.T), strict=True))
    run = onnx(arrays)
    feeds = [{"X": table[at : at + 1]} for at in range(ROWS)]
    ours, theirs = in_turns(
        lambda: [score(row) for row in rows], lambda: [run(None, feed) for feed in feeds], count=ROWS
    )
    batch, their_batch = in_turns(
        lambda: scorer.score_batch(columns), lambda: run(None, {"X": many}), count=len(many)
    )
    print(
        f"| {trees} trees of depth {depth}{'' if bins else ', no threshold twice'} | {ours:.1f} us | {theirs:.1f} us | {theirs / ours:.1f} x ours | {first:.1f} us "
        f"| {batch:.1f} us | {their_batch:.1f} us | {costs.seconds:.2f} s | {costs.memory:.1f} MB |",
        flush=True,
    )


def words() -> None:
    """Print the lines of a pipeline of text."""
    plain, new = texts(), texts(vocabulary=WORDS * 2000)
    known = min(row_times(scorer, plain) for scorer in [pipeline()] for _ in range(5))
    unseen = min(row_times(pipeline(), new) for _ in range(5))
    for name, took in (("met before", known), ("all new", unseen)):
        print(
            f"| 50 words {name}, 2^18 slots, logistic | {took:.1f} us | - | - | - | - | - | - | - |",
            flush=True,
        )


def in_turns(*works: Callable[[], Any], count: int, rounds: int = 21) -> list[float]:
    """Return microseconds a row of each: the least of some rounds, in each of which all take their turn."""
    took = [[timeit(work, number=1) for work in works] for _ in range(rounds)]
    return [min(times) / count * 1e6 for times in zip(*took, strict=True)]


def grown(draw: np.random.Generator, trees: int, depth: int, bins: int = BINS) -> dict[str, Any]:
    """Return the arrays of full trees, each tree's nodes in the order of their depth; 0 bins: no threshold twice."""
    size, inner = 2 ** (depth + 1) - 1, 2**depth - 1
    own = np.arange(size)
    is_inner = own < inner
    start = np.repeat(np.arange(trees) * size, size)
    one = {
        "kind": np.where(is_inner, AT_MOST, LEAF),
        "left": np.where(is_inner, 2 * own + 1, own),
        "right": np.where(is_inner, 2 * own + 2, own),
    }
    whole = {name: np.tile(array, trees) for name, array in one.items()}
    feature, threshold = draw.integers(FEATURES, size=size * trees), draw.normal(size=size * trees)
    if bins:
        threshold = draw.normal(size=(FEATURES, bins))[feature, draw.integers(bins, size=size * trees)]
    return {
        "roots": np.arange(trees) * size,
        "kind": whole["kind"],
        "feature": feature,
        "threshold": threshold,
        "left": whole["left"] + start,
        "right": whole["right"] + start,
        "first": np.zeros(size * trees + 1, dtype=np.int64),
        "categories": np.zeros(0),
        "leaves": draw.normal(size=(size * trees, 1)),
    }


def described(arrays: dict[str, Any]) -> Description:
    params = {"kind": "regress", "features": FEATURES, "classes": 0, "mean": False}
    steps = (
        Step("assemble", "VectorAssembler", NAMES, ("features",), {"invalid": "error"}),
        Step("trees", "GBTRegressionModel", ("features",), ("prediction",), params, arrays),
    )
    fields = tuple(Field(name, "double", nullable=False) for name in NAMES)
    return Description(fields, (), steps, (Output("prediction", "double", "prediction", "prediction"),))


def onnx(arrays: dict[str, Any]) -> Callable[..., Any]:
    """Return onnxruntime's run of the same trees, on one thread."""
    import onnxruntime
    from onnx import TensorProto, helper

    count, trees = len(arrays["kind"]), len(arrays["roots"])
    tree = np.repeat(np.arange(trees), count // trees)
    local = np.arange(count) - arrays["roots"][tree]
    leaf = np.flatnonzero(arrays["kind"] == LEAF)
    thresholds = helper.make_tensor("t", TensorProto.DOUBLE, [count], arrays["threshold"])
    weights = helper.make_tensor("w", TensorProto.DOUBLE, [len(leaf)], arrays["leaves"][leaf, 0])
    node = helper.make_node(
        "TreeEnsembleRegressor", ["X"], ["Y"], domain="ai.onnx.ml", n_targets=1,
        nodes_treeids=tree.tolist(), nodes_nodeids=local.tolist(),
        nodes_featureids=arrays["feature"].tolist(),
        nodes_modes=["LEAF" if kind == LEAF else "BRANCH_LEQ" for kind in arrays["kind"]],
        nodes_truenodeids=local[arrays["left"]].tolist(), nodes_falsenodeids=local[arrays["right"]].tolist(),
        nodes_values_as_tensor=thresholds, target_treeids=tree[leaf].tolist(),
        target_nodeids=local[leaf].tolist(), target_ids=[0] * len(leaf), target_weights_as_tensor=weights,
    )  # fmt: skip
    taken = helper.make_tensor_value_info("X", TensorProto.DOUBLE, [None, FEATURES])
    given = helper.make_tensor_value_info("Y", TensorProto.FLOAT, [None, 1])
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    graph = helper.make_graph([node], "forest", [taken], [given])
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    made: Callable[..., Any] = onnxruntime.InferenceSession(model.SerializeToString(), options).run
    return made


if __name__ == "__main__":
    main()
