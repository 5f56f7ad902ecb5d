"""The scorer of a pyfunc model has the interface of the compiled scorer; its process is a fake."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import numpy as np
import pytest
from fakes.http import Client
from fakes.worker import MANIFEST, DoublingWorker

from sparkops.errors import ModelError, RowError
from sparkops.pyfunc.worker.pyfunc_scorer import PyfuncScorer
from sparkops.scoring.ir.field import Field
from sparkops.serving.app import create_app
from sparkops.serving.health import Health
from sparkops.serving.service import Service

ROW = {"x": 1.5, "n": 2, "kind": "a"}
ANSWER = {"prediction": 3.0, "probability": [0.25, 0.75]}


@pytest.fixture
def worker() -> DoublingWorker:
    return DoublingWorker()


@pytest.fixture
def scorer(worker: DoublingWorker) -> PyfuncScorer:
    return PyfuncScorer(MANIFEST, worker)


def test_a_row_is_scored_with_plain_values(scorer: PyfuncScorer, worker: DoublingWorker) -> None:
    assert scorer.score(ROW) == ANSWER
    assert worker.requests == [{"x": [1.5], "n": [2], "kind": ["a"]}]
    assert (scorer.version, scorer.reference, scorer.find_output("probability")) == (
        "feedfacefeedface", "scikit-learn", MANIFEST.outputs[1],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x": None}, "Field `x` may not be null"),
        ({"x": "far"}, "Field `x` takes a double, not 'far'"),
        ({"n": 1.5}, "Field `n` takes an integer, not 1.5"),
        ({"m": 1}, "Field `m` is not known to this model"),
        ({"kind": "odd"}, "The model refuses this: ValueError: odd"),
    ],
)
def test_an_invalid_row_has_the_error_of_the_compiled_scorer(
    scorer: PyfuncScorer, change: dict[str, Any], message: str
) -> None:
    with pytest.raises(RowError, match=message):
        scorer.score({**ROW, **change})
    assert scorer.answer({**ROW, **change}) == "refused"


def test_a_row_with_a_missing_field_is_not_sent_to_the_process(
    scorer: PyfuncScorer, worker: DoublingWorker
) -> None:
    with pytest.raises(RowError, match="Field `x` is missing; the model reads x, n, kind"):
        scorer.score({"n": 1, "kind": "a"})
    assert not worker.requests


def test_a_batch_of_rows_or_of_columns_is_one_request(scorer: PyfuncScorer, worker: DoublingWorker) -> None:
    rows = [ROW, {"x": 2, "n": None, "kind": None}]
    columns = {
        "x": np.array([1.5, 2.0]), "n": np.ma.masked_array([2, 0], [False, True]), "kind": np.array(["a", None], dtype=object),
    }  # fmt: skip
    batches = [scorer.score_batch(rows), scorer.score_batch(columns)]
    assert batches[0].rows() == batches[1].rows() == [ANSWER, {**ANSWER, "prediction": 4.0}]
    assert worker.requests == [{"x": [1.5, 2.0], "n": [2, None], "kind": ["a", None]}] * 2
    assert batches[0].columns["probability"].shape == (2, 2)


def test_the_first_refused_row_of_a_batch_is_named(scorer: PyfuncScorer, worker: DoublingWorker) -> None:
    rows = [{**ROW, "kind": "odd" if index in (5, 7) else "a"} for index in range(9)]
    with pytest.raises(RowError, match=r"Row 5: The model refuses this: ValueError: odd"):
        scorer.score_batch(rows)
    with pytest.raises(RowError, match=r"Row 1: Field `x` takes a double, not 'far'"):
        scorer.score_batch([ROW, {**ROW, "x": "far"}])


def test_an_empty_batch_makes_no_request(scorer: PyfuncScorer, worker: DoublingWorker) -> None:
    batch = scorer.score_batch([])
    assert (batch.rows(), batch.columns["probability"].shape) == ([], (0, 2))
    assert not worker.requests


def test_an_explanation_is_refused(scorer: PyfuncScorer) -> None:
    with pytest.raises(ModelError, match="A model of scikit-learn has no explanation"):
        scorer.score(ROW, explain=True)


def test_answers_with_other_outputs_than_registered_are_an_error(worker: DoublingWorker) -> None:
    outputs = (replace(MANIFEST.outputs[0], name="score"),)
    scorer = PyfuncScorer(replace(MANIFEST, outputs=outputs), worker)
    with pytest.raises(
        ModelError, match="answered prediction, probability, where it was registered with score"
    ):
        scorer.score(ROW)


def test_dates_times_and_vectors_are_sent_as_json(worker: DoublingWorker) -> None:
    fields = (*MANIFEST.fields, Field("day", "date"), Field("at", "timestamp"), Field("v", "vector", size=2))
    scorer = PyfuncScorer(replace(MANIFEST, fields=fields), worker)
    rows = [{**ROW, "day": date(2013, 1, 2), "at": datetime(2013, 1, 2, 3), "v": (1, 2)}]
    scorer.score(rows[0])
    scorer.score_batch(rows)
    assert worker.requests[0] == worker.requests[1]
    assert {name: worker.requests[0][name] for name in ("day", "at", "v")} == {
        "day": ["2013-01-02"], "at": ["2013-01-02T03:00:00"], "v": [[1.0, 2.0]],
    }  # fmt: skip


def test_the_http_application_serves_it_like_a_compiled_scorer(scorer: PyfuncScorer) -> None:
    client = Client(create_app(Service(scorer)))
    assert client.post("/invocations", json={"dataframe_records": [ROW, ROW]}).json() == {
        "predictions": [ANSWER] * 2
    }
    refused = client.post("/invocations", json={"dataframe_records": [ROW, {**ROW, "kind": "odd"}]})
    assert (refused.status_code, refused.json()["row"]) == (400, 1)


def test_a_failing_process_is_a_server_error_and_makes_the_service_unready(worker: DoublingWorker) -> None:
    scorer = PyfuncScorer(replace(MANIFEST, outputs=(replace(MANIFEST.outputs[0], name="score"),)), worker)
    client = Client(create_app(Service(scorer, health=Health(scorer, [(ROW, ANSWER)]))))
    failed = client.post("/invocations", json={"dataframe_records": [ROW]})
    assert (failed.status_code, failed.json()["error_code"]) == (503, "TEMPORARILY_UNAVAILABLE")
    unready = client.get("/health/ready")
    assert (unready.status_code, "The model answered" in unready.json()["reason"]) == (503, True)


def test_closing_ends_the_process(scorer: PyfuncScorer, worker: DoublingWorker) -> None:
    scorer.close()
    assert worker.closed == 1
