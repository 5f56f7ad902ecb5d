"""`sparkops score`: single rows without Spark, tables with it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sparkops.cli.display.echo import echo_data
from sparkops.cli.main import BAD_INPUT, DONE
from sparkops.cli.project_options import (
    VERSION,
    WAIT_HELP,
    ProjectOptions,
    trust_option,
    with_project_options,
    with_wait,
)
from sparkops.errors import DamagedModel, InputError, ProjectError, RowError, SparkopsError, as_clause

if TYPE_CHECKING:
    from sparkops.config.settings import Settings
    from sparkops.scoring.protocol import RowScorer

# Lines that are scored at once by a model for which a request costs more than a row.
_MANY_ROWS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreOptions:
    """The options of `sparkops score`; see their help."""

    row: str | None
    file: Path | None
    explain: bool
    outputs: str | None
    table: str | None
    into: str | None
    wait: str | None
    version: int | None
    keep_going: bool
    trust: bool

    def validate(self, ctx: click.Context) -> None:
        """Refuse options that do not go together.

        Raises:
            click.UsageError: It names them.
        """
        if sum(source is not None for source in (self.row, self.file, self.table)) != 1:
            raise click.UsageError(
                "Give one of --row '{...}', --file ROWS.jsonl (or -), or --table NAME --into NAME.", ctx
            )
        if self.table is not None:
            if self.explain:
                raise click.UsageError("--explain goes with --row or --file.", ctx)
            if self.outputs is not None:
                raise click.UsageError("--outputs goes with --row or --file.", ctx)
            if self.trust:
                raise click.UsageError(
                    "--trust goes with --row or --file: --table takes a registered model.", ctx
                )
            if self.into is None:
                raise click.UsageError("--table needs --into NAME: the table to write the scores to.", ctx)
            return
        if ctx.args:
            raise click.UsageError(f"No such option: {ctx.args[0]}", ctx)
        if (self.into, self.version, self.wait) != (None, None, None):
            raise click.UsageError("--into, --at and --wait go with --table.", ctx)


@click.command(
    "score",
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    epilog="With --table, other options select rows: --month 12 scores those whose column `month` is 12.",
)
@click.argument("model")
@click.option("--row", metavar="JSON", help="One row as a JSON object.")
@click.option("--file", type=click.Path(path_type=Path), help="Rows as JSON lines; - for standard input.")
@click.option("--explain", is_flag=True, help="Add the contribution of each field to the raw score.")
@click.option(
    "--outputs",
    metavar="NAMES",
    help="Outputs to print, separated by commas: any column that the model computes; by default what Spark adds.",
)
@click.option("--table", metavar="TABLE", help="Score a table of the catalog, in Spark.")
@click.option("--into", metavar="TABLE", help="With --table: the table to write the scores to.")
@click.option("--at", "version", type=VERSION, metavar="VERSION", help="With --table: version to read.")
@click.option("--wait", metavar="DURATION", help=f"With --table: {WAIT_HELP[0].lower()}{WAIT_HELP[1:]}")
@trust_option()
@click.option("--keep-going", is_flag=True, help="With --file: print the error of a bad row, and continue.")
@click.pass_context
@with_project_options
def score(project: ProjectOptions, ctx: click.Context, model: str, **values: Any) -> int:
    """Score by MODEL: name (its champion), name/3, name@alias, models:/..., or a model's folder."""
    options = ScoreOptions(**values)
    options.validate(ctx)
    if options.table is not None:
        return _score_table(project, model, options, words=ctx.args)
    lines = _read_lines(str(options.file)) if options.row is None else [(1, options.row)]
    return _score_rows(project, model, lines, options)


def build_locating_options(project: ProjectOptions, *, trust: bool) -> dict[str, Any]:
    """Return the options of functions that locate a model: registry, cache and settings of worker processes.

    Outside of a project there is no registry, unless MLFLOW_TRACKING_URI names one.

    Args:
        project: The project.
        trust: Whether code that no registry vouches for may be run.
    """
    from sparkops.pyfunc.worker.worker_settings import WorkerSettings
    from sparkops.registry.mlflow_store import locate_download_cache, resolve_registry_uri

    settings = _find_settings(project)
    if settings is None:
        return {"worker_settings": WorkerSettings(trust=trust)}
    return {
        "tracking_uri": resolve_registry_uri(settings),
        "cache": locate_download_cache(settings),
        "worker_settings": replace(WorkerSettings.from_settings(settings), trust=trust),
    }


def build_scoring_options(project: ProjectOptions, *, trust: bool) -> dict[str, Any]:
    """Return the options of functions that open a scorer: those that locate it, and what rule violations cause."""
    settings = _find_settings(project)
    rules = {} if settings is None else {"rules": settings.models.rules}
    return {**build_locating_options(project, trust=trust), **rules}


def _find_settings(project: ProjectOptions) -> Settings | None:
    """Return the settings of the project or of MLflow's variables; None if there is neither."""
    try:
        return project.read_registry_settings()
    except ProjectError:
        if project.project is not None:
            raise
        return None


def _score_rows(
    project: ProjectOptions,
    model: str,
    lines: Iterable[tuple[int, str]],
    options: ScoreOptions,
) -> int:
    """Print the score of each row; return the exit code."""
    from sparkops.pyfunc.worker.open_scorer import open_scorer

    scoring = build_scoring_options(project, trust=options.trust)
    scorer = open_scorer(model, **scoring, outputs=parse_outputs(options.outputs))
    try:
        return _print_scores(scorer, lines, options)
    except DamagedModel as error:
        raise DamagedModel(f"{model}: {error}") from error


def _print_scores(scorer: RowScorer, lines: Iterable[tuple[int, str]], options: ScoreOptions) -> int:
    """Print the score or, with --keep-going, the error of each row; return the exit code."""
    from sparkops.scoring.batch.cells import to_json_text

    types = {field.name: field.type for field in scorer.fields}
    exit_code = DONE
    for number, result in _score_lines(scorer, lines, types, explain=options.explain):
        if not isinstance(result, SparkopsError):
            echo_data(json.dumps(result, default=to_json_text))
            continue
        if not options.keep_going:
            raise type(result)(f"Line {number}: {result}" if number > 1 else str(result)) from result
        echo_data(json.dumps({"error": str(result), "line": number}))
        exit_code = BAD_INPUT
    return exit_code


def _score_lines(
    scorer: RowScorer, lines: Iterable[tuple[int, str]], types: Mapping[str, str], *, explain: bool
) -> Iterator[tuple[int, dict[str, Any] | RowError | InputError]]:
    """Yield the number of each line with its answer or the error of its row.

    A scorer whose requests are slow gets many lines at once.
    """
    from sparkops.scoring.protocol import ManyRowScorer

    size = _MANY_ROWS if isinstance(scorer, ManyRowScorer) and not explain else 1
    for chunk in _split_batches(lines, size):
        results: dict[int, dict[str, Any] | RowError | InputError] = {}
        rows: dict[int, dict[str, Any]] = {}
        for number, line in chunk:
            try:
                rows[number] = _read_row(line, number, types)
            except (RowError, InputError) as error:
                results[number] = error
        results.update(zip(rows, _score_many(scorer, [*rows.values()], explain=explain), strict=True))
        yield from ((number, results[number]) for number, _ in chunk)


def _read_row(line: str, number: int, types: Mapping[str, str]) -> dict[str, Any]:
    """Return the fields of a line, as values of their types."""
    from sparkops.scoring.batch.cells import from_json
    from sparkops.scoring.ir.row_fields import flatten_structs

    values = flatten_structs(_parse_row(line, number), tuple(types))
    return {name: from_json(value, types.get(name, "")) for name, value in values.items()}


def _score_many(
    scorer: RowScorer, rows: Sequence[Mapping[str, Any]], *, explain: bool
) -> Iterator[dict[str, Any] | RowError]:
    """Yield the answer or the error of each row."""
    from sparkops.scoring.protocol import ManyRowScorer

    if isinstance(scorer, ManyRowScorer) and not explain:
        yield from scorer.score_rows(rows)
        return
    for row in rows:
        try:
            yield scorer.score(row, explain)
        except RowError as error:
            yield error


def parse_outputs(text: str | None) -> list[str] | None:
    """Return the names in a list separated by commas; None for None.

    Raises:
        InputError: The list names nothing.
    """
    if text is None:
        return None
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise InputError("--outputs names no output: write it as --outputs prediction,probability.")
    return names


def read_rows(path: str) -> list[dict[str, Any]]:
    """Return the rows of a file of JSON lines, or of standard input for `-`.

    Raises:
        InputError: It cannot be read, a line is not a JSON object, or there is none.
    """
    rows = [_parse_row(line, number) for number, line in _read_lines(path)]
    if not rows:
        raise InputError(f"There is no row in {path}: write one JSON object a line.")
    return rows


def _split_batches(lines: Iterable[tuple[int, str]], size: int) -> Iterator[list[tuple[int, str]]]:
    iterator = iter(lines)
    while chunk := list(islice(iterator, size)):
        yield chunk


def _parse_row(line: str, number: int) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else error
        raise InputError(
            f'Row {number} is not JSON: {as_clause(reason)}. A row is an object: {{"field": value}}.'
        ) from error
    if not isinstance(row, dict):
        raise InputError(f'Row {number} is a {type(row).__name__}, not an object: {{"field": value}}.')
    return row


def _read_lines(path: str) -> Iterator[tuple[int, str]]:
    """Yield a file's lines with their numbers; blank lines are skipped."""
    try:
        with nullcontext(sys.stdin) if path == "-" else Path(path).open(encoding="utf-8") as lines:
            yield from ((number, line) for number, line in enumerate(lines, 1) if line.strip())
    except OSError as error:
        raise InputError(f"The rows cannot be read from {path}: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise InputError(f"The rows in {path} are not UTF-8 ({error.reason}): save them as UTF-8.") from error


def _score_table(project: ProjectOptions, model: str, options: ScoreOptions, *, words: list[str]) -> int:
    """Score a table of the catalog; return the exit code."""
    from sparkops.cli.display.progress import ProgressDisplay
    from sparkops.cli.jobs.job_options import parse_loose_options

    assert options.table is not None
    assert options.into is not None
    where = parse_loose_options(words)
    with ProgressDisplay() as progress, with_wait(project, options.wait).open_engine(progress) as engine:
        engine.score_table(model, options.table, into=options.into, where=where, at=options.version)
    return DONE
