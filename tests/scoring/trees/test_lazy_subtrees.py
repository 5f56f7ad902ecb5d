"""Lazy subtrees give the same leaf values before and after they are compiled."""

from __future__ import annotations

from math import inf, nan
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scoring.random_trees import (
    FEATURES,
    FIELDS,
    NODE_TYPES,
    complete_trees,
    ensemble_description,
    one_hot_description,
    random_trees,
    sum_by_descent,
)

from sparkops.scoring import Description, Output, Scorer, Step
from sparkops.scoring.codegen.code_writer import CodeWriter
from sparkops.scoring.codegen.symbols import Scalar, Vector
from sparkops.scoring.trees.lazy_subtrees import MAX_COMPILED_NODES
from sparkops.scoring.trees.nested_conditionals import build_tree_expressions
from sparkops.scoring.trees.tree_ensemble import AT_MOST, TreeEnsemble

NAMES = tuple(f"x{index}" for index in range(FEATURES))
SOURCE = Vector(tuple(Scalar(f"x{index}", "double") for index in range(FEATURES)))
# More calls than until a subtree is compiled.
ROUNDS = 70
VALUES = st.sampled_from([nan, inf, -inf, 0.0, -0.0, 0.5, 1.0, 2.0, 3.0, 6.0, -1.0, 1e300])


def compile_trees(trees: TreeEnsemble) -> tuple[Any, CodeWriter]:
    """Return the function from a row's slots to the leaf values of all trees, and its code."""
    code = CodeWriter()
    code.add_line(f"{', '.join(NAMES)} = row")
    values = build_tree_expressions(trees, SOURCE, code)
    code.add_line(f"return [{', '.join(values)}]")
    return code.build_function("score", "row"), code


def subtrees(code: CodeWriter) -> list[Any]:
    """Return the functions of the lazy subtrees."""
    return next((value for value in code.constants.values() if isinstance(value, list)), [])


@given(
    st.integers(0, 2**32),
    st.sampled_from([1, 3]),
    st.sampled_from([(AT_MOST,), NODE_TYPES]),
    st.lists(st.tuples(*[VALUES] * FEATURES), min_size=1, max_size=8),
)
@settings(max_examples=10)
def test_lazy_subtrees_give_the_leaf_values_of_a_descent(
    seed: int, width: int, node_types: tuple[int, ...], values: list[tuple[float, ...]]
) -> None:
    arrays = random_trees(np.random.default_rng(seed), 8, 11, width, node_types)
    trees = TreeEnsemble.from_step(ensemble_description(arrays).steps[1])
    score, _ = compile_trees(trees)
    for _ in range(ROUNDS):
        for row in values:
            leaves = [value if isinstance(value, tuple) else (value,) for value in score(row)]
            total = list(leaves[0])
            for leaf in leaves[1:]:
                total = [a + b for a, b in zip(total, leaf, strict=True)]
            assert total == sum_by_descent(trees, row)


def test_only_subtrees_that_rows_reach_are_compiled() -> None:
    trees = TreeEnsemble.from_step(
        ensemble_description(random_trees(np.random.default_rng(4), 8, 11, 1, (AT_MOST,))).steps[1]
    )
    score, code = compile_trees(trees)
    before = [*subtrees(code)]
    assert len(before) > 20
    for _ in range(ROUNDS):
        score((0.25, -0.75, nan, inf))
    compiled = sum(new is not old for new, old in zip(subtrees(code), before, strict=True))
    assert 1 <= compiled <= 8


def test_small_trees_are_compiled_at_once_and_huge_ones_never() -> None:
    small = TreeEnsemble.from_step(
        ensemble_description(random_trees(np.random.default_rng(4), 8, 5)).steps[1]
    )
    assert subtrees(compile_trees(small)[1]) == []
    huge = TreeEnsemble.from_step(ensemble_description(complete_trees(1, 17)).steps[1])
    assert len(huge.node_type) > MAX_COMPILED_NODES
    score, code = compile_trees(huge)
    (loop,) = subtrees(code)
    for _ in range(ROUNDS):
        assert score((0.0, 1.0, 2.0, 3.0)) == sum_by_descent(huge, (0.0, 1.0, 2.0, 3.0))
    assert subtrees(code) == [loop]


@pytest.mark.parametrize("scaled", [False, True])
def test_a_subtree_reads_the_index_of_a_one_hot_block(scaled: bool) -> None:
    description = one_hot_description(scaled=scaled, keep=True)
    arrays = random_trees(np.random.default_rng(7), 8, 11)
    slots = description.steps[-1].params["features"]
    arrays["feature"] = np.random.default_rng(8).integers(slots, size=len(arrays["kind"]))
    arrays["leaves"] = np.arange(len(arrays["kind"]), dtype=float)[:, None]
    trees = description.steps[-1]
    large = Step(trees.op, trees.stage, trees.inputs, trees.outputs, trees.params, arrays)
    scorer = Scorer(
        Description(description.fields, (), (*description.steps[:-1], large), description.outputs)
    )
    rows = [{"label": label, "x0": value} for label in ("a", "e", "new") for value in (nan, -1.0, 0.5, inf)]
    batch = [row["prediction"] for row in scorer.score_batch(rows).rows() if row]
    for _ in range(ROUNDS):
        assert [scorer.score(row)["prediction"] for row in rows] == batch


def test_leaf_numbers_of_large_trees_agree_between_row_and_batch() -> None:
    arrays = random_trees(np.random.default_rng(9), 3, 12, 1, NODE_TYPES)
    arrays["leaves"] = np.arange(len(arrays["kind"]), dtype=float)[:, None]
    assemble = Step("assemble", "VectorAssembler `v`", NAMES, ("all",), {"invalid": "keep"})
    leaves = Step(
        "tree_leaves",
        "GBTRegressionModel `g`",
        ("all",),
        ("l",),
        {"features": FEATURES, "single": False},
        arrays,
    )
    output = Output("leaves", "vector", "l", "other", 3)
    scorer = Scorer(Description(FIELDS, (), (assemble, leaves), (output,)))
    rows = [
        dict(zip(NAMES, row, strict=True))
        for row in np.random.default_rng(1).normal(size=(9, FEATURES)).tolist()
    ]
    batch = scorer.score_batch(rows).columns["leaves"].tolist()
    for _ in range(ROUNDS):
        assert [scorer.score(row)["leaves"] for row in rows] == batch
