"""`sparkops runs show` and `runs log`: one run, and what it printed."""

from __future__ import annotations

import io
from dataclasses import replace

import click

from sparkops.cli.display.echo import echo, echo_json
from sparkops.cli.display.run_lines import format_items, format_run
from sparkops.cli.project_options import COUNT, ProjectOptions, with_project_options
from sparkops.config.state_file import MALFORMED
from sparkops.errors import InputError, ProjectError, explain_damage
from sparkops.runs.records.attempt_files import DamagedRecord, name_attempt, open_record
from sparkops.runs.records.run import Run, run_to_json
from sparkops.runs.records.store import RunStore

# Characters of a log that are printed at once; a line may have more.
_MAX_LINE = 1 << 20


@click.command("show", short_help="Show one run.")
@click.argument("run_id", metavar="RUN")
@click.option("--json", "as_json", is_flag=True, help="The complete record as JSON.")
@with_project_options
def show(project: ProjectOptions, run_id: str, as_json: bool) -> None:
    """Show one run: RUN is an id, the beginning or end of one, or `last`."""
    engine = project.open_engine()
    run = engine.runs.load(run_id)
    if as_json:
        echo_json(run_to_json(run))
        return
    try:
        tables = [str(check["table"]) for check in run.checks]
        pages = engine.container.check_pages.find(tables, run.id) if tables else []
        lines = list(format_run(_locate_log(run, engine.runs), pages))
        # Below the head of two lines.
        lines[2:2] = format_items(run, _read_items(run, engine.runs)) if run.items else []
    except MALFORMED as error:
        raise DamagedRecord(engine.runs.folder / run.id, error) from error
    for line in lines:
        echo(line)


def _read_items(run: Run, store: RunStore) -> list[Run | None]:
    """Return the runs of a fan-out, in the order of its values; None for one that was not started."""
    items: list[Run | None] = []
    for item in run.items:
        try:
            items.append(store.read(str(item["run"])))
        except (ProjectError, ValueError):
            items.append(None)
    return items


def _locate_log(run: Run, store: RunStore) -> Run:
    """Return the run with its log in this project; the record of a moved or imported run has another path."""
    path = store.folder / run.id / f"{name_attempt(run.attempt)}.log"
    return replace(run, log=str(path)) if path.is_file() else run


@click.command("log", short_help="Print or follow the log of a run.")
@click.argument("run_id", metavar="RUN")
@click.option("--attempt", type=COUNT, metavar="NUMBER", help="Attempt; the newest by default.")
@click.option(
    "-f",
    "--follow",
    is_flag=True,
    help="Print what is added, through further attempts, until the run has ended.",
)
@with_project_options
def log(project: ProjectOptions, run_id: str, attempt: int | None, follow: bool) -> None:
    """Print the log of a run: what it printed, Python's logging and the JVM's output."""
    engine = project.open_engine()
    if follow:
        if attempt is not None:
            raise InputError("--follow begins with the newest attempt: leave out --attempt.")
        for text in engine.follow_log(run_id):
            echo(text, nl=False)
        return
    run = engine.runs.load(run_id)
    path = engine.runs.folder / run.id / f"{name_attempt(attempt or run.attempt)}.log"
    if not path.is_file():
        raise InputError(f"Run {run.id} has no log at {path}; its newest attempt is {run.attempt}.")
    try:
        with io.TextIOWrapper(open_record(path), encoding="utf-8", errors="replace") as lines:
            while text := lines.readline(_MAX_LINE):
                echo(text, nl=False)
    except OSError as error:
        raise InputError(f"The log {path} cannot be read ({explain_damage(error)}).") from error
