"""The group `sparkops runs`: the list of runs, and the commands about them."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sparkops.cli.display.echo import echo_json
from sparkops.cli.display.format import format_duration, format_state, format_time, to_relative_path
from sparkops.cli.display.table import print_table
from sparkops.cli.jobs.read_versions import parse_time
from sparkops.cli.lazy_group import LazyCommand, LazyGroup
from sparkops.cli.project_options import ProjectOptions, json_option, limit_option, with_project_options
from sparkops.config.state_file import MALFORMED
from sparkops.core.duration import parse_duration
from sparkops.core.wording import format_count
from sparkops.errors import InputError
from sparkops.runs.records.attempt_files import DamagedRecord
from sparkops.runs.records.run import Run, run_to_json, utc_now
from sparkops.runs.records.states import STATES, State

if TYPE_CHECKING:
    from sparkops.engine import Engine

# A logger whose warnings are printed at the end of a command.
_log = logging.getLogger("sparkops.project")

# Each is imported when it is called: the list of runs needs none of what they import.
_COMMANDS = {
    "at-risk": LazyCommand("sparkops.cli.runs.retention", "at_risk"),
    "cancel": LazyCommand("sparkops.cli.runs.resume", "cancel"),
    "diff": LazyCommand("sparkops.cli.runs.diff", "diff"),
    "export": LazyCommand("sparkops.cli.runs.archive", "export"),
    "import": LazyCommand("sparkops.cli.runs.archive", "import_"),
    "keep": LazyCommand("sparkops.cli.runs.retention", "keep"),
    "log": LazyCommand("sparkops.cli.runs.show", "log"),
    "prune": LazyCommand("sparkops.cli.runs.prune", "prune"),
    "resume": LazyCommand("sparkops.cli.runs.resume", "resume"),
    "show": LazyCommand("sparkops.cli.runs.show", "show"),
}


@click.group(
    "runs",
    cls=LazyGroup,
    lazy_commands=_COMMANDS,
    job_command="sparkops runs --job",
    invoke_without_command=True,
)
@click.option("--job", metavar="JOB", help="Only runs of this job.")
@click.option(
    "--state",
    type=click.Choice([state.replace("_", "-") for state in STATES]),
    help="Only runs in this state.",
)
@click.option(
    "--since",
    metavar="TIME",
    help="Only runs that began since then: 2026-11-30, 2026-11-30T08:00Z, or so long ago: 7d, 12h.",
)
@click.option(
    "--parent", metavar="RUN", help="Only the runs of this fan-out; without it, these are not listed."
)
@limit_option("Number of runs, newest first.")
@json_option()
@click.pass_context
@with_project_options
def runs(
    project: ProjectOptions,
    ctx: click.Context,
    job: str | None,
    state: str | None,
    since: str | None,
    parent: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """List runs, newest first."""
    if ctx.invoked_subcommand:
        return
    engine = project.open_engine()
    chosen = _parse_state(state)
    selected = engine.runs.list_newest(
        job=job, state=chosen, since=_parse_since(since), parts=parent is not None, replays=True
    )
    if parent is not None:
        parent_id = engine.runs.resolve_id(parent)
        selected = (run for run in selected if run.parent == parent_id)
    newest = list(islice(selected, limit))
    if as_json:
        echo_json([run_to_json(run) for run in newest])
        return
    print_table(
        list(_list_rows(newest, engine)),
        empty=_explain_empty(job, is_filtered=bool(state or since or parent)),
    )


def _parse_state(text: str | None) -> State | None:
    return next((state for state in STATES if text is not None and state == text.replace("-", "_")), None)


def _parse_since(text: str | None) -> datetime | None:
    """Return the time of a text: a time, or a duration before now."""
    if text is None:
        return None
    try:
        return utc_now() - abs(parse_duration(text))
    except (OverflowError, ValueError):
        pass
    try:
        return parse_time(text)
    except InputError:
        raise InputError(
            f"--since {text!r} is neither a time (2026-11-30, 2026-11-30T08:00Z) nor a duration (7d, 12h)."
        ) from None


def _explain_empty(job: str | None, *, is_filtered: bool) -> str:
    of_job = f" of job `{job}`; `sparkops jobs` lists the jobs" if job else ""
    if is_filtered:
        return f"No such runs{of_job}."
    return f"No runs{of_job or ' yet: `sparkops run JOB` makes one'}."


def _list_rows(runs: Iterable[Run], engine: Engine) -> Iterator[dict[str, Any]]:
    """Yield the row of each run; a damaged record is named in a warning."""
    for run in runs:
        try:
            row = _to_row(run, engine.root)
        except MALFORMED as error:
            _log.warning("%s", DamagedRecord(engine.runs.folder / run.id, error))
            continue
        yield row


def _to_row(run: Run, root: Path) -> dict[str, Any]:
    tables = [f"{name}@{output['version']}" for name, output in run.outputs.items()]
    model = f"{run.registered['name']}/{run.registered['version']}" if run.registered else None
    return {
        "run": run.id,
        "job": run.job,
        "state": format_state(run.state),
        "started": format_time(run.started) if run.started else None,
        "took": format_duration(run.seconds),
        "published": tables
        or to_relative_path(root, run.report)
        or model
        or _count_parts(run)
        or _describe_replay(run),
    }


def _count_parts(run: Run) -> str | None:
    """Return how many runs a fan-out has, or a rollback undid."""
    parts = run.rollback["runs"] if run.rollback else run.items
    return format_count(len(parts), "run") if parts else None


def _describe_replay(run: Run) -> str | None:
    """Return which run a replay repeats, and its verdict."""
    if not run.replay:
        return None
    verdict = (run.replay.get("verdict") or {}).get("verdict")
    return f"replay of {run.replay['of']}" + (f": {verdict}" if verdict else "")
