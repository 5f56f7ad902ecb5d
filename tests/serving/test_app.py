"""The scoring server's answers, without a socket."""

from __future__ import annotations

import json

import numpy as np
import pytest
from fakes.http import Client
from fakes.scorer import TenTimesScorer

from sparkops.scoring.ir.description import Description, Output, Step
from sparkops.scoring.ir.field import Field
from sparkops.scoring.scorer import Scorer
from sparkops.serving.app import Service, create_app
from sparkops.serving.health import Health

GOOD = {"prediction": 10.0, "probability": [0.25, 0.75]}
W = np.array([2.0, -2.0])
CASES = [({"x": 1.0, "kind": "even"}, GOOD), ({"x": 1.0, "kind": "odd"}, "dropped"), ({"x": None}, "refused")]


@pytest.fixture
def client() -> Client:
    service = Service(
        TenTimesScorer(),
        health=Health(TenTimesScorer(), CASES),
        name="tens",
        version="3",
        max_bytes=1000,
        max_rows=3,
    )
    return Client(create_app(service))


def test_predictions_are_in_row_order(client: Client) -> None:
    answer = client.post(
        "/invocations", json={"dataframe_records": [{"x": 1, "kind": "a"}, {"x": 2.5, "kind": None}]}
    )
    assert answer.status_code == 200
    assert answer.json() == {"predictions": [GOOD, {"prediction": 25.0, "probability": [0.25, 0.75]}]}


def test_csv_and_json_give_the_same_predictions(client: Client) -> None:
    answer = client.post("/invocations", content="x,kind\n1,a\n", headers={"content-type": "text/csv"})
    assert answer.json() == {"predictions": [GOOD]}


def test_a_dropped_row_has_nulls_and_a_reason(client: Client) -> None:
    answer = client.post(
        "/invocations", json={"instances": [{"x": 1, "kind": "odd"}, {"x": 1, "kind": "a"}]}
    ).json()
    assert answer["predictions"] == [{"prediction": None, "probability": None}, GOOD]
    assert answer["rejected"] == [{"row": 0, "reason": "Field `kind`: 'odd' was not seen in training."}]


@pytest.mark.parametrize(
    ("row", "field"), [({"x": "far"}, "x"), ({"kind": "a"}, "x"), ({"x": 1, "y": 2}, "y")]
)
def test_an_invalid_row_is_reported_with_its_index_and_field(
    client: Client, row: dict[str, object], field: str
) -> None:
    answer = client.post("/invocations", json={"dataframe_records": [{"x": 1}, row]})
    assert answer.status_code == 400
    body = answer.json()
    assert (body["error_code"], body["row"], body["field"]) == ("BAD_REQUEST", 1, field)
    assert body["message"].startswith(f"Row 1: Field `{field}`")


def test_an_explanation_is_added_on_request() -> None:
    step = Step(
        "linear", "L", ("v",), ("p",), {"sparse": False}, {"weights": W, "intercept": np.array([1.0])}
    )
    join = Step("assemble", "A", ("a", "b"), ("v",), {"invalid": "skip"}, {})
    fields = (Field("a", "double"), Field("b", "double"))
    out = (Output("prediction", "double", "p", "prediction"),)
    client = Client(create_app(Service(Scorer(Description(fields, (), (join, step), out)))))
    rows = {"instances": [{"a": 1.0, "b": 3.0}, {"a": None, "b": 0.0}]}
    explained, dropped = client.post("/invocations?explain=true", json=rows).json()["predictions"]
    assert explained == {
        "prediction": -3.0,
        "explanation": {"base": 1.0, "contributions": {"a": 2.0, "b": -6.0}},
    }
    assert dropped == {"prediction": None, "explanation": None}
    for query in ("/invocations", "/invocations?explain=false"):
        assert client.post(query, json=rows).json()["predictions"][0] == {"prediction": -3.0}


@pytest.mark.parametrize(("query", "message"), [("true", "ends with neither"), ("1", "true or false")])
def test_an_unavailable_explanation_is_400(client: Client, query: str, message: str) -> None:
    answer = client.post(f"/invocations?explain={query}", json={"instances": [{"x": 1}]})
    assert (answer.status_code, answer.json()["error_code"]) == (400, "BAD_REQUEST")
    assert message in answer.json()["message"]


def test_no_rows_give_no_predictions(client: Client) -> None:
    assert client.post("/invocations", json={"dataframe_records": []}).json() == {"predictions": []}


def test_too_many_rows_or_bytes_are_413(client: Client) -> None:
    rows = client.post("/invocations", json={"instances": [{"x": 1}] * 4})
    assert (rows.status_code, rows.json()["error_code"]) == (413, "REQUEST_TOO_LARGE")
    assert (
        client.post("/invocations", content=b" " * 1001, headers={"content-type": "text/csv"}).status_code
        == 413
    )


def test_another_content_type_is_415_and_another_method_405(client: Client) -> None:
    assert client.post("/invocations", content=b"x").status_code == 415
    assert client.get("/invocations").status_code == 405


@pytest.mark.parametrize(("path", "status"), [("/invocations", 405), ("/invocation", 404)])
def test_an_unknown_path_or_method_is_answered_with_the_existing_ones(
    client: Client, path: str, status: int
) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()["error_code"]) == (status, "ENDPOINT_NOT_FOUND")
    assert f"`GET {path}`" in answer.json()["message"]
    assert "POST /invocations" in answer.json()["message"]


def test_health_endpoints_of_mlflow_and_of_orchestrators_respond(client: Client) -> None:
    assert (client.get("/ping").status_code, client.get("/ping").text) == (200, "\n")
    assert client.get("/health").status_code == 200
    assert client.get("/health/live").json() == {"status": "live"}
    assert client.get("/health/ready").json() == {
        "status": "ready",
        "model": "tens",
        "version": "3",
        "checked": 3,
        "certified": True,
    }
    assert client.get("/version").text == "3"


def test_a_scorer_that_disagrees_with_its_certificate_is_not_ready() -> None:
    client = Client(create_app(Service(TenTimesScorer(), health=Health(TenTimesScorer(factor=11.0), CASES))))
    answer = client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["status"] == "not ready"
    assert "1 of 3 rows differ" in answer.json()["reason"]


def test_the_root_describes_fields_and_outputs(client: Client) -> None:
    described = client.get("/").json()
    assert described["model"] == "tens"
    assert described["fields"] == [{"name": "x", "type": "double"}, {"name": "kind", "type": "string"}]
    assert [output["name"] for output in described["outputs"]] == ["prediction", "probability"]


def test_many_and_few_rows_give_the_same_predictions() -> None:
    client = Client(create_app(Service(TenTimesScorer())))
    body = json.dumps({"inputs": {"x": list(range(1000)), "kind": ["a"] * 1000}})
    answer = client.post("/invocations", content=body, headers={"content-type": "application/json"}).json()
    assert [row["prediction"] for row in answer["predictions"]] == [10.0 * each for each in range(1000)]


def test_the_checked_rows_are_spread_over_the_certificate() -> None:
    cases = [
        ({"x": float(each), "kind": "a"}, "refused" if each == 96 else {"prediction": each * 10.0})
        for each in range(100)
    ]
    health = Health(TenTimesScorer(), cases, max_rows=32)
    assert health.case_count == 32
    assert Health(TenTimesScorer(), (), max_rows=32).find_problem() == ""
