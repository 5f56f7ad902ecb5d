"""A click command made from a job's declaration; values stay text, the job's own rule reads them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from textwrap import fill
from typing import Any

import click

from sparkops.cli.project_options import Where, options, take
from sparkops.errors import InputError
from sparkops.pipeline.job import Job
from sparkops.pipeline.parameters.help import describe, usage
from sparkops.pipeline.parameters.param_type import read_param_type


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line said of one run."""

    job: Job
    where: Where
    given: dict[str, Any]
    at: dict[str, int]
    as_of: datetime | None
    upstream: bool = False
    force: bool = False


def job_command(
    job: Job,
    conf: Mapping[str, str],
    before: Mapping[str, Any],
    go: Callable[[Asked], object],
    *,
    chosen: Callable[[], list[click.Parameter]] | None = None,
) -> click.Command:
    """Return the command `run JOB`: an option a parameter, unknown ones kept so that all errors come at once.

    Args:
        job: The declared job.
        conf: Parameter to the file and line of conf/ that gives it a value.
        before: Options of every run that stood before the job's name.
        go: Runs what was asked for.
        chosen: Makes the command's options beside the job's own and the common ones; those of a run by default.
    """

    def told(ctx: click.Context, **values: Any) -> object:
        mine = {name: values.pop(name) for name in before}
        said = {name: _both(before[name], mine[name]) for name in before}
        given = {name: _one(value) for name, value in values.items() if value not in (None, ())}
        asked = Asked(
            job=job,
            given=given | loose_options(ctx.args),
            at=pins(said.pop("at")),
            as_of=moment(said.pop("as_of")),
            upstream=said.pop("upstream", False),
            force=said.pop("force", False),
            where=take(said),
        )
        return go(asked)

    return JobCommand(
        job,
        conf,
        callback=click.pass_context(told),
        params=[*_params(job), *(chosen or run_options)(), *options()],
        context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    )


class JobCommand(click.Command):
    """A command whose help is the declaration's own, then the options of every run."""

    def __init__(self, job: Job, conf: Mapping[str, str], **rest: Any) -> None:
        super().__init__(job.name, **rest)
        self.job = job
        self.conf = conf

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the job's help."""
        rows = describe(self.job, self.conf)
        for line in usage(self.job, rows).splitlines():
            margin = " " * (len(line) - len(line.lstrip()))
            formatter.write(fill(line, formatter.width, subsequent_indent=margin) + "\n")
        if rows:
            with formatter.section("Parameters"):
                formatter.write_dl([(f"{row.option} {row.type}", row.text) for row in rows])
        mine = {row.name for row in rows}
        told = [p.get_help_record(ctx) for p in self.get_params(ctx) if p.name not in mine]
        with formatter.section("Options"):
            formatter.write_dl([record for record in told if record])


def _params(job: Job) -> list[click.Parameter]:
    made: list[click.Parameter] = []
    for param, row in zip(job.params, describe(job), strict=True):
        shape = read_param_type(param.annotation)
        flags = list(dict.fromkeys((row.option, f"--{row.name}")))
        alone: dict[str, Any] = {"is_flag": False, "flag_value": "true"} if shape.kind == "bool" else {}
        made.append(click.Option([*flags, row.name], multiple=shape.kind == "list", **alone))
    return made


def read_options() -> list[click.Parameter]:
    """Return the options that say which versions are read, made anew."""
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
    """Return the options of every run, made anew."""
    return [
        *read_options(),
        click.Option(
            ["--upstream"], is_flag=True, help="First run the jobs whose tables and models it reads."
        ),
        click.Option(["--force"], is_flag=True, help="With --upstream: run jobs that are up to date, too."),
    ]


def _both(outer: Any, inner: Any) -> Any:
    """Join what stood before and after the job's name; the later wins."""
    return (*outer, *inner) if isinstance(inner, tuple) else inner or outer


def _one(value: Any) -> Any:
    """Return an option's value; one given several times is a list, given once its own text."""
    if isinstance(value, tuple):
        return value[0] if len(value) == 1 else list(value)
    return value


def loose_options(words: Sequence[str]) -> dict[str, Any]:
    """Read `--name value` pairs that no parameter has, so that they are told with all other problems."""
    found: dict[str, Any] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if not word.startswith("--"):
            raise click.UsageError(f"What is `{word}`? Parameters are given by name: --name value.")
        name, _, value = word[2:].partition("=")
        if not value and rest and not rest[0].startswith("--"):
            value = rest.pop(0)
        found[name.replace("-", "_")] = value
    return found


def pins(words: Sequence[str]) -> dict[str, int]:
    """Read `table=version` words.

    Raises:
        InputError: One is not of that form.
    """
    found: dict[str, int] = {}
    for word in words:
        name, _, version = word.partition("=")
        if not name or not version.isdigit():
            raise InputError(
                f"--at takes NAME=VERSION with a whole number, as in --at flights=12; not `{word}`."
            )
        found[name] = int(version)
    return found


def moment(text: str | None) -> datetime | None:
    """Read an ISO date or time, UTC where it names no zone.

    Raises:
        InputError: It is not of that form.
    """
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(
            f"--as-of takes an ISO time, as in 2013-06-01 or 2013-06-01T12:00:00Z; not `{text}`."
        ) from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)
