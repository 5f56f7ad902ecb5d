"""One row: its answer, and the message for each kind of invalid row."""

from __future__ import annotations

from collections import UserDict
from math import exp, isclose
from typing import Any

import pytest
from scoring.example_models import flights

from sparkops.errors import ModelError, RowError, RowRejected
from sparkops.scoring import Description, Field, Output, Scorer, Step

ROW = {"carrier": "UA", "distance": 100, "temp": 40.0}


def with_(**changes: Any) -> dict[str, Any]:
    return {**ROW, **changes}


def test_a_row_is_answered_with_prediction_probability_and_label() -> None:
    answer = Scorer(flights()).score({"carrier": "AA", "distance": 10, "temp": 1.0})
    scaled = [(value - 0.25) * 0.125 for value in (1.0, 0.0, 10.0, 1.0)]
    weights = (-0.5, -0.5 + 1 / 3, -0.5 + 2 / 3, 0.5)
    margin = sum(w * x for w, x in zip(weights, scaled, strict=True)) + 0.1
    assert isclose(answer["probability"][1], 1 / (1 + exp(-margin)), rel_tol=1e-12)
    assert answer["prediction"] == float(margin > 0)
    assert answer["label"] == "late"
    assert "rawPrediction" not in answer


def test_raw_scores_are_in_the_answer_if_requested() -> None:
    answer = Scorer(flights(), raw=True).score(ROW)
    assert answer["rawPrediction"][0] == -answer["rawPrediction"][1]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            {"carrier": "UA", "distance": 1},
            "Field `temp` is missing; the model reads carrier, distance, temp",
        ),
        (with_(tmp=1.0), "Field `tmp` is not known to this model. Did you mean `temp`"),
        (with_(carrier=None), "Field `carrier` is null, and the model refuses that .StringIndexerModel `s`"),
        (
            with_(carrier="UAA"),
            "value 'UAA' was not seen in training.*Did you mean `UA`.*Allowed: AA, B6, UA",
        ),
        (with_(carrier=7), "Field `carrier` takes a string, not 7 .int"),
        (with_(distance=None), "Field `distance` is null"),
        (with_(distance="far"), "Field `distance` takes an integer, not 'far' .str"),
        (with_(temp="warm"), "Field `temp` takes a double"),
        ([1, 2, 3], "A row is a mapping"),
        (
            {"carier": "UA", "distance": 1.0, "temp": 1.0},
            "Field `carrier` is missing, and `carier` not known",
        ),
        ({}, "Fields `carrier`, `distance`, `temp` are missing"),
    ],
)
def test_each_invalid_row_has_its_own_message(row: Any, message: str) -> None:
    with pytest.raises(RowError, match=message):
        Scorer(flights()).score(row)


def test_nan_and_null_are_distinguished() -> None:
    scorer = Scorer(flights(impute=False))
    with pytest.raises(RowError, match="Field `temp` is NaN"):
        scorer.score(with_(temp=float("nan")))
    with pytest.raises(RowError, match="Field `temp` is null"):
        scorer.score(with_(temp=None))


def test_skip_rejects_the_row_and_says_why() -> None:
    scorer = Scorer(flights(invalid="skip"))
    with pytest.raises(RowRejected, match="skips rows with that") as raised:
        scorer.score(with_(carrier="XX"))
    assert (raised.value.field, raised.value.value) == ("carrier", "XX")
    assert scorer.answer(with_(carrier="XX")) == "dropped"
    assert scorer.answer(with_(carrier=3)) == "refused"


def test_keep_gives_an_unseen_value_its_own_category() -> None:
    scorer = Scorer(flights(invalid="keep"))
    assert scorer.score(with_(carrier="XX")) == scorer.score(with_(carrier=None))


def test_unread_columns_of_the_signature_are_accepted() -> None:
    scorer = Scorer(flights())
    assert scorer.score(with_(tail="N123")) == scorer.score(ROW)
    assert scorer.score(UserDict(ROW)) == scorer.score(ROW)  # type: ignore[arg-type]


def test_outputs_are_found_by_role() -> None:
    scorer = Scorer(flights())
    assert scorer.find_output("label") == Output("label", "string", None, "label")
    assert scorer.find_output("rawPrediction") is None
    assert scorer.classes == ("ontime", "late")


def test_a_margin_of_any_size_has_a_probability() -> None:
    scorer = Scorer(flights(impute=False))
    far, near = (scorer.score(with_(temp=value))["probability"] for value in (1e300, -1e300))
    assert far == [0.0, 1.0]
    assert near == [1.0, 0.0]


def test_names_are_never_executed() -> None:
    name = "x'] or __import__('os')._exit(3) #\n\\"
    step = Step("assemble", name, (name,), ("features",), {"invalid": "keep"})
    outputs = (Output("features", "vector", "features", "column", 1),)
    scorer = Scorer(Description((Field(name, "double"),), (), (step,), outputs))
    assert scorer.score({name: 2.0}) == {"features": [2.0]}


def test_invalid_steps_are_refused_on_load() -> None:
    step = Step("linear", "L", ("x",), ("p",), {"sparse": False}, {})
    with pytest.raises(ModelError, match="operation `eval`"):
        Scorer(Description((), (), (Step("eval", "E", (), ()),), ()))
    with pytest.raises((ModelError, KeyError)):
        Scorer(Description((Field("x", "double"),), (), (step,), ()))
