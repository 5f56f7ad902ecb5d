"""Every evaluator of trees gives the sums that descending node by node gives, bit for bit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf, nan, nextafter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scoring.random_trees import (
    FEATURES,
    LABELS,
    MANY,
    NODE_TYPES,
    complete_trees,
    ensemble_description,
    one_hot_description,
    random_trees,
    sum_by_descent,
)

from sparkops.scoring import Scorer
from sparkops.scoring.codegen.code_writer import CodeWriter
from sparkops.scoring.codegen.symbols import Scalar, Vector
from sparkops.scoring.row_function import generate_code
from sparkops.scoring.trees.evaluator import TreeEvaluator, select_evaluator
from sparkops.scoring.trees.levelwise_traversal import LevelwiseTraversal, TraversedRow
from sparkops.scoring.trees.nested_conditionals import NestedConditionals
from sparkops.scoring.trees.quick_scorer import QuickScorer
from sparkops.scoring.trees.tree_ensemble import AT_MOST, TreeEnsemble

NAMES = tuple(f"x{index}" for index in range(FEATURES))
SOURCE = Vector(tuple(Scalar(name, "double") for name in NAMES))
VALUES = st.sampled_from(
    [nan, inf, -inf, 0.0, -0.0, 5e-324, -5e-324, 0.5, 1.0, nextafter(1.0, 2), 2.0, 3.0, 6.0, -1.0, 1e300]
)
MAX_NESTED = "sparkops.scoring.trees.evaluator.MAX_NESTED_OPERATIONS"
Build = Callable[[TreeEnsemble], TreeEvaluator | None]
EVALUATORS: dict[str, Build] = {
    "nested_conditionals": lambda trees: NestedConditionals(trees, SOURCE),
    "quick_scorer": lambda trees: QuickScorer.build(LevelwiseTraversal(trees), SOURCE),
    "levelwise_traversal": lambda trees: TraversedRow(LevelwiseTraversal(trees), SOURCE),
}


def ensemble(arrays: dict[str, Any]) -> TreeEnsemble:
    """Return an ensemble, read back from a file."""
    return TreeEnsemble.from_step(ensemble_description(arrays).steps[1])


def build_row_function(evaluator: TreeEvaluator) -> Callable[[Sequence[float]], list[float]]:
    """Return the function from the slots of a row to the sums."""
    code = CodeWriter()
    code.add_line(f"{', '.join(NAMES)} = row")
    sums = evaluator.emit_sums(code)
    code.add_line(f"return [{', '.join(sums)}]")
    return code.build_function("score", "row")


@pytest.mark.parametrize("name", EVALUATORS)
@given(
    seed=st.integers(0, 2**32),
    trees=st.sampled_from([1, 3, 9, 40]),
    depth=st.integers(0, 8),
    width=st.sampled_from([1, 2, 5]),
    node_types=st.sampled_from([(AT_MOST,), NODE_TYPES]),
    rows=st.lists(st.tuples(*[VALUES] * FEATURES), min_size=1, max_size=8),
)
@settings(max_examples=40)
def test_an_evaluator_gives_the_sums_of_a_descent(
    name: str,
    seed: int,
    trees: int,
    depth: int,
    width: int,
    node_types: tuple[int, ...],
    rows: list[tuple[float, ...]],
) -> None:
    data = ensemble(random_trees(np.random.default_rng(seed), trees, depth, width, node_types))
    evaluator = EVALUATORS[name](data)
    if evaluator is None:
        # There is nothing to tabulate without a condition.
        assert len(data.find_used_features()) == 0
        return
    score = build_row_function(evaluator)
    assert [score(row) for row in rows] == [sum_by_descent(data, row) for row in rows]


@pytest.mark.parametrize("scaled", [False, True])
@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize("labels", [LABELS, MANY], ids=["few", "many"])
def test_slots_of_a_one_hot_block_are_determined_by_its_index(
    labels: list[str], scaled: bool, keep: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    description = one_hot_description(scaled=scaled, keep=keep, labels=labels)
    nested = Scorer(description)
    monkeypatch.setattr(MAX_NESTED, -1)
    tabulated = Scorer(description)
    for label in [*labels, *(["new"] if keep else [])]:
        for value in (nan, -1.0, -0.5, 0.0, 0.25, 1.0, inf):
            row = {"label": label, "x0": value}
            assert tabulated.score(row) == nested.score(row)


def test_explanations_do_not_depend_on_the_evaluator(monkeypatch: pytest.MonkeyPatch) -> None:
    description = ensemble_description(random_trees(np.random.default_rng(3), 30, 6))
    nested = Scorer(description)
    monkeypatch.setattr(MAX_NESTED, -1)
    tabulated = Scorer(description)
    for row in ({"x0": 0.5, "x1": nan, "x2": 2.0, "x3": -0.0}, {"x0": inf, "x1": 1.0, "x2": 9.0, "x3": 0.25}):
        assert tabulated.score(row, explain=True) == nested.score(row, explain=True)


def test_thresholds_are_boundaries_with_every_evaluator(monkeypatch: pytest.MonkeyPatch) -> None:
    description: Any = ensemble_description(random_trees(np.random.default_rng(3), 30, 4))
    nested = generate_code(description).boundaries
    monkeypatch.setattr(MAX_NESTED, -1)
    assert generate_code(description).boundaries == nested


@pytest.mark.parametrize(
    ("trees", "depth", "expected"),
    [
        (20, 5, NestedConditionals),
        (20, 10, NestedConditionals),
        (100, 5, QuickScorer),
        (200, 5, QuickScorer),
    ],
)
def test_the_evaluator_is_selected_by_the_work_of_a_row(trees: int, depth: int, expected: type) -> None:
    assert isinstance(select_evaluator(ensemble(complete_trees(trees, depth)), SOURCE), expected)


def test_an_ensemble_without_a_table_is_traversed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sparkops.scoring.trees.quick_scorer._MAX_TABLE_BYTES", 1000)
    assert isinstance(select_evaluator(ensemble(complete_trees(200, 5)), SOURCE), TraversedRow)
    with_categories = ensemble(random_trees(np.random.default_rng(1), 200, 6))
    assert isinstance(select_evaluator(with_categories, SOURCE), NestedConditionals)
