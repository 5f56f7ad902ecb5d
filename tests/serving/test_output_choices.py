"""A request chooses the outputs of its answers."""

from __future__ import annotations

import pytest
from fakes.http import Client
from fakes.scorer import TenTimesScorer
from scoring.example_models import flights_with_bucket

from sparkops.scoring import Scorer
from sparkops.serving.app import create_app
from sparkops.serving.service import Service

ROW = {"carrier": "UA", "distance": 500, "temp": 40.0}


@pytest.fixture
def client() -> Client:
    return Client(create_app(Service(Scorer(flights_with_bucket()))))


def test_an_answer_contains_the_chosen_outputs_and_needs_only_their_fields(client: Client) -> None:
    answer = client.post("/invocations?outputs=rawPrediction,prediction", json={"instances": [ROW]})
    assert answer.status_code == 200, answer.text
    (prediction,) = answer.json()["predictions"]
    assert list(prediction) == ["rawPrediction", "prediction"]
    again = client.post(
        "/invocations?outputs=rawPrediction,prediction", json={"instances": [{**ROW, "delay": 3.0}]}
    )
    assert again.json() == answer.json()
    refused = client.post("/invocations", json={"instances": [ROW]})
    assert (refused.status_code, "`delay` is missing" in refused.text) == (400, True)
    assert client.post("/invocations?outputs=late", json={"instances": [{"delay": 6.0}]}).json() == {
        "predictions": [{"late": 1.0}]
    }


@pytest.mark.parametrize(
    ("query", "message"),
    [("outputs=predicton", "Did you mean `prediction`"), ("outputs=,", "`outputs` names no output")],
)
def test_an_unknown_output_is_a_bad_request(client: Client, query: str, message: str) -> None:
    answer = client.post(f"/invocations?{query}", json={"instances": [ROW]})
    assert (answer.status_code, message in answer.json()["message"]) == (400, True)


def test_many_choices_are_answered() -> None:
    client = Client(create_app(Service(TenTimesScorer())))
    row = {"instances": [{"x": 1, "kind": "even"}]}
    for count in range(1, 40):
        query = ",".join(["prediction"] * count)
        assert client.post(f"/invocations?outputs={query}", json=row).json() == {
            "predictions": [{"prediction": 10.0}]
        }
