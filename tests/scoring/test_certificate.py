"""Edge rows, the comparison of answers, and cases on disk."""

from __future__ import annotations

from math import inf, isnan, nan, nextafter
from typing import Any

import pytest
from scoring.example_models import flights, forest

from sparkops.scoring import (
    Output,
    Scorer,
    compare_answers,
    dump_cases,
    edge_rows,
    find_differences,
    read_cases,
)

OUTPUTS = (
    Output("prediction", "double", "prediction", "prediction"),
    Output("probability", "vector", "probability", "probability", 2),
    Output("label", "string", None, "label"),
)


def answer(prediction: float, *probability: float) -> dict[str, Any]:
    return {"prediction": prediction, "probability": list(probability), "label": "any"}


def test_edge_rows_contain_null_unseen_nan_and_every_boundary() -> None:
    description = forest(deep=2, trees=1)
    rows = edge_rows(description, [{"a": 0.5, "b": 0.5, "c": 1.0}])
    threshold = float(description.steps[1].arrays["threshold"][0])
    node_type, slot = (int(description.steps[1].arrays[name][0]) for name in ("kind", "feature"))
    values = [row["abc"[slot]] for row in rows]
    assert None in values
    assert inf in values
    assert any(value is not None and isnan(value) for value in values)
    if node_type == 1:
        assert {threshold, nextafter(threshold, inf), nextafter(threshold, -inf)} <= set(values)


def test_each_edge_row_changes_one_field_and_is_well_typed() -> None:
    base = {"carrier": "AA", "distance": 1, "temp": 2.0}
    rows = edge_rows(flights(), [base, {**base, "temp": None}])
    assert all(sum(row[name] is not base[name] for name in base) <= 1 for row in rows)
    assert all(isinstance(row["carrier"], str | None) for row in rows)
    assert len({row["carrier"] for row in rows} - {"AA", "B6", "UA", None}) >= 2


def test_edge_rows_need_no_sample_and_respect_their_limit() -> None:
    assert len(edge_rows(flights(), [], limit=7)) == 7


def test_equal_answers_agree_and_nan_equals_nan() -> None:
    same = [answer(1.0, 0.25, 0.75), answer(0.0, nan, nan), "dropped"]
    assert (
        compare_answers(
            same, [answer(1.0, 0.25 * (1 + 1e-15), 0.75), answer(0.0, nan, nan), "dropped"], OUTPUTS
        )
        == []
    )


@pytest.mark.parametrize(
    ("theirs", "ours", "message"),
    [
        (answer(1.0, 0.2, 0.8), answer(0.0, 0.2, 0.8), "row 0: prediction is 1.0 in Spark and 0.0"),
        (answer(1.0, 0.2, 0.8), answer(1.0, 0.2, 0.8 + 1e-7), "probability"),
        (answer(1.0, 0.2, 0.8), "refused", "and 'refused' in the scorer"),
        ("dropped", "refused", "'dropped' in Spark"),
    ],
)
def test_a_difference_is_formatted_in_one_line(theirs: Any, ours: Any, message: str) -> None:
    (difference,) = compare_answers([theirs], [ours], OUTPUTS)
    assert message in str(difference)


def test_another_class_is_accepted_only_if_the_probabilities_prove_a_tie() -> None:
    tie = answer(1.0, 0.5, 0.5 * (1 + 4e-16))
    assert compare_answers([tie], [answer(0.0, 0.5, 0.5)], OUTPUTS) == []
    assert len(compare_answers([answer(1.0, 0.4999, 0.5001)], [answer(0.0, 0.4999, 0.5001)], OUTPUTS)) == 1


def test_cases_are_saved_and_read_with_nan_and_infinities() -> None:
    scorer = Scorer(flights(impute=False, invalid="keep"))
    rows = edge_rows(scorer.description, [{"carrier": "AA", "distance": 1, "temp": 2.0}])
    cases = [(row, scorer.answer(row)) for row in rows]
    again = read_cases(dump_cases(cases))
    assert repr(again) == repr(cases)
    assert find_differences(scorer, again) == []


def test_a_case_with_another_answer_is_a_difference() -> None:
    scorer = Scorer(flights())
    row = {"carrier": "AA", "distance": 1, "temp": 2.0}
    wrong = {**scorer.score(row), "prediction": 7.0}
    assert [str(difference.output) for difference in find_differences(scorer, [(row, wrong)])] == [
        "prediction"
    ]
