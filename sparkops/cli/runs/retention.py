"""`sparkops runs at-risk` and `runs keep`: which runs may lose what they read, and copies that prevent it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from sparkops.cli.display.echo import echo, echo_json
from sparkops.cli.display.format import format_bytes, format_time
from sparkops.cli.display.table import print_table
from sparkops.cli.project_options import ProjectOptions, json_option, with_project_options
from sparkops.core.duration import parse_duration
from sparkops.core.wording import format_count
from sparkops.errors import InputError

if TYPE_CHECKING:
    from sparkops.engine.operations.undo.retention import RunCopies


@click.command("at-risk", short_help="List runs whose inputs are gone, or may be removed.")
@click.option("--job", metavar="JOB", help="Only runs of this job.")
@click.option(
    "--within", metavar="DURATION", help="Only what may be removed within this time (7d), or is gone."
)
@json_option()
@with_project_options
def at_risk(project: ProjectOptions, job: str | None, within: str | None, as_json: bool) -> None:
    """List the runs whose input versions are gone, or may be removed, with dates.

    A version is removed by VACUUM or by the clean-up of the table's log. Each version is looked up in the log and on
    the disk of its table; Spark is not started. Versions that `runs keep` copied are not at risk.
    """
    items = project.open_engine().runs_at_risk(job=job, within=_parse_within(within))
    if as_json:
        echo_json([asdict(item) for item in items])
        return
    rows = [
        {
            "run": item.run,
            "job": item.job,
            "input": f"{item.table}@{item.version}",
            "state": item.outlook.replace("_", " "),
            "from": format_time(item.removable) if item.removable else None,
            "reason": item.reason,
        }
        for item in items
    ]
    print_table(rows, empty="No run has an input that is gone or may be removed.")
    if items:
        runs = {item.run for item in items}
        lost = {item.run for item in items if item.outlook == "gone"}
        echo(f"{format_count(len(runs), 'run')}, {len(lost):,} of them with an input that is gone.")


@click.command("keep", short_help="Copy the versions that a run needs, or remove the copies.")
@click.argument("run_id", metavar="[RUN]", required=False)
@click.option("--inputs-only", is_flag=True, help="Copy what the run read, and not what it wrote.")
@click.option("--undo", is_flag=True, help="Remove the copies that no other run needs.")
@click.option("--dry-run", is_flag=True, help="Show what would be copied or removed, and its size.")
@json_option()
@with_project_options
def keep(
    project: ProjectOptions, run_id: str | None, inputs_only: bool, undo: bool, dry_run: bool, as_json: bool
) -> None:
    """Copy the table versions that RUN read and wrote, so that VACUUM does not remove them, and protect its record.

    On a local file system a copy consists of hard links: it takes space only once VACUUM has removed the files from the
    table. Without RUN, the runs that have copies are listed.
    """
    with project.open_engine() as engine:
        if run_id is None:
            if undo or inputs_only or dry_run:
                raise InputError(
                    "Give the run that --undo, --inputs-only or --dry-run is for: `sparkops runs` lists them."
                )
            results = list(engine.copies())
        elif undo:
            results = [engine.release_run(run_id, dry_run=dry_run)]
        else:
            planned = engine.keep_run(run_id, inputs_only=inputs_only, dry_run=True)
            if not as_json and not dry_run:
                for line in _format_size(planned):
                    echo(line)
            results = [planned if dry_run else engine.keep_run(run_id, inputs_only=inputs_only)]
    if as_json:
        echo_json([asdict(result) for result in results])
        return
    is_planned = dry_run and not undo
    rows = [row for result in results for row in _to_rows(result, is_planned=is_planned)]
    print_table(rows, empty="No versions are copied.")
    if run_id is not None:
        verb = "would be " if dry_run else ""
        count = format_count(len(results[0].copies), "copy", "copies")
        echo(f"{count} {verb}{'removed' if undo else 'kept'} for run {results[0].run}.")


def _format_size(result: RunCopies) -> Iterator[str]:
    """Yield the size of the copies that will be made."""
    new = [copy for copy in result.copies if not copy.exists]
    size = format_bytes(sum(copy.bytes or 0 for copy in new))
    links = (
        "" if not all(copy.is_linked for copy in new) else ", as hard links that take no space before VACUUM"
    )
    if new:
        yield f"Copying {format_count(len(new), 'version')}, {size}{links}."


def _to_rows(result: RunCopies, *, is_planned: bool) -> Iterator[dict[str, object]]:
    """Yield a row for each copy; one that does not exist, and is not only planned, is missing."""
    for copy in result.copies:
        files = "linked" if copy.is_linked else "written again"
        yield {
            "run": result.run,
            "version": f"{copy.table}@{copy.version}",
            "size": format_bytes(copy.bytes) if copy.bytes is not None else None,
            "files": files if copy.exists or is_planned else "missing",
            "copy": copy.path,
        }


def _parse_within(text: str | None) -> timedelta | None:
    if text is None:
        return None
    try:
        return abs(parse_duration(text))
    except ValueError as error:
        raise InputError(f"--within {text!r} is no duration ({error}): write 7d, 12h or 4w.") from None
