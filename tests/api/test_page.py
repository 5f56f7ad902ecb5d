"""The page of the service: its files, the headers of every answer, and the session of a browser."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from fakes.job_service import check, running

import sparkops.api
from sparkops.api.app import create_app
from sparkops.api.authentication import COOKIE
from sparkops.api.caller import Caller
from sparkops.api.routes.page import build_theme
from sparkops.api.service import JobService
from sparkops.engine import Engine

FILES = Path(sparkops.api.__file__).parent / "pages"
HTML = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
OWN = {"sec-fetch-site": "same-origin"}
CALLERS = {
    "sparkops_reader": Caller(name="reader", role="read"),
    "sparkops_runner": Caller(name="runner", role="run", jobs=("daily_*",)),
}
JOB = """
from pyspark.sql import DataFrame
from sparkops import job

@job(writes="out")
def daily_sales(source: DataFrame) -> DataFrame:
    return source
"""


class Tokens:
    def find_caller(self, token: str) -> Caller | None:
        return CALLERS.get(token)


class BrokenTokens:
    def find_caller(self, token: str) -> Caller | None:
        raise OSError(token)


Scenario = Callable[[httpx.AsyncClient], Coroutine[Any, Any, None]]


@pytest.fixture
def project(make_project: Callable[..., Path]) -> Path:
    conf = "tables: {source: {path: source}}\nstate: .\n"
    return make_project({"jobs/all.py": JOB, "conf/base/all.yml": conf})


def served(project: Path, scenario: Scenario, authenticator: Any = None) -> None:
    @asynccontextmanager
    async def serving() -> AsyncIterator[httpx.AsyncClient]:
        async with running(project) as fake:
            service = JobService(engine=Engine(project), store=fake.store, dispatcher=fake.dispatcher)
            transport = httpx.ASGITransport(create_app(service, authenticator), raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:5002") as client:
                yield client

    async def run() -> None:
        async with serving() as client:
            await scenario(client)

    check(run())


def with_cookie(token: str, headers: Mapping[str, str] = OWN) -> dict[str, str]:
    return {"cookie": f"{COOKIE}={token}", **headers}


def test_a_browser_gets_the_page_and_a_program_what_it_got_before(project: Path) -> None:
    async def scenario(client: httpx.AsyncClient) -> None:
        page = await client.get("/", headers=HTML)
        assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert '<script type="module" src="/page/main.js">' in page.text
        for accept in ("*/*", "application/json"):
            answer = await client.get("/", headers={"accept": accept})
            assert answer.status_code == 404
            assert answer.json()["detail"] == "`GET /` does not exist: GET /openapi.json lists what does."

    served(project, scenario)


def test_every_file_that_the_page_names_is_served(project: Path) -> None:
    async def scenario(client: httpx.AsyncClient) -> None:
        page = (await client.get("/", headers=HTML)).text
        names = set(re.findall(r'"(/page/[a-z.]+)"', page))
        for file in FILES.glob("*.js"):
            names |= {
                f"/page/{name}" for name in re.findall(r'from "\./([a-z_]+\.js)"', file.read_text("utf-8"))
            }
        assert len(names) > 5
        kinds = {".js": "javascript", ".css": "text/css"}
        for name in names:
            answer = await client.get(name)
            assert (answer.status_code, kinds[Path(name).suffix] in answer.headers["content-type"]) == (
                200,
                True,
            ), name
        again = await client.get(
            "/page/main.js", headers={"if-none-match": (await client.get("/page/main.js")).headers["etag"]}
        )
        assert again.status_code == 304

    served(project, scenario)


@pytest.mark.parametrize(
    "path",
    [
        "/page/../app.py",
        "/page/%2e%2e/app.py",
        "/page/..%2fapp.py",
        "/page//etc/passwd",
        "/page/nothing.js",
        "/page/",
    ],
)
def test_no_other_file_is_served(project: Path, path: str) -> None:
    async def scenario(client: httpx.AsyncClient) -> None:
        assert (await client.get(path)).status_code == 404

    served(project, scenario)


def test_the_page_has_no_code_in_its_markup_and_needs_no_other_host() -> None:
    page = (FILES / "index.html").read_text("utf-8")
    assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=", page)
    for file in [*FILES.iterdir()]:
        text = file.read_text("utf-8")
        assert "//" not in re.sub(r"http://www\.w3\.org/2000/svg|^\s*// .*$", "", text, flags=re.MULTILINE), (
            file.name
        )
        sinks = (
            "innerHTML|outerHTML|insertAdjacentHTML|document.write|srcdoc|eval|setTimeout\\(['\"]|javascript:"
        )
        assert not re.search(sinks, text), file.name


def test_the_colours_are_those_of_the_report_pages() -> None:
    assert "prefers-color-scheme:dark" in build_theme()
    assert (
        build_theme().index("--page:#f4f6f9")
        < build_theme().index("--page:#0e1218")
        < build_theme().index(".eyebrow")
    )


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404), ("GET", "/jobs", 200), ("GET", "/nothing", 404), ("POST", "/jobs", 405), ("GET", "/page/main.js", 200),
        ("GET", "/health/live", 200), ("POST", "/jobs/none/runs", 404), ("GET", "/page/session", 200), ("GET", "/page/theme.css", 200),
    ],
)  # fmt: skip
def test_every_answer_says_what_a_browser_may_do_with_it(
    project: Path, method: str, path: str, status: int
) -> None:
    async def scenario(client: httpx.AsyncClient) -> None:
        answer = await client.request(method, path)
        assert answer.status_code == status
        check_headers(answer)
        assert answer.headers["content-security-policy"].startswith("default-src 'none'; base-uri 'none'")

    served(project, scenario)


def check_headers(answer: httpx.Response) -> None:
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert answer.headers["cache-control"] == ("no-cache" if "etag" in answer.headers else "no-store")
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


def test_the_page_runs_its_own_scripts_only(project: Path) -> None:
    async def scenario(client: httpx.AsyncClient) -> None:
        answer = await client.get("/", headers=HTML)
        check_headers(answer)
        policy = dict(
            part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";")
        )
        assert policy == {
            "default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "connect-src": "'self'", "img-src": "'self' data:",
            "frame-src": "'self'", "base-uri": "'none'", "form-action": "'self'", "frame-ancestors": "'none'",
            "require-trusted-types-for": "'script'", "trusted-types": "'none'",
        }  # fmt: skip

    served(project, scenario)


def test_an_unexpected_error_has_the_headers_too(project: Path) -> None:
    async def scenario(client: httpx.AsyncClient) -> None:
        answer = await client.get("/jobs", headers={"authorization": "Bearer x"})
        assert answer.status_code == 500
        check_headers(answer)

    served(project, scenario, BrokenTokens())


def test_without_tokens_the_page_of_another_name_is_refused(project: Path) -> None:
    async def scenario(client: httpx.AsyncClient) -> None:
        assert (await client.get("/", headers={**HTML, "host": "evil.example"})).status_code == 403
        assert (await client.get("/page/session")).json() == {
            "project": "project", "needs_token": False, "caller": {"name": "local", "role": "admin", "jobs": ["*"]},
        }  # fmt: skip
        assert (await client.post("/page/session", json={"token": "sparkops_x"})).status_code == 422

    served(project, scenario)


def test_a_token_is_kept_in_a_cookie_that_no_script_and_no_other_site_can_use(project: Path) -> None:
    async def scenario(client: httpx.AsyncClient) -> None:
        assert (await client.get("/", headers=HTML)).status_code == 200
        assert (await client.get("/page/main.js")).status_code == 200
        for path in ("/page/session", "/jobs", "/"):
            assert (await client.get(path)).status_code == 401, path
        answer = await client.post("/page/session", json={"token": " sparkops_runner\n"}, headers=OWN)
        assert answer.json() == {
            "project": "project", "needs_token": True, "caller": {"name": "runner", "role": "run", "jobs": ["daily_*"]},
        }  # fmt: skip
        cookie = f"{COOKIE}=sparkops_runner; HttpOnly; Path=/; SameSite=strict"
        assert answer.headers["set-cookie"] == cookie
        assert (await client.get("/jobs")).status_code == 200
        ended = await client.delete("/page/session", headers=OWN)
        assert (ended.status_code, 'sparkops_token=""' in ended.headers["set-cookie"]) == (204, True)
        assert (await client.get("/jobs")).status_code == 401

    served(project, scenario, Tokens())


def test_the_cookie_of_an_encrypted_page_is_sent_encrypted_only(project: Path) -> None:
    async def scenario(client: httpx.AsyncClient) -> None:
        headers = {"origin": "https://jobs.example", "host": "jobs.example"}
        answer = await client.post("/page/session", json={"token": "sparkops_reader"}, headers=headers)
        assert answer.headers["set-cookie"].endswith("; Secure")

    served(project, scenario, Tokens())


@pytest.mark.parametrize(
    ("body", "status", "detail"),
    [
        ({"token": "sparkops_x"}, 401, "unknown, expired or revoked"),
        ({"token": ""}, 422, "`token` is missing"),
        ({"token": 3}, 422, "`token` is missing"),
        ({}, 422, "`token` is missing"),
        ({"token": "x" * 20_000}, 413, "more than 10,000 bytes"),
    ],
)  # fmt: skip
def test_a_wrong_token_begins_no_session(project: Path, body: Any, status: int, detail: str) -> None:
    async def scenario(client: httpx.AsyncClient) -> None:
        answer = await client.post("/page/session", json=body, headers=OWN)
        assert (answer.status_code, detail in answer.json()["detail"], "set-cookie" in answer.headers) == (
            status,
            True,
            False,
        )

    served(project, scenario, Tokens())


@pytest.mark.parametrize(
    ("headers", "is_own"),
    [
        ({}, False),
        ({"origin": "http://evil.example"}, False),
        ({"origin": "null"}, False),
        ({"origin": "http://127.0.0.1:5003"}, False),
        ({"origin": "http://127.0.0.1:5002", "sec-fetch-site": "cross-site"}, False),
        ({"origin": "http://127.0.0.1:5002", "sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "none"}, False),
        ({"origin": "http://127.0.0.1:5002"}, True),
        ({"origin": "https://jobs.example", "sec-fetch-site": "same-origin"}, True),
    ],
)
def test_only_the_page_of_the_service_changes_something_with_the_cookie(
    project: Path, headers: dict[str, str], is_own: bool
) -> None:
    async def scenario(client: httpx.AsyncClient) -> None:
        requests = {
            "/jobs/daily_sales/runs?wait=0": with_cookie("sparkops_runner", headers),
            "/runs/none/cancel": with_cookie("sparkops_runner", headers),
        }
        expected = {"/jobs/daily_sales/runs?wait=0": 202, "/runs/none/cancel": 404}
        for path, sent in requests.items():
            answer = await client.post(path, json={}, headers=sent)
            assert answer.status_code == (expected[path] if is_own else 403), answer.text
        answer = await client.post("/page/session", json={"token": "sparkops_runner"}, headers=headers)
        assert answer.status_code == (200 if is_own else 403)
        # The token of a program is sent by nobody else.
        answer = await client.post(
            "/runs/none/cancel", json={}, headers={**headers, "authorization": "Bearer sparkops_runner"}
        )
        assert answer.status_code == 404

    served(project, scenario, Tokens())


def test_the_cookie_allows_what_its_token_allows(project: Path) -> None:
    async def scenario(client: httpx.AsyncClient) -> None:
        answer = await client.post("/runs/none/cancel", json={}, headers=with_cookie("sparkops_reader"))
        assert (answer.status_code, answer.json()["detail"]) == (
            403,
            "The token `reader` has role read; this needs run.",
        )
        assert (await client.get("/jobs", headers=with_cookie("sparkops_reader"))).status_code == 200
        assert (await client.get("/jobs", headers=with_cookie("sparkops_x"))).status_code == 401
        both = {**with_cookie("sparkops_reader"), "authorization": "Bearer sparkops_x"}
        assert (await client.get("/jobs", headers=both)).status_code == 401

    served(project, scenario, Tokens())
