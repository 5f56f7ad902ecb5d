"""How the values of one column of a table or plot are shown: by the author's format, or by their type and meaning."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sparkops.pipeline.reports.value_format import (
    find_tick_resolution,
    is_integer_format,
    is_integral,
    is_missing,
    is_number,
)
from sparkops.reports.formatting import (
    MISSING,
    format_number,
    format_number_column,
    format_tick,
    format_value,
    format_with_spec,
)

# The last word of the name of a column whose numbers are no quantities.
_IDENTIFIER_WORDS: Final = frozenset({"year", "date", "id", "key", "code", "zip"})
_WORD_BORDER: Final = re.compile(r"[\W_]+|(?<=[a-z0-9])(?=[A-Z])")
_FIRST_YEAR, _LAST_YEAR = 1900, 2100


@dataclass(frozen=True, slots=True)
class ColumnFormat:
    """How the values of one column are shown.

    Args:
        location: The part of the report and the column, for error messages.
        spec: The author's format specification; empty: by type.
        grouped: Whether thousands are separated, where there is no specification.
    """

    location: str = ""
    spec: str = ""
    grouped: bool = True

    @property
    def needs_integers(self) -> bool:
        """Return whether only integers can be formatted."""
        return is_integer_format(self.spec)

    @property
    def resolution(self) -> float:
        """Return the smallest difference of two numbers whose texts differ; 0 if every difference is shown."""
        return find_tick_resolution(self.spec)

    def format_value(self, value: Any) -> str:
        """Return the text of a value that is alone, as in a tooltip."""
        if is_missing(value):
            return MISSING
        if self.spec:
            return format_with_spec(value, self.spec, self.location)
        return format_number(value, grouped=self.grouped) if is_number(value) else format_value(value)

    def format_values(self, values: Sequence[Any]) -> list[str]:
        """Return the texts of values that are read together: numbers have the same number of decimals."""
        present = [value for value in values if not is_missing(value)]
        if self.spec or not present or not all(map(is_number, present)):
            return [self.format_value(value) for value in values]
        return format_number_column(values, grouped=self.grouped)

    def format_tick(self, value: float) -> str:
        """Return the text of a number along an axis."""
        if not self.spec:
            return format_tick(value, grouped=self.grouped)
        return self.format_value(round(value) if self.needs_integers else value)


def build_column_format(name: str, values: Sequence[Any], *, part: str, spec: str = "") -> ColumnFormat:
    """Return how a column's values are shown.

    Args:
        name: The column.
        values: Its values.
        part: The part of the report, for error messages.
        spec: The author's format specification.
    """
    return ColumnFormat(f"{part}, column `{name}`", spec, grouped=not has_identifiers(name, values))


def is_identifier(name: str) -> bool:
    """Return whether a name ends in a word such as `id` or `year`: its numbers have no separated thousands."""
    return _WORD_BORDER.split(name)[-1].lower() in _IDENTIFIER_WORDS


def has_identifiers(name: str, values: Sequence[Any]) -> bool:
    """Return whether the numbers of a column are identifiers by its name, or years by their values."""
    present = [value for value in values if not is_missing(value)]
    are_years = bool(present) and all(
        is_number(value) and _FIRST_YEAR <= value <= _LAST_YEAR and is_integral(value) for value in present
    )
    return are_years or is_identifier(name)
