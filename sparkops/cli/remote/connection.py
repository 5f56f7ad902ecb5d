"""The service that a command asks, and the token that it sends."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import click

from sparkops.api.client import Client
from sparkops.cli.display.echo import hide
from sparkops.core.bounded_file import read_text
from sparkops.core.http_client import remove_credentials
from sparkops.errors import InputError, as_clause

_MAX_TOKEN: Final = 4096


def open_client(ctx: click.Context) -> Client:
    """Return a client of the service of --remote; nothing is sent yet.

    Raises:
        InputError: The address or the token cannot be used.
    """
    options = ctx.find_root().params
    url = str(options["remote"])
    _require_address(url)
    token = _read_token(options.get("token_file"))
    if token is not None:
        hide([token])
    return Client(url, token=token)


def _require_address(url: str) -> None:
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    shown = remove_credentials(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InputError(
            f"--remote is {shown!r}: give the address of a service, such as https://jobs.example.com."
        )
    if parts.username is not None:
        raise InputError(
            f"--remote {shown} is given with a password, which other users of this machine can see. Set "
            "SPARKOPS_TOKEN, or give --token-file."
        )


def _read_token(file: str | None) -> str | None:
    """Return the token: of the file, else of SPARKOPS_TOKEN; None if there is none.

    Raises:
        InputError: The file cannot be read, or the token is none.
    """
    if file is None:
        token, source = os.environ.get("SPARKOPS_TOKEN", "").strip(), "SPARKOPS_TOKEN"
    else:
        source = f"--token-file {file}"
        try:
            token = read_text(Path(file), _MAX_TOKEN).strip()
        except (OSError, ValueError) as error:
            raise InputError(f"{source} cannot be read: {as_clause(error)}.") from None
        if not token:
            raise InputError(f"{source} is empty: write what `sparkops api token create` printed into it.")
    if token and not (token.isascii() and token.isprintable() and " " not in token):
        raise InputError(f"{source} is no token: give what `sparkops api token create` printed.")
    return token or None
