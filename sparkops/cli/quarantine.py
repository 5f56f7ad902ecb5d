"""`sparkops quarantine`: show quarantined rows; release them, repaired if needed, or discard them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from sparkops.cli.command_group import CommandGroup
from sparkops.cli.display.echo import echo, echo_json
from sparkops.cli.display.format import format_data, format_value
from sparkops.cli.display.table import print_table
from sparkops.cli.main import CHECKS_FAILED, DONE
from sparkops.cli.project_options import ProjectOptions, json_option, with_project_options
from sparkops.core.wording import format_count
from sparkops.errors import InputError
from sparkops.pipeline.checks.quarantine_summary import QuarantineSummary, ReleaseResult
from sparkops.pipeline.json_values.quarantine import (
    quarantine_count_to_json,
    quarantine_to_json,
    release_result_to_json,
)

if TYPE_CHECKING:
    from sparkops.engine.operations.release import ReleaseRequest
    from sparkops.pipeline.job import Job

_STEP_TEXTS = {
    "repair": "reading the rows",
    "check": "checking the rows",
    "mark": "choosing the rows to release",
    "publish": "appending them to the table",
    "record": "recording them as released",
    "discard": "recording the rows as discarded",
}
_run_option = click.option("--run", "run_id", metavar="RUN", help="Only rows that this run quarantined.")


@click.group("quarantine", cls=CommandGroup, table_command="sparkops quarantine show")
def quarantine() -> None:
    """Rows that checks quarantined, in the table TABLE__quarantine."""


@quarantine.command("show", short_help="Show counts by run and reason, and the first rows.")
@click.argument("name", metavar="TABLE")
@_run_option
@click.option(
    "--rows",
    default=10,
    type=click.IntRange(0, 1 << 31),
    show_default=True,
    metavar="NUMBER",
    help="Number of rows.",
)
@json_option("tables")
@with_project_options
def show(project: ProjectOptions, name: str, run_id: str | None, rows: int, as_json: bool) -> None:
    """Show the quarantine of TABLE: counts by run and reason, then the first rows in it."""
    from sparkops.engine.operations.release import ReleaseRequest, validate_request

    with project.open_engine() as engine:
        tables = engine.container.tables
        validate_request(tables, ReleaseRequest(table=name, run=run_id))
        summary = tables.summarize_quarantine(name, run=run_id, rows=rows)
    if as_json:
        echo_json(quarantine_to_json(summary))
        return
    counts = [
        quarantine_count_to_json(count) | {"reasons": "; ".join(count.reasons)} for count in summary.counts
    ]
    print_table(counts, empty=f"No rows of `{name}` were ever quarantined.")
    if summary.rows:
        echo()
        print_table(summary.rows, empty="", format_cell=format_data, is_data=True)


@quarantine.command("release", short_help="Release quarantined rows into their table, or discard them.")
@click.argument("name", metavar="TABLE")
@_run_option
@click.option(
    "--set",
    "repairs",
    multiple=True,
    metavar="COLUMN=EXPRESSION",
    help="Repair a column: a Spark SQL expression on the row's own columns. (Here --set overrides no setting.)",
)
@click.option("--discard", is_flag=True, help="Discard the rows instead of releasing them.")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@json_option("lines")
@partial(with_project_options, exclude="overrides")
def release(project: ProjectOptions, name: str, *, yes: bool, as_json: bool, **selection: Any) -> int:
    """Release the quarantined rows into TABLE, each once; rows that violate a rule stay in quarantine.

    Exit code 3: there were rows and none could be released. An interrupted release is finished first.
    """
    from sparkops.engine.operations.release import ReleaseRequest, release_rows, validate_request

    repairs = dict(map(_parse_repair, selection["repairs"]))
    request = ReleaseRequest(
        table=name, run=selection["run_id"], repairs=repairs, discard=selection["discard"]
    )
    with project.open_engine() as engine:
        summary = validate_request(engine.container.tables, request)
        if (summary.row_count or summary.interrupted) and not yes:
            _confirm(request, summary)
        result = release_rows(engine.container, request, on_step=_make_step_printer())
        warnings = list(_find_overwrite_warnings(engine.project.declared, result))
    if as_json:
        echo_json(release_result_to_json(result) | {"notes": warnings})
    else:
        for line in (*format_release(result), *warnings):
            echo(line)
    return CHECKS_FAILED if result.still_failing and not result.rows else DONE


def format_release(result: ReleaseResult) -> Iterator[str]:
    """Yield the lines that show what a release did."""
    table, rows = result.table, format_count(result.rows, "row")
    for release_id, count in result.finished:
        yield f"{table}: interrupted {release_id} finished: {format_count(count, 'row')}"
    if result.discarded and result.rows:
        yield f"{table}: {rows} discarded ({result.release})"
    elif result.rows:
        yield f"{table} version {result.version}: {rows} released ({result.release})"
    if result.still_failing:
        yield f"{table}: {format_count(result.still_failing, 'row')} still in quarantine:"
        yield from (f"  - {reason}: {format_count(count, 'row')}" for reason, count in result.reasons)
    if not (result.rows or result.still_failing or result.finished):
        yield f"No rows are in the quarantine of `{table}`."


def _find_overwrite_warnings(jobs: Mapping[str, Job], result: ReleaseResult) -> Iterator[str]:
    """Yield a warning for each job whose next run writes the table without the released rows."""
    if result.discarded or not result.rows:
        return
    for job in jobs.values():
        for write in job.writes:
            if write.table == result.table and write.mode != "append":
                yield (
                    f"Job `{job.name}` writes {result.table} by `{write.mode}`: its next run writes those rows "
                    "again, without the released ones. Correct the source, the job or the suite."
                )


def _confirm(request: ReleaseRequest, summary: QuarantineSummary) -> None:
    """Ask before rows are released or discarded.

    Raises:
        InputError: There is no terminal to ask on.
    """
    count = sum(
        count.rows for count in summary.counts if count.state == "held" and request.run in (None, count.run)
    )
    action = f"{'Discard' if request.discard else 'Release'} {format_count(count, 'row')}"
    into = "" if request.discard else f" into {request.table}"
    after = f", after interrupted {format_value(summary.interrupted)}" if summary.interrupted else ""
    if not sys.stdin.isatty():
        raise InputError(f"{action} of {request.table}{into}{after}? Pass --yes to confirm.")
    click.confirm(f"{action}{into}{after}?", abort=True)


def _make_step_printer() -> Callable[[str], None]:
    """Return a function that prints each step on a terminal."""

    def print_step(step: str) -> None:
        if sys.stderr.isatty():
            echo(f"... {_STEP_TEXTS.get(step, step)}", err=True)

    return print_step


def _parse_repair(word: str) -> tuple[str, str]:
    column, equals, expression = word.partition("=")
    if not (equals and column.strip() and expression.strip()):
        raise click.BadParameter(f"takes COLUMN=EXPRESSION, not `{word}`", param_hint="--set")
    return column.strip(), expression
