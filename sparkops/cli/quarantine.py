"""`sparkops quarantine`: show the rows that checks held back; repair and re-admit, or discard them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

import click

from sparkops.cli.display.table import rows_of, table, text
from sparkops.cli.main import CHECKS_FAILED, DONE
from sparkops.cli.project_options import Where, common
from sparkops.errors import InputError
from sparkops.pipeline.json_values import held_count_json, held_json, released_json
from sparkops.pipeline.quarantine_summary import QuarantineSummary, ReleaseResult

if TYPE_CHECKING:
    from sparkops.engine import Engine
    from sparkops.engine.operations.release import Wanted

_one_run = click.option("--run", "run_id", metavar="RUN", help="Only what this run held back.")


@click.group("quarantine")
def quarantine() -> None:
    """Rows that checks held back, in the table TABLE__quarantine."""


@quarantine.command("show")
@click.argument("name", metavar="TABLE")
@_one_run
@click.option(
    "--rows", default=10, type=click.IntRange(0), show_default=True, metavar="NUMBER", help="How many rows."
)
@click.option("--json", "as_json", is_flag=True, help="JSON instead of tables.")
@common
def show(where: Where, name: str, run_id: str | None, rows: int, as_json: bool) -> None:
    """Show what TABLE's checks held back: counts by run and reason, then the rows that still wait."""
    from sparkops.engine.operations.release import Wanted, survey

    with where.engine() as engine:
        survey(engine, Wanted(table=name, run=run_id))
        found = engine.workshop.tables.held(name, run=run_id, rows=rows)
    if as_json:
        click.echo(json.dumps(held_json(found), indent=2, default=str))
        return
    counts = [held_count_json(each) | {"reasons": "; ".join(each.reasons)} for each in found.counts]
    table(counts, empty=f"Nothing of `{name}` was ever held back.")
    if found.rows:
        click.echo()
        table(found.rows, empty="")


@quarantine.command("release")
@click.argument("name", metavar="TABLE")
@_one_run
@click.option(
    "--set",
    "repairs",
    multiple=True,
    metavar="COLUMN=EXPRESSION",
    help="Repair a column: a Spark SQL expression on the row's own columns. (Settings are set in conf/ here.)",
)
@click.option(
    "--discard", is_flag=True, help="Nobody wants these rows: none is admitted, none waits any more."
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="JSON instead of lines.")
@partial(common, but="overrides")
def release(
    where: Where,
    name: str,
    run_id: str | None,
    repairs: Sequence[str],
    discard: bool,
    yes: bool,
    as_json: bool,
) -> int:
    """Admit the rows that wait into TABLE, each once; those that still break a rule wait on.

    Leaves with 3 when rows waited and none could be admitted. An interrupted release is brought to its end first.
    """
    from sparkops.engine.operations import release as releasing

    wanted = releasing.Wanted(table=name, run=run_id, repairs=dict(map(_pair, repairs)), discard=discard)
    with where.engine() as engine:
        found = releasing.survey(engine, wanted)
        if (found.row_count or found.interrupted) and not yes:
            _ask(wanted, found)
        done = releasing.release(engine, wanted, watch=_steps())
        notes = list(_notes(engine, done))
    if as_json:
        click.echo(json.dumps(released_json(done) | {"notes": notes}, indent=2, default=str))
    else:
        for line in (*told(done), *notes):
            click.echo(line)
    return CHECKS_FAILED if done.still and not done.rows else DONE


def told(done: ReleaseResult) -> Iterator[str]:
    """Yield the lines that tell what a release did."""
    for earlier, rows in done.finished:
        yield f"{done.table}: {earlier}, interrupted before, is brought to its end: {rows_of(rows)}"
    if done.discarded and done.rows:
        yield f"{done.table}: {rows_of(done.rows)} discarded ({done.release})"
    elif done.rows:
        yield f"{done.table} version {done.version}: {rows_of(done.rows)} released ({done.release})"
    if done.still:
        yield f"{done.table}: {rows_of(done.still)} still held:"
        yield from (f"  - {reason}: {rows_of(rows)}" for reason, rows in done.reasons)
    if not (done.rows or done.still or done.finished):
        yield f"Nothing waits in the quarantine of `{done.table}`."


def _notes(engine: Engine, done: ReleaseResult) -> Iterator[str]:
    """Yield what a person should know of the table's job: one that makes the table anew leaves released rows out."""
    if done.discarded or not done.rows:
        return
    for job in engine.declared.values():
        for write in job.writes:
            if write.table == done.table and write.mode != "append":
                yield (
                    f"Job `{job.name}` writes {done.table} by `{write.mode}`: its next run makes those rows anew, without "
                    "the released ones. Mend the source, the job or the suite for good."
                )


def _ask(wanted: Wanted, found: QuarantineSummary) -> None:
    mine = sum(each.rows for each in found.counts if each.state == "held" and wanted.run in (None, each.run))
    verb = "Discard" if wanted.discard else "Release"
    into = "" if wanted.discard else f" into {wanted.table}"
    earlier = f", after {text(found.interrupted)}, which was interrupted" if found.interrupted else ""
    if not sys.stdin.isatty():
        raise InputError(f"{verb} {rows_of(mine)} of {wanted.table}{into}{earlier}? Say --yes.")
    click.confirm(f"{verb} {rows_of(mine)}{into}{earlier}?", abort=True)


def _steps() -> Callable[[str], None]:
    doing = {
        "repair": "reading the rows",
        "check": "checking",
        "mark": "marking",
        "publish": "publishing",
        "stamp": "stamping",
    }
    return lambda step: click.echo(f"... {doing.get(step, step)}", err=True) if sys.stderr.isatty() else None


def _pair(word: str) -> tuple[str, str]:
    column, equals, expression = word.partition("=")
    if not (equals and column.strip() and expression.strip()):
        raise click.BadParameter(f"takes COLUMN=EXPRESSION, not `{word}`", param_hint="--set")
    return column.strip(), expression
