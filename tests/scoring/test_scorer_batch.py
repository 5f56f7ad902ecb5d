"""Batches are scored as their rows are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scoring.example_models import CARRIERS, flights, forest

from sparkops.errors import RowError
from sparkops.scoring import Difference, Scorer, compare_answers

reals = st.one_of(st.none(), st.floats(), st.integers(-3, 3).map(float))
rows = st.fixed_dictionaries(
    {
        "carrier": st.sampled_from([*CARRIERS, "XX", "", None]),
        "distance": st.one_of(st.none(), st.integers(-(2**31), 2**31 - 1)),
        "temp": reals,
    }
)


def compare_batch_with_rows(scorer: Scorer, data: list[dict[str, Any]]) -> list[Difference]:
    """Return where a batch answers otherwise than single rows; a row refused alone must be refused in a batch."""
    answers = [scorer.answer(row) for row in data]
    taken = [row for row, answer in zip(data, answers, strict=True) if answer != "refused"]
    one_by_one = [answer for answer in answers if answer != "refused"]
    batch = scorer.score_batch(taken).rows()
    differences = compare_answers(
        one_by_one, ["dropped" if row is None else row for row in batch], scorer.outputs
    )
    for row, answer in zip(data, answers, strict=True):
        if answer == "refused":
            with pytest.raises(RowError, match=r"^Row 0: "):
                scorer.score_batch([row])
    return differences


@pytest.mark.parametrize("invalid", ["error", "keep", "skip"])
@given(st.lists(rows, max_size=12))
@settings(max_examples=60)
def test_a_batch_answers_as_each_row_alone(invalid: str, data: list[dict[str, Any]]) -> None:
    assert (
        compare_batch_with_rows(Scorer(flights(invalid=invalid, impute=invalid != "skip"), raw=True), data)
        == []
    )


@given(st.lists(st.fixed_dictionaries({"a": reals, "b": reals, "c": reals}), max_size=20), st.integers(0, 30))
@settings(max_examples=80)
def test_trees_answer_in_a_batch_as_in_a_row(data: list[dict[str, Any]], seed: int) -> None:
    assert compare_batch_with_rows(Scorer(forest(seed=seed)), data) == []


def test_columns_may_be_arrays_masked_arrays_and_lists() -> None:
    scorer = Scorer(flights(invalid="keep"))
    temps = np.ma.MaskedArray([1.0, 2.0, 3.0], mask=[False, True, False])
    columns = {"carrier": ["AA", None, "B6"], "distance": np.array([1, 2, 3], dtype=np.int32), "temp": temps}
    answers = scorer.score_batch(columns).rows()
    assert answers[1] == scorer.score({"carrier": None, "distance": 2, "temp": None})
    assert answers[2] == scorer.score({"carrier": "B6", "distance": 3, "temp": 3.0})


@pytest.mark.parametrize("null", [np.array([1.0, np.nan]), np.ma.MaskedArray([1.0, 2.0], mask=[False, True])])
def test_nan_and_a_masked_value_of_an_integer_field_are_null(null: Any) -> None:
    scorer = Scorer(flights())
    columns = {"carrier": ["AA"] * 2, "distance": null, "temp": np.zeros(2)}
    with pytest.raises(RowError, match=r"^Row 1: Field `distance` is null"):
        scorer.score_batch(columns)


def test_the_first_invalid_row_is_named_by_its_number() -> None:
    data = [{"carrier": "AA", "distance": index, "temp": 1.0} for index in range(20_000)]
    data[17_000]["carrier"] = "ZZ"
    data[19_000]["temp"] = "warm"
    with pytest.raises(RowError, match=r"^Row 17000: Field `carrier`: value 'ZZ'") as raised:
        Scorer(flights()).score_batch(data)
    assert raised.value.field == "carrier"


def test_extra_columns_are_refused_unless_ignored() -> None:
    scorer = Scorer(flights())
    columns = {"carrier": ["AA"], "distance": [1], "temp": [2.0], "other": [3]}
    with pytest.raises(RowError, match="`other` is not known"):
        scorer.score_batch(columns)
    assert len(scorer.score_batch(columns, extra="ignore").rows()) == 1
    row = {"carrier": "AA", "distance": 1, "temp": 2.0, "other": 3}
    assert len(scorer.score_batch([row], extra="ignore").rows()) == 1
    with pytest.raises(RowError, match=r"^Row 0: Field `other`"):
        scorer.score_batch([row])


def test_no_rows_give_no_answers() -> None:
    batch = Scorer(flights()).score_batch([])
    assert batch.rows() == []
    assert batch.columns["probability"].shape == (0, 2)


def test_rows_that_skip_drops_are_marked() -> None:
    data = [{"carrier": name, "distance": 1, "temp": 2.0} for name in ("AA", "ZZ")]
    batch = Scorer(flights(invalid="skip")).score_batch(data)
    assert batch.rejected.tolist() == [False, True]
    assert batch.rows()[1] is None


def test_row_and_batch_agree_for_every_tree_evaluator(monkeypatch: pytest.MonkeyPatch) -> None:
    description = forest(deep=5)
    by_code = Scorer(description)
    monkeypatch.setattr("sparkops.scoring.trees.evaluator.MAX_NESTED_OPERATIONS", -1)
    by_walk = Scorer(description)
    for value in (-2.0, 0.0, 1.0, 3.0, 9.0, float("nan")):
        row = {"a": value, "b": -value, "c": abs(value)}
        assert by_code.score(row) == by_walk.score(row)
