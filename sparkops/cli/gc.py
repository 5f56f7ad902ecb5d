"""`sparkops gc`: remove what runs that will not be completed left behind."""

from __future__ import annotations

from datetime import timedelta

import click

from sparkops.cli.display.removal import dry_run_option, print_removal, print_removal_json
from sparkops.cli.project_options import FiniteRange, ProjectOptions, json_option, with_project_options


@click.command("gc")
@click.option(
    "--older-than",
    "days",
    default=7.0,
    type=FiniteRange(0, 36_525),
    show_default=True,
    metavar="DAYS",
    help="Keep the rows of runs that failed less than so many days ago; they can be resumed.",
)
@dry_run_option()
@json_option()
@with_project_options
def gc(project: ProjectOptions, days: float, dry_run: bool, as_json: bool) -> None:
    """Remove the staged rows of failed and crashed runs.

    What a running run, a run that has begun to publish, a stream or a release needs is kept. Tables, records and logs
    are not changed; old versions of tables are removed by Delta's VACUUM.
    """
    from sparkops.engine.operations.cleanup import find_garbage, remove_garbage

    with project.open_engine() as engine:
        garbage = find_garbage(engine.container, older_than=timedelta(days=days))
        if not dry_run:
            remove_garbage(engine.container, garbage)
    if as_json:
        facts = [{"area": area.name, "bytes": area.bytes, "changed": area.changed} for area in garbage]
        print_removal_json("areas", facts, dry_run=dry_run)
        return
    rows = [
        {"staged by": area.name, "size": _format_megabytes(area.bytes), "changed": area.changed}
        for area in garbage
    ]
    size = _format_megabytes(sum(area.bytes for area in garbage))
    print_removal(rows, "staging area", size, dry_run=dry_run)


def _format_megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
