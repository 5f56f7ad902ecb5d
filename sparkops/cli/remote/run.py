"""`sparkops --remote URL run`: request a run, follow its log, and end as the run does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

import click

from sparkops import errors
from sparkops.api.client import Client, RemoteRun
from sparkops.cli.display.echo import echo
from sparkops.cli.display.format import format_state
from sparkops.cli.remote.connection import open_client
from sparkops.cli.remote.group import PROJECT_REASONS, make_refused_options
from sparkops.core.version_number import is_number
from sparkops.core.wording import truncate
from sparkops.errors import InputError, SparkopsError
from sparkops.pipeline.parameters.option_words import collect_texts, split_options

_REASONS: Final = {
    "--upstream": "a request is one run; request the jobs before it first",
    "--force": "it belongs to --upstream",
    "--dry-run": "the service checks parameters when a run is requested",
    "--resume": "the service continues a run whose process ended; `runs resume` is for the project's own machine",
    "--new": "each request without --run-key is a new run",
    "--each": "a request is one run; request one for each value",
    "--max-parallel": "the service's contexts limit the runs at the same time",
    "--fail-fast": "it belongs to --each",
    "--wait": "the service's queue waits for tables; `queue_timeout` of a context limits it",
    **PROJECT_REASONS,
}
_CANCEL_SECONDS: Final = 60.0


@click.command(
    "run",
    params=make_refused_options(_REASONS),
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    options_metavar="[OPTIONS]",
)
@click.argument("job")
@click.option("--param", multiple=True, metavar="NAME=VALUE", help="A parameter by name.")
@click.option(
    "--params-file", metavar="FILE", help="Parameters from a file of YAML or JSON; - for standard input."
)
@click.option("--at", multiple=True, metavar="NAME=VERSION", help="Read this version of a table or model.")
@click.option("--as-of", metavar="TIME", help="Read every Delta table as it was at this time (ISO, UTC).")
@click.option("--run-key", metavar="KEY", help="Requests with one key are one run, also after it has failed.")
@click.option("--detach", is_flag=True, help="Print the id of the run, and do not wait for its end.")
@click.pass_context
def run(
    ctx: click.Context,
    /,
    job: str,
    param: Sequence[str],
    params_file: str | None,
    at: Sequence[str],
    as_of: str | None,
    run_key: str | None,
    detach: bool,
    **_: Any,
) -> None:
    """Run a job on the service, print its log as it is written, and end with the exit code of the run.

    Parameters are options, as in `run daily_sales --day 2024-03-01`; `jobs JOB` shows them. Ctrl-C cancels the run.
    """
    client = open_client(ctx)
    values = _read_file(params_file) if params_file is not None else {}
    requested = client.submit_texts(
        job,
        texts=_read_texts(ctx.args, param),
        params=values,
        at=dict(map(_parse_version, at)),
        as_of=as_of,
        key=run_key,
    )
    if detach:
        echo(requested.id)
        return
    _print_end(_follow(client, requested))


def _print_end(ended: RemoteRun) -> None:
    """Print what a run published.

    Raises:
        SparkopsError: What stopped it.
    """
    try:
        require_done(ended)
    except SparkopsError as error:
        hint = f"\nSee: sparkops --remote ... runs show {ended.id}   runs log {ended.id}"
        raise type(error)(f"{error}{hint}") from None
    published = ", ".join(f"{name}@{output['version']}" for name, output in ended.outputs.items())
    text = f": published {published}" if published else ""
    echo(f"{ended.job} is {format_state(ended.state)}{text}  run {ended.id}")


def wait_or_cancel(client: Client, run_id: str) -> RemoteRun:
    """Return a run when it has ended; an interrupt cancels it."""
    try:
        return client.wait(run_id)
    except KeyboardInterrupt:
        return _cancel(client, run_id)


def _follow(client: Client, requested: RemoteRun) -> RemoteRun:
    """Print the log of a run until its end, and return the run; an interrupt cancels it."""
    try:
        echo(f"Run {requested.id} of job {requested.job} is {format_state(requested.state)}.", err=True)
        for line in client.follow_log(requested.id):
            echo(line, err=True)
    except KeyboardInterrupt:
        return _cancel(client, requested.id)
    return wait_or_cancel(client, requested.id)


def _cancel(client: Client, run_id: str) -> RemoteRun:
    echo(f"Cancelling run {run_id}.", err=True)
    return client.cancel(run_id, seconds=_CANCEL_SECONDS)


def require_done(run: RemoteRun) -> None:
    """Raise the error that stopped a run, as a local run does: of a class with the same exit code."""
    if run.state in ("done", "skipped"):
        return
    kind = getattr(errors, str((run.error or {}).get("type")), None)
    is_input = isinstance(kind, type) and issubclass(kind, InputError) and run.state == "failed"
    if is_input and run.error:
        error = InputError(run.error["message"])
        error.add_note(f"run {run.id}")
        raise error
    if not run.error:
        run = replace(
            run, error={"message": f"Run {run.id} of job `{run.job}` is {format_state(run.state)}."}
        )
    run.require_done()


def _read_texts(words: Sequence[str], pairs: Sequence[str]) -> dict[str, str | list[str]]:
    """Return the text of each parameter of `--name value` and `--param NAME=VALUE`, or all texts of one given again."""
    return collect_texts([*split_options(words), *_split_pairs(pairs)])


def _split_pairs(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    for word in words:
        name, equals, text = word.partition("=")
        if not name or not equals:
            raise InputError(f"--param takes NAME=VALUE, as in --param at=3; not `{truncate(word, 100)}`.")
        yield name.replace("-", "_"), text


def _read_file(file: str) -> dict[str, Any]:
    from sparkops.engine.parameter_sources import read_params_file

    return dict(read_params_file(file).values)


def _parse_version(word: str) -> tuple[str, int]:
    name, _, version = word.partition("=")
    if not name or not is_number(version):
        raise InputError(f"--at takes NAME=VERSION with a whole number; not `{truncate(word, 100)}`.")
    return name, int(version)
