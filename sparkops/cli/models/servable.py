"""`sparkops models servable`: find out whether a training job's model will compile, before it is trained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from sparkops.cli.display.echo import echo
from sparkops.cli.jobs.job_command import JobArguments, JobGroup, make_job_command
from sparkops.cli.jobs.job_options import make_read_options
from sparkops.cli.models.compile_output import print_stages
from sparkops.cli.project_options import COUNT, make_project_click_options
from sparkops.pipeline.job import Job


class TrainingGroup(JobGroup):
    """One command for each job, which fits its model on a few rows and shows what compiles."""

    def make_command(self, job: Job, origins: Mapping[str, str], ctx: click.Context) -> click.Command:
        """Return the command that tries a job."""
        group_options = {name: value for name, value in ctx.params.items() if name != "rows"}

        def run(arguments: JobArguments) -> int:
            return check_servable(arguments, int(ctx.params["rows"]))

        return make_job_command(job, origins, group_options, run, options=make_read_options())


@click.group(
    "servable",
    cls=TrainingGroup,
    short_help="Show before training whether a job's model will compile.",
    params=[
        click.Option(
            ["--rows"],
            type=COUNT,
            default=500,
            show_default=True,
            metavar="N",
            help="Number of rows of each table.",
        ),
        *make_read_options(),
        *make_project_click_options(),
    ],
    subcommand_metavar="JOB [--PARAM VALUE]...",
    no_args_is_help=True,
)
def servable(**_: Any) -> None:
    """Fit a training job's model on the first rows of each table, and show for each stage whether it compiles.

    Nothing is registered or recorded. Exit code 1: only Spark can score some stage.
    """


def check_servable(arguments: JobArguments, rows: int) -> int:
    """Fit the model on a few rows and print what compiles; return the exit code."""
    name = arguments.job.name
    with arguments.project.open_engine() as engine:
        compilation = engine.servable(
            name, params=arguments.params, at=arguments.at, as_of=arguments.as_of, rows=rows
        )
    print_stages(compilation)
    if compilation.description is None:
        echo(
            f"Only Spark could score a model of `{name}`: rows take a local Spark, and tenths of a "
            "second instead of microseconds."
        )
        return 1
    fields = ", ".join(field.name for field in compilation.description.fields)
    echo(f"A model of `{name}` compiles; a row has {fields}.")
    return 0
