"""`sparkops api`: serve the project's jobs over HTTP, and manage the tokens of its callers."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import click

from sparkops.cli.command_group import CommandGroup
from sparkops.cli.display.echo import echo, echo_json
from sparkops.cli.display.table import print_table
from sparkops.cli.project_options import ProjectOptions, json_option, with_project_options
from sparkops.core.duration import parse_duration
from sparkops.errors import InputError, as_clause

if TYPE_CHECKING:
    from sparkops.api.database.tokens import Token, TokenStore

_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_ROLES: Final = ("read", "run", "admin")
_MAX_NAME: Final = 100
_NO_TOKENS: Final = (
    "There is no token: `sparkops api` listens on this machine only. `sparkops api token create` makes one."
)


@click.group("api", cls=CommandGroup, invoke_without_command=True)
@click.option("--host", default="127.0.0.1", show_default=True, metavar="NAME", help="Address to listen on.")
@click.option(
    "--port",
    default=5002,
    type=click.IntRange(0, 65535),
    show_default=True,
    metavar="NUMBER",
    help="Port to listen on; 0 chooses a free one.",
)
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="json: one JSON object a line, also for each request.",
)
@with_project_options
def api(project: ProjectOptions, host: str, port: int, log_format: str) -> None:
    """Serve the project's jobs over HTTP: request runs, watch and cancel them, read their results.

    What is accepted is in a database, and is executed even if the service ends in between. Without tokens the service
    listens on this machine only; `sparkops api token create` makes the first one.
    """
    if click.get_current_context().invoked_subcommand is not None:
        return
    from sparkops.api.server import ServerOptions, serve_jobs
    from sparkops.serving.listener import listen

    _configure_logging(is_json=log_format == "json")
    engine = project.open_engine()
    options = ServerOptions(
        env=project.env,
        overrides=project.overrides,
        is_local=host in _LOOPBACK,
        on_ready=lambda url: echo(f"Serving the jobs of {engine.root.name} at {url}"),
    )
    with listen(host, port) as listener:
        serve_jobs(engine, listener, options)


def _configure_logging(*, is_json: bool) -> None:
    """Print the service's log on standard error."""
    from sparkops.api.request_log import JsonFormatter

    handler = logging.StreamHandler()
    text = logging.Formatter("%(asctime)s %(levelname)s %(message)s")
    handler.setFormatter(JsonFormatter() if is_json else text)
    logging.getLogger("sparkops.api").addHandler(handler)
    # Lines of the audit are in a file of their own.
    logging.getLogger("sparkops.api.audit").propagate = False
    if is_json:
        logging.getLogger("sparkops.api").setLevel(logging.INFO)


@api.group("token", cls=CommandGroup)
def token() -> None:
    """Tokens, with which callers of the service show who they are."""


@token.command("create", short_help="Make a token, and print it once.")
@click.argument("name")
@click.option(
    "--role",
    type=click.Choice(_ROLES),
    default="read",
    show_default=True,
    help="What it allows: read everything; also run and cancel jobs; everything.",
)
@click.option(
    "--jobs",
    multiple=True,
    metavar="PATTERN",
    help="Jobs that it may run, such as report_*; may be repeated. By default all.",
)
@click.option("--expires", metavar="DURATION", help="How long it is valid: 12h, 30d. By default for ever.")
@with_project_options
def create(project: ProjectOptions, name: str, role: str, jobs: tuple[str, ...], expires: str | None) -> None:
    """Make a token for NAME, and print it. It is stored as a hash: nobody can read it again."""
    if not 1 <= len(name) <= _MAX_NAME or not name.isprintable():
        raise InputError(f"The name of a token has 1 to {_MAX_NAME} printable characters.")
    seconds = _parse_expiry(expires) if expires is not None else None
    with _open_tokens(project) as tokens:
        echo(tokens.create(name, role, jobs=jobs or ("*",), seconds=seconds))  # type: ignore[arg-type]


@token.command("list", short_help="List the tokens.")
@json_option()
@with_project_options
def list_tokens(project: ProjectOptions, as_json: bool) -> None:
    """List the tokens, without the texts that callers send."""
    with _open_tokens(project) as tokens:
        rows = [_describe(token) for token in tokens.list()]
    if as_json:
        echo_json({"tokens": rows})
    else:
        print_table(rows, empty=_NO_TOKENS)


@token.command("revoke", short_help="Remove a token.")
@click.argument("name")
@with_project_options
def revoke(project: ProjectOptions, name: str) -> None:
    """Remove the token of NAME: from now on it is refused."""
    with _open_tokens(project) as tokens:
        tokens.revoke(name)
    echo(f"Revoked the token {name}.")


def _parse_expiry(text: str) -> float:
    try:
        seconds = parse_duration(text).total_seconds()
    except ValueError as error:
        raise InputError(
            f"--expires is {text!r}: {as_clause(error)}. Give a duration, such as 12h or 30d."
        ) from None
    if seconds <= 0:
        raise InputError(f"--expires is {text!r}: give a duration longer than 0.")
    return seconds


@contextmanager
def _open_tokens(project: ProjectOptions) -> Iterator[TokenStore]:
    from sparkops.api.database.connect import open_database
    from sparkops.api.database.tokens import TokenStore

    settings = project.open_engine().settings
    database = open_database(settings.api.database, settings.state)
    try:
        yield TokenStore(database)
    finally:
        database.dispose()


def _describe(token: Token) -> dict[str, object]:
    """Return a token as a row of a table."""
    return {
        "name": token.caller.name,
        "role": token.caller.role,
        "jobs": " ".join(token.caller.jobs),
        "created": datetime.fromtimestamp(token.created, UTC),
        "expires": None if token.expires is None else datetime.fromtimestamp(token.expires, UTC),
    }
