"""Explain a violated constraint of a table by the rows that violate it; Delta's message has one of them at most."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sparkops.core.column_name import quote_column
from sparkops.core.wording import format_count
from sparkops.errors import BadData
from sparkops.tables.error_messages.spark_error_text import extract_spark_text

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_MAX_ROWS = 5
_CHECK = re.compile(
    r"CHECK constraint (?P<name>.+?) (?P<rule>\(.*\)) violated by row with values:(?P<values>(?:\n - .*)*)"
)
_NOT_NULL = re.compile(r"NOT NULL constraint violated for column: (?P<column>[^\n]+?)\.\s")
_LENGTH = re.compile(
    r"exceeds char/varchar type length limitation\. Failed check: \(\((?P<column>.+?) IS NULL\) OR (?P<rule>\(.*\))\)\."
)


@dataclass(frozen=True, slots=True)
class _Violation:
    """A violated constraint.

    Args:
        text: The constraint, for the message.
        rule: The condition that rows have to meet, in Spark SQL.
        columns: Columns whose values the message shows; empty shows all.
    """

    text: str
    rule: str
    columns: tuple[str, ...]


@contextmanager
def explain_violations(frame: DataFrame, table: str) -> Iterator[None]:
    """Raise the error of a violated constraint with the rows of the frame that violate it.

    Raises:
        BadData: A constraint was violated in the block.
    """
    try:
        yield
    except Exception as error:
        violation = _find_violation(extract_spark_text(error) or "")
        if violation is None:
            raise
        raise BadData(
            f"Table `{table}` requires {violation.text}, and {_describe_rows(frame, violation)} Nothing was published: "
            "correct the rows, or remove them from the frame."
        ) from error


def _find_violation(text: str) -> _Violation | None:
    check = _CHECK.search(text)
    if check is not None:
        names = tuple(re.findall(r"\n - (.+?) : ", check["values"]))
        return _Violation(f"{check['rule']} (constraint `{check['name']}`)", check["rule"], names)
    length = _LENGTH.search(text)
    if length is not None:
        column = length["column"].strip("`")
        rule = f"{length['column']} IS NULL OR {length['rule']}"
        return _Violation(f"{length['rule']} (the type of column `{column}`)", rule, (column,))
    missing = _NOT_NULL.search(text + "\n")
    if missing is None:
        return None
    path = missing["column"]
    rule = ".".join(quote_column(name) for name in path.split("."))
    return _Violation(f"a value in each row of `{path}` (NOT NULL)", f"{rule} IS NOT NULL", ())


def _describe_rows(frame: DataFrame, violation: _Violation) -> str:
    """Return how many rows of the frame violate a constraint, and the first of them."""
    from pyspark.errors import PySparkException
    from pyspark.sql import functions as F

    from sparkops.driver.collection import collect_rows

    names = [name for name in violation.columns if name in frame.columns] or frame.columns
    try:
        # A constraint that is null is violated, too.
        rows = frame.where(~F.coalesce(F.expr(violation.rule), F.lit(False)))
        count = rows.count()
        first = collect_rows(rows.select(*map(quote_column, names)).limit(_MAX_ROWS))
    except PySparkException:
        # The constraint is about columns that the table computes.
        return "a row violates that."
    shown = "; ".join(map(_describe_row, first))
    more = f"; and {count - len(first):,} more" if count > len(first) else ""
    violate = "violates" if count == 1 else "violate"
    return f"{format_count(count, 'row')} {violate} that: {shown}{more}."


def _describe_row(row: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in row.items())
