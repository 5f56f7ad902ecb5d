"""Print text of commands."""

from __future__ import annotations

import click

from sparkops.core.control_characters import escape_controls_but_styles


def echo(text: object = "", *, nl: bool = True, err: bool = False) -> None:
    """Print a text, in which control characters are escaped except for tabs, line feeds and colours.

    Args:
        text: The text.
        nl: Whether a line feed follows.
        err: Whether to print on standard error.
    """
    click.echo(escape_controls_but_styles(str(text)), nl=nl, err=err)
