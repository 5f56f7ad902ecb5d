"""A dispatcher on a folder, with workers that need no Spark."""

from __future__ import annotations

import asyncio
import socket
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from fakes import worker_without_spark
from starlette.applications import Starlette

from sparkops.api.app import create_app
from sparkops.api.contexts.messages import Setup
from sparkops.api.database.connect import open_database
from sparkops.api.database.lease import Lease
from sparkops.api.database.submission import JobRequest, Submission
from sparkops.api.database.submissions import NewSubmission, SubmissionStore
from sparkops.api.database.tokens import TokenStore
from sparkops.api.dispatcher import Dispatcher
from sparkops.api.service import JobService
from sparkops.config.api_settings import ContextSettings
from sparkops.engine import Engine
from sparkops.runs.records.store import RunStore

FAKE = (sys.executable, worker_without_spark.__file__)


@dataclass
class RunningDispatcher:
    """A dispatcher on a folder: records in `runs`, the queue in `api.db`."""

    root: Path
    dispatcher: Dispatcher

    @property
    def store(self) -> SubmissionStore:
        return self.dispatcher.store

    @property
    def runs(self) -> RunStore:
        return self.dispatcher.runs

    def submit(self, *jobs: str, context: str = "default") -> list[str]:
        ids = [f"20260101-000000-{number:02d}{job}" for number, job in enumerate(jobs)]
        for run_id, job in zip(ids, jobs, strict=True):
            request = JobRequest(job=job)
            self.store.accept(NewSubmission(run_id=run_id, request=request, context=context, caller="me"))
        self.dispatcher.wake()
        return ids

    def states(self) -> dict[str, str]:
        newest = self.store.list_newest(limit=1000)
        return {run.request.job: run.outcome.state if run.outcome else run.state for run in newest}

    async def until(self, is_reached: Callable[[], bool]) -> None:
        async with asyncio.timeout(30):
            while not is_reached():  # noqa: ASYNC110 - what other processes do
                await asyncio.sleep(0.02)

    async def until_ended(self) -> None:
        await self.until(lambda: all(run.state == "ended" for run in self.store.list_newest(limit=1000)))

    def find(self, run_id: str) -> Submission:
        submission = self.store.find(run_id)
        assert submission is not None
        return submission

    @property
    def pids(self) -> list[int]:
        contexts = self.dispatcher.contexts.values()
        return [worker.pid for context in contexts for worker in context.workers if worker.pid]


@asynccontextmanager
async def running(
    root: Path, service: str = "s1", **settings: ContextSettings
) -> AsyncIterator[RunningDispatcher]:
    (root / "runs").mkdir(exist_ok=True)
    database = open_database(None, root)
    dispatcher = Dispatcher(
        store=SubmissionStore(database),
        runs=RunStore(root / "runs"),
        lease=Lease(engine=database, service=service),
        settings={"default": ContextSettings(spare=0), "streams": ContextSettings(spare=0), **settings},
        setup=Setup(root=str(root)),
        command=FAKE,
    )
    dispatcher.lease.acquire()
    await dispatcher.recover()
    loop = asyncio.create_task(dispatcher.run())
    try:
        yield RunningDispatcher(root, dispatcher)
    finally:
        await dispatcher.stop(20)
        await loop
        dispatcher.lease.release()
        database.dispose()


@contextmanager
def serve_in_thread(project: Path, *, has_tokens: bool = False) -> Iterator[str]:
    """Serve a project at a port, and yield the URL; its tokens are in `api.db` of the project."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        with serve_on(listener, project, has_tokens=has_tokens):
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextmanager
def serve_on(listener: socket.socket, project: Path, *, has_tokens: bool = False) -> Iterator[None]:
    """Serve a project on a bound socket."""
    database = open_database(None, project)
    dispatcher = Dispatcher(
        store=SubmissionStore(database),
        runs=RunStore(project / "runs"),
        lease=Lease(engine=database, service="s1"),
        settings={"default": ContextSettings(spare=0), "streams": ContextSettings(spare=0)},
        setup=Setup(root=str(project)),
        command=FAKE,
    )
    dispatcher.lease.acquire()

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        del app
        loop = asyncio.create_task(dispatcher.run())
        yield
        await dispatcher.stop(20)
        await loop

    service = JobService(engine=Engine(project), store=dispatcher.store, dispatcher=dispatcher)
    config = uvicorn.Config(
        create_app(service, TokenStore(database) if has_tokens else None, lifespan),
        log_config=None,
        ws="none",
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield
    finally:
        server.should_exit = True
        thread.join(60)
    database.dispose()


def check(scenario: Coroutine[Any, Any, None]) -> None:
    """Execute a scenario."""
    asyncio.run(scenario)
