"""The options of commands that run a job: parameters, versions to read and retries; and how their texts are parsed."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import click

from sparkops.cli.project_options import COUNT, WAIT_HELP
from sparkops.errors import InputError
from sparkops.pipeline.parameters.bind import ParameterSource
from sparkops.pipeline.parameters.option import ParameterSyntax
from sparkops.runs.records.run_key import RunKey, find_scheduler_key


def make_read_options() -> list[click.Parameter]:
    """Return new click options for parameters and for the versions to read."""
    return [
        click.Option(
            ["--param"],
            multiple=True,
            metavar="NAME=VALUE",
            help="A parameter by name, also one that is named like an option: --param at=3.",
        ),
        click.Option(
            ["--params-file", "params_file"],
            metavar="FILE",
            help="Parameters from a file of YAML or JSON; - for standard input. Options override it.",
        ),
        click.Option(
            ["--at"], multiple=True, metavar="NAME=VERSION", help="Read this version of a table or model."
        ),
        click.Option(
            ["--as-of", "as_of"],
            metavar="TIME",
            help="Read every Delta table as it was at this time (ISO, UTC).",
        ),
    ]


def make_run_options() -> list[click.Parameter]:
    """Return new click options for a run."""
    return [
        *make_read_options(),
        click.Option(
            ["--upstream"], is_flag=True, help="First run the jobs whose tables and models it reads."
        ),
        click.Option(["--force"], is_flag=True, help="With --upstream: also run jobs that are up to date."),
        *make_retry_options(),
        *make_each_options(),
        click.Option(
            ["--dry-run", "dry_run"],
            is_flag=True,
            help="Check parameters and inputs, and show what would run. Nothing is written.",
        ),
        click.Option(["--wait"], metavar="DURATION", help=WAIT_HELP),
    ]


def make_each_options() -> list[click.Parameter]:
    """Return new click options for one run for each of many values."""
    return [
        click.Option(
            ["--each"],
            multiple=True,
            metavar="NAME=VALUES",
            help="One run for each value of a parameter: a list (JFK,EWR), a range with both ends (1..12, "
            "2013-07-01..2013-07-31), a JSON list, or the distinct values of a table's column (@airports.faa). Given "
            "twice, one run for each combination.",
        ),
        click.Option(
            ["--max-parallel", "max_parallel"],
            type=COUNT,
            metavar="N",
            help="With --each: runs at the same time. [default: setting "
            "`execution.max_parallel`, or the number of cores]",
        ),
        click.Option(
            ["--fail-fast", "fail_fast"],
            is_flag=True,
            help="With --each: start no further run once one has failed.",
        ),
    ]


def make_backfill_options() -> list[click.Parameter]:
    """Return new click options for runs for many values."""
    return [
        *make_read_options(),
        *make_each_options(),
        click.Option(["--force"], is_flag=True, help="Also run what is up to date."),
        click.Option(["--wait"], metavar="DURATION", help=WAIT_HELP),
    ]


def make_retry_options() -> list[click.Parameter]:
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


def find_run_key(text: str | None) -> RunKey | None:
    """Return the key of a run: the given one, or that of the scheduler's task that this process belongs to."""
    return RunKey(text) if text else find_scheduler_key(os.environ)


def build_pairs_source(words: Sequence[str]) -> ParameterSource:
    """Return the parameters of a command that takes them by `--param NAME=VALUE` only."""
    return replace(build_command_line_source({}, words), syntax=ParameterSyntax.PAIR)


def build_command_line_source(texts: Mapping[str, Any], words: Sequence[str]) -> ParameterSource:
    """Return the parameters of the command line: those of their own options, and those of `--param NAME=VALUE`."""
    values: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not name or not equals:
            raise InputError(f"--param takes NAME=VALUE, as in --param at=3; not `{word}`.")
        values.setdefault(name.replace("-", "_"), []).append(value)
    repeated = sorted(values.keys() & texts)
    if repeated:
        raise InputError(f"`{repeated[0]}` is given by its own option and by --param: give one of them.")
    named = {name: items[0] if len(items) == 1 else items for name, items in values.items()}
    return ParameterSource(values={**named, **texts}, origin="command line", syntax=ParameterSyntax.OPTION)


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
