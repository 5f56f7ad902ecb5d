"""Check the columns and formats of a report's sections against the columns of their rows, before any row is computed.

The columns of a Spark frame and their types are known from its analysis.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from difflib import get_close_matches
from typing import Any, Final

from sparkops.pipeline.reports.value_format import apply_format, is_missing, is_number, is_time_format

# A value of each type, on which a format is tried. Numbers are whole: formats such as `d` fit a `double` of whole
# values.
_TYPE_SAMPLES: Final[Mapping[str, Any]] = {
    "tinyint": 1, "smallint": 1, "int": 1, "bigint": 1, "float": 1.0, "double": 1.0, "decimal": Decimal(1),
    "date": date(2013, 7, 4), "timestamp": datetime(2013, 7, 4, tzinfo=UTC),
    "timestamp_ntz": datetime(2013, 7, 4, tzinfo=UTC), "string": "text",
}  # fmt: skip
# Columns that a message lists.
_MAX_COLUMNS: Final = 30


@dataclass(frozen=True, slots=True)
class RowColumns:
    """The columns of a section's rows.

    Args:
        names: Names in order; a frame may have one twice.
        samples: A value of each column's type; None if its type is unknown or has no format.
    """

    names: tuple[str, ...]
    samples: Mapping[str, Any]

    def describe(self) -> str:
        """Return the names as one sentence."""
        more = ", ..." if len(self.names) > _MAX_COLUMNS else ""
        return f"Columns: {', '.join(self.names[:_MAX_COLUMNS])}{more}"


def read_columns(rows: Any) -> RowColumns | None:
    """Return the columns of a Spark frame or a sequence of mappings; None if they are unknown, as of an empty list.

    Computes nothing: a frame is only analysed.
    """
    if hasattr(rows, "dtypes") and hasattr(rows, "collect"):
        types = [(name, kind.partition("(")[0]) for name, kind in rows.dtypes]
        return RowColumns(
            tuple(name for name, _ in types), {name: _TYPE_SAMPLES.get(kind) for name, kind in types}
        )
    if not isinstance(rows, Sequence) or not all(isinstance(row, Mapping) for row in rows):
        return None
    samples = sample_values(rows)
    return RowColumns(tuple(samples), samples) if samples else None


def sample_values(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the first value of each column that is not missing; None if it has none."""
    samples: dict[str, Any] = {}
    for row in rows:
        for name, value in row.items():
            if samples.get(str(name)) is None:
                samples[str(name)] = None if is_missing(value) else value
    return samples


def find_duplicates(columns: RowColumns) -> list[str]:
    """Return a problem for each name that two columns have."""
    duplicates = dict.fromkeys(name for name in columns.names if columns.names.count(name) > 1)
    return [f"its rows have two columns named `{name}`, rename one of them" for name in duplicates]


def find_unknown(uses: Sequence[tuple[str, str]], columns: RowColumns) -> list[str]:
    """Return a problem for each use of a column that does not exist.

    Args:
        uses: Pairs of an argument that names a column, such as `x`, and the column's name.
        columns: The columns of the rows.
    """
    return [
        f"{use}=`{name}` is not a column of its rows{_suggest(name, columns.names)}"
        for use, name in uses
        if name not in columns.names
    ]


def _suggest(name: str, known: Sequence[str]) -> str:
    by_lower = {other.lower(): other for other in known}
    near = get_close_matches(str(name).lower(), by_lower, n=1)
    return f" (did you mean `{by_lower[near[0]]}`?)" if near else ""


def find_misfits(formats: Mapping[str, str], columns: RowColumns) -> list[str]:
    """Return a problem for each column whose type its format does not fit."""
    problems = []
    for name, spec in formats.items():
        sample = columns.samples.get(name)
        if sample is None or not spec:
            continue
        try:
            apply_format(sample, spec)
        except (ValueError, TypeError) as error:
            problems.append(f"the format `{spec}` does not fit column `{name}` ({error})")
    return problems


def find_drawn_column(kind: str, x: str, y: str, value: str | None, samples: Mapping[str, Any]) -> str:
    """Return the column whose numbers a plot draws.

    It is `y`, but `value` for a heatmap, and `x` for horizontal bars whose length `x` gives.
    """
    if kind == "heatmap":
        return value or ""
    x_sample, y_sample = samples.get(x), samples.get(y)
    is_swapped = is_number(x_sample) and y_sample is not None and not is_number(y_sample)
    return x if kind == "barh" and is_swapped else y


def collect_formats(
    fmt: str, drawn: str, formats: Mapping[str, str], samples: Mapping[str, Any]
) -> dict[str, str]:
    """Return the format of each column of a plot.

    Args:
        fmt: The plot's format: of all its dates and times, or of the numbers drawn.
        drawn: The column of the numbers drawn.
        formats: Formats of single columns, which take precedence.
        samples: A value of each column of the plot.
    """
    if is_time_format(fmt):
        common = {name: fmt for name, value in samples.items() if isinstance(value, date)}
    else:
        common = {drawn: fmt} if fmt else {}
    return {**common, **formats}
