"""A service without a socket, whose answers schemathesis compares with the service's own OpenAPI document."""

from __future__ import annotations

import asyncio
import json
import traceback
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, cast

import pyarrow as pa
import schemathesis
from deltalake import write_deltalake
from fakes.job_service import FAKE
from fakes.served_project import add_quarantined_rows
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from schemathesis.python import asgi
from starlette.applications import Starlette
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sparkops.api.app import create_app
from sparkops.api.contexts.messages import Setup
from sparkops.api.database.connect import open_database
from sparkops.api.database.lease import Lease
from sparkops.api.database.submission import JobRequest
from sparkops.api.database.submissions import NewSubmission, SubmissionStore
from sparkops.api.dispatcher import Dispatcher
from sparkops.api.service import JobService
from sparkops.config.api_settings import ContextSettings
from sparkops.engine import Engine
from sparkops.pipeline.json_values.tables import pin_to_json
from sparkops.runs.records.store import RunStore

HOST: Final = "127.0.0.1:5002"
# Every run of these jobs ends at once: a request that waits for it does not block the test.
JOBS = '''
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Literal
from pydantic import Field
from pyspark.sql import DataFrame
from sparkops import Secret, job

class Size(Enum):
    SMALL = "s"
    LARGE = "l"

@job(writes="out")
def publish(source: DataFrame) -> DataFrame:
    return source

@job(writes="out")
def failed(source: DataFrame) -> DataFrame:
    return source

@job(writes="out")
def done(
    source: DataFrame,
    *,
    day: date,
    at_time: datetime | None = None,
    price: Decimal = Decimal("1.5"),
    share: Annotated[float, Field(ge=0, le=1)] = 0.5,
    n: Annotated[int, Field(ge=0)] = 3,
    words: list[str] = ["a"],
    weights: dict[str, float] = {},
    size: Literal["s", "m"] = "s",
    choice: Size = Size.SMALL,
    is_full: bool = False,
    name: str | None = None,
    token: Secret | None = None,
) -> DataFrame:
    """Do what is to be done.

    Args:
        day: The day.
    """
    return source
'''
CONF = "tables: {source: {path: source}}\nstate: .\napi: {livy: true}\n"
RUNS = tuple(
    f"20260101-000000-{number:02d}{job}" for number, job in enumerate(("publish", "failed", "publish"))
)
NAMES: Final[Mapping[str, Sequence[str]]] = {
    "job": ("publish", "failed", "done"),
    "run": RUNS,
    "other": RUNS,
    "table": ("out", "source"),
    "batch": ("1", "2", "3"),
}
# Share of the values of a path that name something which is there.
_KNOWN: Final = 0.6
# Which parameters may be given together, and in which states a run can be cancelled or undone, is in no schema: a valid request may
# be refused with status 409 or 422.
EXCLUDED_CHECKS = ("positive_data_acceptance",)


def make_described_project(root: Path) -> Path:
    """Write a project with a table, a quarantine and a source into an empty folder."""
    (root / "jobs").mkdir(parents=True)
    (root / "jobs" / "all.py").write_text(JOBS, "utf-8")
    (root / "conf" / "base").mkdir(parents=True)
    (root / "conf" / "base" / "all.yml").write_text(CONF, "utf-8")
    (root / "runs").mkdir()
    (root / "log.txt").write_text("first line\nsecond line\n", "utf-8")
    write_deltalake(root / "source", pa.table({"n": [1, 2]}))
    add_quarantined_rows(Engine(root), "out", "r1", "r2")
    (root / "published.json").write_text(json.dumps(_describe_published(Engine(root)), default=str), "utf-8")
    return root


def _describe_published(engine: Engine) -> Mapping[str, Any]:
    """Return what the record of a run says that it read and wrote."""
    source, out = (pin_to_json(engine.container.tables.pin(name)) for name in ("source", "out"))
    return {"inputs": {"source": source}, "outputs": {"out": {**out, "rows": 1}}, "metrics": {"rows": 1}}


def keep_errors(app: Starlette, errors: list[str]) -> ASGIApp:
    """Return an application that collects its unexpected errors: starlette answers them, and raises them again for its server."""

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        has_begun = False

        async def note(message: Message) -> None:
            nonlocal has_begun
            has_begun = has_begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await app(scope, receive, note)
        except Exception as error:
            if not has_begun:
                raise
            errors.append("".join(traceback.format_exception(error)))

    return call


@dataclass(slots=True)
class DescribedService:
    """A service without a socket.

    Args:
        app: Its application.
        errors: Tracebacks of its unexpected errors.
        loop: The event loop that it runs in, in another thread.
    """

    app: ASGIApp
    errors: list[str] = field(default_factory=list)
    loop: asyncio.AbstractEventLoop | None = None


@contextmanager
def serve_described_project(root: Path) -> Iterator[DescribedService]:
    """Yield a service with three runs, which have ended; its workers need no Spark."""
    database = open_database(None, root)
    dispatcher = Dispatcher(
        store=SubmissionStore(database),
        runs=RunStore(root / "runs"),
        lease=Lease(engine=database, service="s1"),
        settings={"default": ContextSettings(spare=1, max_queue=100_000, recycle_runs=10**9)},
        setup=Setup(root=str(root)),
        command=FAKE,
    )
    dispatcher.lease.acquire()
    for run_id in RUNS:
        request = JobRequest(job=run_id[18:])
        dispatcher.store.accept(NewSubmission(run_id=run_id, request=request, context="default", caller="me"))

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        del app
        served.loop = asyncio.get_running_loop()
        loop = asyncio.create_task(dispatcher.run())
        async with asyncio.timeout(60):
            while any(run.state != "ended" for run in dispatcher.store.list_newest(limit=10)):
                await dispatcher.wait_for_change(0.1)
        yield
        await dispatcher.stop(20)
        await loop

    service = JobService(engine=Engine(root), store=dispatcher.store, dispatcher=dispatcher)
    errors: list[str] = []
    served = DescribedService(keep_errors(create_app(service, None, lifespan), errors), errors)
    try:
        # Its messages are mutable mappings, where schemathesis declares dictionaries.
        with asgi.get_client(cast("Any", served.app)):
            yield served
    finally:
        asgi.shutdown_lifespans()
        dispatcher.lease.release()
        database.dispose()


@dataclass(slots=True)
class Conformance:
    """What schemathesis found out about operations.

    Args:
        statuses: Number of answers by operation and status.
        failures: What did not conform to the document, each once, with a command that repeats the request.
    """

    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    failures: dict[str, str] = field(default_factory=dict)

    def add(self, scenario: events.ScenarioFinished) -> None:
        """Add what was observed of one operation."""
        label = str(scenario.label)
        for interaction in scenario.recorder.interactions.values():
            if interaction.response is not None:
                self.statuses[label, interaction.response.status_code] += 1
        for checks in scenario.recorder.checks.values():
            for check in checks:
                if check.failure_info is not None:
                    failure = check.failure_info.failure
                    key = f"{label}: {check.name}: {failure.title}: {failure.message}"
                    self.failures.setdefault(key[:1000], check.failure_info.code_sample)


def check_conformance(
    service: DescribedService,
    *,
    seed: int,
    requests: int,
    phases: Sequence[str],
    operation: str | None = None,
) -> Conformance:
    """Send requests that the document allows, and such that it does not, and compare the answers with the document.

    Args:
        service: The service.
        seed: Decides the requests.
        requests: Number of random requests for each operation.
        phases: Phases of schemathesis: `coverage` tries the bounds of every value, `fuzzing` random values.
        operation: Method and path of the only operation; by default all.
    """
    schema: Any = schemathesis.openapi.from_asgi(
        "/openapi.json", service.app, config=_configure(seed, requests, phases), headers={"Host": HOST}
    )
    if operation is not None:
        method, _, path = operation.partition(" ")
        schema = schema.include(method=method, path=path)
    observed = Conformance()
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            observed.add(event)
        elif isinstance(event, events.NonFatalError | events.FatalError):
            observed.failures[f"{event!r:.1000}"] = "schemathesis cannot test this"
    observed.failures |= {error[-2000:]: "an unexpected error" for error in service.errors}
    service.errors.clear()
    return observed


def _configure(seed: int, requests: int, phases: Sequence[str]) -> SchemathesisConfig:
    known = {f"path.{name}": {"dictionary": name, "probability": _KNOWN} for name in NAMES}
    # Requests do not depend on answers: the same seed sends the same ones.
    alone = {"extra-data-sources": {"responses": False}}
    values: dict[str, Any] = {
        "seed": seed,
        "base-url": f"http://{HOST}",
        "generation": {"max-examples": requests, "database": "none", "no-shrink": True},
        "dictionaries": {name: {"values": list(values)} for name, values in NAMES.items()},
        "parameters": known,
        "checks": {name: {"enabled": False} for name in EXCLUDED_CHECKS},
        "phases": {
            "examples": {"enabled": False},
            "stateful": {"enabled": False},
            "coverage": {
                "enabled": "coverage" in phases,
                "generate-duplicate-query-parameters": True,
                **alone,
            },
            "fuzzing": {"enabled": "fuzzing" in phases, "error-feedback": {"enabled": False}, **alone},
        },
    }
    return SchemathesisConfig.from_dict(values)
