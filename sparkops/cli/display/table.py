"""Print rows as a table: drawn on a terminal, tab-separated on a pipe."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import click

from sparkops.cli.display.echo import echo, echo_data, make_printable
from sparkops.cli.display.format import format_value
from sparkops.core.control_characters import escape_controls

# Columns whose longest cell has up to this many characters are not wrapped: a run's id has 26.
_MAX_UNWRAPPED = 26
# Least width of a column that is wrapped.
_MIN_WRAPPED = 20
_ESCAPES = str.maketrans({"\t": "\\t", "\n": "\\n", "\r": "\\r"})
_LINES = str.maketrans({"\r": "\\r"})


def print_table(
    rows: Sequence[Mapping[str, Any]],
    *,
    empty: str,
    drop: Sequence[str] = (),
    format_cell: Callable[[Any], str] = format_value,
    is_data: bool = False,
) -> None:
    """Print rows as a table; on a pipe, as tab-separated lines with a header.

    Args:
        rows: Values by column; all rows have the columns of the first.
        empty: Printed if there are no rows.
        drop: Columns that are not printed.
        format_cell: Returns a value as its cell shows it.
        is_data: Whether the rows are those of a table, in which no secret is masked.
    """
    if not rows:
        echo(empty)
        return
    names = [name for name in rows[0] if name not in drop]
    show = escape_controls if is_data else make_printable
    cells = [[show(format_cell(row[name]).translate(_LINES)) for name in names] for row in rows]
    names = list(map(show, names))
    if not sys.stdout.isatty():
        for line in (names, *cells):
            echo_data("\t".join(cell.translate(_ESCAPES) for cell in line))
        return
    width = shutil.get_terminal_size((110, 30)).columns
    fits = sum(map(_find_min_width, zip(names, *cells, strict=True))) + 3 * (len(names) - 1) <= width
    numeric = [_is_numeric(rows, name) for name in rows[0] if name not in drop]
    drawn = draw_table(names, cells, numeric, width) if fits else fill_lines(names, cells, width)
    # Its cells are masked and escaped already, and its lines may break a secret.
    echo(drawn, styled=True, secrets=())


def draw_table(
    names: Sequence[str], cells: Sequence[Sequence[str]], align_right: Sequence[bool], width: int
) -> str:
    """Return a table of columns; longer cells are wrapped."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
    for number, name in enumerate(names):
        column = [name, *(row[number] for row in cells)]
        justify: Literal["left", "right"] = "right" if align_right[number] else "left"
        table.add_column(
            name, justify=justify, overflow="fold", no_wrap=_find_min_width(column) >= max(map(len, column))
        )
    for row in cells:
        table.add_row(*row)
    # Cells are not markup: [red] and :tada: are shown as they are.
    console = Console(width=width, force_terminal=True, markup=False, emoji=False, highlight=False)
    with console.capture() as output:
        console.print(table, end="")
    return output.get()


def fill_lines(names: Sequence[str], cells: Sequence[Sequence[str]], width: int) -> str:
    """Return each row as `name: value` pairs that fill lines, for a table that is wider than the terminal."""
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


def _find_min_width(column: Sequence[str]) -> int:
    longest = max(map(len, column))
    return longest if longest <= _MAX_UNWRAPPED or any(map(_is_path, column)) else _MIN_WRAPPED


def _is_path(cell: str) -> bool:
    """Return whether a cell is a path or URI, which is copied and so stays in one line."""
    return "/" in cell and " " not in cell


def _is_numeric(rows: Sequence[Mapping[str, Any]], name: str) -> bool:
    return all(isinstance(row[name], int | float) or row[name] is None for row in rows)
