"""Requests to `sparkops api`: what its OpenAPI document allows and forbids, and messages that no client would send."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, MutableMapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote

from fakes.described_service import (
    HOST,
    NAMES,
    DescribedService,
    check_conformance,
    make_described_project,
    serve_described_project,
)
from hypothesis.configuration import set_hypothesis_home_dir

from fuzzing.mutations import hostile_text, hostile_value, mutate_bytes, mutate_json
from fuzzing.surface import Case, Finding, RunCase, Surface, check_message
from sparkops.api.openapi.batches import BATCH_PATHS
from sparkops.api.openapi.paths import PATHS

_PATHS = {**PATHS, **BATCH_PATHS}
_OPERATIONS = sorted(f"{method.upper()} {path}" for path, item in _PATHS.items() for method in item)
_REQUESTS = 10
_DOCUMENT_SHARE = 0.2
_OTHER_PATHS = (
    "",
    "/",
    "//",
    "/x",
    "/page",
    "/page/",
    "/page/x",
    "/page/session",
    "/page/../app.py",
    "/jobs/",
    "/runs//",
    "/jobs/done/runs",
)
_METHODS = ("HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "post", "GET", "POST", "x")
_BODIES: Sequence[Any] = (
    {"params": {"day": "2013-07-04"}, "at": {"source": 0}, "as_of": "2026-03-01T12:00:00Z"},
    {"texts": {"day": "2013-07-04", "words": ["a", "b"], "weights": "a=1", "at-time": "2013-07-04"}},
    {"params": {"day": "2013-07-04", "n": 1, "price": "1.5", "share": 0.5, "words": ["a"], "weights": {"a": 1}, "choice": "s"}},
    {"tolerance": 0.01, "examples": 3, "keep": True, "code": "present", "params": {}},
    {"cascade": True, "include_foreign": False, "dry_run": True},
    {"run": "r1", "set": {"n": "abs(n)"}, "discard": False},
    {"file": "sparkops:done", "args": ["--day", "2013-07-04"], "conf": {}, "name": "x"},
    {"token": "sparkops_x"},
)  # fmt: skip
_QUERIES = (
    "wait=1", "wait=1e999", "wait=nan", "wait=-0", "fresh=true", "fresh=", "limit=1", "limit=" + "9" * 5000, "limit=%00", "limit=1&limit=2",
    "at=0", "at=" + "9" * 18, "at=" + "9" * 30, "from=1:0", "from=999999999:" + "9" * 18, "from=0", "from=" + "0" * 30 + "9" * 20, "size=0", "size=" + "9" * 5000,
    "since=2026-03-01", "since=0001-01-01T00:00:00%2B23:59", "since=9999-12-31T23:59:59-23:59", "state=done", "job=done", "table=out",
    "expectation=x", "run=r1", "%ff", "a&a", "&" * 300, "=", "wait[]=1",
)  # fmt: skip
_HEADERS = (
    ("accept", "text/csv"), ("accept", "text/event-stream"), ("accept", "text/html"), ("accept", "application/vnd.apache.arrow.stream"),
    ("accept", "x" * 9000), ("idempotency-key", "k"), ("idempotency-key", ""), ("idempotency-key", "k" * 300), ("idempotency-key", "\xff\x00"),
    ("last-event-id", "1:0"), ("last-event-id", "x"), ("if-none-match", "*"), ("if-none-match", '"x"'), ("traceparent", "00-x-y-z"),
    ("traceparent", "00-" + "1" * 32 + "-" + "2" * 16 + "-01"), ("authorization", "Bearer x"), ("authorization", "\xff"), ("origin", "http://evil.example"),
    ("cookie", "sparkops_token=x"), ("sec-fetch-site", "cross-site"), ("content-length", "-1"), ("host", "evil.example"), ("host", ""), ("range", "bytes=0-1"),
    ("if-modified-since", "x"),
)  # fmt: skip
_TYPES = ("application/json", "application/json", "application/json; charset=utf-16", "text/csv", "", "\xff")
_STATUSES = (*range(100, 500), 503)
_WAIT_SECONDS = 20.0


def draw_case(draw: Random) -> Case:
    """Return an operation whose document is tested, or the messages of one request."""
    operation = draw.choice(_OPERATIONS)
    if draw.random() < _DOCUMENT_SHARE:
        return {
            "kind": "document",
            "operation": operation,
            "seed": draw.randrange(1 << 32),
            "requests": _REQUESTS,
        }
    method, _, path = operation.partition(" ")
    if draw.random() < 0.1:
        path = draw.choice(_OTHER_PATHS)
    for name, known in NAMES.items():
        value = draw.choice(known) if draw.random() < 0.7 else hostile_text(draw)
        path = path.replace(f"{{{name}}}", value)
    queries = [draw.choice(_QUERIES) for _ in range(draw.choice((0, 0, 1, 1, 2)))]
    if draw.random() < 0.1:
        queries.append(
            f"{draw.choice(('limit', 'run', 'table', 'job', 'since'))}={quote(hostile_text(draw), errors='replace')}"
        )
    headers = [("content-type", draw.choice(_TYPES)), *draw.choices(_HEADERS, k=draw.choice((0, 1, 2)))]
    return {
        "kind": "messages",
        "method": draw.choice(_METHODS) if draw.random() < 0.2 else method,
        # A server decodes a path as UTF-8, with other characters for what is none.
        "path": path.encode("utf-8", "replace").decode(),
        "query": "&".join(queries),
        "headers": [[name, value] for name, value in headers],
        "body": _draw_body(draw).hex(),
    }  # fmt: skip


def _draw_body(draw: Random) -> bytes:
    value = json.loads(json.dumps(draw.choice(_BODIES)))
    for _ in range(draw.choice((0, 1, 1, 2))):
        mutate_json(value, draw)
    if draw.random() < 0.05:
        value = hostile_value(draw)
    body = json.dumps(value).encode()
    if draw.random() < 0.1:
        body = mutate_bytes(body, draw)
    return b"" if draw.random() < 0.1 else body


@contextmanager
def prepare(folder: Path) -> Iterator[RunCase]:
    """Serve a project with workers that need no Spark, and yield the function that sends it requests."""
    # Its folder of constants, which it finds in the modules that are imported.
    set_hypothesis_home_dir(folder / "hypothesis")
    with serve_described_project(make_described_project(folder / "project")) as service:

        def run_case(case: Case, folder: Path) -> str:
            del folder
            if case["kind"] == "document":
                return _check_document(service, case)
            assert service.loop is not None
            return asyncio.run_coroutine_threadsafe(_call(service, case), service.loop).result()

        yield run_case


def _check_document(service: DescribedService, case: Case) -> str:
    conformance = check_conformance(
        service, seed=case["seed"], requests=case["requests"], phases=["fuzzing"], operation=case["operation"]
    )
    if conformance.failures:
        raise Finding(
            "\n".join(f"{problem}\n{code}" for problem, code in conformance.failures.items())[:5000]
        )
    return "conforms" if conformance.statuses else "no request"


async def _call(service: DescribedService, case: Case) -> str:
    """Call the application with the messages of a case, and check that it sends one complete response."""
    messages: list[MutableMapping[str, Any]] = [{"type": "http.request", "body": bytes.fromhex(case["body"])}]
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return messages.pop(0) if messages else await asyncio.Event().wait() and {}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    headers = [(name.encode(), value.encode("latin-1")) for name, value in case["headers"]]
    if "host" not in dict(case["headers"]):
        headers.append((b"host", HOST.encode()))
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": case["method"], "scheme": "http",
        "path": case["path"], "raw_path": b"/", "query_string": case["query"].encode("latin-1"), "root_path": "",
        "headers": headers, "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 2),
    }  # fmt: skip
    async with asyncio.timeout(_WAIT_SECONDS):
        await service.app(scope, receive, send)
    if service.errors:
        raise Finding(service.errors.pop()[-3000:])
    return _check_answer(sent)


def _check_answer(sent: list[MutableMapping[str, Any]]) -> str:
    if sum(message["type"] == "http.response.start" for message in sent) != 1 or sent[-1].get("more_body"):
        raise Finding("the response is incomplete")
    status, body = sent[0]["status"], b"".join(message.get("body", b"") for message in sent)
    if status not in _STATUSES:
        raise Finding(f"status {status}: {body[:2000]!r}")
    if status >= 400:
        kind = dict(sent[0]["headers"])[b"content-type"]
        if kind not in (b"application/problem+json", b"application/json"):
            raise Finding(f"status {status} with {kind!r}")
        problem = json.loads(body)
        if problem["status"] != status:
            raise Finding(f"status {status} with {problem!r}")
        check_message(problem["detail"])
    return f"status {status}"


SURFACE = Surface("api-requests", draw_case, prepare, seconds=60.0)
