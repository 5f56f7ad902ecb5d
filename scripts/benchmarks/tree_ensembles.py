"""Measure tree ensembles and a text pipeline without Spark, with onnxruntime as peer; print a Markdown table.

    scripts/bench tree_ensembles

The trees are random and complete: every tree has all its levels, which is the most work for an ensemble of its size. A
feature has 31 thresholds, as many as Spark tries by default (`maxBins` is 32); in one ensemble every node has a
different threshold. onnxruntime gets the same trees as a graph built by hand (TreeEnsembleRegressor, thresholds in
double precision). Needs the packages of the extra `bench`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from timeit import timeit
from typing import Any

import numpy as np

from benchmarks.load_costs import measure_load_costs
from benchmarks.text import WORDS, build_pipeline, median_row_time, random_texts
from sparkops.scoring import Description, Field, Output, Step, load, save
from sparkops.scoring.trees.tree_ensemble import AT_MOST, LEAF

FEATURES, ROWS = 20, 400
NAMES = tuple(f"x{i}" for i in range(FEATURES))
# Thresholds of a feature.
BINS = 31
# Number of trees, their depth, and thresholds of a feature (0: every node has its own).
ENSEMBLES = (
    (20, 5, BINS), (20, 8, BINS), (20, 10, BINS), (100, 5, BINS), (100, 5, 0), (100, 8, BINS), (200, 7, BINS),
    (500, 10, BINS),
)  # fmt: skip


def main() -> None:
    print(
        "| model | one row | onnxruntime | ratio | first rows | row of a batch | onnxruntime | load | memory |"
    )
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for trees, depth, bins in ENSEMBLES:
        print(ensemble_row(trees, depth, bins), flush=True)
    print_text_rows()


def ensemble_row(trees: int, depth: int, bins: int) -> str:
    """Measure one ensemble and return its row of the table."""
    rng = np.random.default_rng(trees)
    arrays = random_trees(rng, trees, depth, bins)
    table = rng.normal(size=(ROWS, FEATURES))
    rows = [dict(zip(NAMES, row, strict=True)) for row in table.tolist()]
    with tempfile.TemporaryDirectory() as folder:
        save(describe_trees(arrays), folder)
        scorer, costs = load(folder), measure_load_costs(folder, rows[0])
    score = scorer.score
    first = timeit(lambda: [score(row) for row in rows], number=1) / ROWS * 1e6
    matrix = np.tile(table, (16, 1))
    columns = dict(zip(NAMES, np.ascontiguousarray(matrix.T), strict=True))
    run = onnx_trees(arrays)
    feeds = [{"X": table[i : i + 1]} for i in range(ROWS)]
    ours, theirs = microseconds_per_row(
        lambda: [score(row) for row in rows], lambda: [run(None, feed) for feed in feeds], rows=ROWS
    )
    our_batch, their_batch = microseconds_per_row(
        lambda: scorer.score_batch(columns), lambda: run(None, {"X": matrix}), rows=len(matrix)
    )
    return (
        f"| {trees} trees of depth {depth}{'' if bins else ', all thresholds distinct'} | {ours:.1f} us | {theirs:.1f} us "
        f"| {theirs / ours:.1f} x | {first:.1f} us | {our_batch:.1f} us | {their_batch:.1f} us "
        f"| {costs.seconds:.2f} s | {costs.memory:.1f} MB |"
    )


def print_text_rows() -> None:
    """Measure the text pipeline with known and with new words and print the rows of the table."""
    rows, new_rows = random_texts(), random_texts(vocabulary=WORDS * 2000)
    known = min(median_row_time(scorer, rows) for scorer in [build_pipeline()] for _ in range(5))
    new = min(median_row_time(build_pipeline(), new_rows) for _ in range(5))
    for name, microseconds in (("known words", known), ("new words", new)):
        print(
            f"| 50 {name}, 2^18 slots, logistic | {microseconds:.1f} us | - | - | - | - | - | - | - |",
            flush=True,
        )


def microseconds_per_row(*functions: Callable[[], Any], rows: int, rounds: int = 21) -> list[float]:
    """Return microseconds per row of each function: the minimum of several rounds in which they take turns."""
    seconds = [[timeit(function, number=1) for function in functions] for _ in range(rounds)]
    return [min(times) / rows * 1e6 for times in zip(*seconds, strict=True)]


def random_trees(rng: np.random.Generator, trees: int, depth: int, bins: int = BINS) -> dict[str, Any]:
    """Return the arrays of complete trees, each tree's nodes ordered by depth; 0 bins: all thresholds are distinct."""
    size, inner = 2 ** (depth + 1) - 1, 2**depth - 1
    node = np.arange(size)
    is_inner = node < inner
    start = np.repeat(np.arange(trees) * size, size)
    tree = {
        "kind": np.where(is_inner, AT_MOST, LEAF),
        "left": np.where(is_inner, 2 * node + 1, node),
        "right": np.where(is_inner, 2 * node + 2, node),
    }
    nodes = {name: np.tile(array, trees) for name, array in tree.items()}
    feature, threshold = rng.integers(FEATURES, size=size * trees), rng.normal(size=size * trees)
    if bins:
        threshold = rng.normal(size=(FEATURES, bins))[feature, rng.integers(bins, size=size * trees)]
    return {
        "roots": np.arange(trees) * size,
        "kind": nodes["kind"],
        "feature": feature,
        "threshold": threshold,
        "left": nodes["left"] + start,
        "right": nodes["right"] + start,
        "first": np.zeros(size * trees + 1, dtype=np.int64),
        "categories": np.zeros(0),
        "leaves": rng.normal(size=(size * trees, 1)),
    }


def describe_trees(arrays: dict[str, Any]) -> Description:
    """Return the description of a boosted regression with these trees."""
    params = {"kind": "regress", "features": FEATURES, "classes": 0, "mean": False}
    steps = (
        Step("assemble", "VectorAssembler", NAMES, ("features",), {"invalid": "error"}),
        Step("trees", "GBTRegressionModel", ("features",), ("prediction",), params, arrays),
    )
    fields = tuple(Field(name, "double", nullable=False) for name in NAMES)
    return Description(fields, (), steps, (Output("prediction", "double", "prediction", "prediction"),))


def onnx_trees(arrays: dict[str, Any]) -> Callable[..., Any]:
    """Return the function that runs the same trees in onnxruntime, on one thread."""
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
    inputs = [helper.make_tensor_value_info("X", TensorProto.DOUBLE, [None, FEATURES])]
    outputs = [helper.make_tensor_value_info("Y", TensorProto.FLOAT, [None, 1])]
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    graph = helper.make_graph([node], "trees", inputs, outputs)
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    run: Callable[..., Any] = onnxruntime.InferenceSession(model.SerializeToString(), options).run
    return run


if __name__ == "__main__":
    main()
