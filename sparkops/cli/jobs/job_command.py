"""Make a click command from a job's declaration; values stay text, and the job's own types convert them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from textwrap import fill
from typing import Any, Literal

import click

from sparkops.cli.display.echo import hide, make_printable
from sparkops.cli.jobs.job_options import (
    build_command_line_source,
    choose_unfinished,
    parse_loose_options,
)
from sparkops.cli.jobs.read_versions import parse_time, parse_versions
from sparkops.cli.project_options import (
    ProjectOptions,
    find_project_option,
    make_project_click_options,
    pop_project_options,
    with_wait,
)
from sparkops.engine.parameter_sources import find_secret_texts, read_conf_sources, read_params_file
from sparkops.errors import SparkopsError
from sparkops.pipeline.job import Job
from sparkops.pipeline.parameters.bind import ParameterSource
from sparkops.pipeline.parameters.docstring import read_summary
from sparkops.pipeline.parameters.help import ParameterHelp, describe_parameters, format_usage
from sparkops.pipeline.parameters.option import RESERVED
from sparkops.pipeline.parameters.param_type import read_param_type

_PROJECT_KEY = "sparkops.project"
# Prefixes of click's names for the options of parameters, so that a parameter may be named like another option.
_PARAM, _NO = "param__", "no__"


@dataclass(frozen=True, slots=True)
class JobArguments:
    """The arguments of one job on the command line.

    Args:
        job: The declared job.
        project: The project.
        params: Parameters: those of --params-file, then those of the options.
        at: The version to read, by table or model name.
        as_of: Read every table as it was at this time.
        upstream: First run the jobs that it reads from.
        force: Also run jobs that are up to date.
        run_key: Key under which a retry finds the run.
        unfinished: What to do about an incomplete run of the same job and parameters.
        dry_run: Only show what would run.
        each: Texts `NAME=VALUES`: one run for each value.
        max_parallel: Runs at the same time.
        fail_fast: Start no further run once one has failed.
    """

    job: Job
    project: ProjectOptions
    params: list[ParameterSource]
    at: dict[str, int]
    as_of: datetime | None
    upstream: bool = False
    force: bool = False
    run_key: str | None = None
    unfinished: Literal["refuse", "resume", "new"] = "refuse"
    dry_run: bool = False
    each: tuple[str, ...] = ()
    max_parallel: int | None = None
    fail_fast: bool = False


class JobGroup(click.Group, ABC):
    """A group with one command for each job, made from the declarations without importing Spark."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the job's command, in the project of --project, which may come after the job's name."""
        ctx.meta[_PROJECT_KEY] = find_project_option(args)
        return super().resolve_command(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the jobs."""
        return sorted(self._read_project(ctx).open_engine().project.declared)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of one job."""
        project = self._read_project(ctx).open_engine().project
        job = project.find_declared(cmd_name)
        hide(find_secret_texts(job, read_conf_sources(project.config, job)))
        return self.make_command(job, project.config.find_parameters(cmd_name).origins, ctx)

    @abstractmethod
    def make_command(self, job: Job, origins: Mapping[str, str], ctx: click.Context) -> click.Command:
        """Return the command of a job.

        Args:
            job: The declared job.
            origins: The file and line in conf/ that sets a parameter, by parameter.
            ctx: Context of this group, with the options before the job's name.
        """

    def get_help(self, ctx: click.Context) -> str:
        """Return the help without secrets, which the text of a job may contain."""
        return make_printable(super().get_help(ctx))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of jobs with the first lines of their docstrings, or why there is none."""
        with formatter.section("Jobs"):
            try:
                jobs = self._read_project(ctx).open_engine().project.declared
            except SparkopsError as error:
                formatter.write_text(str(error))
                return
            if jobs:
                formatter.write_dl([(name, read_summary(jobs[name].doc)) for name in sorted(jobs)])
            else:
                formatter.write_text("No jobs: a job is a function with @job in jobs/*.py.")

    def _read_project(self, ctx: click.Context) -> ProjectOptions:
        values: dict[str, Any] = {
            name: ctx.params[name] for name in ("project", "env", "overrides") if name in ctx.params
        }
        options = pop_project_options(values)
        return ProjectOptions(options.project or ctx.meta.get(_PROJECT_KEY), options.env, options.overrides)


class JobCommand(click.Command):
    """A command whose help shows the job's declaration, then the other options."""

    def get_help(self, ctx: click.Context) -> str:
        """Return the help without secrets, which a default may contain."""
        return make_printable(super().get_help(ctx))

    def __init__(self, job: Job, origins: Mapping[str, str], **options: Any) -> None:
        super().__init__(job.name, **options)
        self.job = job
        self.origins = origins

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the job's help."""
        rows = describe_parameters(self.job, self.origins)
        for line in format_usage(self.job, rows).splitlines():
            margin = " " * (len(line) - len(line.lstrip()))
            formatter.write(fill(line, formatter.width, subsequent_indent=margin) + "\n")
        if rows:
            with formatter.section("Parameters"):
                formatter.write_dl([(_format_usage(row), row.text) for row in rows])
        hidden = {f"{prefix}{row.name}" for row in rows for prefix in (_PARAM, _NO)}
        records = [p.get_help_record(ctx) for p in self.get_params(ctx) if p.name not in hidden]
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
        origins: The file and line in conf/ that sets a parameter, by parameter.
        group_options: Values of the options before the job's name.
        run: Called with the arguments.
        options: Options of the command apart from the job's own and the project's.
    """

    def parse(ctx: click.Context, **values: Any) -> object:
        common = {name: _combine(group_options[name], values.pop(name)) for name in group_options}
        texts = _read_texts(values)
        hide(find_secret_texts(job, [ParameterSource(values=texts, origin="command line")]))
        texts |= parse_loose_options(ctx.args)
        return run(_build_arguments(job, common, texts))

    return JobCommand(
        job,
        origins,
        callback=click.pass_context(parse),
        params=[*_make_param_options(job), *options, *make_project_click_options()],
        context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    )


def _build_arguments(job: Job, common: dict[str, Any], texts: Mapping[str, Any]) -> JobArguments:
    """Return the arguments of a job.

    Args:
        job: The declared job.
        common: Values of the options that are not parameters.
        texts: The text of each parameter, or the texts of an option that is given several times.
    """
    files = [read_params_file(file) for file in [common.pop("params_file")] if file is not None]
    return JobArguments(
        job=job,
        params=[*files, build_command_line_source(texts, common.pop("param"))],
        at=parse_versions(common.pop("at")),
        as_of=parse_time(common.pop("as_of")),
        upstream=common.pop("upstream", False),
        force=common.pop("force", False),
        run_key=common.pop("run_key", None),
        unfinished=choose_unfinished(resume=common.pop("resume", False), new=common.pop("new", False)),
        dry_run=common.pop("dry_run", False),
        each=common.pop("each", ()),
        max_parallel=common.pop("max_parallel", None),
        fail_fast=common.pop("fail_fast", False),
        project=with_wait(pop_project_options(common), common.pop("wait", None)),
    )


def _make_param_options(job: Job) -> list[click.Parameter]:
    options: list[click.Parameter] = []
    names = {param.name for param in job.params}
    for param, row in zip(job.params, describe_parameters(job), strict=True):
        if param.name in RESERVED:
            continue
        kind = read_param_type(param.annotation).kind
        flags = list(dict.fromkeys((row.option, f"--{row.name}")))
        # A bool may be given without a value.
        flag: dict[str, Any] = {"is_flag": False, "flag_value": "true"} if kind == "bool" else {}
        options.append(click.Option([*flags, _PARAM + row.name], multiple=kind in ("list", "dict"), **flag))
        if kind == "bool" and f"no_{row.name}" not in names:
            no = list(dict.fromkeys((f"--no-{row.option[2:]}", f"--no-{row.name}")))
            options.append(click.Option([*no, _NO + row.name], is_flag=True))
    return options


def _format_usage(row: ParameterHelp) -> str:
    """Return the option of a parameter as help shows it; that of a bool with its negation."""
    if row.type == "true|false" and " " not in row.option:
        return f"{row.option}/--no-{row.option[2:]}"
    return row.usage


def _read_texts(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the text of each parameter, or the texts of an option that is given several times."""
    texts: dict[str, Any] = {}
    for name, value in values.items():
        if name.startswith(_PARAM) and value not in (None, ()):
            texts[name.removeprefix(_PARAM)] = list(value) if isinstance(value, tuple) else value
    for name, value in values.items():
        if name.startswith(_NO) and value:
            parameter = name.removeprefix(_NO)
            if parameter in texts:
                option = parameter.replace("_", "-")
                raise click.UsageError(
                    f"--{option} and --no-{option} contradict each other: give one of them."
                )
            texts[parameter] = "false"
    return texts


def _combine(outer: Any, inner: Any) -> Any:
    """Combine an option's values before and after the job's name; of single values, the one after wins."""
    return (*outer, *inner) if isinstance(inner, tuple) else inner or outer
