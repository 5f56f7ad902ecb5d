"""`sparkops runs resume` and `runs cancel`: continue a run that stopped, or stop one that runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sparkops.cli.display.echo import echo, echo_json
from sparkops.cli.project_options import (
    ProjectOptions,
    cancel_wait_option,
    json_option,
    parse_cancel_wait,
    with_project_options,
)
from sparkops.errors import InputError, SparkopsError
from sparkops.runs.records.run import run_to_json

if TYPE_CHECKING:
    from sparkops.engine import Engine


@click.command("resume", short_help="Resume a failed or crashed run, or all.")
@click.argument("run_id", metavar="RUN", required=False)
@click.option(
    "--all", "every", is_flag=True, help="Resume every run that has begun to publish and is not complete."
)
@click.option(
    "--param",
    "params",
    multiple=True,
    metavar="NAME=VALUE",
    help="Value of a Secret, which the record does not contain.",
)
@with_project_options
def resume(project: ProjectOptions, run_id: str | None, every: bool, params: tuple[str, ...]) -> int:
    """Resume a failed or crashed run: same parameters, same input versions, and nothing is written twice.

    With --all, every run that stopped after it had begun to publish is completed, oldest first. Readers then see all
    its tables.
    """
    from sparkops.cli.display.progress import ProgressDisplay
    from sparkops.cli.jobs.job_options import build_pairs_source

    if every == (run_id is not None):
        raise InputError("Give the run to resume, or --all.")
    with ProgressDisplay() as progress, project.open_engine(progress) as engine:
        if run_id is None:
            return _resume_all(engine)
        run = engine.runs.load(run_id)
        if run.state == "done":
            echo(f"Run {run.id} is done: there is nothing to resume.")
        engine.resume(run.id, [build_pairs_source(params)])
    return 0


@click.command("cancel", short_help="Cancel a run that another process executes.")
@click.argument("run_id", metavar="RUN")
@cancel_wait_option()
@json_option("a sentence")
@with_project_options
def cancel(project: ProjectOptions, run_id: str, wait: str, as_json: bool) -> None:
    """Cancel a run that another process executes, and wait until none of its Spark jobs is active.

    What the run has published stays; a run that has published a part of its tables is completed by `runs resume`.
    """
    run = project.open_engine().cancel(run_id, wait=parse_cancel_wait(wait))
    if as_json:
        echo_json(run_to_json(run))
    elif run.state == "cancelled":
        echo(f"Run {run.id} of job {run.job} is cancelled.")
    else:
        echo(
            f"Run {run.id} of job {run.job} was asked to stop: `sparkops runs show {run.id}` shows whether it has."
        )


def _resume_all(engine: Engine) -> int:
    """Resume the runs that have begun to publish; return the exit code of the first failure."""
    from sparkops.cli.main import print_error

    exit_code = 0
    publications = engine.container.build_run_context().publications.list_open()
    for publication in publications:
        try:
            engine.resume(publication.run)
        except SparkopsError as error:
            exit_code = exit_code or print_error(error)
    if not publications:
        echo("Every run that has begun to publish is complete.")
    return exit_code
