"""The options that select the jobs of a flow and give their parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any, Final

import click

from sparkops.cli.jobs.job_options import build_pairs_source
from sparkops.cli.jobs.read_versions import parse_time, parse_versions
from sparkops.engine.options import FlowPart
from sparkops.engine.parameter_sources import read_params_file
from sparkops.pipeline.parameters.bind import ParameterSource
from sparkops.runs.read_versions import ReadVersions

_SELECTION: Final = (
    click.argument("jobs", nargs=-1),
    click.option(
        "--from", "start", metavar="JOB", help="Only this job and those of the flow that depend on it."
    ),
    click.option(
        "--to", "end", metavar="JOB", help="Only this job and those of the flow that it depends on."
    ),
    click.option("--only", is_flag=True, help="Only JOBS, not the jobs that they read from."),
    click.option("--force", is_flag=True, help="Also run jobs that are up to date."),
    click.option(
        "--param",
        "params",
        multiple=True,
        metavar="NAME=VALUE",
        help="A parameter for each job that declares it.",
    ),
    click.option(
        "--params-file",
        metavar="FILE",
        help="Parameters from a file of YAML or JSON; - for standard input. --param overrides it.",
    ),
    click.option(
        "--at",
        multiple=True,
        metavar="NAME=VERSION",
        help="JOBS read this version of a table or model; the jobs that they read from do not.",
    ),
    click.option(
        "--as-of",
        metavar="TIME",
        help="Only JOBS, which read every Delta table as it was at this time (ISO, UTC).",
    ),
)


def with_flow_selection(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of `_SELECTION` to a command, in that order."""
    return reduce(lambda decorated, option: option(decorated), reversed(_SELECTION), command)


def read_flow_part(values: Mapping[str, Any]) -> FlowPart:
    """Return the jobs that these values of the options select."""
    return FlowPart(
        targets=values["jobs"] or None, start=values["start"], end=values["end"], only=values["only"]
    )


def read_flow_versions(values: Mapping[str, Any]) -> ReadVersions:
    """Return the versions to read that these values of the options select."""
    return ReadVersions(at=parse_versions(values["at"]), as_of=parse_time(values["as_of"]))


def read_flow_params(values: Mapping[str, Any]) -> list[ParameterSource]:
    """Return the parameters that these values of the options give, --param last, which overrides the file."""
    file = values["params_file"]
    sources = [read_params_file(file)] if file is not None else []
    return [*sources, build_pairs_source(values["params"])]
