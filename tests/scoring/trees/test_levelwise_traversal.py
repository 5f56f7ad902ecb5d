"""Batches of trees: the same leaves as row by row, and damaged arrays are refused."""

from __future__ import annotations

from math import inf, nan, nextafter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scoring.random_trees import FIELDS, NODE_TYPES, ensemble_description, random_trees

from sparkops.errors import ModelError
from sparkops.scoring import Scorer
from sparkops.scoring.trees.tree_ensemble import AT_MOST, LEAF

VALUES = st.sampled_from(
    [nan, inf, -inf, 0.0, -0.0, 0.5, 1.0, nextafter(1.0, 2), 2.0, 3.0, 4.0, 5.0, 6.0, -1.0]
)


@given(
    st.integers(0, 2**32),
    st.sampled_from([1, 3, 40]),
    st.integers(0, 5),
    st.lists(st.tuples(*[VALUES] * 4), min_size=1),
    st.sampled_from([(AT_MOST,), NODE_TYPES]),
)
@settings(max_examples=60)
def test_a_batch_gives_what_its_rows_give(
    seed: int, trees: int, depth: int, values: list[tuple[float, ...]], node_types: tuple[int, ...]
) -> None:
    scorer = Scorer(
        ensemble_description(random_trees(np.random.default_rng(seed), trees, depth, 1, node_types))
    )
    rows = [dict(zip([field.name for field in FIELDS], row, strict=True)) for row in values]
    expected = [scorer.score(row)["prediction"] for row in rows]
    assert scorer.score_batch(rows).columns["prediction"].tolist() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("name", "index", "value"),
    [("left", 0, 2), ("right", 0, 0), ("feature", 0, 99), ("kind", 0, 7), ("roots", 0, -1), ("first", 1, 5)],
)
def test_damaged_arrays_are_refused(name: str, index: int, value: int) -> None:
    arrays = random_trees(np.random.default_rng(3), 2, 3, 1)
    arrays[name] = arrays[name].copy()
    arrays[name][index] = value
    with pytest.raises(ModelError, match="trees of this description are damaged"):
        Scorer(ensemble_description(arrays))


def test_a_node_with_two_parents_is_refused() -> None:
    arrays = random_trees(np.random.default_rng(3), 1, 3, 1)
    inner = int(np.flatnonzero(arrays["kind"] != LEAF)[0])
    arrays["left"][inner] = arrays["right"][inner]
    with pytest.raises(ModelError, match="damaged"):
        Scorer(ensemble_description(arrays))
