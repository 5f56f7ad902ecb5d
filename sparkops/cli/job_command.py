"""Make a click command from a job's declaration; values stay text, and the job's own types convert them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from textwrap import fill
from typing import Any, Literal

import click

from sparkops.cli.project_options import (
    ProjectOptions,
    find_project_option,
    pop_project_options,
    project_click_options,
)
from sparkops.errors import InputError, SparkopsError, UnknownName
from sparkops.pipeline.job import Job
from sparkops.pipeline.parameters.docstring import summary_of
from sparkops.pipeline.parameters.help import describe, usage
from sparkops.pipeline.parameters.param_type import read_param_type

_PROJECT_KEY = "sparkops.project"


@dataclass(frozen=True, slots=True)
class JobArguments:
    """The arguments of one job on the command line.

    Args:
        job: The declared job.
        project: The project.
        params: Parameter to its text, or texts.
        at: Table or model name to the version to read.
        as_of: Read every table as it was at this time.
        upstream: First run the jobs that it reads from.
        force: Also run jobs that are up to date.
        run_key: Key under which a retry finds the run.
        unfinished: What to do about an incomplete run of the same job and parameters.
    """

    job: Job
    project: ProjectOptions
    params: dict[str, Any]
    at: dict[str, int]
    as_of: datetime | None
    upstream: bool = False
    force: bool = False
    run_key: str | None = None
    unfinished: Literal["refuse", "resume", "new"] = "refuse"


class JobGroup(click.Group, ABC):
    """A group with one command for each job, made from the declarations without importing Spark."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the job's command, in the project whose option may come after the job's name."""
        ctx.meta[_PROJECT_KEY] = find_project_option(args)
        return super().resolve_command(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the jobs."""
        return sorted(self._project(ctx).engine().project.declared)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of one job."""
        project = self._project(ctx).engine().project
        if cmd_name not in project.declared:
            advice = "`sparkops jobs` lists them."
            raise UnknownName("job", cmd_name, sorted(project.declared), advice=advice)
        _, origins = project.config.params(cmd_name)
        return self.make_command(project.declared[cmd_name], origins, ctx)

    @abstractmethod
    def make_command(self, job: Job, origins: Mapping[str, str], ctx: click.Context) -> click.Command:
        """Return the command of a job.

        Args:
            job: The declared job.
            origins: Parameter to the file and line in conf/ that sets it.
            ctx: Context of this group, with the options before the job's name.
        """

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of jobs with the first lines of their docstrings, or why there is none."""
        with formatter.section("Jobs"):
            try:
                jobs = self._project(ctx).engine().project.declared
            except SparkopsError as error:
                formatter.write_text(str(error))
                return
            formatter.write_dl([(name, summary_of(jobs[name].doc)) for name in sorted(jobs)])

    def _project(self, ctx: click.Context) -> ProjectOptions:
        values: dict[str, Any] = {
            name: ctx.params[name] for name in ("project", "env", "overrides") if name in ctx.params
        }
        options = pop_project_options(values)
        return ProjectOptions(options.project or ctx.meta.get(_PROJECT_KEY), options.env, options.overrides)


class JobCommand(click.Command):
    """A command whose help shows the job's declaration, then the other options."""

    def __init__(self, job: Job, origins: Mapping[str, str], **options: Any) -> None:
        super().__init__(job.name, **options)
        self.job = job
        self.origins = origins

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the job's help."""
        rows = describe(self.job, self.origins)
        for line in usage(self.job, rows).splitlines():
            margin = " " * (len(line) - len(line.lstrip()))
            formatter.write(fill(line, formatter.width, subsequent_indent=margin) + "\n")
        if rows:
            with formatter.section("Parameters"):
                formatter.write_dl([(f"{row.option} {row.type}", row.text) for row in rows])
        names = {row.name for row in rows}
        records = [p.get_help_record(ctx) for p in self.get_params(ctx) if p.name not in names]
        with formatter.section("Options"):
            formatter.write_dl([record for record in records if record])


def make_job_command(
    job: Job,
    origins: Mapping[str, str],
    group_options: Mapping[str, Any],
    run: Callable[[JobArguments], object],
    *,
    options: Sequence[click.Parameter],
) -> click.Command:
    """Return the command of a job: one option for each parameter.

    Unknown options are kept as parameters, so that they are reported together with all other problems.

    Args:
        job: The declared job.
        origins: Parameter to the file and line in conf/ that sets it.
        group_options: Values of the options before the job's name.
        run: Called with the arguments.
        options: Options of the command apart from the job's own and the project's.
    """

    def parse(ctx: click.Context, **values: Any) -> object:
        common = {name: _combine(group_options[name], values.pop(name)) for name in group_options}
        params = {name: _unwrap(value) for name, value in values.items() if value not in (None, ())}
        arguments = JobArguments(
            job=job,
            params=params | parse_loose_options(ctx.args),
            at=parse_versions(common.pop("at")),
            as_of=parse_time(common.pop("as_of")),
            upstream=common.pop("upstream", False),
            force=common.pop("force", False),
            run_key=common.pop("run_key", None),
            unfinished=choose_unfinished(resume=common.pop("resume", False), new=common.pop("new", False)),
            project=pop_project_options(common),
        )
        return run(arguments)

    return JobCommand(
        job,
        origins,
        callback=click.pass_context(parse),
        params=[*_param_options(job), *options, *project_click_options()],
        context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    )


def read_options() -> list[click.Parameter]:
    """Return new click options for the versions to read."""
    return [
        click.Option(
            ["--at"], multiple=True, metavar="NAME=VERSION", help="Read this version of a table or model."
        ),
        click.Option(
            ["--as-of", "as_of"],
            metavar="TIME",
            help="Read every Delta table as it was at this time (ISO, UTC).",
        ),
    ]


def run_options() -> list[click.Parameter]:
    """Return new click options for a run."""
    return [
        *read_options(),
        click.Option(
            ["--upstream"], is_flag=True, help="First run the jobs whose tables and models it reads."
        ),
        click.Option(["--force"], is_flag=True, help="With --upstream: also run jobs that are up to date."),
        *retry_options(),
    ]


def retry_options() -> list[click.Parameter]:
    """Return new click options for a run that may be a retry."""
    return [
        click.Option(
            ["--run-key"],
            metavar="KEY",
            help="Runs with one key are one run: a retry resumes it, or is answered by it. By default the task of "
            "Airflow or Databricks.",
        ),
        click.Option(
            ["--resume"],
            is_flag=True,
            help="Resume an incomplete run of the same job and parameters, if there is one.",
        ),
        click.Option(["--new"], is_flag=True, help="Start a new run beside an incomplete one."),
    ]


def choose_unfinished(*, resume: bool, new: bool) -> Literal["refuse", "resume", "new"]:
    """Return what to do about an incomplete run.

    Raises:
        InputError: Both options were given.
    """
    if resume and new:
        raise InputError("--resume continues an incomplete run and --new starts another: give one of them.")
    return "resume" if resume else "new" if new else "refuse"


def _param_options(job: Job) -> list[click.Parameter]:
    options: list[click.Parameter] = []
    for param, row in zip(job.params, describe(job), strict=True):
        param_type = read_param_type(param.annotation)
        flags = list(dict.fromkeys((row.option, f"--{row.name}")))
        # A bool may be given without a value.
        flag: dict[str, Any] = {"is_flag": False, "flag_value": "true"} if param_type.kind == "bool" else {}
        options.append(click.Option([*flags, row.name], multiple=param_type.kind == "list", **flag))
    return options


def _combine(outer: Any, inner: Any) -> Any:
    """Combine an option's values before and after the job's name; of single values, the one after wins."""
    return (*outer, *inner) if isinstance(inner, tuple) else inner or outer


def _unwrap(value: Any) -> Any:
    """Return an option's value: a list if it was given several times, else its text."""
    if isinstance(value, tuple):
        return value[0] if len(value) == 1 else list(value)
    return value


def parse_loose_options(words: Sequence[str]) -> dict[str, Any]:
    """Parse `--name value` pairs that click has no option for."""
    options: dict[str, Any] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if not word.startswith("--"):
            raise click.UsageError(f"Unexpected `{word}`. Parameters are given by name: --name value.")
        name, _, value = word[2:].partition("=")
        if not value and rest and not rest[0].startswith("--"):
            value = rest.pop(0)
        options[name.replace("-", "_")] = value
    return options


def parse_versions(words: Sequence[str]) -> dict[str, int]:
    """Parse `name=version` texts.

    Raises:
        InputError: One has another form.
    """
    versions: dict[str, int] = {}
    for word in words:
        name, _, version = word.partition("=")
        if not name or not version.isdigit():
            raise InputError(
                f"--at takes NAME=VERSION with a whole number, as in --at flights=12; not `{word}`."
            )
        versions[name] = int(version)
    return versions


def parse_time(text: str | None) -> datetime | None:
    """Parse an ISO date or time; without a zone it is UTC.

    Raises:
        InputError: It has another form.
    """
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(
            f"--as-of takes an ISO time, as in 2013-06-01 or 2013-06-01T12:00:00Z; not `{text}`."
        ) from error
    return time if time.tzinfo else time.replace(tzinfo=UTC)
