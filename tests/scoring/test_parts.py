"""Lower parts of large trees give what their nodes lead to, before and after they are written as code."""

from __future__ import annotations

from math import inf, nan
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_forests import FEATURES, FIELDS, KINDS, described, grown, hot_description
from test_masks import NUMBERS, plainly

from sparkops.scoring import Description, Output, Scorer, Step
from sparkops.scoring.codegen.code_writer import CodeWriter
from sparkops.scoring.codegen.symbols import Scalar, Vector
from sparkops.scoring.trees.lazy_subtrees import MOST_NODES, tree_code
from sparkops.scoring.trees.tree_ensemble import AT_MOST, LEAF, Forest

NAMES = tuple(f"x{at}" for at in range(FEATURES))
SOURCE = Vector(tuple(Scalar(f"x{at}", "double") for at in range(FEATURES)))
ROUNDS = 70  # more than it takes until a part is written


def coded(forest: Forest) -> tuple[Any, CodeWriter]:
    """Return the function from a row's slots to the answers of all trees, and the code it was made of."""
    code = CodeWriter()
    code.line(f"{', '.join(NAMES)} = row")
    answers = tree_code(forest, SOURCE, code)
    code.line(f"return [{', '.join(answers)}]")
    return code.build_function("score", "row"), code


def calls(code: CodeWriter) -> list[Any]:
    """Return the functions of the parts."""
    return next((value for value in code.constants.values() if isinstance(value, list)), [])


@given(
    st.integers(0, 2**32),
    st.sampled_from([1, 3]),
    st.sampled_from([(AT_MOST,), KINDS]),
    st.lists(st.tuples(*[NUMBERS] * FEATURES), min_size=1, max_size=8),
)
@settings(max_examples=25, deadline=None)
def test_parts_lead_to_the_leaves_that_the_nodes_lead_to(
    seed: int, width: int, kinds: tuple[int, ...], values: list[tuple[float, ...]]
) -> None:
    arrays = grown(np.random.default_rng(seed), 8, 11, width, kinds)
    forest = Forest.of(described(arrays).steps[1])
    score, _ = coded(forest)
    for _ in range(ROUNDS):
        for row in values:
            answers = [each if isinstance(each, tuple) else (each,) for each in score(row)]
            total = list(answers[0])
            for each in answers[1:]:
                total = [a + b for a, b in zip(total, each, strict=True)]
            assert total == plainly(forest, row)


def test_what_rows_come_to_is_written_and_nothing_else() -> None:
    forest = Forest.of(described(grown(np.random.default_rng(4), 8, 11, 1, (AT_MOST,))).steps[1])
    score, code = coded(forest)
    before = [*calls(code)]
    assert len(before) > 20
    for _ in range(ROUNDS):
        score((0.25, -0.75, nan, inf))
    written = sum(new is not old for new, old in zip(calls(code), before, strict=True))
    assert 1 <= written <= 8


def test_small_trees_are_written_whole_and_huge_ones_not_at_all() -> None:
    small = Forest.of(described(grown(np.random.default_rng(4), 8, 5)).steps[1])
    assert calls(coded(small)[1]) == []
    huge = Forest.of(described(full(1, 17)).steps[1])
    assert len(huge.kind) > MOST_NODES
    score, code = coded(huge)
    (loop,) = calls(code)
    for _ in range(ROUNDS):
        assert score((0.0, 1.0, 2.0, 3.0)) == plainly(huge, (0.0, 1.0, 2.0, 3.0))
    assert calls(code) == [loop]


@pytest.mark.parametrize("scaled", [False, True])
def test_the_index_of_a_one_hot_part_is_all_that_a_part_needs(scaled: bool) -> None:
    description = hot_description(scaled=scaled, keep=True)
    arrays = grown(np.random.default_rng(7), 8, 11)
    slots = description.steps[-1].params["features"]
    arrays["feature"] = np.random.default_rng(8).integers(slots, size=len(arrays["kind"]))
    arrays["leaves"] = np.arange(len(arrays["kind"]), dtype=float)[:, None]  # sums are exact in any order
    trees = description.steps[-1]
    large = Step(trees.op, trees.stage, trees.inputs, trees.outputs, trees.params, arrays)
    scorer = Scorer(
        Description(description.fields, (), (*description.steps[:-1], large), description.outputs)
    )
    rows = [{"label": label, "x0": value} for label in ("a", "e", "new") for value in (nan, -1.0, 0.5, inf)]
    batch = [each["prediction"] for each in scorer.score_batch(rows).rows() if each]
    for _ in range(ROUNDS):
        assert [scorer.score(row)["prediction"] for row in rows] == batch


def test_the_leaves_of_large_trees_are_told_the_same_way() -> None:
    arrays = grown(np.random.default_rng(9), 3, 12, 1, KINDS)
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


def full(trees: int, depth: int) -> dict[str, Any]:
    """Return the arrays of trees with all their levels."""
    size, inner = 2 ** (depth + 1) - 1, 2**depth - 1
    own, draw = np.arange(size), np.random.default_rng(2)
    start = np.repeat(np.arange(trees) * size, size)
    return {
        "roots": np.arange(trees) * size,
        "kind": np.tile(np.where(own < inner, AT_MOST, LEAF), trees),
        "feature": draw.integers(FEATURES, size=size * trees),
        "threshold": draw.normal(size=size * trees),
        "left": np.tile(np.where(own < inner, 2 * own + 1, own), trees) + start,
        "right": np.tile(np.where(own < inner, 2 * own + 2, own), trees) + start,
        "first": np.zeros(size * trees + 1, dtype=np.int64),
        "categories": np.zeros(0),
        "leaves": draw.normal(size=(size * trees, 1)),
    }
