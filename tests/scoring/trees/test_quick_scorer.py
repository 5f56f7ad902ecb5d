"""QuickScorer's prefixes of any size, and the limits of its table."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import numpy as np
import pytest
from scoring.random_trees import FEATURES, ensemble_description, random_trees, sum_by_descent

from sparkops.scoring.codegen.symbols import Scalar, Vector
from sparkops.scoring.trees.feature_splits import group_splits
from sparkops.scoring.trees.levelwise_traversal import LevelwiseTraversal
from sparkops.scoring.trees.quick_scorer import QuickScorer
from sparkops.scoring.trees.tree_ensemble import AT_MOST, TreeEnsemble
from sparkops.scoring.trees.tree_prefix import TreePrefix

SOURCE = Vector(tuple(Scalar(f"x{index}", "double") for index in range(FEATURES)))


@pytest.mark.parametrize("max_words", [1, 2, 3, 16])
def test_a_prefix_of_any_size_leads_to_the_same_leaves(
    max_words: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw = np.random.default_rng(max_words)
    trees = TreeEnsemble.from_step(ensemble_description(random_trees(draw, 12, 10, 1, (AT_MOST,))).steps[1])
    monkeypatch.setattr(
        "sparkops.scoring.trees.quick_scorer._build_prefix",
        lambda traversal, _: TreePrefix.build(traversal, max_words),
    )
    scorer = QuickScorer.build(LevelwiseTraversal(trees), SOURCE)
    assert scorer is not None
    assert (scorer.prefix.max_depth_below > 0) == (scorer.prefix.mask_all.shape[1] == max_words < 16)
    evaluate, used = scorer.build_row_function(), trees.find_used_features().tolist()
    for row in draw.normal(size=(50, FEATURES)).tolist():
        assert evaluate([row[index] for index in used]) == sum_by_descent(trees, tuple(row))


def test_no_table_is_built_for_infinite_thresholds_or_beyond_its_size(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    arrays = random_trees(np.random.default_rng(5), 20, 4, 1, (AT_MOST,))
    trees = TreeEnsemble.from_step(ensemble_description(arrays).steps[1])
    splits = group_splits(trees, SOURCE)
    infinite = [replace(splits[0], bounds=np.append(splits[0].bounds, inf)), *splits[1:]]
    assert QuickScorer.from_splits(LevelwiseTraversal(trees), infinite) is None
    monkeypatch.setattr("sparkops.scoring.trees.quick_scorer._MAX_TABLE_BYTES", 1000)
    assert QuickScorer.from_splits(LevelwiseTraversal(trees), splits) is None
