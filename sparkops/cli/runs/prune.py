"""`sparkops runs prune`: remove the records and logs of old runs."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import timedelta

import click

from sparkops.cli.display.echo import echo
from sparkops.cli.display.format import format_bytes, format_state
from sparkops.cli.display.table import print_table
from sparkops.cli.project_options import ProjectOptions, json_option, with_project_options
from sparkops.core.duration import parse_duration
from sparkops.core.wording import format_count
from sparkops.errors import InputError


@click.command("prune", short_help="Remove the records and logs of old runs.")
@click.option(
    "--keep",
    required=True,
    metavar="DURATION",
    help="Keep the runs that ended within this time: 90d, 12w.",
)
@click.option("--dry-run", is_flag=True, help="List what would be removed, and remove nothing.")
@json_option()
@with_project_options
def prune(project: ProjectOptions, keep: str, dry_run: bool, as_json: bool) -> None:
    """Remove the records and logs of runs that ended longer ago than --keep.

    Kept are runs that are active, runs that have begun to publish and are not complete, the newest done run of each
    job, and protected runs. Tables, models and reports are not changed; a removed run is neither resumed nor compared
    any more, and its run key is forgotten.
    """
    old = project.engine().prune_runs(keep=_parse_keep(keep), dry_run=dry_run)
    if as_json:
        facts = [asdict(run) for run in old]
        echo(json.dumps({"removed": not dry_run, "runs": facts}, indent=2, default=str))
        return
    rows = [
        {
            "run": run.run,
            "job": run.job,
            "state": format_state(run.state),
            "ended": run.ended,
            "size": format_bytes(run.bytes),
        }
        for run in old
    ]
    print_table(rows, empty="Nothing to remove.")
    if old:
        verb = "would be removed" if dry_run else "removed"
        echo(f"{format_count(len(old), 'run')}, {format_bytes(sum(run.bytes for run in old))}, {verb}.")


def _parse_keep(text: str) -> timedelta:
    try:
        keep = parse_duration(text)
    except ValueError as error:
        raise InputError(f"--keep {text!r} is no duration ({error}): write 90d, 12w or 36h.") from None
    if keep < timedelta():
        raise InputError(f"--keep {text!r} is negative: write 90d, 12w or 36h.")
    return keep
