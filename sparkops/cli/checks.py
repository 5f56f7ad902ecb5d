"""`sparkops check` and `sparkops checks`."""

from __future__ import annotations

import json
from typing import TextIO

import click

from sparkops.cli.main import CHECKS_FAILED, DONE
from sparkops.cli.project_options import Where, common, newest
from sparkops.cli.suggest import drift, suggest
from sparkops.pipeline.json_values import check_json


@click.command("check")
@click.argument("name", metavar="TABLE")
@click.option("--at", "version", type=int, metavar="VERSION", help="Version; the newest by default.")
@click.option("--json", "as_json", is_flag=True, help="JSON instead of lines.")
@click.option(
    "--failing",
    type=click.File("w", encoding="utf-8", atomic=True),
    metavar="FILE",
    help="Write every row that broke a check there, with its reasons, as lines of JSON.",
)
@common
def check(where: Where, name: str, version: int | None, as_json: bool, failing: TextIO | None) -> int:
    """Run conf/checks/TABLE.yml on TABLE as it stands. Leaves with 3 when a check failed."""
    from sparkops.cli.display.check_lines import check_lines

    with where.engine() as engine:
        done = engine.check(name, at=version)
        for line in done.failing_lines() if failing else ():
            print(line, file=failing)
    if as_json:
        click.echo(json.dumps([check_json(result) for result in done.results], indent=2, default=str))
    else:
        for line in check_lines([check_json(result) for result in done.results]):
            click.echo(line)
        click.echo(f"{name} version {done.version}: {done.summary}")
        if done.docs:
            click.echo(f"Data Docs: {done.docs}")
    return CHECKS_FAILED if done.blocked else DONE


@click.group("checks")
def checks() -> None:
    """What the checks of tables found, run after run; whether they can be run; drafts of new ones."""


@checks.command("history")
@click.argument("name", metavar="TABLE")
@newest("How many runs, the newest.")
@click.option("--expectation", metavar="NAME", help="Only those with this in their name.")
@click.option("--json", "as_json", is_flag=True, help="JSON instead of lines.")
@common
def history(where: Where, name: str, limit: int, expectation: str | None, as_json: bool) -> None:
    """Show what became of each expectation about TABLE: last result, last failure, and a plot, oldest run first."""
    from sparkops.cli.display.expectation_history import plain, sheet
    from sparkops.engine.operations.expectation_history import past

    found = past(where.engine(), name, runs=limit, expectation=expectation)
    if as_json:
        click.echo(json.dumps([plain(each) for each in found], indent=2, default=str))
        return
    for line in sheet(name, found):
        click.echo(line)


@checks.command("validate")
@click.argument("name", metavar="[TABLE]", required=False)
@common
def validate(where: Where, name: str | None) -> None:
    """Tell whether TABLE's suite can be run, or all suites of the project. No Spark.

    Names and arguments are asked of Great Expectations; columns are those of the table as it stands.
    """
    from sparkops.engine.operations.validate import validate as validated

    for each in validated(where.engine(), name):
        count = f"{each.expectations} expectation{'' if each.expectations == 1 else 's'}"
        columns = "its columns fit" if each.columns_known else "its columns are known once it is computed"
        click.echo(f"{each.table}: {count}; {columns}")


checks.add_command(suggest)
checks.add_command(drift)
