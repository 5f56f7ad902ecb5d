"""The way that masks leave of each tree is the way that its nodes go, bit for bit."""

from __future__ import annotations

from dataclasses import replace
from math import inf, nan, nextafter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_forests import FEATURES, KINDS, LABELS, MANY, described, grown, hot_description

from sparkops.scoring import Scorer
from sparkops.scoring.codegen.symbols import Scalar, Vector
from sparkops.scoring.row_function import generate_code
from sparkops.scoring.trees.feature_splits import questions
from sparkops.scoring.trees.levelwise_traversal import Descent
from sparkops.scoring.trees.quick_scorer import Masks
from sparkops.scoring.trees.tree_ensemble import AMONG, AT_MOST, LEAF, Forest
from sparkops.scoring.trees.tree_prefix import Top

SLOTS = Vector(tuple(Scalar(f"x{at}", "double") for at in range(FEATURES)))
NUMBERS = st.sampled_from(
    [nan, inf, -inf, 0.0, -0.0, 5e-324, -5e-324, 0.5, 1.0, nextafter(1.0, 2), 2.0, 3.0, 6.0, -1.0, 1e300]
)


def plainly(forest: Forest, values: tuple[float, ...]) -> list[float]:
    """Return the sum of the leaves, gone down to node by node and added tree by tree."""
    total = None
    for root in forest.roots.tolist():
        node = root
        while forest.kind[node] != LEAF:
            value = values[forest.feature[node]]
            if forest.kind[node] == AT_MOST:
                yes = value <= forest.threshold[node]
            else:
                yes = (value in forest.chosen(node)) == (forest.kind[node] == AMONG)
            node = int(forest.left[node] if yes else forest.right[node])
        leaf = forest.leaves[node].tolist()
        total = leaf if total is None else [a + b for a, b in zip(total, leaf, strict=True)]
    return total or []


@given(
    st.integers(0, 2**32),
    st.sampled_from([1, 9, 40]),
    st.integers(1, 8),
    st.sampled_from([1, 2, 5]),
    st.sampled_from([(AT_MOST,), KINDS]),
    st.lists(st.tuples(*[NUMBERS] * FEATURES), min_size=1),
)
@settings(max_examples=60, deadline=None)
def test_masks_lead_to_the_leaves_that_the_nodes_lead_to(
    seed: int, trees: int, depth: int, width: int, kinds: tuple[int, ...], values: list[tuple[float, ...]]
) -> None:
    arrays = grown(np.random.default_rng(seed), trees, depth, width, kinds)
    forest = Forest.of(described(arrays).steps[1])
    asked = questions(forest, SLOTS)
    masks = Masks.of(Descent(forest), asked)
    if masks is None:
        assert not asked
        return
    walk, used = masks.walk(), [int(each.number.expr[1:]) for each in asked]
    for row in values:
        assert walk([row[at] for at in used]) == plainly(forest, row)


@pytest.mark.parametrize("most", [1, 2, 3, 16])
def test_a_top_of_any_size_leads_on_to_the_same_leaves(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    draw = np.random.default_rng(most)
    forest = Forest.of(described(grown(draw, 12, 10, 1, (AT_MOST,))).steps[1])
    monkeypatch.setattr("sparkops.scoring.trees.quick_scorer._top", lambda descent, _: Top.of(descent, most))
    descent = Descent(forest)
    masks = Masks.of(descent, questions(forest, SLOTS))
    assert masks is not None
    assert (masks.top.below > 0) == (masks.top.whole.shape[1] == most < 16)
    walk = masks.walk()
    for row in draw.normal(size=(50, FEATURES)).tolist():
        assert walk([row[at] for at in descent.used.tolist()]) == plainly(forest, tuple(row))


@pytest.mark.parametrize("scaled", [False, True])
@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize("labels", [LABELS, MANY], ids=["few", "many"])
def test_the_index_of_a_one_hot_part_tells_all_its_slots(
    labels: list[str], scaled: bool, keep: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    description = hot_description(scaled=scaled, keep=keep, labels=labels)
    by_code = Scorer(description)
    monkeypatch.setattr("sparkops.scoring.stages.shared.tree_prediction.MOST_WORK", -1)
    by_masks = Scorer(description)
    for label in [*labels, *(["new"] if keep else [])]:
        for value in (nan, -1.0, -0.5, 0.0, 0.25, 1.0, inf):
            row = {"label": label, "x0": value}
            assert by_masks.score(row) == by_code.score(row)


def test_scorers_of_masks_and_of_code_agree_and_explain(monkeypatch: pytest.MonkeyPatch) -> None:
    description = described(grown(np.random.default_rng(3), 30, 6))
    by_code = Scorer(description)
    monkeypatch.setattr("sparkops.scoring.stages.shared.tree_prediction.MOST_WORK", -1)
    by_masks = Scorer(description)
    for row in ({"x0": 0.5, "x1": nan, "x2": 2.0, "x3": -0.0}, {"x0": inf, "x1": 1.0, "x2": 9.0, "x3": 0.25}):
        assert by_masks.score(row, explain=True) == by_code.score(row, explain=True)


def test_thresholds_that_no_table_holds_leave_the_trees_to_the_walk(monkeypatch: pytest.MonkeyPatch) -> None:
    arrays = grown(np.random.default_rng(5), 20, 4, 1, (AT_MOST,))
    forest = Forest.of(described(arrays).steps[1])
    asked = questions(forest, SLOTS)
    odd = [replace(asked[0], bounds=np.append(asked[0].bounds, inf)), *asked[1:]]
    assert Masks.of(Descent(forest), odd) is None
    monkeypatch.setattr("sparkops.scoring.trees.quick_scorer._MOST_BYTES", 1000)
    assert Masks.of(Descent(forest), asked) is None


def test_thresholds_are_told_as_boundaries_whichever_way_trees_are_scored(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    description: Any = described(grown(np.random.default_rng(3), 30, 4))
    by_code = generate_code(description).boundaries
    monkeypatch.setattr("sparkops.scoring.stages.shared.tree_prediction.MOST_WORK", -1)
    assert generate_code(description).boundaries == by_code
