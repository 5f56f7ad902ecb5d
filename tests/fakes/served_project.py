"""A project of jobs for `worker_without_spark`, and a client of its service."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
from deltalake import write_deltalake
from fakes.job_service import RunningDispatcher, check, running

from sparkops.api.app import create_app
from sparkops.api.database.tokens import TokenStore
from sparkops.api.server import make_delivery
from sparkops.api.service import JobService
from sparkops.engine import Engine

JOBS = '''
from datetime import date
from pathlib import Path
from typing import Annotated, Literal
from pyspark.sql import DataFrame
from sparkops import Secret, job

@job(writes="out")
def done(source: DataFrame, *, day: date, size: Literal["s", "m"] = "s", n: int = 3) -> DataFrame:
    """Do what is to be done.

    Args:
        day: The day.
    """
    return source

@job(writes="out")
def slow(source: DataFrame) -> DataFrame:
    return source

@job(writes="out", mode="append", stream="source")
def follow(source: DataFrame) -> DataFrame:
    return source

@job(writes="out")
def failed(source: DataFrame) -> DataFrame:
    return source

@job(writes="out")
def refused(source: DataFrame) -> DataFrame:
    return source

@job(writes="out")
def wait(source: DataFrame) -> DataFrame:
    return source

@job(writes="out")
def with_secret(source: DataFrame, *, token: Secret) -> DataFrame:
    return source
'''
CONF = "tables: {source: {path: source}}\nstate: .\nparams: {failed: {}}\n"
DAY = {"params": {"day": "2013-07-04"}}


@dataclass
class Served:
    """A client of a service whose workers need no Spark."""

    client: httpx.AsyncClient
    service: RunningDispatcher
    jobs: JobService

    async def post(self, path: str, body: Any = None, **options: Any) -> httpx.Response:
        return await self.client.post(path, json=body if body is not None else {}, **options)

    async def get(self, path: str, **options: Any) -> httpx.Response:
        return await self.client.get(path, **options)


@asynccontextmanager
async def serving(
    project: Path, *, has_tokens: bool = False, delivers: bool = False, **settings: Any
) -> AsyncIterator[Served]:
    """Yield a client of a service.

    Args:
        project: The project.
        has_tokens: Whether a request needs a token.
        delivers: Whether callbacks are delivered.
        settings: Of the contexts.
    """
    async with running(project, **settings) as dispatcher:
        service = JobService(engine=Engine(project), store=dispatcher.store, dispatcher=dispatcher.dispatcher)
        tokens = TokenStore(dispatcher.store.engine) if has_tokens else None
        transport = httpx.ASGITransport(create_app(service, tokens))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:5002") as client:
            delivering = asyncio.create_task(make_delivery(service).run()) if delivers else None
            yield Served(client, dispatcher, service)
            if delivering is not None:
                delivering.cancel()
                await asyncio.wait([delivering])


def served(project: Path, scenario: Callable[[Served], Coroutine[Any, Any, None]], **settings: Any) -> None:
    async def run() -> None:
        async with serving(project, **settings) as client:
            await scenario(client)

    check(run())


def add_quarantined_rows(engine: Engine, table: str, *runs: str | None) -> None:
    """Make a table, and a quarantine with a row of each run."""
    folder = engine.root / engine.settings.warehouse / table
    write_deltalake(folder, pa.table({"n": [1]}))
    rows = {
        "n": list(range(len(runs))),
        "_sparkops_run": list(runs),
        "_sparkops_reasons": [["n > 5"]] * len(runs),
    }
    write_deltalake(f"{folder}__quarantine", pa.table(rows))
