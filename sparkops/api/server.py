"""Serve the jobs of a project until SIGINT or SIGTERM."""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final

import uvicorn
from starlette.applications import Starlette

from sparkops.api.app import Lifespan, create_app
from sparkops.api.callbacks.delivery import CallbackDelivery
from sparkops.api.contexts.context_process import WORKER
from sparkops.api.contexts.messages import Setup
from sparkops.api.database.connect import open_database
from sparkops.api.database.lease import Lease
from sparkops.api.database.submission import Submission
from sparkops.api.database.submissions import SubmissionStore
from sparkops.api.database.tokens import TokenStore
from sparkops.api.dispatcher import Dispatcher
from sparkops.api.request_log import AuditFile
from sparkops.api.routes.answer import to_json
from sparkops.api.routes.run_view import describe_requested_run
from sparkops.api.service import JobService, resolve_contexts
from sparkops.api.tracing import RunSpans, make_exporter
from sparkops.core.masking import mask_json
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
        lifespan = _make_lifespan(
            dispatcher, make_delivery(service), lambda: options.on_ready(format_url(listener))
        )
        app = create_app(service, authenticator, lifespan)
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


def make_delivery(service: JobService) -> CallbackDelivery:
    """Return what posts the runs of a service that have ended, as `GET /runs/ID` answers them without the record."""

    def build_body(submission: Submission) -> bytes:
        body = describe_requested_run(service.add_record(submission))
        body.pop("callback", None)
        return json.dumps(mask_json(to_json(body), service.secrets), ensure_ascii=False).encode()

    delivery = CallbackDelivery(
        store=service.store, read_settings=lambda: service.settings.callbacks, build_body=build_body
    )
    service.store.listeners.append(lambda _: delivery.wake())
    return delivery


def _make_lifespan(
    dispatcher: Dispatcher, delivery: CallbackDelivery, on_ready: Callable[[], None]
) -> Lifespan:
    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        del app
        await dispatcher.recover()
        running = asyncio.create_task(dispatcher.run())
        delivering = asyncio.create_task(delivery.run())
        on_ready()
        try:
            yield
        finally:
            await dispatcher.stop(_STOP_SECONDS)
            await running
            delivering.cancel()
            with suppress(asyncio.CancelledError):
                await delivering

    return lifespan
