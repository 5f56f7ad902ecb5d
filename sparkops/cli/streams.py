"""`sparkops streams`: list the checkpoints of streaming jobs; let one begin again."""

from __future__ import annotations

import click

from sparkops.cli.display.echo import echo, echo_json
from sparkops.cli.display.table import print_table
from sparkops.cli.project_options import ProjectOptions, json_option, with_project_options


@click.group("streams", invoke_without_command=True)
@json_option()
@click.pass_context
@with_project_options
def streams(project: ProjectOptions, ctx: click.Context, as_json: bool) -> None:
    """List the streaming jobs that have run, and how far each has read."""
    if ctx.invoked_subcommand:
        return
    with project.open_engine() as engine:
        checkpoints = engine.container.tables.streams.list_checkpoints()
    rows = [
        {"job": checkpoint.name, "last batch": checkpoint.last_batch, "stream": checkpoint.stream}
        for checkpoint in checkpoints
    ]
    if as_json:
        echo_json(rows)
        return
    print_table(rows, empty="No streaming job has run yet.")


@streams.command("reset", short_help="Let a streaming job begin again.")
@click.argument("job", metavar="JOB")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_project_options
def reset(project: ProjectOptions, job: str, yes: bool) -> None:
    """Remove the checkpoint of JOB: its next run reads the stream from the beginning.

    A job that appends publishes all rows again, so empty its table first. A job that merges or overwrites repeats its
    work.
    """
    from sparkops.engine.operations.cleanup import find_streaming_job, reset_stream

    with project.open_engine() as engine:
        declared = find_streaming_job(engine.container, job)
        if not yes:
            tables = ", ".join(f"`{write.table}`" for write in declared.writes)
            click.confirm(
                f"The next run of `{job}` reads `{declared.stream}` from the beginning and publishes it into {tables} "
                "again. Remove the checkpoint?",
                abort=True,
                err=True,
            )
        reset_stream(engine.container, job)
    echo(f"The next run of `{job}` begins at the beginning of `{declared.stream}`.")
