"""`sparkops jobs`."""

from __future__ import annotations

import click

from sparkops.cli.display.echo import echo, echo_json
from sparkops.cli.display.table import print_table
from sparkops.cli.project_options import ProjectOptions, json_option, with_project_options
from sparkops.cli.pydantic_plugins import skip_pydantic_plugins
from sparkops.pipeline.parameters.help import describe_mode


@click.command("jobs")
@json_option()
@with_project_options
def jobs(project: ProjectOptions, as_json: bool) -> None:
    """List the project's jobs: the tables and models they read, what they publish, and their parameters."""
    engine = project.open_engine()
    # The files of jobs are imported for this list only.
    with skip_pydantic_plugins():
        declared = engine.project.declared
    rows = [
        {
            "job": job.name,
            "reads": [*job.tables, *job.models],
            "publishes": [write.table for write in job.writes] or [job.registers or "a page"],
            "mode": [describe_mode(write) for write in job.writes],
            "parameters": [param.name + ("" if param.required else "?") for param in job.params],
            "declared": str(job.place),
            "does": job.doc.strip().split("\n")[0],
        }
        for job in declared.values()
    ]
    if as_json:
        echo_json(rows)
        return
    print_table(rows, empty="No jobs: a job is a function with @job in jobs/*.py.", drop=("declared", "mode"))
    if declared.broken:
        echo("\nCannot be read:")
        for message in dict.fromkeys(broken.summary for broken in declared.broken):
            echo(f"  {message}")
