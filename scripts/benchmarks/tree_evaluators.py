"""Measure the building of every tree evaluator and its time for one row; print a Markdown table. Needs no Spark.

    scripts/bench tree_evaluators

Complete trees on 20 features with 31 thresholds each, which is Spark's default number of bins. Each evaluator is built
for every ensemble, not only for those it is selected for. Times are minimums of 15 rounds of 400 rows, in which the
evaluators take turns; a row is a sequence of doubles, so that checking a dictionary is not included. `lazy` are nested
conditionals whose subtrees are compiled on use.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from timeit import timeit

import numpy as np

from benchmarks.tree_ensembles import FEATURES, NAMES, describe_trees, random_trees
from sparkops.scoring.codegen.code_writer import CodeWriter
from sparkops.scoring.codegen.symbols import Scalar, Vector
from sparkops.scoring.trees import nested_conditionals
from sparkops.scoring.trees.evaluator import TreeEvaluator, select_evaluator
from sparkops.scoring.trees.levelwise_traversal import LevelwiseTraversal, TraversedRow
from sparkops.scoring.trees.nested_conditionals import NestedConditionals
from sparkops.scoring.trees.quick_scorer import QuickScorer
from sparkops.scoring.trees.tree_ensemble import TreeEnsemble

RowFunction = Callable[[Sequence[float]], float]
SOURCE = Vector(tuple(Scalar(name, "double") for name in NAMES))
TREES, DEPTHS = (20, 50, 100, 200, 500), (3, 5, 8, 10)
ROWS, ROUNDS = 400, 15
# Nodes beyond which compiling everything takes seconds.
MAX_EAGER = 60_000


def main() -> None:
    print("| trees | depth | nested | lazy | QuickScorer | level-wise | selected | gain over the next |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: | --- | ---: |")
    for trees in TREES:
        for depth in DEPTHS:
            print(table_row(trees, depth), flush=True)


def table_row(trees: int, depth: int) -> str:
    """Measure one ensemble and return its row of the table."""
    rng = np.random.default_rng(trees + depth)
    ensemble = TreeEnsemble.from_step(describe_trees(random_trees(rng, trees, depth)).steps[1])
    rows = rng.normal(size=(ROWS, FEATURES)).tolist()
    functions = {name: build(name, ensemble) for name in ("nested", "lazy", "QuickScorer", "level-wise")}
    for _ in range(70 if functions["lazy"] else 1):
        for function in functions.values():
            if function:
                evaluate(function[0], rows)
    times = dict.fromkeys(functions, np.inf)
    for _ in range(ROUNDS):
        for name, function in functions.items():
            if function:
                times[name] = min(times[name], timeit(lambda f=function[0]: evaluate(f, rows), number=1))  # type: ignore[misc]
    cells = [
        f"{times[name] / ROWS * 1e6:.1f} us, {function[1]:.2f} s" if function else "-"
        for name, function in functions.items()
    ]
    name = find_selected(ensemble)
    others = [seconds for other, seconds in times.items() if other != name]
    return f"| {trees} | {depth} | {' | '.join(cells)} | {name} | {min(others) / times[name]:.1f} x |"


def find_selected(ensemble: TreeEnsemble) -> str:
    """Return the name of the evaluator that is selected."""
    evaluator = select_evaluator(ensemble, SOURCE)
    if isinstance(evaluator, NestedConditionals):
        return "lazy" if len(ensemble.node_type) > nested_conditionals.MAX_EAGER_NODES else "nested"
    return "QuickScorer" if isinstance(evaluator, QuickScorer) else "level-wise"


def build(name: str, ensemble: TreeEnsemble) -> tuple[RowFunction, float] | None:
    """Return an evaluator's function of a row, and the seconds to build it; None if it cannot be built."""
    eager = nested_conditionals.MAX_EAGER_NODES
    if (name == "nested" and len(ensemble.node_type) > MAX_EAGER) or (
        name == "lazy" and len(ensemble.node_type) <= eager
    ):
        return None
    begin = time.perf_counter()
    if name == "nested":
        nested_conditionals.MAX_EAGER_NODES = MAX_EAGER
    evaluator: TreeEvaluator | None
    if name in ("nested", "lazy"):
        evaluator = NestedConditionals(ensemble, SOURCE)
    elif name == "QuickScorer":
        evaluator = QuickScorer.build(LevelwiseTraversal(ensemble), SOURCE)
    else:
        evaluator = TraversedRow(LevelwiseTraversal(ensemble), SOURCE)
    if evaluator is None:
        return None
    try:
        code = CodeWriter()
        code.add_line(f"{', '.join(NAMES)} = row")
        code.add_line(f"return {evaluator.emit_sums(code)[0]}")
        return code.build_function("score", "row"), time.perf_counter() - begin
    finally:
        nested_conditionals.MAX_EAGER_NODES = eager


def evaluate(function: RowFunction, rows: list[list[float]]) -> None:
    for row in rows:
        function(row)


if __name__ == "__main__":
    main()
