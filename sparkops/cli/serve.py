"""`sparkops serve`."""

from __future__ import annotations

from pathlib import Path

import click

from sparkops.cli.project_options import ProjectOptions, with_project_options
from sparkops.cli.score import scoring_options
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
    help="Port to listen on; 0 chooses a free one.",
)
@with_project_options
def serve(project: ProjectOptions, model: str, host: str, port: int) -> None:
    """Serve MODEL over HTTP: name, name/3, name@alias, models:/..., or a model's folder.

    POST /invocations accepts the same requests as MLflow's server; GET /ping, /health/live and /health/ready.
    """
    from sparkops.serving.app import create_app
    from sparkops.serving.server import load_service, run

    def print_url(url: str) -> None:
        click.echo(f"Serving {model} at {url}")
        if is_uncertified(model):
            click.echo(
                f"Not certified: no row was compared with Spark; `sparkops models certify {model}` does that."
            )

    service = load_service(model, **scoring_options(project))
    run(create_app(service), host=host, port=port, on_ready=print_url)


def is_uncertified(model: str) -> bool:
    """Return whether a model is a folder that `models compile` wrote and that was not compared with Spark yet."""
    folder = Path(model)
    return (folder / DESCRIPTION).is_file() and not (folder / CERTIFICATE).is_file()
