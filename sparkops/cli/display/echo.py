"""Print text of commands: everything that a command prints goes through here, masked and without control characters."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import click

from sparkops.core.control_characters import escape_controls, escape_controls_but_styles


def echo(
    text: object = "",
    *,
    nl: bool = True,
    err: bool = False,
    styled: bool = False,
    secrets: Iterable[str] | None = None,
) -> None:
    """Print a text without secrets; control characters but for tabs and line feeds are shown as escapes.

    Args:
        text: The text.
        nl: Whether a line feed follows.
        err: Whether to print on standard error.
        styled: Whether the text has colours and bold type of its own; parts of it that are data are escaped before.
        secrets: The secrets; by default those of the command that runs.
    """
    click.echo(make_printable(str(text), secrets, styled=styled), nl=nl, err=err)


def echo_json(value: Any) -> None:
    """Print a JSON value without secrets, indented; what JSON lacks is printed as text."""
    from sparkops.core.masking import mask_json

    # Masked before it is encoded, so that numbers and the marks of JSON stay.
    click.echo(escape_controls(json.dumps(mask_json(value, get_secrets()), indent=2, default=str)))


def echo_data(text: str) -> None:
    """Print rows of a table or answers of a model, exactly: they are data, in which no secret is masked."""
    click.echo(escape_controls(text))


def make_printable(text: str, secrets: Iterable[str] | None = None, *, styled: bool = False) -> str:
    """Return a text as a terminal may show it; see `echo`."""
    # Imported here: `--help` needs none of it.
    from sparkops.core.masking import mask

    masked = mask(text, get_secrets() if secrets is None else tuple(secrets))
    return escape_controls_but_styles(masked) if styled else escape_controls(masked)


def hide(secrets: Iterable[str]) -> None:
    """Let the command that runs print none of these secrets."""
    context = click.get_current_context(silent=True)
    if context is not None and isinstance(context.obj, set):
        context.obj.update(secrets)


def get_secrets() -> set[str]:
    """Return the secrets of the command that runs, to which others may be added; empty outside of a command."""
    context = click.get_current_context(silent=True)
    return context.obj if context is not None and isinstance(context.obj, set) else set()
