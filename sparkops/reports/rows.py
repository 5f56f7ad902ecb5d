"""The few rows behind a table or a plot, gathered from Spark or taken as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from sparkops.errors import JobFailed


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows by column name.

    Args:
        part: The part of the report they belong to, as an error names it.
        columns: Names in order.
        values: One mapping a row; a column may be missing from one.
        cut: Whether there were more rows than were gathered.
    """

    part: str
    columns: tuple[str, ...]
    values: tuple[Mapping[str, Any], ...]
    cut: bool = False

    def column(self, name: str) -> list[Any]:
        """Return one column's values; a column that is not there is the author's mistake."""
        if name not in self.columns:
            near = get_close_matches(name, self.columns, n=1)
            raise JobFailed(
                f"{self.part} reads column `{name}`, which its rows do not have."
                + (f" Did you mean `{near[0]}`?" if near else "")
                + f" Columns: {', '.join(self.columns) or 'none'}."
            )
        return [row.get(name) for row in self.values]


def gather(source: Any, *, part: str, limit: int) -> Rows:
    """Return at most `limit` rows of a Spark frame or of a sequence of mappings.

    Args:
        source: The frame or the rows.
        part: What they belong to, for messages.
        limit: Most rows that are gathered; one more is looked for, to tell that there are more.
    """
    if hasattr(source, "collect") and hasattr(source, "columns"):
        columns = tuple(source.columns)
        found = [row.asDict(recursive=True) for row in source.limit(limit + 1).collect()]
        _refuse_twins(columns, part)
    elif isinstance(source, Sequence) and all(isinstance(row, Mapping) for row in source):
        found = list(source[: limit + 1])
        columns = tuple(dict.fromkeys(str(name) for row in found for name in row))
    else:
        raise JobFailed(
            f"{part} holds {type(source).__name__} as its rows: give a DataFrame or a list of mappings."
        )
    return Rows(part, columns, tuple(found[:limit]), cut=len(found) > limit)


def _refuse_twins(columns: tuple[str, ...], part: str) -> None:
    twins = sorted({name for name in columns if columns.count(name) > 1})
    if twins:
        raise JobFailed(f"{part} has two columns named `{twins[0]}`: rename one of them.")
