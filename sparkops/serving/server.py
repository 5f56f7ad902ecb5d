"""Serve a model over HTTP until SIGINT or SIGTERM."""

from __future__ import annotations

import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from sparkops.errors import EngineError, ParityBroken
from sparkops.pyfunc.worker.flavor_names import is_pyfunc_model
from sparkops.pyfunc.worker.open_scorer import open_pyfunc_scorer
from sparkops.pyfunc.worker.worker_settings import WorkerSettings
from sparkops.scoring.artifact.scorer_folder import load
from sparkops.scoring.locate.model_uri import LocatedModel, find_scorer_folder, locate
from sparkops.scoring.protocol import RowScorer
from sparkops.scoring.rules.rule_monitor import RuleMode
from sparkops.serving.app import Service
from sparkops.serving.health import Health, read_certificate

_log = logging.getLogger("sparkops.serving")


def load_service(
    uri: str | Path,
    *,
    tracking_uri: str | None = None,
    cache: Path | None = None,
    worker_settings: WorkerSettings | None = None,
    rules: RuleMode = "warn",
) -> Service:
    """Load a model, check its certificate, and return the service for `create_app`.

    Args:
        uri: `models:/name@alias`, `models:/name/3` or a folder.
        tracking_uri: URI of the registry.
        cache: Folder for models copied from a tracking server.
        worker_settings: Process settings of a model of another library.
        rules: What happens to rows that violate a rule of the model.

    Raises:
        ParityBroken: The scorer disagrees with its certificate.
    """
    model = locate(uri, tracking_uri=tracking_uri, cache=cache)
    folder, scorer = _open_scorer(model, worker_settings or WorkerSettings(), rules)
    health = Health(scorer, read_certificate(folder))
    if reason := health.find_problem():
        raise ParityBroken(f"The model in {model.folder} is not served: {reason}. Register it again.")
    version = "" if model.version is None else str(model.version)
    return Service(scorer, health=health, name=model.name, version=version)


def _open_scorer(
    model: LocatedModel, worker_settings: WorkerSettings, rules: RuleMode
) -> tuple[Path, RowScorer]:
    """Return the folder of a model's certificate, and its scorer."""
    if is_pyfunc_model(model.folder):
        return model.folder, open_pyfunc_scorer(model, worker_settings)
    folder = find_scorer_folder(model.folder)
    return folder, load(folder, rules=rules)


def run(
    app: ASGIApp,
    *,
    host: str,
    port: int,
    log_level: str = "warning",
    on_ready: Callable[[str], None] | None = None,
) -> None:
    """Run an ASGI application until SIGINT or SIGTERM, then return."""
    with _listen(host, port) as listener, _ignore_repeated_signals():
        config = uvicorn.Config(
            app, log_config=None, log_level=log_level, access_log=False, timeout_graceful_shutdown=10
        )
        _Server(config, _url(listener), on_ready).run(sockets=[listener])


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, url: str, on_ready: Callable[[str], None] | None) -> None:
        super().__init__(config)
        self._url, self._on_ready = url, on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        _log.info("serving at %s", self._url)
        if self._on_ready is not None:
            self._on_ready(self._url)


@contextmanager
def _listen(host: str, port: int) -> Iterator[socket.socket]:
    """Yield a bound socket, so that an occupied port is reported before anything starts."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            raise EngineError(
                f"Can't listen on {host}:{port} ({error.strerror or error}). Pass another --host or --port."
            ) from error
        yield listener


@contextmanager
def _ignore_repeated_signals() -> Iterator[None]:
    """Ignore SIGINT and SIGTERM outside the server: it handles them, and raises them again when it has stopped."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {each: signal.signal(each, lambda *_: None) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
