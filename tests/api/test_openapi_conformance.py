"""The service answers as its OpenAPI document says: schemathesis sends what the document allows and forbids, and compares.

`scripts/fuzz --surface api-requests` is the long form.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fakes.described_service import (
    HOST,
    RUNS,
    Conformance,
    DescribedService,
    check_conformance,
    make_described_project,
    serve_described_project,
)
from fakes.served_project import Served, served
from starlette.routing import Mount, Route

from sparkops.api.app import create_app
from sparkops.api.service import JobService
from sparkops.engine import Engine

# Routes that the document leaves out.
NOT_DESCRIBED = {
    "/": "the page, for browsers",
    "/page": "files of the page",
    "/page/theme.css": "a file of the page",
    "/page/session": "who uses the page: only the page itself may send or remove a token there",
}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DescribedService]:
    with serve_described_project(
        make_described_project(tmp_path_factory.mktemp("described") / "p")
    ) as service:
        yield service


@pytest.mark.timeout(900)
@pytest.mark.parametrize("phase", ["coverage", "fuzzing"])
def test_every_operation_answers_as_the_document_says(service: DescribedService, phase: str) -> None:
    conformance: Conformance = check_conformance(service, seed=2026, requests=4, phases=[phase])
    assert conformance.failures == {}
    # A document of which nothing is accepted, or nothing refused, is not tested.
    statuses = {status for _, status in conformance.statuses}
    assert statuses >= {200, 202, 404, 422}
    assert len({operation for operation, _ in conformance.statuses}) > 30


def test_every_route_and_method_is_described_or_left_out_for_a_reason(project: Path) -> None:
    (project / "conf" / "base" / "livy.yml").write_text("api: {livy: true}\n", "utf-8")

    async def scenario(api: Served) -> None:
        dispatcher = api.service.dispatcher
        app = create_app(JobService(engine=Engine(project), store=dispatcher.store, dispatcher=dispatcher))
        routed: set[tuple[str, str]] = set()
        for route in app.routes:
            assert isinstance(route, Route | Mount)
            if route.path not in NOT_DESCRIBED:
                assert isinstance(route, Route)
                routed |= {
                    (route.path, method.lower()) for method in (route.methods or ()) if method != "HEAD"
                }
        document = (await api.get("/openapi.json")).json()
        jobs = {f"/jobs/{job}/runs" for job in Engine(project).project.declared}
        described = {
            (path, method) for path, item in document["paths"].items() if path not in jobs for method in item
        }
        assert routed == described

    served(project, scenario)


def test_batches_are_described_only_where_they_are_served(project: Path) -> None:
    async def scenario(api: Served) -> None:
        document = (await api.get("/openapi.json")).json()
        assert not [path for path in document["paths"] if path.startswith("/batches")]
        assert "Batch" not in document["components"]["schemas"]

    served(project, scenario)


def test_every_reference_of_the_document_has_its_schema(service: DescribedService) -> None:
    document = request(service, "GET", "/openapi.json").json()
    text = json.dumps(document)
    for name in document["components"]["schemas"]:
        assert f'"#/components/schemas/{name}"' in text, f"{name} is used nowhere"


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("OPTIONS", "/batches", "GET, HEAD, POST"),
        ("PUT", "/batches/1", "DELETE, GET, HEAD"),
        ("POST", "/page/session", None),
        ("PATCH", "/page/session", "DELETE, GET, HEAD, POST"),
        ("PATCH", "/page/main.js", "GET, HEAD"),
        ("POST", "/jobs", "GET, HEAD"),
        ("GET", "/jobs/done/runs", "POST"),
        ("TRACE", "/health/live", "GET, HEAD"),
    ],
)
def test_a_method_that_is_not_allowed_is_answered_with_those_that_are(
    service: DescribedService, method: str, path: str, allow: str | None
) -> None:
    answer = request(service, method, path)
    assert answer.headers.get("allow") == allow
    assert (answer.status_code == 405) == (allow is not None)


@pytest.mark.parametrize(
    ("path", "detail"),
    [
        (f"/batches?from={'0' * 30}{'9' * 20}", "`from` is"),
        (f"/batches?size={'9' * 5000}", "`size` is"),
        (f"/batches/1/log?from={'9' * 30}", "`from` is"),
        (f"/runs/{RUNS[0]}/log?from=x", "no place in a log"),
    ],
)
def test_a_wrong_value_of_the_query_is_refused(service: DescribedService, path: str, detail: str) -> None:
    answer = request(service, "GET", path, headers={"last-event-id": "1:0"})
    assert (answer.status_code, detail in answer.json()["detail"]) == (422, True), answer.text


@pytest.mark.parametrize(
    ("since", "count"), [("2026-01-01", 3), ("2026-01-01T00:00:00", 3), ("9999-12-31T23:59:59-23:59", 0), ("0001-01-01T00:00:00%2B23:59", 3)]
)  # fmt: skip
def test_runs_are_listed_since_a_time_which_is_in_utc_if_it_has_no_zone(
    service: DescribedService, since: str, count: int
) -> None:
    answer = request(service, "GET", f"/runs?since={since}")
    assert answer.status_code == 200, answer.text
    assert len({run["id"] for run in answer.json()["runs"]} & set(RUNS)) == count


@pytest.mark.parametrize("field", [{"args": ""}, {"args": 0}, {"conf": 0}, {"jars": False}])
def test_a_batch_of_a_wrong_type_is_refused_though_it_says_nothing(
    service: DescribedService, field: dict[str, Any]
) -> None:
    answer = request(service, "POST", "/batches", json={"file": "publish", **field})
    assert answer.status_code == 422
    assert next(iter(field)) in answer.json()["msg"]


@pytest.mark.parametrize("name", ["callback", "every"])
def test_an_empty_field_of_a_request_is_refused(service: DescribedService, name: str) -> None:
    answer = request(service, "POST", "/jobs/publish/runs", json={name: ""})
    assert (answer.status_code, f"`{name}` is empty" in answer.json()["detail"]) == (422, True), answer.text


def request(service: DescribedService, method: str, path: str, **options: Any) -> httpx.Response:
    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(service.app)
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}") as client:
            return await client.request(method, path, **options)

    assert service.loop is not None
    return asyncio.run_coroutine_threadsafe(send(), service.loop).result(60)
