"""`sparkops runs prune`: remove the records and logs of old runs."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta

import click

from sparkops.cli.display.format import format_bytes, format_state
from sparkops.cli.display.removal import dry_run_option, print_removal, print_removal_json
from sparkops.cli.project_options import ProjectOptions, json_option, with_project_options
from sparkops.core.duration import parse_duration
from sparkops.errors import InputError


@click.command("prune", short_help="Remove the records and logs of old runs.")
@click.option(
    "--keep",
    required=True,
    metavar="DURATION",
    help="Keep the runs that ended within this time: 90d, 12w.",
)
@dry_run_option()
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
        print_removal_json("runs", [asdict(run) for run in old], dry_run=dry_run)
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
    print_removal(rows, "run", format_bytes(sum(run.bytes for run in old)), dry_run=dry_run)


def _parse_keep(text: str) -> timedelta:
    try:
        keep = parse_duration(text)
    except ValueError as error:
        raise InputError(f"--keep {text!r} is no duration ({error}): write 90d, 12w or 36h.") from None
    if keep < timedelta():
        raise InputError(f"--keep {text!r} is negative: write 90d, 12w or 36h.")
    return keep
