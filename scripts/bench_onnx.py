"""One row and a batch of every kind of model beside onnxruntime, in double precision; a Markdown table. No Spark is needed.

    .venv/bin/python scripts/bench_onnx.py [part of a name]

onnxruntime runs the graph that sparkops itself exports, on one thread. Where a model takes only numbers, its graph gets
them as one finished array, and the scorer a dictionary of columns that it checks. Both must give the same answers.
Needs the packages of the extra `bench`.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from typing import Any

import numpy as np
from bench_costs import costs_of
from bench_forests import in_turns
from bench_kinds import Kind, kinds

from sparkops.onnx import answers, feed, to_onnx
from sparkops.scoring import Description, Scorer, compare_answers, load, save

ROWS, MANY = 100, 8000


def main() -> None:
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    print("| model | one row | onnxruntime | beside it | batch, a row | onnxruntime | load | memory |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    ratios = [line(kind) for kind in kinds() if wanted in kind.name]
    slower = sum(ratio < 1.0 for ratio in ratios)
    print(f"\nOf {len(ratios)} kinds, onnxruntime is faster for one row in {slower}.")


def line(kind: Kind) -> float:
    """Print one model's line, and return how many times longer than the scorer onnxruntime takes for a row."""
    rows = kind.rows(ROWS)
    with tempfile.TemporaryDirectory() as folder:
        save(kind.ours, folder)
        scorer, costs = load(folder), costs_of(folder, rows[0])
    score, run = scorer.score, session(kind.theirs)
    feeds = [feed(kind.theirs, [kind.given(row)], nulls=False) for row in rows]
    compare(kind.theirs, [score(row) for row in rows], [run(each) for each in feeds])
    one = in_turns(lambda: [score(row) for row in rows], lambda: [run(each) for each in feeds], count=ROWS)
    many = rows * (MANY // ROWS)
    columns, whole = by_column(scorer, many), feed(kind.theirs, list(map(kind.given, many)), nulls=False)
    batch = in_turns(lambda: scorer.score_batch(columns), lambda: run(whole), count=MANY)
    print(
        f"| {kind.name} | {one[0]:.1f} us | {one[1]:.1f} us | {one[1] / one[0]:.1f} x ours "
        f"| {batch[0]:.2f} us | {batch[1]:.2f} us | {costs.seconds:.2f} s | {costs.memory:.1f} MB |",
        flush=True,
    )
    return one[1] / one[0]


def session(description: Description) -> Callable[[Any], dict[str, Any]]:
    """Return onnxruntime's run of a model's graph, on one thread."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    graph = to_onnx(description, nulls=False, raw=False).SerializeToString()
    made = onnxruntime.InferenceSession(graph, options)
    names, run = [output.name for output in made.get_outputs()], made.run
    return lambda given: dict(zip(names, run(names, given), strict=True))


def compare(theirs: Description, ours: list[Any], given: list[dict[str, Any]]) -> None:
    """Stop where the two do not give the same answers."""
    others = [answers(theirs, tensors, raw=False)[0] for tensors in given]
    # A graph does not tell a refused row from a dropped one.
    found = compare_answers(
        [one if isinstance(one, dict) else "refused" for one in others], ours, theirs.outputs
    )
    if found:
        raise SystemExit(f"not the same: {found[0]}")


def by_column(scorer: Scorer, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return rows as arrays: text as objects."""
    kinds = {"string": object, "integer": np.int32}
    return {
        field.name: np.array([row[field.name] for row in rows], dtype=kinds.get(field.type, float))
        for field in scorer.fields
    }


if __name__ == "__main__":
    main()
