"""`sparkops run` and `sparkops flow`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from sparkops.cli.job_command import JobArguments, JobGroup, make_job_command, run_options
from sparkops.cli.project_options import ProjectOptions, project_click_options, with_project_options
from sparkops.pipeline.job import Job


class RunGroup(JobGroup):
    """One command for each job, which runs it."""

    def make_command(self, job: Job, origins: Mapping[str, str], ctx: click.Context) -> click.Command:
        """Return the command that runs a job."""
        return make_job_command(job, origins, ctx.params, run_job, options=run_options())


@click.group(
    "run",
    cls=RunGroup,
    params=[*run_options(), *project_click_options()],
    subcommand_metavar="JOB [--PARAM VALUE]...",
    no_args_is_help=True,
)
def run(**_: Any) -> None:
    """Run a job.

    Parameters are options: sparkops run JOB --help shows those of a job.
    """


def run_job(arguments: JobArguments) -> int:
    """Run a job, and show its progress."""
    from sparkops.cli.display.progress import ProgressDisplay

    name, params, at, as_of = arguments.job.name, arguments.params, arguments.at, arguments.as_of
    with ProgressDisplay() as progress, arguments.project.engine(progress) as engine:
        if arguments.upstream:
            engine.flow(
                [name],
                params=params,
                at=at,
                as_of=as_of,
                force=arguments.force,
                always_run_targets=True,
            )
        else:
            engine.run_by_name(name, params, at=at, as_of=as_of)
    return 0


@click.command("flow")
@click.argument("jobs", nargs=-1)
@click.option("--force", is_flag=True, help="Also run jobs that are up to date.")
@click.option(
    "--param",
    "params",
    multiple=True,
    metavar="NAME=VALUE",
    help="A parameter for each job that declares it.",
)
@with_project_options
def flow(project: ProjectOptions, jobs: tuple[str, ...], force: bool, params: tuple[str, ...]) -> int:
    """Run JOBS (all jobs by default) and the jobs that they read from, in dependency order.

    Jobs whose code, parameters, inputs and checks are unchanged are skipped. A failed job stops the jobs that depend on it.
    """
    from sparkops.cli.display.progress import ProgressDisplay

    values = dict(_parse_param(word) for word in params)
    with ProgressDisplay() as progress, project.engine(progress) as engine:
        engine.flow(list(jobs) or sorted(engine.project.declared), params=values, force=force)
    return 0


def _parse_param(word: str) -> tuple[str, str]:
    name, equals, value = word.partition("=")
    if not equals:
        raise click.BadParameter(f"takes NAME=VALUE, not `{word}`", param_hint="--param")
    return name.replace("-", "_"), value
