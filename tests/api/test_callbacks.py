"""Callbacks: what was accepted is delivered at least once, signed, and only to permitted hosts."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fakes.callback_receiver import HANGS, CallbackReceiver, receiving
from fakes.job_service import check, running
from fakes.served_project import CONF, DAY, JOBS, Served, add_quarantined_rows, served, serving
from sqlalchemy import Engine as Database

from sparkops.api.callbacks.address import CallbackAddress, hide_query, require_permitted
from sparkops.api.callbacks.delivery import compute_delay
from sparkops.api.callbacks.signature import is_valid_signature, sign
from sparkops.api.database.submission import JobRequest, Outcome
from sparkops.api.database.submissions import KeyReused, NewSubmission, SubmissionStore
from sparkops.api.server import make_delivery
from sparkops.config.api_settings import CallbackSettings
from sparkops.engine import Engine
from sparkops.errors import ConfigError, InputError
from sparkops.runs.records.store import RunStore

SECRET = "a-secret-of-more-than-16"

Permit = Callable[..., Path]


@pytest.fixture
def permit(make_project: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Permit:
    """Return a function that makes a project whose service calls a receiver, or what is listed."""
    monkeypatch.setenv("CALLBACK_SECRET", SECRET)

    def permit(*receivers: CallbackReceiver, **settings: Any) -> Path:
        hosts = [f"127.0.0.1:{receiver.port}" for receiver in receivers]
        callbacks = {"hosts": hosts, "secret": "${env:CALLBACK_SECRET}", "backoff": 0.05, **settings}
        lines = "".join(f"    {name}: {str(value).lower()}\n" for name, value in callbacks.items())
        lines = lines.replace("${env:callback_secret}", "${env:CALLBACK_SECRET}")
        conf = f"{CONF}api:\n  callbacks:\n{lines}"
        return make_project({"jobs/all.py": JOBS, "conf/base/all.yml": conf})

    return permit


async def wait_for_state(api: Served, run_id: str, *states: str) -> dict[str, Any]:
    """Return the callback of a run when it is in one of these states."""
    async with asyncio.timeout(60):
        while True:
            callback: dict[str, Any] = (await api.get(f"/runs/{run_id}")).json()["callback"]
            if callback["state"] in states:
                return callback
            await asyncio.sleep(0.05)


async def request_run(api: Served, url: str, job: str = "done", **fields: Any) -> str:
    """Return the id of an accepted run."""
    params = DAY["params"] if job == "done" else {}
    answer = await api.post(f"/jobs/{job}/runs", {"params": params, "callback": url, **fields})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


@pytest.mark.parametrize("job", ["done", "failed", "refused"])
def test_a_run_that_has_ended_is_posted_signed(permit: Permit, job: str) -> None:
    async def scenario(api: Served, receiver: CallbackReceiver) -> None:
        run_id = await request_run(api, receiver.url("/hook?code=hidden9"), job)
        callback = await wait_for_state(api, run_id, "delivered")
        assert callback == {
            "url": receiver.url("/hook?***"), "state": "delivered", "attempts": 1, "last_error": None,
        }  # fmt: skip
        [received] = receiver.received
        assert received.path == "/hook?code=hidden9"
        assert received.headers["Sparkops-Delivery"] == run_id
        assert is_valid_signature(received.body, received.headers["Sparkops-Signature"], SECRET)
        shown = (await api.get(f"/runs/{run_id}")).json()
        assert received.json() == {name: shown[name] for name in shown.keys() - {"callback", "record"}}
        assert SECRET not in str(shown)
        assert "hidden9" not in str(shown)

    with receiving() as receiver:
        served(permit(receiver), lambda api: scenario(api, receiver), delivers=True)


def test_a_run_that_is_cancelled_in_the_queue_is_posted(permit: Permit) -> None:
    async def scenario(api: Served, receiver: CallbackReceiver) -> None:
        new = NewSubmission(
            run_id="20260101-000000-aaaa", request=JobRequest(job="done", callback=receiver.url()),
            context="none", caller="me",
        )  # fmt: skip
        api.service.store.accept(new)
        assert (await api.post(f"/runs/{new.run_id}/cancel")).json()["state"] == "cancelled"
        await wait_for_state(api, new.run_id, "delivered")
        assert receiver.received[0].json()["state"] == "cancelled"

    with receiving() as receiver:
        served(permit(receiver), lambda api: scenario(api, receiver), delivers=True)


@pytest.mark.parametrize("ticks", range(6))
def test_delivery_ends_when_it_is_cancelled_though_it_was_just_woken(permit: Permit, ticks: int) -> None:
    async def scenario(api: Served) -> None:
        delivery = make_delivery(api.jobs)
        delivering = asyncio.create_task(delivery.run())
        await asyncio.sleep(0.2)
        delivery.wake()
        for _ in range(ticks):
            await asyncio.sleep(0)
        delivering.cancel()
        await asyncio.wait([delivering], timeout=10)
        assert delivering.cancelled()

    served(permit(), scenario)


def test_a_receiver_that_fails_is_tried_again(permit: Permit) -> None:
    async def scenario(api: Served, receiver: CallbackReceiver) -> None:
        run_id = await request_run(api, receiver.url())
        assert (await wait_for_state(api, run_id, "delivered"))["attempts"] == 3
        assert [item.headers["Sparkops-Delivery"] for item in receiver.received] == [run_id] * 3
        assert len({item.body for item in receiver.received}) == 1

    with receiving(500, 404) as receiver:
        served(permit(receiver), lambda api: scenario(api, receiver), delivers=True)


@pytest.mark.parametrize(("status", "give_up", "attempts"), [(410, 1000.0, 1), (503, 0.01, 1), (302, 0.2, 3)])
def test_a_callback_is_given_up(permit: Permit, status: int, give_up: float, attempts: int) -> None:
    """After 410 at once, else after some time; a redirect is not followed."""

    async def scenario(api: Served, receiver: CallbackReceiver) -> None:
        callback = await wait_for_state(api, await request_run(api, receiver.url()), "failed")
        assert (callback["attempts"], callback["last_error"]) == (
            attempts,
            f"The answer has status {status}.",
        )
        assert {received.path for received in receiver.received} == {"/hook"}

    with receiving(*[status] * 10) as receiver:
        project = permit(receiver, give_up=give_up)
        served(project, lambda api: scenario(api, receiver), delivers=True)


def test_a_receiver_that_hangs_delays_no_other_and_no_run(permit: Permit) -> None:
    async def scenario(api: Served, dead: CallbackReceiver, receiver: CallbackReceiver) -> None:
        hanging = [await request_run(api, dead.url()) for _ in range(3)]
        await api.service.until(lambda: len(dead.received) == 1)
        run_id = await request_run(api, receiver.url())
        await wait_for_state(api, run_id, "delivered")
        attempts = [(await wait_for_state(api, run, "pending"))["attempts"] for run in hanging]
        assert sorted(attempts) == [0, 0, 1]
        assert len(dead.received) == 1, "one at a time for each host"

    with receiving(*[HANGS] * 9) as dead, receiving() as receiver:
        project = permit(dead, receiver, timeout=60, parallel=1)
        served(project, lambda api: scenario(api, dead, receiver), delivers=True)


def test_an_attempt_has_a_limit_also_if_the_answer_never_ends(permit: Permit) -> None:
    async def scenario(api: Served, receiver: CallbackReceiver) -> None:
        run_id = await request_run(api, receiver.url())
        callback = await wait_for_state(api, run_id, "failed")
        assert callback["last_error"] == "No answer within 0.3 seconds."

    with receiving(HANGS) as receiver:
        project = permit(receiver, timeout=0.3, give_up=0.01)
        served(project, lambda api: scenario(api, receiver), delivers=True)


def test_nobody_who_listens_is_an_error_that_is_shown(permit: Permit) -> None:
    with receiving() as receiver:
        project = permit(receiver, give_up=0.01)

    async def scenario(api: Served) -> None:
        callback = await wait_for_state(api, await request_run(api, receiver.url()), "failed")
        assert "No answer: " in callback["last_error"]
        assert str(receiver.port) in callback["last_error"]

    served(project, scenario, delivers=True)


def test_a_run_whose_service_ended_before_the_delivery_is_posted_by_the_next_one(permit: Permit) -> None:
    """The first service is a process that executes a run, delivers nothing and is killed."""
    with receiving() as receiver:
        project = permit(receiver)
        child = os.fork()
        if child == 0:

            async def accept_and_wait() -> None:
                async with serving(project) as api:
                    await request_run(api, receiver.url())
                    await asyncio.sleep(60)

            asyncio.run(accept_and_wait())
            os._exit(1)
        deadline = time.monotonic() + 60
        while [run.state for run in RunStore(project / "runs").list_newest()] != ["done"]:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)

        async def scenario(api: Served) -> None:
            [submission] = api.service.store.list_newest(limit=9)
            await wait_for_state(api, submission.run_id, "delivered")
            assert [item.json()["state"] for item in receiver.received] == ["done"]

        served(project, scenario, delivers=True)


def test_an_attempt_that_was_interrupted_is_repeated(permit: Permit) -> None:
    with receiving() as receiver:
        project = permit(receiver)

        async def accept() -> None:
            async with running(project) as service:
                new = NewSubmission(
                    run_id="r", request=JobRequest(job="done", callback=receiver.url()), context="default",
                    caller="me",
                )  # fmt: skip
                service.store.accept(new)
                service.store.end("r", Outcome(state="done"))
                assert service.store.claim_callback(0.2) is not None
                assert service.store.claim_callback(0.2) is None

        async def scenario(api: Served) -> None:
            assert (await wait_for_state(api, "r", "delivered"))["attempts"] == 2

        check(accept())
        served(project, scenario, delivers=True)


def test_every_kind_of_request_may_have_a_callback(permit: Permit) -> None:
    async def scenario(api: Served, receiver: CallbackReceiver) -> None:
        run_id = await request_run(api, receiver.url("/run"))
        await wait_for_state(api, run_id, "delivered")
        for path, name in (
            (f"/runs/{run_id}/repeat", "/repeat"),
            (f"/runs/{run_id}/replay", "/replay"),
            ("/quarantine/out/release", "/release"),
        ):
            answer = await api.post(path, {"callback": receiver.url(name)})
            assert answer.status_code == 202, answer.text
            await wait_for_state(api, answer.json()["id"], "delivered")
        again = (await api.post(f"/runs/{run_id}/repeat?wait=20")).json()
        assert "callback" not in again, "the receiver of one run expects no other"
        assert [item.path for item in receiver.received] == ["/run", "/repeat", "/replay", "/release"]

    with receiving() as receiver:
        project = permit(receiver)
        add_quarantined_rows(Engine(project), "out", "r1")
        served(project, lambda api: scenario(api, receiver), delivers=True)


def test_a_refused_callback_is_no_accepted_request(permit: Permit) -> None:
    async def scenario(api: Served) -> None:
        for body, detail in (
            ({"callback": "https://other.example.com/"}, "api.callbacks.hosts"),
            ({"callback": "http://hooks.example.com/"}, "listed with `http://`"),
            ({"callback": "https://me@hooks.example.com/"}, "`callback` is no address"),
            ({"callback": 7}, "`callback` is no string"),
        ):
            answer = await api.post("/jobs/done/runs", {**DAY, **body})
            assert (answer.status_code, detail in answer.json()["detail"]) == (422, True), answer.text
        assert not api.service.store.list_newest(limit=5)

    served(permit(hosts=["hooks.example.com"]), scenario)


def test_without_hosts_or_a_secret_callbacks_are_refused() -> None:
    with pytest.raises(InputError, match=r"`api\.callbacks\.hosts`"):
        require_permitted("https://a/", CallbackSettings(secret=SECRET))
    with pytest.raises(InputError, match=r"`api\.callbacks\.secret`"):
        require_permitted("https://a/", CallbackSettings(hosts=("a",), secret=""))


def test_the_same_key_with_another_callback_is_another_request(database: Database) -> None:
    store = SubmissionStore(database)

    def accept(run_id: str, url: str | None) -> str:
        request = JobRequest(job="job", callback=url)
        new = NewSubmission(run_id=run_id, request=request, context="c", caller="me", key="k")
        return store.accept(new)[0].run_id

    assert accept("r1", "https://a/1") == accept("r2", "https://a/1") == "r1"
    for url in ("https://a/2", None):
        with pytest.raises(KeyReused):
            accept("r3", url)


def test_callbacks_are_claimed_once_each_those_with_the_fewest_attempts_first(database: Database) -> None:
    now = [1000.0]
    store = SubmissionStore(database, clock=lambda: now[0])
    for run_id, url in (
        ("a", "https://one/"),
        ("b", "https://two:8443/"),
        ("c", "https://one/x"),
        ("d", None),
    ):
        request = JobRequest(job="job", callback=url)
        ended = Outcome(state="done", run_id="earlier") if run_id != "c" else None
        new = NewSubmission(run_id=run_id, request=request, context="c", caller="me", outcome=ended)
        store.accept(new)

    def claim(*except_hosts: str) -> str | None:
        claimed = store.claim_callback(60.0, except_hosts=except_hosts)
        return claimed[0].run_id if claimed is not None else None

    assert [claim("one"), claim("one"), claim(), claim()] == ["b", None, "a", None]
    store.record_callback("b", "delivered")
    store.record_callback("a", "pending", "No answer.", seconds=5.0)
    assert claim() is None
    now[0] += 6
    store.end("c", Outcome(state="failed"))
    assert [claim(), claim()] == ["c", "a"], "c has waited less, and was never tried"
    submission = store.find("a")
    assert submission is not None
    assert submission.callback is not None
    assert (submission.callback.attempts, submission.callback.last_error) == (2, "No answer.")
    store.record_callback("b", "failed", "It came too late.")
    delivered = store.find("b")
    assert delivered is not None
    assert delivered.callback is not None
    assert delivered.callback.state == "delivered", "the first result counts"


@pytest.mark.parametrize(
    ("url", "pattern"),
    [
        ("https://hooks.example.com/x?y=1", "hooks.example.com"),
        ("https://HOOKS.example.com", "hooks.example.com"),
        ("https://hooks.example.com:443/", "hooks.example.com"),
        ("https://hooks.example.com:8443/", "hooks.example.com:8443"),
        ("https://a.b.example.com/", "*.example.com"),
        ("https://a.example.com:1/", "*.example.com:1"),
        ("http://a.example.com/", "http://a.example.com"),
        ("https://a.example.com/", "http://a.example.com"),
        ("http://127.0.0.1:80/", "127.0.0.1"),
        ("http://localhost:8000/", "localhost:8000"),
        ("http://[::1]:8000/", "[::1]:8000"),
    ],
)
def test_a_listed_host_is_permitted(url: str, pattern: str) -> None:
    settings = CallbackSettings(hosts=(pattern,), secret=SECRET)
    assert require_permitted(url, settings).target.startswith("/")


@pytest.mark.parametrize(
    ("url", "pattern"),
    [
        ("https://example.com/", "*.example.com"),
        ("https://evilexample.com/", "*.example.com"),
        ("https://hooks.example.com.evil.com/", "hooks.example.com"),
        ("https://hooks.example.com:8443/", "hooks.example.com"),
        ("https://hooks.example.com/", "hooks.example.com:8443"),
        ("http://hooks.example.com/", "hooks.example.com"),
        ("http://hooks.example.com:443/", "hooks.example.com"),
        ("http://127.0.0.1:6379/", "127.0.0.1"),
        ("http://169.254.169.254/", "hooks.example.com"),
        ("https://hooks.example.com@evil.com/", "hooks.example.com"),
        ("https://evil.com\\@hooks.example.com/", "hooks.example.com"),
        ("https://evil.com#@hooks.example.com/", "hooks.example.com"),
        ("https://hooks.example.com/\r\nHost: evil.com", "hooks.example.com"),
        ("https://hooks.example.com/ä", "hooks.example.com"),
        ("https://hooks.example.com./", "hooks.example.com"),
        ("https://hooks.example.com:0/", "hooks.example.com:0"),
        ("https://hooks.example.com:99999/", "hooks.example.com:99999"),
        (f"https://{'a' * 64}.example.com/", "*.example.com"),
        (f"https://hooks.example.com/{'a' * 2000}", "hooks.example.com"),
        ("file:///etc/passwd", "hooks.example.com"),
        ("//hooks.example.com/", "hooks.example.com"),
    ],
)
def test_any_other_address_is_refused(url: str, pattern: str) -> None:
    with pytest.raises(InputError):
        require_permitted(url, CallbackSettings(hosts=(pattern,), secret=SECRET))


def test_an_address_is_read_as_it_is_called() -> None:
    address = CallbackAddress.parse("https://[::1]:8443?a=/b?")
    assert (address.host, address.authority, address.target) == ("::1", "[::1]:8443", "/?a=/b?")
    assert hide_query("https://a/b?c=d?e") == "https://a/b?***"
    assert hide_query("https://a/b") == "https://a/b"


def test_a_signature_is_of_the_body_the_time_and_the_secret() -> None:
    now = int(time.time())
    signature = sign(b"{}", SECRET, now)
    assert is_valid_signature(b"{}", signature, SECRET)
    assert is_valid_signature(b"{}", f"{signature},v1=0", SECRET)
    for body, text, secret in (
        (b"{ }", signature, SECRET),
        (b"{}", signature, "another"),
        (b"{}", signature.replace(f"t={now}", f"t={now + 1}"), SECRET),
        (b"{}", sign(b"{}", SECRET, now - 400), SECRET),
        (b"{}", sign(b"{}", SECRET, now + 400), SECRET),
        (b"{}", f"t={now},v1=ä", SECRET),
        (b"{}", "", SECRET),
    ):
        assert not is_valid_signature(body, text, secret)
    assert sign(b"{}", "secret", 1) == (
        "t=1,v1=1122767b193110cfec322b6f199b599edbf608ed087f2d27afb0b97d99523908"
    )


def test_attempts_wait_twice_as_long_each_time_until_they_are_given_up() -> None:
    settings = CallbackSettings()
    delays = [compute_delay(attempts, settings) for attempts in range(1, 100)]
    known = [delay for delay in delays if delay is not None]
    assert known[:4] == [10.0, 20.0, 40.0, 80.0]
    assert max(known) == 3600.0
    assert 80_000 < sum(known) <= 86_400
    assert delays[len(known) :] == [None] * (99 - len(known))


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"hosts": ["https://hooks.example.com"]}, "write a host as hooks.example.com"),
        ({"hosts": ["*"]}, "write a host as hooks.example.com"),
        ({"hosts": ["a.com/path"]}, "write a host as hooks.example.com"),
        ({"secret": "abcdefghijklmnopqrst"}, "`api.callbacks.secret` is a secret: write"),
    ],
)
def test_a_wrong_setting_is_named(permit: Permit, settings: dict[str, Any], problem: str) -> None:
    with pytest.raises(ConfigError, match="callbacks") as raised:
        _ = Engine(permit(**settings)).settings
    assert problem in str(raised.value)


def test_a_short_secret_is_refused_and_not_shown(permit: Permit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLBACK_SECRET", "hunter2hunter2")
    with pytest.raises(ConfigError, match="16 characters or more") as raised:
        _ = Engine(permit()).settings
    assert "hunter2" not in str(raised.value)


def test_the_secret_is_shown_nowhere(permit: Permit) -> None:
    engine = Engine(permit())
    assert engine.settings.api.callbacks.secret == SECRET
    assert SECRET not in repr(engine.settings)
    assert SECRET not in str(engine.project.config.mask_secrets())


def test_a_certificate_must_be_trusted(
    permit: Permit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = tmp_path / "certificate.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    files = ["-keyout", str(certificate), "-out", str(tmp_path / "public.pem")]
    subprocess.run([*command.split(), *files], check=True, capture_output=True)
    with certificate.open("a") as file:
        file.write((tmp_path / "public.pem").read_text())

    async def untrusted(api: Served) -> None:
        callback = await wait_for_state(api, await request_run(api, receiver.url()), "failed")
        assert "certificate verify failed" in callback["last_error"]

    async def trusted(api: Served) -> None:
        await wait_for_state(api, await request_run(api, receiver.url()), "delivered")
        assert len(receiver.received) == 1

    with receiving(certificate=certificate) as receiver:
        project = permit(receiver, give_up=0.01)
        served(project, untrusted, delivers=True)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "public.pem"))
        served(project, trusted, delivers=True)
