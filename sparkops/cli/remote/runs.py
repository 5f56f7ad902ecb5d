"""`sparkops --remote URL runs`: list, show and cancel the runs of a service, and read their logs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import click

from sparkops.api.client import RemoteRun
from sparkops.cli.command_group import CommandGroup
from sparkops.cli.display.echo import echo, echo_json
from sparkops.cli.display.format import format_state
from sparkops.cli.display.run_lines import format_run
from sparkops.cli.display.table import print_table
from sparkops.cli.project_options import cancel_wait_option, json_option, limit_option, parse_cancel_wait
from sparkops.cli.remote.connection import open_client
from sparkops.cli.remote.group import PROJECT_REASONS, make_refused_options
from sparkops.config.state_file import MALFORMED
from sparkops.errors import EngineError
from sparkops.runs.records.events import fold_events
from sparkops.runs.records.states import STATES

# Longest time, in seconds, for which the service answers a request later.
_MAX_WAIT: Final = 300.0


class _RemoteCommands(CommandGroup):
    """The group, which looks into no project for the word of an unknown command."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command."""
        return click.Group.resolve_command(self, ctx, args)


@click.group(
    "runs", cls=_RemoteCommands, invoke_without_command=True, params=make_refused_options(PROJECT_REASONS)
)
@click.option("--job", metavar="JOB", help="Only runs of this job.")
@click.option(
    "--state",
    type=click.Choice([state.replace("_", "-") for state in STATES]),
    help="Only runs in this state.",
)
@click.option("--since", metavar="TIME", help="Only runs that began since this time: 2026-11-30T08:00Z.")
@limit_option("Number of runs, newest first.")
@json_option()
@click.pass_context
def runs(
    ctx: click.Context,
    /,
    job: str | None,
    state: str | None,
    since: str | None,
    limit: int,
    as_json: bool,
    **_: Any,
) -> None:
    """List the runs of the service, newest first: those that wait in its queue, then those with a record."""
    if ctx.invoked_subcommand:
        return
    chosen = state.replace("-", "_") if state is not None else None
    newest = open_client(ctx).runs(job=job, state=chosen, since=since, limit=limit)
    if as_json:
        echo_json([run.answer for run in newest])
    else:
        print_table(list(map(_to_row, newest)), empty="The service has no such runs.")


@runs.command("show", params=make_refused_options(PROJECT_REASONS))
@click.argument("run_id", metavar="RUN")
@json_option("lines")
@click.pass_context
def show(ctx: click.Context, /, run_id: str, as_json: bool, **_: Any) -> None:
    """Show one run: RUN is an id, a part of one, or `last`."""
    run = open_client(ctx).find(run_id)
    if as_json:
        echo_json(run.answer)
        return
    for line in _format(run):
        echo(line)


@runs.command("log", params=make_refused_options(PROJECT_REASONS))
@click.argument("run_id", metavar="RUN")
@click.option("-f", "--follow", is_flag=True, help="Print what is added, until the run has ended.")
@click.pass_context
def log(ctx: click.Context, /, run_id: str, follow: bool, **_: Any) -> None:
    """Print the log of a run: what it printed, Python's logging and the JVM's output."""
    client = open_client(ctx)
    if not follow:
        echo(client.log(run_id), nl=False)
        return
    for line in client.follow_log(client.find(run_id).id):
        echo(line)


@runs.command("cancel", params=make_refused_options(PROJECT_REASONS))
@click.argument("run_id", metavar="RUN")
@cancel_wait_option()
@json_option("a sentence")
@click.pass_context
def cancel(ctx: click.Context, /, run_id: str, wait: str, as_json: bool, **_: Any) -> None:
    """Cancel a run: take it from the queue, or stop its Spark jobs."""
    run = open_client(ctx).cancel(run_id, seconds=min(parse_cancel_wait(wait), _MAX_WAIT))
    if as_json:
        echo_json(run.answer)
    elif run.has_ended:
        echo(f"Run {run.id} of job {run.job} is {format_state(run.state)}.")
    else:
        echo(f"Run {run.id} of job {run.job} was asked to stop: `runs show {run.id}` shows whether it has.")


def _to_row(run: RemoteRun) -> dict[str, Any]:
    answer = run.answer
    return {
        "run": run.id,
        "job": run.job,
        "state": format_state(run.state),
        "started": answer.get("started") or answer.get("accepted"),
        "caller": answer.get("caller"),
        "published": [f"{name}@{_find_version(output)}" for name, output in run.outputs.items()],
    }


def _find_version(output: Any) -> Any:
    return output.get("version") if isinstance(output, Mapping) else None


def _format(run: RemoteRun) -> Iterator[str]:
    """Yield the lines that show a run: those of its record, or of its request."""
    record = run.answer.get("record")
    if not record:
        yield f"Run      {run.id}  ({run.job})"
        yield f"State    {format_state(run.state)}"
        yield from ([f"Error    {run.error['type']}: {run.error['message']}"] if run.error else [])
        yield from (f"Params   {name} = {value!r}" for name, value in run.params.items())
        return
    try:
        *lines, _ = format_run(fold_events([record]))
    except MALFORMED as error:
        raise EngineError(
            f"The service describes run {run.id} in a form that this release cannot read."
        ) from error
    yield from lines
    yield f"Log      sparkops --remote ... runs log {run.id}"
