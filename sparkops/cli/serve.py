"""`sparkops serve`."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sparkops.cli.display.echo import echo
from sparkops.cli.project_options import ProjectOptions, trust_option, with_project_options
from sparkops.cli.score import build_scoring_options
from sparkops.config.settings import ServingSettings
from sparkops.errors import ProjectError
from sparkops.scoring.artifact.file_names import CERTIFICATE, DESCRIPTION, SCORER

if TYPE_CHECKING:
    from socket import socket


@click.command("serve")
@click.argument("model")
@click.option("--host", default="127.0.0.1", show_default=True, metavar="NAME", help="Address to listen on.")
@click.option(
    "--port",
    default=5001,
    type=click.IntRange(0, 65535),
    show_default=True,
    metavar="NUMBER",
    help="Port to listen on; 0 chooses a free one.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 256),
    metavar="NUMBER",
    show_default="setting `serving.workers`, 1",
    help="Processes that share the port.",
)
@click.option(
    "--extra",
    type=click.Choice(["ignore", "refuse", "pass"]),
    help="Fields that the model does not know: ignore and count them, refuse the row, or pass them back with the "
    "answer. [default: setting `serving.extra`, ignore]",
)
@click.option(
    "--on-error",
    type=click.Choice(["fail", "null"]),
    help="An invalid row: fail the request, or answer null for the row with a reason. "
    "[default: setting `serving.on_error`, fail]",
)
@trust_option()
@with_project_options
def serve(
    project: ProjectOptions, model: str, host: str, port: int, trust: bool, **choices: Any
) -> int | None:
    """Serve MODEL over HTTP: name, name/3, name@alias, models:/..., or a model's folder.

    POST /invocations accepts the same requests as MLflow's server; GET /ping, /health/live and /health/ready.
    """
    from sparkops.serving.listener import listen

    _log_to_stderr()
    settings = _read_serving_settings(project, choices)

    def print_url(url: str) -> None:
        echo(f"Serving {model} at {url}")
        if is_uncertified(model):
            echo(
                f"Not certified: no row was compared with Spark; `sparkops models certify {model}` does that."
            )

    def serve_model(listener: socket, on_ready: Callable[[str], None]) -> None:
        _serve(model, build_scoring_options(project, trust=trust), listener, settings, on_ready)

    # Reports an occupied port before anything is loaded.
    with listen(host, port) as listener:
        if settings.workers == 1:
            serve_model(listener, print_url)
            return None
    return _serve_by_workers((host, port), settings.workers, serve_model, print_url)


def _log_to_stderr() -> None:
    """Show the warnings and errors of the server and of the model's rules: whoever runs a server reads its output."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    for name in ("sparkops.serving", "sparkops.scoring"):
        logging.getLogger(name).addHandler(handler)


def _read_serving_settings(project: ProjectOptions, choices: dict[str, Any]) -> ServingSettings:
    """Return the settings of the project, if there is one, with those of the command line."""
    try:
        settings = project.open_engine().settings.serving
    except ProjectError:
        if project.project is not None:
            raise
        settings = ServingSettings()
    return settings.model_copy(update={name: value for name, value in choices.items() if value is not None})


def _serve(
    model: str,
    scoring: dict[str, Any],
    listener: socket,
    settings: ServingSettings,
    on_ready: Callable[[str], None],
) -> None:
    """Load the model and serve it in this process."""
    from dataclasses import replace

    from sparkops.serving.app import create_app
    from sparkops.serving.load_service import load_service
    from sparkops.serving.request_body import BodyLimits
    from sparkops.serving.request_options import RequestOptions
    from sparkops.serving.server import ServerLimits, run

    service = replace(
        load_service(model, **scoring),
        limits=BodyLimits(settings.max_bytes, settings.max_rows, settings.body_timeout),
        defaults=RequestOptions(extra=settings.extra, on_error=settings.on_error),
    )
    limits = ServerLimits(settings.max_connections, settings.header_timeout, settings.keep_alive)
    run(create_app(service), listener, limits=limits, on_ready=on_ready)


def _serve_by_workers(
    address: tuple[str, int],
    count: int,
    serve_model: Callable[[socket, Callable[[str], None]], None],
    on_ready: Callable[[str], None],
) -> int:
    """Serve the model in several processes; return the exit code."""
    from sparkops.serving.listener import listen
    from sparkops.serving.workers import Workers

    # Bound, but not listening: it keeps the port while workers come and go.
    with listen(*address, is_shared=True) as reserved:
        host, port = reserved.getsockname()[:2]

        def serve_in_worker(report_ready: Callable[[str], None]) -> None:
            with listen(host, port, is_shared=True) as listener:
                serve_model(listener, report_ready)

        return Workers(count, serve_in_worker).run(on_ready)


def is_uncertified(model: str) -> bool:
    """Return whether a model is a folder that `models compile` wrote and that was not compared with Spark yet."""
    model_folder = Path(model)
    scorers = (folder for folder in (model_folder, model_folder / SCORER) if (folder / DESCRIPTION).is_file())
    return any(not (folder / CERTIFICATE).is_file() for folder in scorers)
