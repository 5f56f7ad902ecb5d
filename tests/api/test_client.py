"""The client in Python: the verbs of the engine, over a socket, and the errors of the service as exceptions."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from fakes.job_service import serve_in_thread

from sparkops.api.client import Client, RequestRefused
from sparkops.errors import EngineError, JobFailed, RunCancelled
from sparkops.runs.records.store import RunStore

JOBS = '''
from datetime import date
from pyspark.sql import DataFrame
from sparkops import job

@job(writes="out")
def done(source: DataFrame, *, day: date) -> DataFrame:
    """Do it."""
    return source

@job(writes="out")
def failed(source: DataFrame) -> DataFrame:
    return source

@job(writes="out")
def slow(source: DataFrame) -> DataFrame:
    return source

@job(writes="out", mode="append", stream="source")
def follow(source: DataFrame) -> DataFrame:
    return source

@job(writes="out")
def wait(source: DataFrame) -> DataFrame:
    return source
'''
CONF = "tables: {source: {path: source}}\nstate: .\n"
DAY = date(2013, 7, 4)


@pytest.fixture
def project(make_project: Callable[..., Path]) -> Path:
    return make_project({"jobs/all.py": JOBS, "conf/base/all.yml": CONF})


@pytest.fixture
def client(project: Path) -> Iterator[Client]:
    with serve_in_thread(project) as url:
        yield Client(url)


def test_a_run_is_requested_and_waited_for(client: Client) -> None:
    run = client.run("done", day=DAY)
    assert (run.job, run.state, run.params, run.has_ended) == ("done", "done", {"day": "2013-07-04"}, True)
    assert client.find("last").id == run.id
    assert [listed.id for listed in client.runs(job="done")] == [run.id]


def test_jobs_are_listed(client: Client) -> None:
    assert [job["name"] for job in client.jobs()] == ["done", "failed", "follow", "slow", "wait"]
    assert client.job("done")["parameters"]["required"] == ["day"]


def test_a_refused_request_has_all_problems(client: Client) -> None:
    with pytest.raises(RequestRefused, match="2 parameter problems") as refused:
        client.run("done", day="2013-13-04", n=1)
    assert (refused.value.status, {error["parameter"] for error in refused.value.errors}) == (
        422,
        {"day", "n"},
    )
    with pytest.raises(RequestRefused, match="Did you mean `done`"):
        client.run("dome")


def test_a_failed_run_is_an_error_with_its_run(client: Client) -> None:
    with pytest.raises(JobFailed, match="It broke") as failed:
        client.run("failed")
    assert failed.value.__notes__ == [f"run {client.find('last').id}"]


def test_the_same_key_is_the_same_run(client: Client) -> None:
    assert client.submit("done", day=DAY, key="k").id == client.submit("done", day=DAY, key="k").id


def test_a_callback_is_part_of_the_request(client: Client) -> None:
    with pytest.raises(RequestRefused, match=r"`api\.callbacks\.hosts`"):
        client.submit("done", day=DAY, callback="https://hooks.example.com/")


def test_a_run_is_cancelled_and_repeated(client: Client) -> None:
    run = client.submit("slow")
    cancelled = client.cancel(run.id)
    assert cancelled.state == "cancelled"
    with pytest.raises(RunCancelled):
        cancelled.require_done()
    again = client.repeat(run.id)
    assert again.id != run.id
    client.cancel(again.id)


def test_a_stream_goes_on_until_it_is_cancelled(client: Client) -> None:
    run = client.submit("follow", every="10 seconds")
    ended = client.wait(client.cancel(run.id).id)
    assert (ended.state, ended.answer["every"]) == ("cancelled", "10 seconds")
    with pytest.raises(RequestRefused, match="`slow` reads none"):
        client.submit("slow", every="10 seconds")


def test_waiting_ends_at_its_time(client: Client) -> None:
    run = client.submit("slow")
    began = time.monotonic()
    assert not client.wait(run.id, seconds=0.5).has_ended
    assert time.monotonic() - began < 10
    client.cancel(run.id)


def test_a_log_is_followed_to_its_end(client: Client, project: Path) -> None:
    run, runs = client.submit("wait"), RunStore(project / "runs")
    while runs.find_state(run.id) != "running":
        time.sleep(0.02)
    log = runs.find_newest_attempt(run.id).log
    log.write_text("one\n")
    lines: list[str] = []
    follower = threading.Thread(target=lambda: lines.extend(client.follow_log(run.id)))
    follower.start()
    with log.open("a") as file:
        file.write("two\n")
    (project / "go").touch()
    follower.join(30)
    assert lines == ["one", "two"]
    assert client.log(run.id) == "one\ntwo\n"


def test_a_service_that_is_not_there_is_said_so() -> None:
    with pytest.raises(
        EngineError, match=r"The service at http://127\.0\.0\.1:1 does not answer: .*`sparkops api`"
    ):
        Client("http://me:hunter2@127.0.0.1:1").jobs()


def test_a_token_is_shown_nowhere() -> None:
    assert "secret" not in repr(Client("http://127.0.0.1:1", token="secret"))
