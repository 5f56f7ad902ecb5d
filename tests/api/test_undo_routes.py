"""Replays, rollbacks and releases over HTTP: what is accepted, who may ask for it, and what a worker does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fakes.delta_runs import A, DeltaRuns, open_without_spark
from fakes.job_service import check
from fakes.served_project import DAY, Served, add_quarantined_rows, served, serving

from sparkops.api.contexts.messages import StartRun
from sparkops.api.contexts.run_request import execute_request
from sparkops.api.database.submission import JobRequest
from sparkops.api.database.tokens import TokenStore
from sparkops.engine import Engine
from sparkops.runs.records.run import make_run_id

Body = dict[str, Any]


@pytest.fixture
def written(project: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the id of a run that wrote a table."""
    monkeypatch.chdir(project)
    return DeltaRuns(open_without_spark(project)).run(
        "done", writes={"t": A}, params={"day": "2013-07-04", "size": "s", "n": 3}
    )


async def run_done(api: Served) -> str:
    """Return the id of a run that is done."""
    return str((await api.post("/jobs/done/runs?wait=20", DAY)).json()["id"])


def test_a_replay_is_executed_by_a_worker_with_its_options(project: Path) -> None:
    async def scenario(api: Served) -> None:
        original = await run_done(api)
        body = {"tolerance": 0.01, "examples": 3, "code": "present", "params": {"n": 4}}
        answer = await api.post(f"/runs/{original}/replay?wait=20", body)
        replay = answer.json()
        assert (answer.status_code, replay["kind"], replay["of"]) == (200, "replay", original)
        assert (replay["job"], replay["params"]) == ("done", {"n": 4})
        record = (await api.get(f"/runs/{replay['id']}")).json()["record"]
        assert record["replay"] == {"of": original, "tolerance": 0.01, "examples": 3, "code": "present"}
        again = await api.post(f"/runs/{replay['id']}/repeat")
        assert (again.status_code, "request another replay" in again.json()["detail"]) == (422, True)

    served(project, scenario)


def test_a_rollback_is_planned_and_executed(project: Path, written: str) -> None:
    async def scenario(api: Served) -> None:
        original = written
        plan = (await api.post(f"/runs/{original}/rollback", {"dry_run": True})).json()["plan"]
        assert [item["run"] for item in plan["runs"]] == [original]
        rollback = (await api.post(f"/runs/{original}/rollback?wait=20", {"cascade": True})).json()
        assert (rollback["job"], rollback["kind"], rollback["state"]) == ("rollback", "rollback", "done")
        record = (await api.get(f"/runs/{rollback['id']}")).json()["record"]
        assert record["rollback"] == {"of": original, "cascade": True, "include_foreign": False}

    served(project, scenario)


def test_quarantined_rows_are_released(project: Path) -> None:
    add_quarantined_rows(Engine(project), "out", "r1", "r2")

    async def scenario(api: Served) -> None:
        body = {"run": "r1", "set": {"n": "abs(n)"}}
        answer = await api.post("/quarantine/out/release?wait=20", body)
        release = answer.json()
        assert (answer.status_code, release["kind"], release["state"]) == (200, "release", "done")
        assert release["result"] == {
            "table": "out",
            "run": "r1",
            "repairs": {"n": "abs(n)"},
            "discard": False,
        }
        shown = (await api.get(f"/runs/{release['id']}")).json()
        assert (shown["job"], shown["result"]) == ("release", release["result"])

    served(project, scenario)


@pytest.mark.parametrize(
    ("action", "body", "status", "detail"),
    [
        ("replay", {"tolerance": 1}, 422, "`tolerance` is no number from 0 to 0.1"),
        ("replay", {"tolerance": True}, 422, "`tolerance`"),
        ("replay", {"examples": 1.5}, 422, "`examples` is no whole number"),
        ("replay", {"keep": "yes"}, 422, "`keep` is no boolean"),
        ("replay", {"code": "old"}, 422, "`code` is neither present nor recorded"),
        ("replay", {"code": ["present"]}, 422, "`code` is neither present nor recorded"),
        ("replay", {"code": "recorded", "params": {"n": 1}}, 422, "together with the recorded code"),
        ("replay", {"params": [1]}, 422, "`params` is no object"),
        ("replay", {"params": {"n": "x"}}, 422, "`n`"),
        ("replay", {"checked_out": "/"}, 422, "Unknown field `checked_out`"),
        ("rollback", {"cascade": 1}, 422, "`cascade` is no boolean"),
        ("rollback", {"force": True}, 422, "Unknown field `force`"),
    ],
)
def test_a_wrong_request_about_a_run_is_refused(
    project: Path, action: str, body: Body, status: int, detail: str
) -> None:
    async def scenario(api: Served) -> None:
        answer = await api.post(f"/runs/{await run_done(api)}/{action}", body)
        assert (answer.status_code, detail in answer.text) == (status, True), answer.text
        assert len(api.service.store.list_newest(limit=5)) == 1, "nothing was accepted"

    served(project, scenario)


@pytest.mark.parametrize(
    ("path", "body", "status", "detail"),
    [
        ("/quarantine/nothing/release", {}, 404, "No table `nothing`"),
        ("/quarantine/out/release", {"run": "r3"}, 404, "No run `r3`"),
        ("/quarantine/out/release", {"run": 3}, 422, "`run` is no string"),
        ("/quarantine/out/release", {"set": {"m": "n"}}, 404, "No column `m`"),
        ("/quarantine/out/release", {"set": {"n": 1}}, 422, "`set` is no object of expressions"),
        ("/quarantine/out/release", {"set": {"n": "(select 1)"}}, 422, "A repair is an expression"),
        ("/quarantine/out/release", {"set": {"n": "n"}, "discard": True}, 422, "either repaired or discarded"),
        ("/runs/nothing/replay", {}, 404, "No run `nothing`"),
        ("/runs/nothing/rollback", {}, 404, "No run `nothing`"),
        ("/runs/release-nothing/rollback", {}, 422, "release-nothing"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_refused(
    project: Path, path: str, body: Body, status: int, detail: str
) -> None:
    add_quarantined_rows(Engine(project), "out", "r1")

    async def scenario(api: Served) -> None:
        answer = await api.post(path, body)
        assert (answer.status_code, detail in answer.text) == (status, True), answer.text

    served(project, scenario)


def test_who_may_not_run_a_job_may_not_undo_its_runs(project: Path, written: str) -> None:
    add_quarantined_rows(Engine(project), "out", "r1")

    async def scenario() -> None:
        async with serving(project, has_tokens=True) as api:
            tokens = TokenStore(api.service.store.engine)

            async def ask(name: str, path: str, body: Body | None = None) -> int:
                headers = {"authorization": f"Bearer {texts[name]}"}
                return (await api.post(path, body, headers=headers)).status_code

            texts = {
                "runner": tokens.create("runner", "run"),
                "done": tokens.create("done", "run", jobs=("done",)),
                "other": tokens.create("other", "run", jobs=("slow",)),
                "reader": tokens.create("reader", "read"),
                "admin": tokens.create("admin", "admin", jobs=("slow",)),
            }
            run, dry_run = written, {"dry_run": True}
            for name, replay, rollback, cascade, release in (
                ("reader", 403, 403, 403, 403),
                ("other", 403, 403, 403, 403),
                ("done", 202, 200, 403, 403),
                ("admin", 403, 200, 200, 202),
                ("runner", 202, 200, 200, 202),
            ):
                assert await ask(name, f"/runs/{run}/replay") == replay, name
                assert await ask(name, f"/runs/{run}/rollback", dry_run) == rollback, name
                assert await ask(name, f"/runs/{run}/rollback", {**dry_run, "cascade": True}) == cascade, name
                assert await ask(name, "/quarantine/out/release") == release, name

    check(scenario())


def test_a_worker_rolls_back_and_completes_a_rollback(project: Path, written: str) -> None:
    with open_without_spark(project) as engine:
        options = {"cascade": False, "include_foreign": False}
        request = StartRun(
            run_id=make_run_id(), job="rollback", kind="rollback", target=written, options=options
        )
        ended = execute_request(engine, request, "pool")
        assert (ended.state, ended.answered_by, ended.error) == ("done", None, None)
        assert engine.runs.read(written).rolled_back == request.run_id
        # Given to a worker again, because the first one ended before it said so.
        assert execute_request(engine, request, "pool").state == "done"


def test_a_worker_discards_quarantined_rows(project: Path) -> None:
    with Engine(project) as engine:
        add_quarantined_rows(engine, "out", "r1", "r2")
        options = {"run": "r1", "repairs": {}, "discard": True}
        request = StartRun(run_id="x", job="release", kind="release", target="out", options=options)
        ended = execute_request(engine, request, "pool")
        assert (ended.state, ended.error) == ("done", None)
        assert ended.result is not None
        assert (ended.result["rows"], ended.result["discarded"]) == (1, True)
        assert engine.container.tables.summarize_quarantine("out").runs == ("r2",)


def test_a_replay_that_was_interrupted_is_not_continued(project: Path) -> None:
    with Engine(project) as engine:
        engine.runs.begin("20260101-000000-aaaaaa", "done")
        request = StartRun(run_id="20260101-000000-aaaaaa", job="done", kind="replay", target="x")
        ended = execute_request(engine, request, "pool")
        assert (ended.state, ended.error) == (
            "failed", "The process of the replay ended before it did. Request the replay again.",
        )  # fmt: skip


def test_a_request_for_a_run_is_the_text_that_it_was_before_there_were_other_kinds() -> None:
    request = JobRequest(job="done", params={"n": 1})
    assert request.to_json() == '{"as_of":null,"at":{},"job":"done","params":{"n":1}}'
    replay = JobRequest(job="done", kind="replay", target="x", options={"examples": 3})
    assert JobRequest.from_json(replay.to_json()) == replay
    assert replay.compute_digest() != JobRequest(job="done").compute_digest()
