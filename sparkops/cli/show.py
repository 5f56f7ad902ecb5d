"""Tables and moments on a terminal."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import click


def table(rows: Sequence[Mapping[str, Any]], *, empty: str, drop: Sequence[str] = ()) -> None:
    """Print rows as a table; on a pipe, as tab-separated lines with a header."""
    import sys

    if not rows:
        click.echo(empty)
        return
    names = [name for name in rows[0] if name not in drop]
    if not sys.stdout.isatty():
        click.echo("\t".join(names))
        for row in rows:
            click.echo("\t".join(text(row[name]) for name in names))
        return
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    made = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for name in names:
        made.add_column(name, justify="right" if _numeric(rows, name) else "left", overflow="fold")
    for row in rows:
        made.add_row(*(text(row[name]) for name in names))
    Console(width=shutil.get_terminal_size((110, 30)).columns).print(made)


def _numeric(rows: Sequence[Mapping[str, Any]], name: str) -> bool:
    return all(isinstance(row[name], int | float) or row[name] is None for row in rows)


def text(value: Any) -> str:
    """Return a value as a cell shows it."""
    if value is None:
        return "-"
    if isinstance(value, datetime):
        return when(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list | tuple):
        return ", ".join(text(item) for item in value) or "-"
    return str(value)


def when(moment: datetime) -> str:
    """Return a moment in UTC, to the second."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z"


def seconds(value: float | None) -> str:
    """Return a length of time as people say it."""
    if value is None:
        return "-"
    minutes, rest = divmod(value, 60)
    return f"{int(minutes)} min {int(rest)} s" if minutes else f"{value:.1f} s"
