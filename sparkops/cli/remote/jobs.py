"""`sparkops --remote URL jobs`: what a service can run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from sparkops.cli.display.echo import echo_json
from sparkops.cli.display.table import print_table
from sparkops.cli.project_options import json_option
from sparkops.cli.remote.connection import open_client
from sparkops.cli.remote.group import PROJECT_REASONS, make_refused_options


@click.command("jobs", params=make_refused_options(PROJECT_REASONS))
@click.argument("job", required=False)
@json_option()
@click.pass_context
def jobs(ctx: click.Context, /, job: str | None, as_json: bool, **_: Any) -> None:
    """List the jobs of the service; with JOB, show the parameters of one."""
    client = open_client(ctx)
    answer: Any = client.jobs() if job is None else client.job(job)
    if as_json:
        echo_json(answer)
        return
    names = ("name", "reads", "writes", "context", "summary")
    rows = (
        [{name: item.get(name) for name in names} for item in answer]
        if job is None
        else _list_parameters(answer["parameters"])
    )
    print_table(rows, empty="The service has no jobs." if job is None else f"Job {job} has no parameters.")


def _list_parameters(schema: Mapping[str, Any]) -> list[dict[str, Any]]:
    required = schema.get("required", ())
    return [
        {
            "parameter": name,
            "type": described.get("format") or described.get("type") or described.get("enum") or "-",
            "default": "required" if name in required else described.get("default"),
            "means": described.get("description", ""),
        }
        for name, described in schema.get("properties", {}).items()
    ]
