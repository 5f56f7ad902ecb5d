"""`sparkops flow`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from sparkops.cli.jobs.flow_options import (
    read_flow_params,
    read_flow_part,
    read_flow_versions,
    with_flow_selection,
)
from sparkops.cli.jobs.job_options import choose_unfinished, find_run_key, make_retry_options
from sparkops.cli.project_options import COUNT, WAIT_HELP, ProjectOptions, with_project_options, with_wait
from sparkops.engine.options import RunOptions


def with_retry_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of a run that may be a retry to a command."""
    # As click.option does: click keeps the options of a function in reverse, until it makes the command.
    options = getattr(command, "__click_params__", [])
    command.__click_params__ = [*reversed(make_retry_options()), *options]  # type: ignore[attr-defined]
    return command


@click.command("flow")
@with_flow_selection
@click.option("--wait", metavar="DURATION", help=WAIT_HELP)
@click.option(
    "--max-parallel",
    type=COUNT,
    metavar="N",
    help="Jobs that may run at the same time. [default: setting `execution.max_parallel`, or 1]",
)
@with_project_options
@with_retry_options
def flow(
    project: ProjectOptions, force: bool, wait: str | None, max_parallel: int | None, **options: Any
) -> int:
    """Run JOBS (all jobs by default) and the jobs that they read from, in dependency order.

    Jobs whose code, parameters, inputs and checks are unchanged are skipped: sparkops plan shows which and why. A
    failed job stops the jobs that depend on it.
    """
    from sparkops.cli.display.progress import ProgressDisplay
    from sparkops.engine.operations.flow import FlowRequest, run_flow

    unfinished = choose_unfinished(resume=options["resume"], new=options["new"])
    request = FlowRequest(
        part=read_flow_part(options),
        params=read_flow_params(options),
        options=RunOptions(
            versions=read_flow_versions(options),
            key=find_run_key(options["run_key"]),
            unfinished=unfinished,
        ),
        force=force,
        max_parallel=max_parallel,
    )
    with ProgressDisplay() as progress, with_wait(project, wait).open_engine(progress) as engine:
        run_flow(engine.container, request)
    return 0
