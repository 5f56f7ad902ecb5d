"""The scoring server's answers, without a socket."""

from __future__ import annotations

import json

import numpy as np
import pytest
from fakes.http import Client
from fakes.scorer import TenTimesScorer

from sparkops.scoring.batch.columns import Batch
from sparkops.scoring.ir.description import Description, Output, Step
from sparkops.scoring.ir.field import Field
from sparkops.scoring.scorer import Scorer
from sparkops.serving.app import create_app
from sparkops.serving.health import Health
from sparkops.serving.request_body import BodyLimits
from sparkops.serving.request_options import RequestOptions
from sparkops.serving.service import Service

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
        limits=BodyLimits(max_bytes=1000, max_rows=3),
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
    ("row", "field"), [({"x": "far"}, "x"), ({"kind": "a"}, "x"), ({"x": "far", "kind": "a", "y": 2}, "x")]
)
def test_an_invalid_row_is_reported_with_its_index_and_field(
    client: Client, row: dict[str, object], field: str
) -> None:
    answer = client.post("/invocations", json={"dataframe_records": [{"x": 1}, row]})
    assert answer.status_code == 400
    body = answer.json()
    assert (body["error_code"], body["row"], body["field"]) == ("BAD_REQUEST", 1, field)
    assert body["message"].startswith(f"Row 1: Field `{field}`")


EXTRA = {"instances": [{"x": 1, "kind": "a", "id": 7, "at": [1]}, {"x": 2, "kind": "odd", "id": 8}]}


def test_extra_fields_are_ignored_and_counted(client: Client) -> None:
    answer = client.post("/invocations", json=EXTRA)
    assert answer.json()["predictions"] == [GOOD, {"prediction": None, "probability": None}]
    client.post("/invocations", json=EXTRA)
    assert client.get("/health/ready").json()["extra_fields"] == {"id": 4, "at": 2}


def test_extra_fields_are_refused_or_passed_back_on_request(client: Client) -> None:
    refused = client.post("/invocations?extra=refuse", json=EXTRA)
    assert (refused.status_code, refused.json()["field"]) == (400, "id")
    passed = client.post("/invocations?extra=pass", json=EXTRA).json()
    assert passed["predictions"] == [
        {**GOOD, "extra": {"id": 7, "at": [1]}},
        {"prediction": None, "probability": None, "extra": {"id": 8}},
    ]
    text = client.post(
        "/invocations?extra=pass", content="id,x,kind\n007,1,a\n", headers={"content-type": "text/csv"}
    )
    assert text.json()["predictions"] == [{**GOOD, "extra": {"id": "007"}}]
    assert client.post("/invocations?extra=ignore", json=EXTRA).status_code == 200


def test_names_of_extra_fields_are_counted_up_to_a_limit(client: Client) -> None:
    for start in range(0, 300, 10):
        row = {"x": 1, "kind": "a", **{f"n{start + each}": 0 for each in range(10)}}
        client.post("/invocations", json={"instances": [row]})
    counts = client.get("/health/ready").json()["extra_fields"]
    assert len(counts) == 101
    assert counts["(other names)"] == 200


def test_invalid_rows_are_null_with_a_reason_on_request(client: Client) -> None:
    rows = {"instances": [{"x": "far", "kind": "a"}, {"x": 1, "kind": "odd"}, 3]}
    assert client.post("/invocations", json=rows).json()["row"] == 0
    answer = client.post("/invocations?on_error=null", json=rows)
    assert answer.status_code == 200
    assert answer.json() == {
        "predictions": [{"prediction": None, "probability": None}] * 3,
        "rejected": [{"row": 1, "reason": "Field `kind`: 'odd' was not seen in training."}],
        "errors": [
            {"row": 0, "field": "x", "reason": "Field `x` takes a double, not 'far'."},
            {"row": 2, "reason": "`instances` needs an object from field to value, not a JSON number."},
        ],
    }


def test_the_options_of_the_server_apply_unless_the_request_names_others() -> None:
    defaults = RequestOptions(extra="refuse", on_error="null")
    client = Client(create_app(Service(TenTimesScorer(), defaults=defaults)))
    rows = {"instances": [{"x": 1, "kind": "a", "id": 7}, {"x": 1, "kind": "a"}]}
    answer = client.post("/invocations", json=rows).json()
    assert answer["predictions"] == [{"prediction": None, "probability": None}, GOOD]
    assert answer["errors"][0]["field"] == "id"
    assert client.post("/invocations?on_error=fail", json=rows).status_code == 400
    assert client.post("/invocations?extra=ignore", json=rows).json()["predictions"] == [GOOD, GOOD]


class BrokenScorer(TenTimesScorer):
    """Raises what no scorer should."""

    def score(self, row: object, explain: bool = False) -> dict[str, object]:
        raise ZeroDivisionError("secret\nTraceback")


def test_an_unexpected_error_shows_no_details(caplog: pytest.LogCaptureFixture) -> None:
    client = Client(create_app(Service(BrokenScorer())))
    answer = client.post("/invocations", json={"instances": [{"x": 1, "kind": "a"}]})
    assert (answer.status_code, answer.json()["error_code"]) == (500, "INTERNAL_ERROR")
    assert "secret" not in answer.text
    assert "ZeroDivisionError" in caplog.text


class SlowScorer(TenTimesScorer):
    """Scores in a process of its own, as far as the server knows."""

    is_fast = False

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[int] = []

    def score_batch(self, data: list[dict[str, object]], *, extra: str = "refuse") -> Batch:
        self.batches.append(len(data))
        answers = [self.score(row) for row in data]
        columns = {
            name: np.array([answer[name] for answer in answers]) for name in ("prediction", "probability")
        }
        return Batch(columns, np.zeros(len(data), dtype=bool))


def test_a_model_in_its_own_process_scores_rows_together() -> None:
    scorer = SlowScorer()
    client = Client(create_app(Service(scorer)))
    rows = [{"x": float(each), "kind": "a", "id": each} for each in range(2500)]
    answer = client.post("/invocations?extra=pass", json={"instances": rows}).json()["predictions"]
    assert scorer.batches == [1000, 1000, 500]
    assert [row["prediction"] for row in answer] == [10.0 * each for each in range(2500)]
    assert [row["extra"]["id"] for row in answer] == list(range(2500))
    rows[1700]["x"] = "far"
    assert client.post("/invocations", json={"instances": rows}).json()["row"] == 1700
    partly = client.post("/invocations?on_error=null", json={"instances": rows}).json()
    assert [error["row"] for error in partly["errors"]] == [1700]
    assert partly["predictions"][1701]["prediction"] == 17010.0


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
