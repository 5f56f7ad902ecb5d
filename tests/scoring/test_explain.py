"""Explanations: contributions sum to the raw score and are attributed to the right field."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scoring.example_models import CARRIERS, flights
from scoring.random_trees import FEATURES, ensemble_description, random_trees
from scoring.trees.test_levelwise_traversal import VALUES

from sparkops.errors import ModelError
from sparkops.scoring import Scorer

ROWS = st.fixed_dictionaries(
    {
        "carrier": st.sampled_from(CARRIERS),
        "distance": st.integers(-1000, 1000),
        "temp": st.floats(-100, 100) | st.none(),
    }
)


@given(ROWS)
@settings(max_examples=50)
def test_contributions_of_a_linear_model_sum_to_its_margin(row: dict[str, object]) -> None:
    answer = Scorer(flights(), raw=True).score(row, explain=True)
    explanation = answer["explanation"]
    assert list(explanation["contributions"]) == ["carrier", "distance", "temp"]
    assert explanation["base"] + sum(explanation["contributions"].values()) == pytest.approx(
        answer["rawPrediction"][1], rel=1e-9, abs=1e-9
    )


def test_an_answer_contains_no_explanation_unless_requested() -> None:
    row = {"carrier": "AA", "distance": 1, "temp": None}
    scorer = Scorer(flights())
    assert "explanation" not in scorer.score(row)
    assert scorer.score(row) == {k: v for k, v in scorer.score(row, True).items() if k != "explanation"}


@given(st.integers(0, 2**32), st.tuples(*[VALUES] * FEATURES))
@settings(max_examples=50)
def test_contributions_of_a_forest_sum_to_its_prediction(seed: int, values: tuple[float, ...]) -> None:
    scorer = Scorer(ensemble_description(random_trees(np.random.default_rng(seed), 5, 4, 1)))
    answer = scorer.score(
        dict(zip([field.name for field in scorer.fields], values, strict=True)), explain=True
    )
    explanation = answer["explanation"]
    assert set(explanation["contributions"]) <= {field.name for field in scorer.fields}
    assert explanation["base"] + sum(explanation["contributions"].values()) == pytest.approx(
        answer["prediction"], rel=1e-9, abs=1e-9
    )


def test_a_split_contributes_to_the_field_that_it_tests() -> None:
    arrays = random_trees(np.random.default_rng(1), 1, 0, 1) | {
        "kind": np.array([1, 0, 0]),
        "feature": np.array([2, 0, 0]),
        "threshold": np.array([0.5, 0.0, 0.0]),
        "left": np.array([1, 1, 2]),
        "right": np.array([2, 1, 2]),
        "first": np.zeros(4, dtype=np.int64),
        "leaves": np.array([[3.0], [1.0], [4.0]]),
    }
    row = {"x0": 0.0, "x1": 0.0, "x2": 0.75, "x3": 0.0}
    assert Scorer(ensemble_description(arrays)).score(row, explain=True)["explanation"] == {
        "base": 3.0,
        "contributions": {"x2": 1.0},
    }


def test_other_models_have_no_explanation() -> None:
    description = flights()
    scorer = Scorer(replace(description, steps=description.steps[:4], outputs=(), classes=None))
    with pytest.raises(ModelError, match="Only linear models and trees are explained"):
        scorer.score({"carrier": "AA", "distance": 1, "temp": None}, explain=True)
