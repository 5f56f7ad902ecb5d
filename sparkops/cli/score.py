"""`sparkops score`: rows without Spark, tables with it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click

from sparkops.cli.project_options import Where, common
from sparkops.errors import InputError, ProjectError, RowError


@click.command(
    "score",
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    epilog="With --table, other options choose rows: --month 12 scores those whose column `month` is 12.",
)
@click.argument("model")
@click.option("--row", metavar="JSON", help="One row as a JSON object.")
@click.option(
    "--file", "path", type=click.Path(path_type=Path), help="Rows as JSON lines; - for standard input."
)
@click.option("--explain", is_flag=True, help="Add what each field contributes to the raw score.")
@click.option("--table", "name", metavar="TABLE", help="Score a table of the catalog, in Spark.")
@click.option("--into", metavar="TABLE", help="With --table: the table that takes the scores.")
@click.option("--at", "version", type=int, metavar="VERSION", help="With --table: version to read.")
@click.option("--keep-going", is_flag=True, help="With --file: answer a bad row with its error and go on.")
@click.pass_context
@common
def score(
    where: Where,
    ctx: click.Context,
    model: str,
    row: str | None,
    path: Path | None,
    explain: bool,
    name: str | None,
    into: str | None,
    version: int | None,
    keep_going: bool,
) -> int:
    """Score by MODEL: name (its champion), name/3, name@alias, models:/..., or a model's folder."""
    if sum(x is not None for x in (row, path, name)) != 1:
        raise click.UsageError(
            "Give one of --row '{...}', --file ROWS.jsonl (or -), or --table NAME --into NAME.", ctx
        )
    if name is not None and explain:
        raise click.UsageError("--explain goes with --row or --file.", ctx)
    if name is not None:
        return _table(where, ctx, model, name, into, version)
    if ctx.args:
        raise click.UsageError(f"No such option: {ctx.args[0]}", ctx)
    if into is not None or version is not None:
        raise click.UsageError("--into and --at go with --table.", ctx)
    lines = _lines(str(path)) if row is None else [(1, row)]
    return _rows(where, model, lines, explain=explain, keep_going=keep_going)


def located(where: Where) -> dict[str, Any]:
    """Return the registry that models are looked up in, where copies are kept, and how models' own processes run.

    Outside a project, none of them.
    """
    from sparkops.pyfunc.worker.process_settings import Running
    from sparkops.registry.store import cache, registry_uri

    try:
        settings = where.engine().settings
    except ProjectError:
        if where.project is not None:
            raise
        return {}
    return {
        "tracking_uri": registry_uri(settings),
        "cache": cache(settings),
        "running": Running.of(settings),
    }


def scoring(where: Where) -> dict[str, Any]:
    """Return the same, and what becomes of rows that break a model's rules; by default what a scorer does by itself."""
    found = located(where)
    return {**found, "rules": where.engine().settings.models.rules} if found else found


def _rows(
    where: Where, model: str, lines: Iterable[tuple[int, str]], *, explain: bool, keep_going: bool
) -> int:
    from sparkops.pyfunc.worker.open_scorer import open_scorer

    scorer = open_scorer(model, **scoring(where))
    worst = 0
    for number, line in lines:
        try:
            click.echo(json.dumps(scorer.score(_object(line, number), explain), default=str))
        except (RowError, InputError) as error:
            if not keep_going:
                raise type(error)(f"Line {number}: {error}" if number > 1 else str(error)) from error
            click.echo(json.dumps({"error": str(error), "line": number}))
            worst = 2
    return worst


def _object(line: str, number: int) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError as error:
        raise InputError(
            f'Row {number} is not JSON: {error}. A row is an object: {{"field": value}}.'
        ) from error
    if not isinstance(found, dict):
        raise InputError(f'Row {number} is {type(found).__name__}, not an object: {{"field": value}}.')
    return found


def _lines(path: str) -> Iterator[tuple[int, str]]:
    """Yield a file's lines with their numbers; empty ones are passed over."""
    try:
        with nullcontext(sys.stdin) if path == "-" else Path(path).open(encoding="utf-8") as lines:
            yield from ((number, line) for number, line in enumerate(lines, 1) if line.strip())
    except OSError as error:
        raise InputError(f"The rows cannot be read from {path}: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise InputError(f"The rows in {path} are not UTF-8 ({error.reason}): save them as UTF-8.") from error


def _table(
    where: Where, ctx: click.Context, model: str, name: str, into: str | None, version: int | None
) -> int:
    from sparkops.cli.display.progress import Live
    from sparkops.cli.job_command import loose_options

    if into is None:
        raise click.UsageError("--table needs --into NAME: the table that takes the scores.", ctx)
    chosen = loose_options(ctx.args)
    with Live() as live, where.engine(tell=live) as engine:
        engine.score_table(model, name, into=into, where=chosen, at=version)
    return 0
