"""`sparkops replay`: run a recorded run again, and compare the result with what it published."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

import click

from sparkops.cli.display.echo import echo, echo_json
from sparkops.cli.project_options import FiniteRange, ProjectOptions, json_option, with_project_options
from sparkops.core.wording import format_count, truncate
from sparkops.pipeline.reports.replay_verdict import (
    DEFAULT_EXAMPLES,
    DEFAULT_MODEL_TOLERANCE,
    DEFAULT_TOLERANCE,
    FactDifference,
    ReplayVerdict,
    RowExample,
    TableComparison,
    name_version,
    verdict_to_json,
)

# Characters of a value, and columns of a row, that are printed.
_MAX_VALUE, _MAX_COLUMNS = 40, 12


@click.command("replay")
@click.argument("run_id", metavar="RUN")
@click.option(
    "--tolerance",
    type=FiniteRange(min=0, max=0.1),
    help="Floats are equal if they differ by no more than this part of their value; 0 compares them exactly. "
    f"[default: {DEFAULT_TOLERANCE:g}, and {DEFAULT_MODEL_TOLERANCE:g} for metrics and scores of models]",
)
@click.option(
    "--rows",
    type=click.IntRange(0, 100),
    default=DEFAULT_EXAMPLES,
    show_default=True,
    help="Example rows of each kind.",
)
@click.option(
    "--keep", is_flag=True, help="Keep the replayed rows, until `sparkops gc`, and print where they are."
)
@click.option(
    "--param",
    "params",
    multiple=True,
    metavar="NAME=VALUE",
    help="Value of a Secret, which the record lacks; or another value of a parameter, "
    "with which the verdict is marked.",
)
@click.option(
    "--code",
    type=click.Choice(["present", "recorded"]),
    default="present",
    show_default=True,
    help="Code to run: `recorded` checks out the commit of the run, and runs its jobs.",
)
@click.option(
    "--debug",
    "debugs",
    is_flag=True,
    help="Call the job in this process under Python's debugger, from its first line; nothing is compared.",
)
@click.option(
    "--checked-out", nargs=3, type=click.Path(path_type=Path), metavar="JOBS ROOT FILE", hidden=True
)
@json_option("text")
@partial(with_project_options, exclude="debug")
def replay(
    project: ProjectOptions,
    run_id: str,
    tolerance: float | None,
    rows: int,
    keep: bool,
    params: tuple[str, ...],
    code: Literal["present", "recorded"],
    debugs: bool,
    checked_out: tuple[Path, Path, Path] | None,
    as_json: bool,
) -> int:
    """Run the job of RUN again with its recorded parameters, settings, tables and models, and compare the results.

    Nothing is published. RUN is an id, the beginning or end of one, or `last`. Exit code 0: the results are identical;
    4: they differ.
    """
    from sparkops.cli.display.progress import ProgressDisplay
    from sparkops.cli.jobs.job_options import build_pairs_source
    from sparkops.cli.main import DIFFERENT, DONE
    from sparkops.engine.operations.comparison.replay_run import ReplayOptions

    jobs, root, verdict_file = checked_out or (None, None, None)
    options = ReplayOptions(
        params=[build_pairs_source(params)],
        tolerance=tolerance,
        examples=rows,
        keep=keep,
        code=code,
        checked_out=root,
    )
    if debugs:
        with project.open_engine() as engine:
            engine.debug(run_id, options=options)
        return DONE
    if jobs is not None:
        project = replace(project, overrides=(*project.overrides, f"jobs={jobs}"))
    with ProgressDisplay() as progress, project.open_engine(progress) as engine:
        verdict = engine.replay(run_id, options=options)
    if verdict_file is not None:
        verdict_file.write_text(json.dumps(verdict_to_json(verdict), indent=2, default=str), "utf-8")
    else:
        _print_verdict(verdict, as_json=as_json)
    return DONE if verdict.is_identical else DIFFERENT


def _print_verdict(verdict: ReplayVerdict, *, as_json: bool) -> None:
    if as_json:
        echo_json(verdict_to_json(verdict))
        return
    for line in format_verdict(verdict):
        echo(line)


def format_verdict(verdict: ReplayVerdict) -> Iterator[str]:
    """Yield the lines that show a verdict."""
    if verdict.overrides:
        changes = ", ".join(f"{name} = {_format_value(value)}" for name, value in verdict.overrides.items())
        yield f"NOT THE RECORDED RUN: replayed with {changes}"
    yield f"{verdict.state.upper()}  replay {verdict.run} of run {verdict.original} ({verdict.job})"
    for table in verdict.tables:
        yield ""
        yield from _format_table(table)
    for section in dict.fromkeys(fact.section for fact in verdict.facts):
        yield ""
        yield f"{section.capitalize()} that differ:"
        yield from (f"  {_format_fact(fact)}" for fact in verdict.facts if fact.section == section)
    yield ""
    yield from (f"Also compared: {text}." for text in verdict.compared)
    yield (
        f"Floats are equal up to a relative difference of {verdict.tolerance:g}."
        if verdict.tolerance
        else "Floats are compared exactly."
    )
    if verdict.code == "recorded":
        yield "Run with the code of the recorded commit."
    yield from verdict.notes
    if verdict.page:
        yield f"Page: {verdict.page}"


def _format_table(table: TableComparison) -> Iterator[str]:
    rows = table.rows
    yield f"{name_version(table)}: {'identical' if table.is_identical else 'different'}"
    yield f"  compared: {table.compared}"
    yield f"  {format_count(rows.recorded, 'row')} in the run, {format_count(rows.replayed, 'row')} in the replay"
    yield from (f"  {change}" for change in table.schema)
    if rows.columns:
        yield f"  columns that differ: {', '.join(rows.columns)}"
    yield from _format_rows("only in the run", rows.missing, rows.missing_examples, rows.columns)
    yield from _format_rows("only in the replay", rows.added, rows.added_examples, rows.columns)
    for cause in table.causes:
        columns = f" in {', '.join(cause.columns)}" if cause.columns else " decides which rows there are"
        yield f"  likely cause: {cause.expression}{columns}: it depends on {cause.reason}"
    if not table.is_identical and not table.causes:
        yield "  no expression of the plan depends on time, chance or order; code outside of Spark may"
    if table.shadow:
        yield f"  replayed rows: {table.shadow} (Parquet)"


def _format_rows(
    title: str, count: int, examples: Sequence[RowExample], first: Sequence[str]
) -> Iterator[str]:
    if not count:
        return
    yield f"  {format_count(count, 'row')} {title}" + (":" if examples else "")
    for example in examples:
        times = f"   ({example.count:,} times)" if example.count > 1 else ""
        yield f"    {_format_row(example.row, first)}{times}"


def _format_row(row: Mapping[str, Any], first: Sequence[str]) -> str:
    """Return the values of a row, those of the columns that differ first."""
    names = [*first, *(name for name in row if name not in first)]
    shown = [f"{name}={_format_value(row[name])}" for name in names[:_MAX_COLUMNS] if name in row]
    more = len(names) - _MAX_COLUMNS
    return ", ".join(shown) + (f", and {format_count(more, 'column')} more" if more > 0 else "")


def _format_value(value: Any) -> str:
    text = "null" if value is None else value if isinstance(value, str) else json.dumps(value, default=str)
    return truncate(text, _MAX_VALUE)


def _format_fact(fact: FactDifference) -> str:
    return f"{fact.name}: {_format_fact_value(fact.recorded)} -> {_format_fact_value(fact.replayed)}"


def _format_fact_value(value: Any) -> str:
    return "-" if value is None else str(value)
