"""Tables and moments on a terminal."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import click

_WHOLE = 26  # characters that stay in one line: a run's id
_NARROW = 20  # least width of a column whose text is longer
_ON_A_PIPE = str.maketrans({"\t": "\\t", "\n": "\\n", "\r": "\\r"})


def table(rows: Sequence[Mapping[str, Any]], *, empty: str, drop: Sequence[str] = ()) -> None:
    """Print rows as a table; on a pipe, as tab-separated lines with a header."""
    if not rows:
        click.echo(empty)
        return
    names = [name for name in rows[0] if name not in drop]
    cells = [[text(row[name]) for name in names] for row in rows]
    if not sys.stdout.isatty():
        for line in (names, *cells):
            click.echo("\t".join(cell.translate(_ON_A_PIPE) for cell in line))
        return
    width = shutil.get_terminal_size((110, 30)).columns
    fits = sum(map(_least, zip(names, *cells, strict=True))) + 3 * (len(names) - 1) <= width
    numeric = [_numeric(rows, name) for name in names]
    click.echo(drawn(names, cells, numeric, width) if fits else flowing(names, cells, width))


def _least(column: Sequence[str]) -> int:
    longest = max(map(len, column))
    return longest if longest <= _WHOLE else _NARROW


def drawn(names: Sequence[str], cells: Sequence[Sequence[str]], right: Sequence[bool], width: int) -> str:
    """Return a table; longer text is wrapped in its column."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    made = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
    for number, name in enumerate(names):
        whole = _least([name, *(row[number] for row in cells)]) != _NARROW
        justify: Literal["left", "right"] = "right" if right[number] else "left"
        made.add_column(name, justify=justify, overflow="fold", no_wrap=whole)
    for row in cells:
        made.add_row(*row)
    # What a table holds is no markup: [red] and :tada: are shown as they are.
    console = Console(width=width, force_terminal=True, markup=False, emoji=False, highlight=False)
    with console.capture() as shown:
        console.print(made, end="")
    return shown.get()


def flowing(names: Sequence[str], cells: Sequence[Sequence[str]], width: int) -> str:
    """Return each row as `name: value` pairs that fill lines; what a narrow terminal can read of a wide table."""
    lines = []
    for row in cells:
        line, used = "", 0
        for name, cell in ((name, cell) for name, cell in zip(names, row, strict=True) if cell):
            size = len(name) + 2 + len(cell)
            if line and used + 2 + size > width:
                lines.append(line)
                line, used = " " * 2, 2
            gap = "  " if line else ""
            line, used = f"{line}{gap}{click.style(name + ':', bold=True)} {cell}", used + len(gap) + size
        lines.append(line)
    return "\n".join(lines)


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


def inside(root: Path, path: str | None) -> str | None:
    """Return a path as seen from the project, or whole where it is not inside."""
    if path is None or not Path(path).is_relative_to(root):
        return path
    return str(Path(path).relative_to(root))


def in_words(state: str) -> str:
    """Return a run's state in words: `checks_failed` is "checks failed"."""
    return state.replace("_", " ")


def when(moment: datetime) -> str:
    """Return a moment in UTC, to the second."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z"


def rows_of(count: int) -> str:
    """Return a number of rows in words: "1 row", "336,775 rows"."""
    return f"{count:,} row{'' if count == 1 else 's'}"


def seconds(value: float | None) -> str:
    """Return a length of time as people say it."""
    if value is None:
        return "-"
    hours, rest = divmod(value, 3600)
    minutes, rest = divmod(rest, 60)
    if hours:
        return f"{int(hours)} h {int(minutes)} min"
    return f"{int(minutes)} min {int(rest)} s" if minutes else f"{value:.1f} s"
