"""A model in a process of its own, behind the compiled scorer's face; the process is a fake."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import numpy as np
import pytest
from fakes.http import Client
from fakes.worker import MANIFEST, Doubling

from sparkops.errors import ModelError, RowError
from sparkops.pyfunc.worker.pyfunc_scorer import PyfuncScorer
from sparkops.scoring.ir.field import Field
from sparkops.serving.app import Service, create_app
from sparkops.serving.health import Health

ROW = {"x": 1.5, "n": 2, "kind": "a"}
ANSWER = {"prediction": 3.0, "probability": [0.25, 0.75]}


@pytest.fixture
def worker() -> Doubling:
    return Doubling()


@pytest.fixture
def scorer(worker: Doubling) -> PyfuncScorer:
    return PyfuncScorer(MANIFEST, worker)


def test_a_row_is_answered_in_plain_values(scorer: PyfuncScorer, worker: Doubling) -> None:
    assert scorer.score(ROW) == ANSWER
    assert worker.asked == [{"x": [1.5], "n": [2], "kind": ["a"]}]
    assert (scorer.version, scorer.reference, scorer.output("probability")) == (
        "feedfacefeedface", "scikit-learn", MANIFEST.outputs[1],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"x": None}, "Field `x` may not be null"),
        ({"x": "far"}, "Field `x` takes a double, not 'far'"),
        ({"n": 1.5}, "Field `n` takes an integer, not 1.5"),
        ({"m": 1}, "Field `m` is not known to this model"),
        ({"kind": "odd"}, "The model refuses this: ValueError: odd"),
    ],
)
def test_a_bad_row_is_told_as_the_compiled_scorer_tells_it(
    scorer: PyfuncScorer, change: dict[str, Any], says: str
) -> None:
    with pytest.raises(RowError, match=says):
        scorer.score({**ROW, **change})
    assert scorer.answer({**ROW, **change}) == "refused"


def test_a_missing_field_never_reaches_the_process(scorer: PyfuncScorer, worker: Doubling) -> None:
    with pytest.raises(RowError, match="Field `x` is missing; the model reads x, n, kind"):
        scorer.score({"n": 1, "kind": "a"})
    assert not worker.asked


def test_a_batch_is_one_question_from_rows_or_from_columns(scorer: PyfuncScorer, worker: Doubling) -> None:
    rows = [ROW, {"x": 2, "n": None, "kind": None}]
    columns = {
        "x": np.array([1.5, 2.0]), "n": np.ma.masked_array([2, 0], [False, True]), "kind": np.array(["a", None], dtype=object),
    }  # fmt: skip
    batches = [scorer.score_batch(rows), scorer.score_batch(columns)]
    assert batches[0].rows() == batches[1].rows() == [ANSWER, {**ANSWER, "prediction": 4.0}]
    assert worker.asked == [{"x": [1.5, 2.0], "n": [2, None], "kind": ["a", None]}] * 2
    assert batches[0].columns["probability"].shape == (2, 2)


def test_the_first_refused_row_of_a_batch_is_named(scorer: PyfuncScorer, worker: Doubling) -> None:
    rows = [{**ROW, "kind": "odd" if at in (5, 7) else "a"} for at in range(9)]
    with pytest.raises(RowError, match=r"Row 5: The model refuses this: ValueError: odd"):
        scorer.score_batch(rows)
    with pytest.raises(RowError, match=r"Row 1: Field `x` takes a double, not 'far'"):
        scorer.score_batch([ROW, {**ROW, "x": "far"}])


def test_no_rows_have_no_answers_and_ask_nothing(scorer: PyfuncScorer, worker: Doubling) -> None:
    batch = scorer.score_batch([])
    assert (batch.rows(), batch.columns["probability"].shape) == ([], (0, 2))
    assert not worker.asked


def test_there_is_no_explanation_and_it_says_so(scorer: PyfuncScorer) -> None:
    with pytest.raises(ModelError, match="A model of scikit-learn has no explanation"):
        scorer.score(ROW, explain=True)


def test_an_answer_of_another_shape_is_no_answer(worker: Doubling) -> None:
    outputs = (replace(MANIFEST.outputs[0], name="score"),)
    scorer = PyfuncScorer(replace(MANIFEST, outputs=outputs), worker)
    with pytest.raises(
        ModelError, match="answered prediction, probability, where it was registered with score"
    ):
        scorer.score(ROW)


def test_dates_times_and_vectors_cross_as_json(worker: Doubling) -> None:
    fields = (*MANIFEST.fields, Field("day", "date"), Field("at", "timestamp"), Field("v", "vector", size=2))
    scorer = PyfuncScorer(replace(MANIFEST, fields=fields), worker)
    rows = [{**ROW, "day": date(2013, 1, 2), "at": datetime(2013, 1, 2, 3), "v": (1, 2)}]
    scorer.score(rows[0])
    scorer.score_batch(rows)
    assert worker.asked[0] == worker.asked[1]
    assert {name: worker.asked[0][name] for name in ("day", "at", "v")} == {
        "day": ["2013-01-02"], "at": ["2013-01-02T03:00:00"], "v": [[1.0, 2.0]],
    }  # fmt: skip


def test_the_http_door_needs_no_word_about_it(scorer: PyfuncScorer) -> None:
    client = Client(create_app(Service(scorer)))
    assert client.post("/invocations", json={"dataframe_records": [ROW, ROW]}).json() == {
        "predictions": [ANSWER] * 2
    }
    refused = client.post("/invocations", json={"dataframe_records": [ROW, {**ROW, "kind": "odd"}]})
    assert (refused.status_code, refused.json()["row"]) == (400, 1)


def test_a_process_that_fails_makes_the_service_unready_not_the_request_wrong(worker: Doubling) -> None:
    scorer = PyfuncScorer(replace(MANIFEST, outputs=(replace(MANIFEST.outputs[0], name="score"),)), worker)
    client = Client(create_app(Service(scorer, health=Health(scorer, [(ROW, ANSWER)]))))
    failed = client.post("/invocations", json={"dataframe_records": [ROW]})
    assert (failed.status_code, failed.json()["error_code"]) == (503, "TEMPORARILY_UNAVAILABLE")
    unready = client.get("/health/ready")
    assert (unready.status_code, "The model answered" in unready.json()["reason"]) == (503, True)


def test_closing_ends_the_process(scorer: PyfuncScorer, worker: Doubling) -> None:
    scorer.close()
    assert worker.closed == 1
