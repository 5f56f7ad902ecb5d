"""Serve the jobs of a project until SIGINT or SIGTERM."""

from __future__ import annotations

import asyncio
import logging
import secrets
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import uvicorn
from starlette.applications import Starlette

from sparkops.api.app import Lifespan, create_app
from sparkops.api.contexts.context_process import WORKER
from sparkops.api.contexts.messages import Setup
from sparkops.api.database.connect import open_database
from sparkops.api.database.lease import Lease
from sparkops.api.database.submissions import SubmissionStore
from sparkops.api.database.tokens import TokenStore
from sparkops.api.dispatcher import Dispatcher
from sparkops.api.request_log import AuditFile
from sparkops.api.service import JobService, resolve_contexts
from sparkops.api.tracing import RunSpans, make_exporter
from sparkops.engine.engine import Engine
from sparkops.errors import InputError
from sparkops.serving.listener import format_url

_audit = logging.getLogger("sparkops.api.audit")
_audit.setLevel(logging.INFO)

# Seconds that active runs have to end when the service is stopped; then they crash, and the next service continues them.
_STOP_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerOptions:
    """How jobs are served.

    Args:
        env: Environment of the project.
        overrides: Settings as `key=value` texts.
        is_local: Whether only this machine can reach the service: then it needs no tokens.
        database_file: File of SQLite in the state folder, in place of the database of the settings.
        on_ready: Called with the URL when requests are accepted.
        worker: The program of the processes that execute runs.
    """

    env: str | None = None
    overrides: tuple[str, ...] = ()
    is_local: bool = True
    database_file: str | None = None
    on_ready: Callable[[str], None] = lambda _: None
    worker: tuple[str, ...] = WORKER


def serve_jobs(engine: Engine, listener: socket.socket, options: ServerOptions) -> None:
    """Serve the jobs of a project until SIGINT or SIGTERM.

    Raises:
        InputError: There is no token, and other machines can reach the service.
        EngineError: The database does not answer, or another service uses it.
    """
    settings = engine.settings
    if options.database_file is None:
        database = open_database(settings.api.database, settings.state)
    else:
        database = open_database(None, settings.state, file=options.database_file)
    authenticator = _choose_authenticator(TokenStore(database), options)
    # uvicorn raises the signal again when it has stopped: what is to be released is released then.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    lease = Lease(engine=database, service=secrets.token_hex(8))
    exporter = make_exporter()
    lease.acquire()
    spans = RunSpans(exporter, SubmissionStore(database).find_traceparent) if exporter is not None else None
    audit = AuditFile(settings.state / "audit.jsonl")
    _audit.addHandler(audit)
    try:
        dispatcher = Dispatcher(
            store=SubmissionStore(database),
            runs=engine.runs,
            lease=lease,
            settings=resolve_contexts(settings.api),
            setup=Setup(root=str(engine.root), env=options.env, overrides=options.overrides),
            command=options.worker,
        )
        dispatcher.store.listeners.extend([spans.record] if spans is not None else [])
        service = JobService(engine=engine, store=dispatcher.store, dispatcher=dispatcher)
        app = create_app(service, authenticator, _make_lifespan(dispatcher, listener, options.on_ready))
        _make_server(app).run([listener])
    finally:
        _audit.removeHandler(audit)
        if spans is not None:
            spans.close()
        lease.release()
        database.dispose()


def _choose_authenticator(tokens: TokenStore, options: ServerOptions) -> TokenStore | None:
    """Return the tokens, or None if there is none: then everybody on this machine is let in."""
    if tokens.list():
        return tokens
    if not options.is_local:
        raise InputError(
            "Other machines can reach this address, and there is no token: make one with `sparkops api token create NAME "
            "--role run`, or listen on --host 127.0.0.1."
        )
    return None


def _make_server(app: Starlette) -> uvicorn.Server:
    config = uvicorn.Config(
        app,
        ws="none",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=5,
    )
    return uvicorn.Server(config)


def _make_lifespan(
    dispatcher: Dispatcher, listener: socket.socket, on_ready: Callable[[str], None]
) -> Lifespan:
    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        del app
        await dispatcher.recover()
        running = asyncio.create_task(dispatcher.run())
        on_ready(format_url(listener))
        try:
            yield
        finally:
            await dispatcher.stop(_STOP_SECONDS)
            await running

    return lifespan
