"""`sparkops serve`."""

from __future__ import annotations

from pathlib import Path

import click

from sparkops.cli.project_options import Where, common
from sparkops.cli.score import scoring
from sparkops.scoring.artifact.file_names import CERTIFICATE, DESCRIPTION


@click.command("serve")
@click.argument("model")
@click.option("--host", default="127.0.0.1", show_default=True, metavar="NAME", help="Address to listen on.")
@click.option(
    "--port",
    default=5001,
    type=click.IntRange(0, 65535),
    show_default=True,
    metavar="NUMBER",
    help="Port to listen on; 0 takes a free one.",
)
@common
def serve(where: Where, model: str, host: str, port: int) -> None:
    """Serve MODEL over HTTP: name, name/3, name@alias, models:/..., or a model's folder.

    POST /invocations takes what MLflow's own server takes; GET /ping, /health/live and /health/ready.
    """
    from sparkops.serving.server import serve as run

    def ready(url: str) -> None:
        click.echo(f"Serving {model} at {url}")
        if is_uncertified(model):
            click.echo(
                f"Not certified: no row was compared with Spark; `sparkops models certify {model}` does."
            )

    run(model, **scoring(where), host=host, port=port, on_ready=ready)


def is_uncertified(model: str) -> bool:
    """Tell whether a model is a folder that `models compile` wrote and nobody compared with Spark yet."""
    folder = Path(model)
    return (folder / DESCRIPTION).is_file() and not (folder / CERTIFICATE).is_file()
