"""The HTTP interface: what is accepted, what is refused and with which status, and how runs are followed."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from fakes.job_service import check
from fakes.served_project import DAY, Served, served, serving
from starlette.routing import Route

from sparkops.api.app import create_app
from sparkops.api.database.submission import Outcome
from sparkops.api.database.tokens import TokenStore
from sparkops.api.service import JobService
from sparkops.config.api_settings import ContextSettings
from sparkops.engine import Engine


def test_a_query_that_is_not_utf_8_is_refused_at_any_path(project: Path) -> None:
    statuses: list[int] = []

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    async def receive() -> Any:
        return {"type": "http.request", "body": b""}

    async def scenario(api: Served) -> None:
        app = api.client._transport.app  # type: ignore[attr-defined]
        for path in ("/jobs/", "/runs/", "/x/", ""):
            await app(
                {
                    "type": "http", "method": "GET", "path": path, "query_string": b"x=\xed", "root_path": "",
                    "headers": [(b"host", b"127.0.0.1:5002")], "scheme": "http", "server": ("127.0.0.1", 5002),
                },
                receive,
                send,
            )  # fmt: skip
        assert statuses == [404] * 4

    served(project, scenario)


def test_the_jobs_are_listed_with_the_schema_of_their_parameters(project: Path) -> None:
    async def scenario(api: Served) -> None:
        jobs = (await api.get("/jobs")).json()["jobs"]
        assert [job["name"] for job in jobs] == [
            "done",
            "failed",
            "follow",
            "refused",
            "slow",
            "wait",
            "with_secret",
        ]
        job = (await api.get("/jobs/done")).json()
        assert (job["summary"], job["reads"], job["writes"]) == (
            "Do what is to be done.",
            ["source"],
            ["out"],
        )
        assert job["parameters"]["properties"]["day"] == {
            "type": "string", "format": "date", "description": "The day.",
        }  # fmt: skip
        assert job["parameters"]["required"] == ["day"]

    served(project, scenario)


def test_a_request_is_accepted_at_once_and_can_be_waited_for(project: Path) -> None:
    async def scenario(api: Served) -> None:
        accepted = await api.post("/jobs/done/runs", DAY)
        assert accepted.status_code == 202
        run = accepted.json()
        assert (run["job"], run["state"], run["params"]) == ("done", "queued", {"day": "2013-07-04"})
        assert accepted.headers["location"] == run["links"]["self"] == f"/runs/{run['id']}"
        ended = await api.get(run["links"]["self"], params={"wait": 20})
        assert (ended.json()["state"], ended.json()["record"]["params"]) == ("done", {"day": "2013-07-04"})

    served(project, scenario)


def test_a_request_that_waits_gets_the_end(project: Path) -> None:
    async def scenario(api: Served) -> None:
        answer = await api.post("/jobs/done/runs?wait=20", DAY)
        assert (answer.status_code, answer.json()["state"], answer.json()["is_new"]) == (200, "done", True)
        answer = await api.post("/jobs/refused/runs?wait=20")
        assert answer.json()["error"] == {"message": "It was refused.", "type": "InputError"}
        answer = await api.post("/jobs/slow/runs?wait=0.2")
        assert answer.status_code == 202
        await api.post(f"/runs/{answer.json()['id']}/cancel")

    served(project, scenario)


def test_the_same_key_is_the_same_run(project: Path) -> None:
    async def scenario(api: Served) -> None:
        headers = {"Idempotency-Key": "k1"}
        first = await api.post("/jobs/done/runs?wait=20", DAY, headers=headers)
        again = await api.post("/jobs/done/runs?wait=20", DAY, headers=headers)
        assert again.json() == {**first.json(), "is_new": False}
        other = await api.post("/jobs/done/runs", {"params": {"day": "2013-07-05"}}, headers=headers)
        assert (other.status_code, other.json()["title"]) == (409, "In conflict with another request")

    served(project, scenario)


def test_all_problems_of_the_parameters_are_reported_at_once(project: Path) -> None:
    async def scenario(api: Served) -> None:
        body = {"params": {"day": "2013-13-04", "size": "x", "n": "three", "m": 1}}
        answer = await api.post("/jobs/done/runs", body)
        assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
        assert {problem["parameter"] for problem in answer.json()["errors"]} == {"day", "size", "n", "m"}
        assert api.service.store.list_newest(limit=5) == [], "nothing was accepted"

    served(project, scenario)


@pytest.mark.parametrize(
    ("path", "body", "status", "detail"),
    [
        ("/jobs/dome/runs", {}, 404, "Did you mean `done`?"),
        ("/jobs/done/runs", {"parms": {}}, 422, "Unknown field `parms`. Did you mean `params`?"),
        ("/jobs/done/runs", {"params": []}, 422, "`params` is no object"),
        ("/jobs/done/runs", [], 422, "The body is no JSON object"),
        ("/jobs/done/runs", {**DAY, "at": {"source": "3"}}, 422, "`at` is no object of versions"),
        ("/jobs/done/runs", {**DAY, "at": {"source": True}}, 422, "`at` is no object of versions"),
        ("/jobs/done/runs", {**DAY, "at": {"sorce": 3}}, 422, "sorce"),
        ("/jobs/done/runs", {**DAY, "as_of": "yesterday"}, 422, "`as_of` is 'yesterday'"),
        ("/jobs/done/runs", {**DAY, "as_of": 3}, 422, "`as_of` is no text"),
        ("/jobs/done/runs?wait=soon", DAY, 422, "`wait` is 'soon': give 0 to 300 seconds"),
        ("/jobs/done/runs?wait=nan", DAY, 422, "`wait` is 'nan'"),
        ("/jobs/with_secret/runs", {"params": {"token": "hunter2"}}, 422, "SPARKOPS_SECRET_TOKEN"),
        ("/runs/nothing/cancel", {}, 404, "No run `nothing`"),
        ("/runs/nothing/repeat", {}, 404, "No run `nothing`"),
    ],
)  # fmt: skip
def test_a_wrong_request_is_refused_with_what_to_do(
    project: Path, path: str, body: Any, status: int, detail: str
) -> None:
    async def scenario(api: Served) -> None:
        answer = await api.post(path, body)
        assert (answer.status_code, answer.json()["status"]) == (status, status)
        assert detail in json.dumps(answer.json(), ensure_ascii=False)
        assert "hunter2" not in answer.text
        assert api.service.store.list_newest(limit=5) == []

    served(project, scenario)


@pytest.mark.parametrize(
    ("content", "kind", "status", "detail"),
    [
        (b"{", "application/json", 400, "The body is no JSON"),
        (b'{"params": {"n": NaN}}', "application/json", 400, "NaN is no number of JSON"),
        (b"\xff\xfe", "application/json", 400, "The body is no JSON"),
        (b"[" * 200_000, "application/json", 400, "The body is no JSON"),
        (b"day=2013-07-04", "application/x-www-form-urlencoded", 415, "send application/json"),
        (b'{"params": {"x": "' + b"y" * 1_100_000 + b'"}}', "application/json", 413, "more than 1,000,000 bytes"),
    ],
)  # fmt: skip
def test_a_body_that_cannot_be_read_is_refused(
    project: Path, content: bytes, kind: str, status: int, detail: str
) -> None:
    async def scenario(api: Served) -> None:
        answer = await api.client.post("/jobs/done/runs", content=content, headers={"content-type": kind})
        assert (answer.status_code, detail in answer.json()["detail"]) == (status, True), answer.text

    served(project, scenario)


@pytest.mark.parametrize(
    ("path", "status", "detail"),
    [
        ("/nothing", 404, "GET /openapi.json lists what does"),
        ("/jobs/nothing", 404, "No job `nothing`"),
        ("/runs/nothing", 404, "No run `nothing`"),
        ("/runs/nothing/log", 404, "No run `nothing`"),
        ("/runs/nothing/result", 404, "No run `nothing`"),
        ("/runs?state=runing", 422, "Did you mean `running`?"),
        ("/runs?limit=0", 422, "`limit` is '0'"),
        ("/runs?limit=1e3", 422, "`limit` is '1e3'"),
        ("/runs?since=soon", 422, "`since` is 'soon'"),
        ("/runs?jobs=done", 422, "Unknown query parameter `jobs`"),
        ("/tables/nothing/preview", 404, "No table `nothing`"),
        ("/tables/nothing/history", 404, "No table `nothing`"),
        ("/tables/source/preview?at=x", 422, "`at` is 'x'"),
    ],
)
def test_what_is_not_there_is_said_so(project: Path, path: str, status: int, detail: str) -> None:
    async def scenario(api: Served) -> None:
        answer = await api.get(path)
        assert answer.status_code == status, answer.text
        assert detail in answer.json()["detail"]

    served(project, scenario)


def test_a_full_queue_says_when_to_try_again(project: Path) -> None:
    async def scenario(api: Served) -> None:
        await api.post("/jobs/slow/runs")
        await api.service.until(lambda: api.service.store.count_queued() == {})
        assert (await api.post("/jobs/done/runs", DAY)).status_code == 202
        answer = await api.post("/jobs/done/runs", DAY)
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "10")
        assert "1 requests wait for context `default`" in answer.json()["detail"]
        for run in (await api.get("/runs")).json()["runs"]:
            await api.post(f"/runs/{run['id']}/cancel")

    served(project, scenario, default=ContextSettings(spare=0, max_runs=1, max_queue=1))


def test_a_waiting_and_an_active_run_are_cancelled(project: Path) -> None:
    async def scenario(api: Served) -> None:
        active = (await api.post("/jobs/slow/runs")).json()["id"]
        await api.service.until(lambda: api.service.runs.find_state(active) == "running")
        waiting = (await api.post("/jobs/done/runs", DAY)).json()["id"]
        for run_id in (waiting, active):
            answer = await api.post(f"/runs/{run_id}/cancel")
            assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
            again = await api.post(f"/runs/{run_id}/cancel")
            assert (again.status_code, again.json()["state"]) == (200, "cancelled")
        assert api.service.runs.find_state(waiting) is None, "it never began"

    served(project, scenario, default=ContextSettings(spare=0, max_runs=1))


def test_a_request_to_cancel_that_does_not_wait_is_carried_out(project: Path) -> None:
    async def scenario(api: Served) -> None:
        run_id = (await api.post("/jobs/slow/runs")).json()["id"]
        await api.service.until(lambda: api.service.runs.find_state(run_id) == "running")
        answer = await api.post(f"/runs/{run_id}/cancel?wait=0")
        assert answer.status_code in (200, 202)
        assert (await api.get(f"/runs/{run_id}?wait=20")).json()["state"] == "cancelled"

    served(project, scenario)


def test_every_attempt_of_a_cancelled_run_is_stopped_also_one_that_begins_later(project: Path) -> None:
    async def scenario(api: Served) -> None:
        service, runs = api.service, api.service.runs
        active = (await api.post("/jobs/slow/runs")).json()["id"]
        await service.until(lambda: runs.find_state(active) == "running")
        run_id = (await api.post("/jobs/wait/runs")).json()["id"]
        [submission] = service.store.claim("default", "s1", 1)
        assert submission.run_id == run_id
        assert (await api.post(f"/runs/{run_id}/cancel?wait=0")).status_code == 202
        for number in (1, 2):
            attempt = runs.begin(run_id, "wait")
            assert attempt.number == number
            await service.until(lambda attempt=attempt: attempt.find_cancel_request() is not None)
            attempt.enter("failed", "ended")
        service.store.end(run_id, Outcome(state="failed"))
        await api.post(f"/runs/{active}/cancel")

    served(project, scenario, default=ContextSettings(spare=0, max_runs=1))


def test_what_has_ended_is_not_cancelled(project: Path) -> None:
    async def scenario(api: Served) -> None:
        run_id = (await api.post("/jobs/failed/runs?wait=20")).json()["id"]
        answer = await api.post(f"/runs/{run_id}/cancel")
        assert (answer.status_code, "has ended: it is failed" in answer.json()["detail"]) == (422, True)

    served(project, scenario)


def test_a_run_is_repeated_with_other_parameters(project: Path) -> None:
    async def scenario(api: Served) -> None:
        first = (await api.post("/jobs/done/runs?wait=20", {"params": {"day": "2013-07-04", "n": 5}})).json()
        again = (await api.post(f"/runs/{first['id']}/repeat?wait=20", {"params": {"n": 6}})).json()
        assert again["id"] != first["id"]
        assert again["params"] == {"day": "2013-07-04", "n": 6}

    served(project, scenario)


def test_runs_are_listed_newest_first_with_those_that_wait(project: Path) -> None:
    async def scenario(api: Served) -> None:
        ended = (await api.post("/jobs/failed/runs?wait=20")).json()["id"]
        active = (await api.post("/jobs/slow/runs")).json()["id"]
        await api.service.until(lambda: api.service.runs.find_state(active) == "running")
        waiting = (await api.post("/jobs/done/runs", DAY)).json()["id"]

        async def list_ids(query: str) -> list[str]:
            return [run["id"] for run in (await api.get(f"/runs{query}")).json()["runs"]]

        assert await list_ids("") == [waiting, active, ended]
        assert await list_ids("?limit=2") == [waiting, active]
        assert await list_ids("?state=queued") == [waiting]
        assert await list_ids("?state=failed") == [ended]
        assert await list_ids("?job=slow") == [active]
        for run_id in (waiting, active):
            await api.post(f"/runs/{run_id}/cancel")

    served(project, scenario, default=ContextSettings(spare=0, max_runs=1))


def test_a_run_that_did_not_succeed_has_no_result(project: Path) -> None:
    async def scenario(api: Served) -> None:
        run_id = (await api.post("/jobs/failed/runs?wait=20")).json()["id"]
        answer = await api.get(f"/runs/{run_id}/result")
        assert (answer.status_code, "it is failed" in answer.json()["detail"]) == (409, True)

    served(project, scenario)


def test_a_log_is_followed_from_where_a_follower_was_disconnected(project: Path) -> None:
    async def scenario(api: Served) -> None:
        run_id = (await api.post("/jobs/wait/runs")).json()["id"]
        runs = api.service.runs
        await api.service.until(lambda: runs.find_state(run_id) == "running")
        log = runs.folder / run_id / "attempt-1.log"
        log = runs.find_newest_attempt(run_id).log
        log.write_bytes("one\ntwö\nthr".encode())
        events = {"accept": "text/event-stream"}

        async def follow(last: str | None = None) -> str:
            headers = events | ({"Last-Event-ID": last} if last else {})
            return (await api.get(f"/runs/{run_id}/log", headers=headers)).text

        following = asyncio.create_task(follow())
        await asyncio.sleep(0.8)
        with log.open("ab") as file:
            file.write(b"ee\n")
        await asyncio.sleep(0.5)
        (project / "go").touch()
        assert await following == (
            "id: 1:9\ndata: one\ndata: twö\n\nid: 1:15\ndata: three\n\nevent: end\ndata: done\n\n"
        )
        assert await follow("1:9") == "id: 1:15\ndata: three\n\nevent: end\ndata: done\n\n"
        assert await follow("1:15") == "event: end\ndata: done\n\n"
        text = await api.get(f"/runs/{run_id}/log")
        assert (text.text, text.headers["x-log-position"]) == ("one\ntwö\nthree\n", "1:15")
        wrong = await api.get(f"/runs/{run_id}/log", headers={"Last-Event-ID": "x"})
        assert wrong.status_code == 422

    served(project, scenario)


def test_control_characters_of_a_log_reach_no_follower(project: Path) -> None:
    async def scenario(api: Served) -> None:
        run_id = (await api.post("/jobs/done/runs?wait=20", DAY)).json()["id"]
        api.service.runs.find_newest_attempt(run_id).log.write_bytes(b"a\x1b]0;x\x07b\r\ndata: c\n")
        text = (await api.get(f"/runs/{run_id}/log", headers={"accept": "text/event-stream"})).text
        assert "\x1b" not in text
        assert "\r" not in text
        assert text.startswith("id: 1:18\ndata: a\\u001b]0;x\\u0007b\\u000d\ndata: data: c\n\n")

    served(project, scenario)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example"}, 403),
        ({"host": "127.0.0.1.evil.example:5002"}, 403),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"origin": "http://127.0.0.1:5002", "sec-fetch-site": "same-origin"}, 202),
        ({"host": "localhost:5002"}, 202),
    ],
)
def test_a_page_of_another_site_cannot_start_a_run(
    project: Path, headers: dict[str, str], status: int
) -> None:
    async def scenario(api: Served) -> None:
        assert (await api.post("/jobs/failed/runs", headers=headers)).status_code == status

    served(project, scenario)


def test_the_interface_is_described_with_the_parameters_of_each_job(project: Path) -> None:
    async def scenario(api: Served) -> None:
        described = (await api.get("/openapi.json")).json()
        assert (described["openapi"], described["info"]["title"]) == ("3.1.0", "project")
        body = described["paths"]["/jobs/done/runs"]["post"]["requestBody"]["content"]["application/json"]
        assert body["schema"]["properties"]["params"]["required"] == ["day"]
        # Every route is described, and nothing else is.
        app = create_app(
            JobService(engine=Engine(project), store=api.service.store, dispatcher=api.service.dispatcher)
        )
        routes = {route.path for route in app.routes if isinstance(route, Route)}
        routes = {path for path in routes if path != "/" and not path.startswith("/page/")}
        jobs = {
            f"/jobs/{job}/runs"
            for job in ("done", "failed", "follow", "refused", "slow", "wait", "with_secret")
        }
        assert routes == set(described["paths"]) - jobs

    served(project, scenario)


def test_a_service_with_tokens_asks_for_one(project: Path) -> None:
    async def scenario() -> None:
        async with serving(project, has_tokens=True) as api:
            tokens = TokenStore(api.service.store.engine)
            reader, runner = tokens.create("reader", "read"), tokens.create("runner", "run", jobs=("fail*",))

            def send(token: str) -> dict[str, str]:
                return {"authorization": f"Bearer {token}"}

            assert (await api.get("/health/live")).status_code == 200
            for headers in (
                {},
                {"authorization": "Basic eDp5"},
                send("sparkops_x"),
                send(""),
                {"authorization": b"Bearer \xe4"},
            ):
                refused = await api.get("/jobs", headers=headers)
                assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
            assert (await api.get("/jobs", headers=send(reader))).status_code == 200
            # Where a token is needed, the name of the host does not matter.
            assert (
                await api.get("/jobs", headers={**send(reader), "host": "jobs.example"})
            ).status_code == 200
            refused = await api.post("/jobs/failed/runs", headers=send(reader))
            assert (refused.status_code, refused.json()["detail"]) == (
                403, "The token `reader` has role read; this needs run.",
            )  # fmt: skip
            refused = await api.post("/jobs/refused/runs", headers=send(runner))
            assert (refused.status_code, refused.json()["detail"]) == (
                403, "The token `runner` allows runs of fail* only, not of `refused`.",
            )  # fmt: skip
            accepted = await api.post("/jobs/failed/runs?wait=20", headers=send(runner))
            assert (accepted.status_code, accepted.json()["caller"]) == (200, "runner")
            tokens.revoke("runner")
            assert (await api.get("/jobs", headers=send(runner))).status_code == 401

    check(scenario())


def test_the_service_says_that_it_lives_and_what_it_does(project: Path) -> None:
    async def scenario(api: Served) -> None:
        assert (await api.get("/health/live")).json() == {"status": "live"}
        ready = (await api.get("/health/ready")).json()
        idle = {"runs": 0, "queued": 0, "processes": 0, "warm": 0}
        assert ready == {"status": "ready", "contexts": {"default": idle, "streams": idle}}

    served(project, scenario)
