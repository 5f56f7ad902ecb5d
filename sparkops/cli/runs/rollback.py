"""`sparkops rollback`: undo a run, and everything that depends on it if that is allowed."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import click

from sparkops.cli.display.echo import echo, echo_json
from sparkops.cli.display.format import format_state
from sparkops.cli.project_options import ProjectOptions, json_option, with_project_options
from sparkops.core.wording import format_count
from sparkops.errors import InputError
from sparkops.runs.records.run import Run, run_to_json
from sparkops.runs.rollback.plan import AliasChange, RollbackPlan, TableRestore, rollback_plan_to_json

_ALIASES = ("champion", "previous", "challenger")


@click.command("rollback", short_help="Undo a run: its tables and aliases return to what they were before.")
@click.argument("run_id", metavar="RUN")
@click.option("--cascade", is_flag=True, help="Roll back later runs and releases that depend on it, too.")
@click.option("--include-foreign", is_flag=True, help="Also undo later commits of other writers.")
@click.option("--dry-run", is_flag=True, help="Show what would be changed, and change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@json_option("lines")
@with_project_options
def rollback(
    project: ProjectOptions,
    run_id: str,
    cascade: bool,
    include_foreign: bool,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Return every table that RUN wrote, and every alias that it set, to what it was before: all of them or none.

    A table gets a new version with the earlier rows and columns; its history stays. A table that RUN created becomes
    empty. If later commits or runs depend on RUN, it is refused, and they are listed. RUN may be a rollback, which
    brings back what it undid, or the id of a release of quarantined rows (release-...).
    """
    with project.open_engine() as engine:
        if dry_run or not yes:
            plan = engine.plan_rollback(run_id, cascade=cascade, include_foreign=include_foreign)
            if dry_run and as_json:
                echo_json(rollback_plan_to_json(plan))
                return
            for line in format_plan(plan):
                echo(line, err=as_json)
            if dry_run:
                return
            _confirm(plan)
        run = engine.rollback(run_id, cascade=cascade, include_foreign=include_foreign)
    if as_json:
        echo_json(run_to_json(run))
        return
    for line in format_result(run):
        echo(line)


def format_plan(plan: RollbackPlan) -> Iterator[str]:
    """Yield the lines that show what a rollback would change."""
    for item in plan.runs:
        name = f"Run {item.run} ({item.job}, {format_state(item.state)})" if item.state else item.run
        yield f"{name} is undone."
    for restore in plan.tables:
        yield f"  table {_describe_restore(restore)}"
    for change in plan.models:
        yield f"  model {change.model}: {_describe_aliases(change)}"
    for mark in plan.marks:
        if mark.by is None:
            yield f"  run {mark.run} is in effect again"
    for commit in plan.foreign:
        yield f"  {commit.table}: version {commit.version} of another writer ({commit.operation}) is undone, too"


def format_result(run: Run) -> Iterator[str]:
    """Yield the lines that show what a rollback did."""
    plan = run.rollback or {}
    yield f"Rolled back {format_count(len(plan['runs']), 'run')} by run {run.id}."
    restored = {item["table"]: item["version"] for item in plan["tables"]}
    for name, output in run.outputs.items():
        content = "empty" if restored[name] is None else f"as version {restored[name]}"
        yield f"  {name} version {output['version']}: {content}, {format_count(output['rows'], 'row')}"
    yield f"Take it back with: sparkops rollback {run.id}"


def _describe_restore(restore: TableRestore) -> str:
    undone = (
        f"version {restore.newest}"
        if restore.newest == restore.first
        else f"versions {restore.first} to {restore.newest}"
    )
    if restore.version is None:
        return f"{restore.table}: {undone} undone; it did not exist before, and becomes empty"
    return f"{restore.table}: {undone} undone; it returns to version {restore.version}"


def _describe_aliases(change: AliasChange) -> str:
    return ", ".join(
        f"@{alias} {change.before.get(alias) or 'none'} becomes {change.after.get(alias) or 'none'}"
        for alias in _ALIASES
        if change.before.get(alias) != change.after.get(alias)
    )


def _confirm(plan: RollbackPlan) -> None:
    """Ask before anything is changed.

    Raises:
        InputError: There is no terminal to ask on.
    """
    question = f"Roll back {format_count(len(plan.runs), 'run')}"
    if not sys.stdin.isatty():
        raise InputError(f"{question}? Pass --yes to confirm.")
    click.confirm(f"{question}?", abort=True)
