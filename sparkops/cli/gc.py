"""`sparkops gc`: remove what runs that will not be completed left behind."""

from __future__ import annotations

import json
from datetime import timedelta

import click

from sparkops.cli.display.echo import echo
from sparkops.cli.display.table import print_table
from sparkops.cli.project_options import ProjectOptions, json_option, with_project_options
from sparkops.core.wording import format_count


@click.command("gc")
@click.option(
    "--older-than",
    "days",
    default=7.0,
    type=click.FloatRange(0),
    show_default=True,
    metavar="DAYS",
    help="Keep the rows of runs that failed less than so many days ago; they can be resumed.",
)
@click.option("--dry-run", is_flag=True, help="List what would be removed, and remove nothing.")
@json_option()
@with_project_options
def gc(project: ProjectOptions, days: float, dry_run: bool, as_json: bool) -> None:
    """Remove the staged rows of failed and crashed runs.

    What a running run, a run that has begun to publish, a stream or a release needs is kept. Tables, records and logs
    are not changed; old versions of tables are removed by Delta's VACUUM.
    """
    from sparkops.engine.operations.cleanup import find_garbage, remove_garbage

    with project.engine() as engine:
        garbage = find_garbage(engine.container, older_than=timedelta(days=days))
        if not dry_run:
            remove_garbage(engine.container, garbage)
    rows = [
        {"staged by": area.name, "size": f"{area.bytes / 1e6:,.1f} MB", "changed": area.changed}
        for area in garbage
    ]
    if as_json:
        facts = [{"area": area.name, "bytes": area.bytes, "changed": area.changed} for area in garbage]
        echo(json.dumps({"removed": not dry_run, "areas": facts}, indent=2, default=str))
        return
    print_table(rows, empty="Nothing to remove.")
    if garbage:
        size = sum(area.bytes for area in garbage) / 1e6
        verb = "would be removed" if dry_run else "removed"
        echo(f"{format_count(len(garbage), 'staging area')}, {size:,.1f} MB, {verb}.")
