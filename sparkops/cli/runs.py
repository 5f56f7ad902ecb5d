"""`sparkops runs`: list, show, log, resume, cancel."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sparkops.cli.command_group import CommandGroup
from sparkops.cli.display.echo import echo
from sparkops.cli.display.format import format_duration, format_state, format_time, to_relative_path
from sparkops.cli.display.run_lines import format_run
from sparkops.cli.display.table import print_table
from sparkops.cli.project_options import ProjectOptions, json_option, limit_option, with_project_options
from sparkops.core.duration import parse_seconds
from sparkops.errors import InputError, SparkopsError
from sparkops.runs.records.run import Run, run_to_json

if TYPE_CHECKING:
    from sparkops.engine import Engine

# Its warnings are printed at the end of a command.
_log = logging.getLogger("sparkops.project")


@click.group("runs", cls=CommandGroup, job_command="sparkops runs --job", invoke_without_command=True)
@click.option("--job", metavar="JOB", help="Only runs of this job.")
@limit_option("Number of runs, newest first.")
@json_option()
@click.pass_context
@with_project_options
def runs(project: ProjectOptions, ctx: click.Context, job: str | None, limit: int, as_json: bool) -> None:
    """List runs, newest first."""
    if ctx.invoked_subcommand:
        return
    engine = project.engine()
    newest = list(engine.runs.newest(job=job, limit=limit))
    if as_json:
        echo(json.dumps([run_to_json(run) for run in newest], indent=2, default=str))
        return
    which = (
        f" of job `{job}`; `sparkops jobs` lists the jobs" if job else " yet: `sparkops run JOB` makes one"
    )
    print_table(list(_list_rows(newest, engine)), empty=f"No runs{which}.")


def _list_rows(runs: Iterable[Run], engine: Engine) -> Iterator[dict[str, Any]]:
    """Yield the row of each run; a damaged record is named in a warning."""
    from sparkops.runs.records.store import DAMAGE, DamagedRecord

    for run in runs:
        try:
            row = _to_row(run, engine.root)
        except DAMAGE as error:
            _log.warning("%s", DamagedRecord(engine.runs.folder / run.id, error))
            continue
        yield row


def _to_row(run: Run, root: Path) -> dict[str, Any]:
    tables = [f"{name}@{output['version']}" for name, output in run.outputs.items()]
    model = f"{run.registered['name']}/{run.registered['version']}" if run.registered else None
    return {
        "run": run.id,
        "job": run.job,
        "state": format_state(run.state),
        "started": format_time(run.started) if run.started else None,
        "took": format_duration(run.seconds),
        "published": tables or to_relative_path(root, run.report) or model,
    }


@runs.command("show", short_help="Show one run.")
@click.argument("run_id", metavar="RUN")
@click.option("--json", "as_json", is_flag=True, help="The complete record as JSON.")
@with_project_options
def show(project: ProjectOptions, run_id: str, as_json: bool) -> None:
    """Show one run: RUN is an id, the beginning or end of one, or `last`."""
    from sparkops.runs.records.store import DAMAGE, DamagedRecord

    engine = project.engine()
    run = engine.runs.load(run_id)
    if as_json:
        echo(json.dumps(run_to_json(run), indent=2, default=str))
        return
    try:
        tables = [str(check["table"]) for check in run.checks]
        pages = engine.container.check_pages.find(tables, run.id) if tables else []
        lines = list(format_run(run, pages))
    except DAMAGE as error:
        raise DamagedRecord(engine.runs.folder / run.id, error) from error
    for line in lines:
        echo(line)


@runs.command("log", short_help="Print the log of a run.")
@click.argument("run_id", metavar="RUN")
@click.option("--attempt", type=int, metavar="NUMBER", help="Attempt; the newest by default.")
@with_project_options
def log(project: ProjectOptions, run_id: str, attempt: int | None) -> None:
    """Print the log of a run: what it printed, Python's logging and the JVM's output."""
    store = project.engine().runs
    run = store.load(run_id)
    path = store.folder / run.id / f"attempt-{attempt or run.attempt:03d}.log"
    if not path.is_file():
        raise InputError(f"Run {run.id} has no log at {path}.")
    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            echo(line, nl=False)


@runs.command("resume", short_help="Resume a failed or crashed run, or all.")
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
    from sparkops.cli.job_options import build_command_line_source

    if every == (run_id is not None):
        raise InputError("Give the run to resume, or --all.")
    with ProgressDisplay() as progress, project.engine(progress) as engine:
        if run_id is None:
            return _resume_all(engine)
        run = engine.runs.load(run_id)
        if run.state == "done":
            echo(f"Run {run.id} is done: there is nothing to resume.")
        engine.resume(run.id, [build_command_line_source({}, params)])
    return 0


@runs.command("cancel", short_help="Cancel a run that another process executes.")
@click.argument("run_id", metavar="RUN")
@click.option(
    "--wait",
    metavar="DURATION",
    default="60s",
    show_default=True,
    help="How long to wait until the run has ended (90s, 10m); 0 only asks for it.",
)
@json_option("a sentence")
@with_project_options
def cancel(project: ProjectOptions, run_id: str, wait: str, as_json: bool) -> None:
    """Cancel a run that another process executes, and wait until none of its Spark jobs is active.

    What the run has published stays; a run that has published a part of its tables is completed by `runs resume`.
    """
    run = project.engine().cancel(run_id, wait=_parse_wait(wait))
    if as_json:
        echo(json.dumps(run_to_json(run), indent=2, default=str))
    elif run.state == "cancelled":
        echo(f"Run {run.id} of job {run.job} is cancelled.")
    else:
        echo(
            f"Run {run.id} of job {run.job} was asked to stop: `sparkops runs show {run.id}` shows whether it has."
        )


def _parse_wait(text: str) -> float:
    try:
        return parse_seconds(text)
    except ValueError:
        raise InputError(f"--wait {text!r} is no duration: write 90s, 10m or 1h; 0 does not wait.") from None


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
