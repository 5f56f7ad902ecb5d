"""The contents of a report, as plain values; `sparkops.reports` renders them as one page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from sparkops.core.place import Place, find_caller_place
from sparkops.errors import DeclarationError
from sparkops.pipeline.reports.report_columns import (
    RowColumns,
    collect_formats,
    find_drawn_column,
    find_duplicates,
    find_misfits,
    find_unknown,
    read_columns,
)
from sparkops.pipeline.reports.value_format import (
    apply_format,
    find_format_problem,
    is_missing,
    is_number,
    is_time_format,
)

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

PlotKind = Literal["bar", "barh", "line", "scatter", "heatmap"]
PLOT_KINDS: Final[tuple[str, ...]] = get_args(PlotKind)


@dataclass(frozen=True, slots=True)
class Number:
    """A headline number.

    Args:
        label: What it counts or measures.
        value: The number; text is shown as it is, None as "no value".
        unit: Its unit.
        note: One sentence under it.
        fmt: Format specification of the value, as in `format(value, fmt)`: `,.0f`, `.1%`, or `%d %b %Y` for a date.
            By default four significant digits, but all digits of an integer, with separated thousands unless the last
            word of the label is `year`, `date`, `id`, `key`, `code` or `zip`. `d` separates no thousands.

    Raises:
        DeclarationError: The format is invalid or does not fit the value.
    """

    label: str
    value: float | Decimal | date | str | None
    unit: str = ""
    note: str = ""
    fmt: str = ",.4g"

    def __post_init__(self) -> None:
        """Check the format."""
        section = f"Number `{self.label}`"
        _raise_problem(section, find_format_problem(self.fmt))
        is_default = self.fmt in {"", ",.4g"}
        if not is_default and not is_missing(self.value) and not isinstance(self.value, str):
            try:
                apply_format(self.value, self.fmt)
            except (ValueError, TypeError) as error:
                message = f"the format `{self.fmt}` does not fit the value {self.value!r} ({error})"
                _raise_problem(section, message, error)


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph of plain text."""

    text: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table of few rows.

    Numbers are right-aligned, with the same number of decimals in a column. Thousands are separated by commas, except
    in columns of years and identifiers: those whose name ends in the word `year`, `date`, `id`, `key`, `code` or
    `zip`, and those whose values are all integers from 1900 to 2100.

    Args:
        title: What the table shows.
        rows: The rows.
        note: One sentence under the table.
        formats: Format specification by column, as in `format(value, spec)`: `{"share": ".1%", "day": "%d %b"}`. `d`
            formats integers without separated thousands, `,d` with them.
        labels: Header by column; by default the column's name with spaces for underscores.

    Raises:
        DeclarationError: A format is invalid.
    """

    title: str
    rows: DataFrame | Sequence[Mapping[str, Any]]
    note: str = ""
    formats: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    place: Place | None = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Check the formats, and store the line of the declaration for error messages."""
        object.__setattr__(self, "place", find_caller_place())
        for name, spec in self.formats.items():
            problem = find_format_problem(spec, allow_text=True)
            _raise_problem(f"Table `{self.title}`, column `{name}`", problem)


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot of few rows, drawn as SVG.

    Thousands are separated by commas on axes and labels, except for years and identifiers, by the rule of `Table`.

    Args:
        title: What the plot shows.
        rows: The values to draw.
        kind: `bar`, `barh`, `line`, `scatter` or `heatmap`.
        x: Column along the first axis.
        y: Column drawn (for `heatmap`: the second axis).
        by: Column that splits the values into series.
        value: Column that colours a heatmap's cells.
        x_label: Name of the first axis, with its unit.
        y_label: Name of the second axis, with its unit.
        note: One sentence under the plot.
        fmt: Format specification, as in `format(value, fmt)`. A number format (`,.0f`, `.1%`, `d`) is for the numbers
            drawn: the axis of `y`, the labels of bars, the cells of a heatmap, tooltips. A date format (`%d %b`) is for
            all dates and times of the plot.
        formats: Format specification by column, where one for all is not enough: `{"day": "%d %b", "share": ".0%"}`.

    Raises:
        DeclarationError: The kind or a format is invalid, or a heatmap has no `value`.
    """

    title: str
    rows: DataFrame | Sequence[Mapping[str, Any]]
    kind: PlotKind
    x: str
    y: str
    by: str | None = None
    value: str | None = None
    x_label: str = ""
    y_label: str = ""
    note: str = ""
    fmt: str = ""
    formats: Mapping[str, str] = field(default_factory=dict)
    place: Place | None = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Check kind and formats, and store the line of the declaration for error messages."""
        object.__setattr__(self, "place", find_caller_place())
        section = f"Plot `{self.title}`"
        if self.kind not in PLOT_KINDS:
            _raise_problem(section, f"it is of the kind `{self.kind}`: choose one of {', '.join(PLOT_KINDS)}")
        if self.kind == "heatmap" and self.value is None:
            _raise_problem(section, "it is a heatmap and names no column to colour by: give `value=`")
        _raise_problem(section, find_format_problem(self.fmt))
        for name, spec in self.formats.items():
            _raise_problem(f"{section}, column `{name}`", find_format_problem(spec))

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns it draws, each once."""
        value = self.value if self.kind == "heatmap" else None
        return tuple(dict.fromkeys(name for name in (self.by, self.x, self.y, value) if name))

    def find_drawn_column(self, samples: Mapping[str, Any]) -> str:
        """Return the column whose numbers are drawn.

        Args:
            samples: A value of each column.
        """
        return find_drawn_column(self.kind, self.x, self.y, self.value, samples)

    def collect_formats(self, samples: Mapping[str, Any]) -> dict[str, str]:
        """Return the format of each column that has one.

        Args:
            samples: A value of each column.
        """
        own = {name: samples.get(name) for name in self.columns}
        return collect_formats(self.fmt, self.find_drawn_column(own), self.formats, own)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One page: a title, headline numbers, then parts in their order.

    Args:
        title: Heading of the page.
        summary: Paragraphs under it.
        numbers: Headline numbers.
        parts: Texts, tables and plots.
        max_rows: Rows that are read of each table and plot.

    Raises:
        DeclarationError: Tables or plots name columns that their rows do not have, or formats that do not fit a
            column's type; all are listed, before any row is computed.
    """

    title: str
    summary: str = ""
    numbers: Sequence[Number] = ()
    parts: Sequence[Text | Table | Plot] = ()
    max_rows: int = 2000

    def __post_init__(self) -> None:
        """Check the columns of all parts."""
        object.__setattr__(self, "parts", tuple(self.parts))
        problems = [
            problem for number, part in enumerate(self.parts, 1) for problem in _check_part(part, number)
        ]
        if problems:
            separator = " " if len(problems) == 1 else "\n  - "
            raise DeclarationError(f"Report `{self.title}`:{separator}{separator.join(problems)}")


def _raise_problem(section: str, problem: str | None, cause: Exception | None = None) -> None:
    """Raise DeclarationError, with the line of the declaration, if there is a problem."""
    if problem:
        place = find_caller_place()
        raise DeclarationError(f"{section}: {problem}{f' ({place})' if place else ''}.") from cause


def _check_part(part: Any, number: int) -> Iterable[str]:
    """Yield one message with all problems of a part, if it has any."""
    if not isinstance(part, Text | Table | Plot):
        yield f"part {number} is {type(part).__name__}: give Text, Table or Plot."
    if not isinstance(part, Table | Plot):
        return
    columns = read_columns(part.rows)
    if columns is None:
        return
    problems = [*find_duplicates(columns)]
    problems += _check_plot(part, columns) if isinstance(part, Plot) else _check_table(part, columns)
    if problems:
        place = f" ({part.place})" if part.place else ""
        text = f"{type(part).__name__} `{part.title}`: {'; '.join(problems)}."
        yield f"{text} {columns.describe()}{place}."


def _check_table(table: Table, columns: RowColumns) -> list[str]:
    uses = [("formats", name) for name in table.formats] + [("labels", name) for name in table.labels]
    return [*find_unknown(uses, columns), *find_misfits(table.formats, columns)]


def _check_plot(plot: Plot, columns: RowColumns) -> list[str]:
    named = [("x", plot.x), ("y", plot.y), ("by", plot.by), ("value", plot.value)]
    uses = [(use, name) for use, name in named if name is not None]
    problems = find_unknown([*uses, *(("formats", name) for name in plot.formats)], columns)
    drawn = plot.find_drawn_column(columns.samples)
    sample = columns.samples.get(drawn)
    if isinstance(sample, str | date):
        problems.append(f"it draws column `{drawn}`, which has {_describe_type(sample)} instead of numbers")
        return problems
    if is_time_format(plot.fmt) and not _can_have_times(plot, columns):
        problems.append(f"the format `{plot.fmt}` is for dates and times, and it draws none")
    return [*problems, *find_misfits(plot.collect_formats(columns.samples), columns)]


def _can_have_times(plot: Plot, columns: RowColumns) -> bool:
    """Return whether a column of a plot has dates or times, or is of an unknown type."""
    samples = [columns.samples.get(name) for name in plot.columns]
    return any(not isinstance(sample, str) and not is_number(sample) for sample in samples)


def _describe_type(sample: Any) -> str:
    return "text" if isinstance(sample, str) else "dates"
