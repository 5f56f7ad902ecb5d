"""The caller chooses the outputs of an answer; a row then needs only what these read."""

from __future__ import annotations

from pathlib import Path

import pytest
from scoring.example_models import flights, flights_with_bucket

from sparkops.errors import ModelError, RowError, UnknownName
from sparkops.scoring import Scorer, load, save
from sparkops.scoring.artifact.certificate import dump_cases
from sparkops.scoring.artifact.file_names import CERTIFICATE

ROW = {"carrier": "UA", "distance": 500, "temp": 40.0}


def test_chosen_outputs_are_in_the_given_order_and_need_only_their_fields() -> None:
    scorer = Scorer(flights_with_bucket())
    complete = scorer.score({**ROW, "delay": 7.0})
    assert list(complete) == ["prediction", "probability", "late", "label"]
    chosen = scorer.with_outputs(["probability", "rawPrediction", "prediction", "probability"])
    assert [field.name for field in chosen.fields] == ["carrier", "distance", "temp"]
    answer = chosen.score(ROW)
    assert list(answer) == ["probability", "rawPrediction", "prediction"]
    assert answer["probability"] == complete["probability"]
    # the fields of the complete model may still be there
    assert chosen.score({**ROW, "delay": 7.0}) == answer
    with pytest.raises(RowError, match="`delay` is missing"):
        scorer.score(ROW)
    assert chosen.version == scorer.version


def test_any_column_of_a_step_may_be_chosen() -> None:
    chosen = Scorer(flights_with_bucket(), outputs=["features", "i", "late"])
    answer = chosen.score({"carrier": "UA", "distance": 500, "temp": 40.0, "delay": 7.0})
    assert answer == {"features": [0.0, 0.0, 500.0, 40.0], "i": 2.0, "late": 1.0}
    only = chosen.with_outputs(["late"])
    assert (only.score({"delay": 1.0}), [field.name for field in only.fields]) == ({"late": 0.0}, ["delay"])


def test_a_derived_label_is_chosen_without_the_prediction() -> None:
    scorer = Scorer(flights_with_bucket())
    row = {**ROW, "delay": 7.0}
    label = scorer.score(row)["label"]
    chosen = scorer.with_outputs(["label"])
    assert chosen.score(ROW) == {"label": label}
    assert chosen.score_batch([ROW, ROW]).rows() == [{"label": label}] * 2


def test_batches_contain_the_chosen_outputs() -> None:
    chosen = Scorer(flights_with_bucket(), outputs=["late", "features"])
    rows = [{**ROW, "delay": 7.0}, {**ROW, "delay": None}]
    assert [answer["late"] for answer in chosen.score_batch(rows).rows() if answer] == [1.0, None]


def test_an_unknown_output_is_an_error_that_names_the_known_ones() -> None:
    with pytest.raises(UnknownName, match=r"No output `predicton`\. Did you mean `prediction`"):
        Scorer(flights()).with_outputs(["predicton"])


def test_explanations_need_the_fields_of_the_chosen_outputs() -> None:
    chosen = Scorer(flights_with_bucket(), outputs=["prediction"])
    assert set(chosen.score(ROW, explain=True)) == {"prediction", "explanation"}
    with pytest.raises(ModelError, match="Only linear models and trees are explained"):
        Scorer(flights_with_bucket(), outputs=["late"]).score({"delay": 1.0}, explain=True)


def test_a_loaded_scorer_is_verified_before_its_outputs_are_chosen(tmp_path: Path) -> None:
    scorer = Scorer(flights_with_bucket(), raw=True)
    row = {**ROW, "delay": 7.0}
    save(flights_with_bucket(), tmp_path)
    (tmp_path / CERTIFICATE).write_text(
        dump_cases([(row, scorer.answer(row)), ({**row, "delay": 99.0}, "refused")])
    )
    assert load(tmp_path, outputs=["prediction"]).score(ROW).keys() == {"prediction"}
