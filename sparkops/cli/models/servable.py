"""`sparkops models servable`: whether a training job's model will compile, before it is trained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from sparkops.cli.job_command import Asked, job_command, read_options
from sparkops.cli.models.compile import tell_stages
from sparkops.cli.project_options import options
from sparkops.cli.run import Jobs
from sparkops.pipeline.job import Job


class TrainingJobs(Jobs):
    """A command a job, which fits its model on a few rows and tells what compiles."""

    def job_command(self, job: Job, conf: Mapping[str, str], ctx: click.Context) -> click.Command:
        """Return the command that tries a job."""
        before = {name: value for name, value in ctx.params.items() if name != "rows"}

        def go(asked: Asked) -> int:
            return _tell(asked, int(ctx.params["rows"]))

        return job_command(job, conf, before, go, chosen=read_options)


@click.group(
    "servable",
    cls=TrainingJobs,
    short_help="Tell before training whether a job's model will compile.",
    params=[
        click.Option(
            ["--rows"],
            type=click.IntRange(1),
            default=500,
            show_default=True,
            metavar="N",
            help="Rows of each table.",
        ),
        *read_options(),
        *options(),
    ],
    subcommand_metavar="JOB [--PARAM VALUE]...",
    no_args_is_help=True,
)
def servable(**_: Any) -> None:
    """Fit a training job's model on the first rows of each table, and tell of each stage whether it compiles.

    Nothing is registered or recorded. Exit code 1: some stage is scored by Spark only.
    """


def _tell(asked: Asked, rows: int) -> int:
    with asked.where.engine() as engine:
        found = engine.servable(asked.job.name, given=asked.given, at=asked.at, as_of=asked.as_of, rows=rows)
    tell_stages(found)
    if found.description is None:
        click.echo(f"A model of `{asked.job.name}` would be scored by Spark only.")
        return 1
    read = ", ".join(field.name for field in found.description.fields)
    click.echo(f"A model of `{asked.job.name}` compiles; a row has {read}.")
    return 0
