"""Measure one row and a batch of every kind of model against onnxruntime in double precision; print a Markdown table.

    scripts/bench onnx [PART OF A NAME]

onnxruntime runs the graph that sparkops exports, on one thread. A model of numbers only gets them as one array there;
the scorer gets a dictionary of columns, which it validates. Both must return the same answers. Needs the packages of
the extra `bench`, and no Spark.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.load_costs import measure_load_costs
from benchmarks.model_kinds import ModelKind, build_model_kinds
from benchmarks.tree_ensembles import microseconds_per_row
from sparkops.onnx import build_feed, read_answers, to_onnx
from sparkops.scoring import Description, Scorer, compare_answers, load, save

ROWS, BATCH_ROWS = 100, 8000


def main() -> None:
    part = sys.argv[1] if len(sys.argv) > 1 else ""
    print("| model | one row | onnxruntime | ratio | row of a batch | onnxruntime | load | memory |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    ratios = [measure(kind) for kind in build_model_kinds() if part in kind.name]
    slower = sum(ratio < 1.0 for ratio in ratios)
    print(f"\nOf {len(ratios)} kinds, onnxruntime is faster for one row in {slower}.")


def measure(kind: ModelKind) -> float:
    """Print the row of one model, and return how many times longer onnxruntime takes for one row than the scorer."""
    rows = kind.rows(ROWS)
    with tempfile.TemporaryDirectory() as folder:
        save(kind.scorer_model, folder)
        scorer, costs = load(folder), measure_load_costs(folder, rows[0])
    score, run = scorer.score, onnx_session(kind.onnx_model)
    feeds = [build_feed(kind.onnx_model, [kind.to_onnx_row(row)], nulls=False) for row in rows]
    require_same_answers(kind.onnx_model, [score(row) for row in rows], [run(inputs) for inputs in feeds])
    ours, theirs = microseconds_per_row(
        lambda: [score(row) for row in rows], lambda: [run(inputs) for inputs in feeds], rows=ROWS
    )
    batch = rows * (BATCH_ROWS // ROWS)
    columns = to_columns(scorer, batch)
    batch_feed = build_feed(kind.onnx_model, list(map(kind.to_onnx_row, batch)), nulls=False)
    our_batch, their_batch = microseconds_per_row(
        lambda: scorer.score_batch(columns), lambda: run(batch_feed), rows=BATCH_ROWS
    )
    print(
        f"| {kind.name} | {ours:.1f} us | {theirs:.1f} us | {theirs / ours:.1f} x "
        f"| {our_batch:.2f} us | {their_batch:.2f} us | {costs.seconds:.2f} s | {costs.memory:.1f} MB |",
        flush=True,
    )
    return theirs / ours


def onnx_session(description: Description) -> Callable[[Any], dict[str, Any]]:
    """Return the function that runs a model's graph in onnxruntime, on one thread."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    graph = to_onnx(description, nulls=False, raw=False).SerializeToString()
    session = onnxruntime.InferenceSession(graph, options)
    names, run = [output.name for output in session.get_outputs()], session.run
    return lambda inputs: dict(zip(names, run(names, inputs), strict=True))


def require_same_answers(
    description: Description, scorer_answers: list[Any], onnx_outputs: list[dict[str, Any]]
) -> None:
    """Stop if the scorer and onnxruntime return different answers."""
    onnx_answers = [read_answers(description, tensors, raw=False)[0] for tensors in onnx_outputs]
    # A graph does not distinguish a refused row from a dropped one.
    differences = compare_answers(
        [answer if isinstance(answer, dict) else "refused" for answer in onnx_answers],
        scorer_answers,
        description.outputs,
    )
    if differences:
        raise SystemExit(f"different answers: {differences[0]}")


def to_columns(scorer: Scorer, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the columns of rows as arrays; strings are objects."""
    dtypes = {"string": object, "integer": np.int32}
    return {
        field.name: np.array([row[field.name] for row in rows], dtype=dtypes.get(field.type, float))
        for field in scorer.fields
    }


if __name__ == "__main__":
    main()
