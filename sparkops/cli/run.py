"""`sparkops run` and `sparkops flow`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import click

from sparkops.cli.job_command import Asked, job_command, run_options
from sparkops.cli.project_options import Where, common, options, take
from sparkops.errors import SparkopsError, UnknownName
from sparkops.pipeline.job import Job
from sparkops.pipeline.parameters.docstring import summary_of

_LATE = "sparkops.project"


class Jobs(click.Group):
    """A command a job, made from the declarations; nothing heavy is imported to make them."""

    def _where(self, ctx: click.Context) -> Where:
        said: dict[str, Any] = {
            name: ctx.params[name] for name in ("project", "env", "overrides") if name in ctx.params
        }
        where = take(said)
        return replace(where, project=where.project or ctx.meta.get(_LATE))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the job's command, in the project that may be named only after it."""
        for word, value in pairwise([*args, ""]):
            if word.startswith("--project"):
                ctx.meta[_LATE] = Path(word.partition("=")[2] or value)
        return super().resolve_command(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the jobs' names."""
        return sorted(self._where(ctx).engine().declared)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of one job."""
        engine = self._where(ctx).engine()
        jobs = engine.declared
        if cmd_name not in jobs:
            raise UnknownName("job", cmd_name, sorted(jobs), advice="`sparkops jobs` lists them.")
        return self.job_command(jobs[cmd_name], engine.loaded.params(cmd_name)[1], ctx)

    def job_command(self, job: Job, conf: Mapping[str, str], ctx: click.Context) -> click.Command:
        """Return the command that runs a job.

        Args:
            job: The declared job.
            conf: Parameter to the place in conf/ that gives it a value.
            ctx: Of this group: the options that stood before the job's name.
        """
        return job_command(job, conf, ctx.params, start)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of jobs from the first lines of their docstrings, or why there is none."""
        with formatter.section("Jobs"):
            try:
                jobs = self._where(ctx).engine().declared
            except SparkopsError as error:
                formatter.write_text(str(error))
                return
            formatter.write_dl([(name, summary_of(jobs[name].doc)) for name in sorted(jobs)])


@click.group(
    "run",
    cls=Jobs,
    params=[*run_options(), *options()],
    subcommand_metavar="JOB [--PARAM VALUE]...",
    no_args_is_help=True,
)
def run(**_: Any) -> None:
    """Run a job.

    Parameters are options: sparkops run JOB --help shows a job's own.
    """


def start(asked: Asked) -> int:
    """Run what was asked for, in the terminal."""
    from sparkops.cli.display.progress import Live

    with Live() as live, asked.where.engine(tell=live) as engine:
        if asked.upstream:
            engine.flow(
                [asked.job.name],
                given=asked.given,
                at=asked.at,
                as_of=asked.as_of,
                force=asked.force,
                last=True,
            )
        else:
            engine.start(asked.job.name, given=asked.given, at=asked.at, as_of=asked.as_of)
    return 0


@click.command("flow")
@click.argument("jobs", nargs=-1)
@click.option("--force", is_flag=True, help="Run jobs that are up to date, too.")
@click.option(
    "--param", "params", multiple=True, metavar="NAME=VALUE", help="A parameter for each job that has it."
)
@common
def flow(where: Where, jobs: tuple[str, ...], force: bool, params: tuple[str, ...]) -> int:
    """Run JOBS (all, where none is named) and what they read, in the order of their tables.

    A job whose code, parameters, inputs and checks did not change is left. A failed one stops what depends on it.
    """
    from sparkops.cli.display.progress import Live

    given = dict(_pair(word) for word in params)
    with Live() as live, where.engine(tell=live) as engine:
        engine.flow(list(jobs) or sorted(engine.declared), given=given, force=force)
    return 0


def _pair(word: str) -> tuple[str, str]:
    name, equals, value = word.partition("=")
    if not equals:
        raise click.BadParameter(f"takes NAME=VALUE, not `{word}`", param_hint="--param")
    return name.replace("-", "_"), value
