"""The table of docs/reference/types.md: what becomes of a value of each type, by entry point."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from input_types.samples import SAMPLES

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "types.md"
_BEGIN, _END = "<!-- table: written by tests/input_types -->\n", "<!-- end of table -->"


def render_table(results: Mapping[str, Mapping[str, str]]) -> str:
    """Return the table, an entry point a row and a type a column."""
    types = [sample.type for sample in SAMPLES]
    lines = [["entry point", *(f"`{type_}`" for type_ in types)], ["---"] * (len(types) + 1)]
    lines += [
        [entry_point, *(cells.get(type_, "-").replace("same", "yes") for type_ in types)]
        for entry_point, cells in results.items()
    ]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def read_table(page: str) -> str:
    """Return the table of a page."""
    return page.partition(_BEGIN)[2].partition(_END)[0]
