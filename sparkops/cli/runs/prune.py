"""`sparkops runs prune`: remove the records and logs of old runs, and verdicts of checks that are not needed."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta

import click

from sparkops.cli.display.format import format_bytes, format_state
from sparkops.cli.display.removal import (
    dry_run_option,
    print_removal,
    print_removal_json,
    print_removal_summary,
)
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

    Verdicts of checks are removed, too, if no table has their version any more, or if they are older than --keep and
    not about the newest version of a table. Such a version is checked again when a verdict is needed.
    """
    engine, time = project.open_engine(), _parse_keep(keep)
    old = engine.prune_runs(keep=time, dry_run=dry_run)
    verdicts = engine.prune_verdicts(keep=time, dry_run=dry_run)
    if as_json:
        facts = {"verdicts": [asdict(verdict) for verdict in verdicts]}
        print_removal_json("runs", [asdict(run) for run in old], dry_run=dry_run, **facts)
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
    if rows or not verdicts:
        print_removal(rows, "run", format_bytes(sum(run.bytes for run in old)), dry_run=dry_run)
    if verdicts:
        print_removal_summary(len(verdicts), "verdict", sum(item.bytes for item in verdicts), dry_run=dry_run)


def _parse_keep(text: str) -> timedelta:
    try:
        keep = parse_duration(text)
    except ValueError as error:
        raise InputError(f"--keep {text!r} is no duration ({error}): write 90d, 12w or 36h.") from None
    if keep < timedelta():
        raise InputError(f"--keep {text!r} is negative: write 90d, 12w or 36h.")
    return keep
