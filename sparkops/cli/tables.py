"""`sparkops tables`: list, history, show, restore."""

from __future__ import annotations

import json

import click

from sparkops.cli.command_group import CommandGroup
from sparkops.cli.display.echo import echo, echo_data, echo_json
from sparkops.cli.display.format import format_data
from sparkops.cli.display.table import print_table
from sparkops.cli.project_options import (
    COUNT,
    VERSION,
    ProjectOptions,
    json_option,
    limit_option,
    version_option,
    with_project_options,
)
from sparkops.pipeline.json_values.tables import commit_to_json, table_info_to_json


@click.group("tables", cls=CommandGroup, invoke_without_command=True)
@json_option()
@click.pass_context
@with_project_options
def tables(project: ProjectOptions, ctx: click.Context, as_json: bool) -> None:
    """List the tables and sources of the catalog."""
    if ctx.invoked_subcommand:
        return
    rows = [table_info_to_json(info) for info in project.open_engine().tables()]
    if as_json:
        echo_json(rows)
        return
    for row in rows:
        row["time"] = row["time"] if row["exists"] else "not written yet"
    empty = "No tables: describe sources under `tables:` in conf/base."
    print_table(rows, empty=empty, drop=("exists", "location"))


@tables.command("history")
@click.argument("name", metavar="TABLE")
@limit_option("Number of versions, newest first.")
@json_option()
@with_project_options
def history(project: ProjectOptions, name: str, limit: int, as_json: bool) -> None:
    """Show TABLE's versions and the runs that wrote them."""
    with project.open_engine() as engine:
        rows = [commit_to_json(commit) for commit in engine.history(name, limit=limit)]
    if as_json:
        echo_json(rows)
        return
    for row in rows:
        row["batch"] = row["batch"]["number"] if row["batch"] else None
    streamed = any(row["batch"] is not None for row in rows)
    print_table(rows, empty=f"Table `{name}` has no history.", drop=() if streamed else ("batch",))


@tables.command("show")
@click.argument("name", metavar="TABLE")
@click.option("--rows", default=10, type=COUNT, show_default=True, metavar="NUMBER", help="Number of rows.")
@version_option()
@click.option("--json", "as_json", is_flag=True, help="JSON lines instead of a table.")
@with_project_options
def show(project: ProjectOptions, name: str, rows: int, version: int | None, as_json: bool) -> None:
    """Show the first rows of TABLE."""
    with project.open_engine() as engine:
        preview = engine.preview(name, rows=rows, at=version)
    if as_json:
        for row in preview:
            echo_data(json.dumps(row, default=format_data))
        return
    print_table(preview, empty=f"Table `{name}` has no rows.", format_cell=format_data, is_data=True)


@tables.command("restore")
@click.argument("name", metavar="TABLE")
@click.argument("version", type=VERSION)
@with_project_options
def restore(project: ProjectOptions, name: str, version: int) -> None:
    """Publish VERSION of TABLE again, as a new version."""
    with project.open_engine() as engine:
        new = engine.restore(name, version)
    echo(f"{name} is version {new}, with the rows of version {version}.")
