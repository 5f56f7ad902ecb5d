"""The part of a table that a `replace` replaces, as a condition that Delta accepts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any

from sparkops.errors import BadData, TableError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_MOST = 1000


@dataclass(frozen=True, slots=True)
class Slice:
    """A condition on a table's rows.

    Args:
        condition: Spark SQL; `false` replaces nothing.
        whole: Whether the condition was given by parameters, so that a row outside of it is a mistake.
    """

    condition: str
    whole: bool


def slice_of(frame: DataFrame, by: Sequence[str], values: Mapping[str, Any]) -> Slice:
    """Return what the frame replaces: the slice its parameters name, or else the values of `by` in it.

    Args:
        frame: What will be published.
        by: Columns of the slice.
        values: The run's parameters; one that has a column's name and is not None fixes it.

    Raises:
        TableError: There are too many values to name.
    """
    kinds = {field.name: field.dataType.simpleString() for field in frame.schema.fields}
    named = {
        column for column in by if values.get(column) is not None
    }  # None: not narrowed by that parameter
    fixed = [equals(column, values[column], kinds[column]) for column in by if column in named]
    free = [column for column in by if column not in named]
    if not free:
        return Slice(" AND ".join(fixed), whole=True)
    rows = frame.select(*(quoted(column) for column in free)).distinct().limit(_MOST + 1).collect()
    if len(rows) > _MOST:
        names = ", ".join(f"`{column}`" for column in free)
        raise TableError(
            f"The frame has more than {_MOST:,} values of {names} to replace: partition the table by them, "
            "or replace by a coarser column."
        )
    if not rows:
        return Slice("false", whole=False)
    alternatives = [" AND ".join(equals(c, row[c], kinds[c]) for c in free) for row in rows]
    return Slice(" AND ".join([*fixed, "(" + " OR ".join(f"({a})" for a in alternatives) + ")"]), whole=False)


def require_inside(frame: DataFrame, chosen: Slice, table: str) -> None:
    """Refuse a frame with a row outside of the slice.

    Raises:
        BadData: It shows one such row.
    """
    from pyspark.sql import functions as F

    inside = F.coalesce(F.expr(chosen.condition), F.lit(False))
    row = frame.where(~inside).first()
    if row is not None:
        raise BadData(
            f"Table `{table}`: the job replaces the rows where {chosen.condition}, and returned a row outside of "
            f"that: {row.asDict()}. Filter the frame to the slice."
        )


def equals(column: str, value: Any, kind: str) -> str:
    """Return a condition that a column has a value, or one of several."""
    name = quoted(column)
    if isinstance(value, list | tuple | set | frozenset):
        return "(" + " OR ".join(equals(column, item, kind) for item in value) + ")" if value else "false"
    return f"{name} IS NULL" if value is None else f"{name} = {literal(value, kind)}"


def literal(value: Any, kind: str) -> str:
    """Return a value as Spark SQL of a column's type, safe whatever characters it holds.

    Raises:
        BadData: No literal of SQL holds such a value.
    """
    plain = value.value if isinstance(value, Enum) else value
    text, own = _plain(plain)
    return text if own == kind else f"CAST({text} AS {kind})"


def quoted(name: str) -> str:
    """Return a column's name in backticks."""
    return "`" + name.replace("`", "``") + "`"


def _plain(value: Any) -> tuple[str, str]:
    """Return a literal and the type that Spark reads it as."""
    if isinstance(value, bool):
        return ("TRUE" if value else "FALSE"), "boolean"
    if isinstance(value, int):
        return (str(value), "int") if -(2**31) <= value < 2**31 else (f"{value}L", "bigint")
    if isinstance(value, float | Decimal):
        return f"'{value}'", "string"
    if isinstance(value, datetime):
        moment = value.astimezone(UTC) if value.tzinfo else value
        zone = "Z" if value.tzinfo else ""
        return f"TIMESTAMP '{moment.replace(tzinfo=None).isoformat(sep=' ')}{zone}'", "timestamp"
    if isinstance(value, date):
        return f"DATE '{value.isoformat()}'", "date"
    if isinstance(value, str):
        simple = value.isprintable() and not set(value) & {"'", "\\", "$", "{", "}"}
        return (f"'{value}'" if simple else f"CAST(X'{value.encode().hex()}' AS STRING)"), "string"
    raise BadData(f"A slice cannot be named by {value!r}: use a bool, number, text, date or datetime.")
