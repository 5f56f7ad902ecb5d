"""`sparkops tables`: list, history, preview, restore."""

from __future__ import annotations

import json

import click

from sparkops.cli.display.table import table, text
from sparkops.cli.project_options import Where, common, newest
from sparkops.pipeline.json_values import commit_json, table_json


@click.group("tables", invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="JSON instead of a table.")
@click.pass_context
@common
def tables(where: Where, ctx: click.Context, as_json: bool) -> None:
    """List the catalog's tables and sources."""
    if ctx.invoked_subcommand:
        return
    found = [table_json(info) for info in where.engine().tables()]
    if as_json:
        click.echo(json.dumps(found, indent=2, default=str))
        return
    for row in found:
        row["time"] = row["time"] if row["exists"] else "not made yet"
    table(
        found, empty="No tables: describe sources under `tables:` in conf/base.", drop=("exists", "location")
    )


@tables.command("history")
@click.argument("name", metavar="TABLE")
@newest("How many versions, newest first.")
@click.option("--json", "as_json", is_flag=True, help="JSON instead of a table.")
@common
def history(where: Where, name: str, limit: int, as_json: bool) -> None:
    """Show TABLE's versions and the runs that made them."""
    with where.engine() as engine:
        found = [commit_json(commit) for commit in engine.history(name, limit=limit)]
    if as_json:
        click.echo(json.dumps(found, indent=2, default=str))
        return
    for line in found:
        line["batch"] = line["batch"]["number"] if line["batch"] else None
    streamed = any(line["batch"] is not None for line in found)
    table(found, empty=f"Table `{name}` has no history.", drop=() if streamed else ("batch",))


@tables.command("show")
@click.argument("name", metavar="TABLE")
@click.option(
    "--rows", default=10, type=click.IntRange(1), show_default=True, metavar="NUMBER", help="How many rows."
)
@click.option("--at", "version", type=int, metavar="VERSION", help="Version; the newest by default.")
@click.option("--json", "as_json", is_flag=True, help="JSON lines instead of a table.")
@common
def show(where: Where, name: str, rows: int, version: int | None, as_json: bool) -> None:
    """Show some rows of TABLE."""
    with where.engine() as engine:
        found = engine.preview(name, rows=rows, at=version)
    if as_json:
        for row in found:
            click.echo(json.dumps(row, default=text))
        return
    table(found, empty=f"Table `{name}` has no rows.")


@tables.command("restore")
@click.argument("name", metavar="TABLE")
@click.argument("version", type=int)
@common
def restore(where: Where, name: str, version: int) -> None:
    """Make VERSION of TABLE the newest again, as a new commit."""
    with where.engine() as engine:
        made = engine.restore(name, version)
    click.echo(f"{name} is version {made}, and holds what version {version} held.")
