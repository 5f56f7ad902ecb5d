"""`sparkops jobs`."""

from __future__ import annotations

import json

import click

from sparkops.cli.display.table import table
from sparkops.cli.project_options import Where, common


@click.command("jobs")
@click.option("--json", "as_json", is_flag=True, help="JSON instead of a table.")
@common
def jobs(where: Where, as_json: bool) -> None:
    """List the project's jobs: what each reads, publishes and takes."""
    found = where.engine().declared
    rows = [
        {
            "job": job.name,
            "reads": [*job.tables, *job.models],
            "publishes": [w.table for w in job.writes] or [job.registers or "a page"],
            "parameters": [p.name + ("" if p.required else "?") for p in job.params],
            "declared": str(job.place),
            "does": job.doc.strip().split("\n")[0],
        }
        for job in found.values()
    ]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    table(rows, empty="No jobs: a job is a function under @job in jobs/*.py.", drop=("declared",))
