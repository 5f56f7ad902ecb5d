"""`sparkops plan`: what a flow would run, in which order and why."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

import click

from sparkops.cli.display.echo import echo, echo_json
from sparkops.cli.jobs.flow_options import (
    read_flow_params,
    read_flow_part,
    read_flow_versions,
    with_flow_selection,
)
from sparkops.cli.project_options import ProjectOptions, json_option, with_project_options
from sparkops.core.wording import format_count
from sparkops.engine.options import RunOptions

if TYPE_CHECKING:
    from sparkops.engine.operations.flows.plan_flow import PlannedJob

# Reasons that a line shows.
_MAX_REASONS: Final = 3
# Signs before a job, by its state.
_MARKS: Final = {"run": "▶", "fresh": " ", "skip": "-", "open": "?"}


@click.command("plan")
@with_flow_selection
@click.option("--explain", is_flag=True, help="Show every part of what decides whether a job is up to date.")
@json_option()
@with_project_options
def plan(project: ProjectOptions, force: bool, explain: bool, as_json: bool, **selection: Any) -> None:
    """Show what sparkops flow JOBS (all jobs by default) would run, in which order and why. No JVM is started.

    A job is up to date if the code that it uses, the versions of the packages that this imports, its parameters, input
    versions and checks are those of an earlier run, and what that run published is still there. Comments, formatting
    and docstrings of the code do not count.
    """
    from sparkops.engine.operations.flow import FlowRequest
    from sparkops.engine.operations.flows.plan_flow import plan_flow

    request = FlowRequest(
        part=read_flow_part(selection),
        params=read_flow_params(selection),
        options=RunOptions(versions=read_flow_versions(selection)),
        force=force,
    )
    planned = plan_flow(project.open_engine().container, request)
    if as_json:
        echo_json([asdict(job) for job in planned])
        return
    for line in _format_plan(planned, explain=explain):
        echo(line)


def _format_plan(planned: Sequence[PlannedJob], *, explain: bool) -> Iterator[str]:
    if not planned:
        yield "No jobs: a job is a function with @job in jobs/*.py."
        return
    width = max(len(job.job) for job in planned)
    for job in planned:
        yield f"{_MARKS[job.state]} {job.job:<{width}}  {_describe(job)}"
        if explain:
            yield from _explain(job)
    counts = Counter(job.state for job in planned)
    more = f", {counts['open']} more may" if counts["open"] else ""
    yield f"{counts['run']} of {format_count(len(planned), 'job')} would run{more}."


def _describe(job: PlannedJob) -> str:
    """Return what would happen to a job, and why."""
    if job.state == "fresh":
        return f"up to date (run {job.run})"
    return f"skipped: {_join(job.reasons)}" if job.state == "skip" else _join(job.reasons)


def _join(reasons: Sequence[str]) -> str:
    more = len(reasons) - _MAX_REASONS
    return "; ".join(reasons[:_MAX_REASONS]) + (f"; and {more} more" if more > 0 else "")


def _explain(job: PlannedJob) -> Iterator[str]:
    """Yield every part that decides whether a job is up to date; `≠` marks those that differ from its last run."""
    params: Mapping[str, str] = {f"param {name}": json.dumps(value) for name, value in job.params.items()}
    after = {**job.work, **params}
    before = {**job.earlier, **params} if job.earlier else {}
    parts = sorted({*after, *before})
    width = max(map(len, parts), default=0)
    for part in parts:
        old, new = before.get(part), after.get(part)
        if old == new or not before:
            yield f"      {part:<{width}}  {new}"
        else:
            yield f"    ≠ {part:<{width}}  {old or 'none'} -> {new or 'none'}"
