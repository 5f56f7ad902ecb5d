"""`sparkops serve`."""

from __future__ import annotations

import click

from sparkops.cli.score import located
from sparkops.cli.where import Where, common


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

    run(model, **located(where), host=host, port=port, on_ready=ready)
