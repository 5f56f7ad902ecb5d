"""`sparkops run` and `sparkops backfill`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from sparkops.cli.display.echo import echo
from sparkops.cli.jobs.job_command import JobArguments, JobGroup, make_job_command
from sparkops.cli.jobs.job_options import (
    find_run_key,
    make_backfill_options,
    make_run_options,
)
from sparkops.cli.project_options import make_project_click_options
from sparkops.config.state_file import DAEMON_FILE
from sparkops.engine.options import RunOptions
from sparkops.engine.parameter_sources import find_secret_names
from sparkops.errors import InputError
from sparkops.pipeline.fan_out.values import read_each
from sparkops.pipeline.job import Job
from sparkops.pipeline.parameters.value_form import ValueForm
from sparkops.runs.read_versions import ReadVersions

if TYPE_CHECKING:
    from sparkops.engine import Engine


class RunGroup(JobGroup):
    """One command for each job, which runs it."""

    def make_command(self, job: Job, origins: Mapping[str, str], ctx: click.Context) -> click.Command:
        """Return the command that runs a job."""
        return make_job_command(job, origins, ctx.params, run_job, options=make_run_options())


@click.group(
    "run",
    cls=RunGroup,
    params=[*make_run_options(), *make_project_click_options()],
    subcommand_metavar="JOB [--PARAM VALUE]...",
    no_args_is_help=True,
)
def run(**_: Any) -> None:
    """Run a job.

    Parameters are options: sparkops run JOB --help shows those of a job.
    """


def run_job(arguments: JobArguments) -> int:
    """Run a job, and show its progress."""
    from sparkops.cli.display.plan_lines import format_plans
    from sparkops.cli.display.progress import ProgressDisplay

    name, params = arguments.job.name, arguments.params
    if arguments.dry_run:
        with arguments.project.open_engine() as engine:
            plans = engine.plan(
                name, params, at=arguments.at, as_of=arguments.as_of, upstream=arguments.upstream
            )
        for line in format_plans(plans):
            echo(line)
        return 0
    if _run_in_daemon(arguments):
        return 0
    options = RunOptions(
        versions=ReadVersions(at=arguments.at, as_of=arguments.as_of),
        key=find_run_key(arguments.run_key),
        unfinished=arguments.unfinished,
    )
    with ProgressDisplay() as progress, arguments.project.open_engine(progress) as engine:
        if arguments.each or (_is_declared_fan_out(engine, arguments) and not arguments.upstream):
            _run_each(engine, arguments, options)
        elif arguments.upstream:
            engine.flow(
                [name], params=params, options=options, force=arguments.force, always_run_targets=True
            )
        else:
            engine.run_by_name(name, params, options=options)
    return 0


def _run_in_daemon(arguments: JobArguments) -> bool:
    """Have the project's daemon run the job; return whether there is one that does."""
    is_one_request = arguments.unfinished == "refuse" and not (
        arguments.upstream or arguments.each or find_run_key(arguments.run_key)
    )
    job = arguments.job
    # A request has neither secrets nor several runs.
    if not is_one_request or job.each or job.stream or find_secret_names(job):
        return False
    engine = arguments.project.open_engine()
    if not (engine.settings.state / DAEMON_FILE).exists():
        return False
    from sparkops.cli.remote.daemon_run import run_in_daemon

    versions = ReadVersions(at=arguments.at, as_of=arguments.as_of)
    return run_in_daemon(engine, arguments.project, job, arguments.params, versions)


def _is_declared_fan_out(engine: Engine, arguments: JobArguments) -> bool:
    from sparkops.engine.operations.fan_out.declared import find_pending

    return bool(find_pending(engine.container, arguments.job, arguments.params))


class BackfillGroup(JobGroup):
    """One command for each job, which runs it for many values."""

    def make_command(self, job: Job, origins: Mapping[str, str], ctx: click.Context) -> click.Command:
        """Return the command that runs a job for many values."""
        return make_job_command(job, origins, ctx.params, backfill_job, options=make_backfill_options())


@click.group(
    "backfill",
    cls=BackfillGroup,
    params=[*make_backfill_options(), *make_project_click_options()],
    subcommand_metavar="JOB --each NAME=VALUES [--PARAM VALUE]...",
    no_args_is_help=True,
)
def backfill(**_: Any) -> None:
    """Run a job once for each value of --each or of the job's each=, except for values that are up to date.

    A failed run stops no other; sparkops runs resume RUN continues with those that did not succeed.
    """


def backfill_job(arguments: JobArguments) -> int:
    """Run a job for the values that are not up to date."""
    from sparkops.cli.display.progress import ProgressDisplay

    if not arguments.each and not arguments.job.each:
        raise InputError("Give the values with --each, as in --each day=2013-07-01..2013-07-31.")
    options = RunOptions(versions=ReadVersions(at=arguments.at, as_of=arguments.as_of))
    with ProgressDisplay() as progress, arguments.project.open_engine(progress) as engine:
        _run_each(engine, arguments, options, skip_fresh=not arguments.force)
    return 0


def _run_each(
    engine: Engine, arguments: JobArguments, options: RunOptions, *, skip_fresh: bool = False
) -> None:
    """Run a job once for each combination of the values of --each."""
    from sparkops.engine.operations.fan_out.request import FanOutRequest
    from sparkops.engine.operations.fan_out.run_each import run_each

    refused = [
        option
        for option, value in (
            ("--upstream", arguments.upstream),
            ("--run-key", arguments.run_key),
            ("--resume", arguments.unfinished == "resume"),
        )
        if value
    ]
    if refused:
        raise InputError(
            f"{refused[0]} is for one run, and --each starts several. Resume those with `sparkops runs resume`."
        )
    limit = engine.settings.execution.max_items
    request = FanOutRequest(
        job=arguments.job.name,
        each=read_each(arguments.job, arguments.each, limit=limit),
        form=ValueForm.TEXT,
        params=arguments.params,
        options=options,
        max_parallel=arguments.max_parallel,
        fail_fast=arguments.fail_fast,
        skip_fresh=skip_fresh,
    )
    run_each(engine.container, request)
