"""The rows that a `replace` replaces: a condition for Spark, partition values for delta-rs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Any

from sparkops.errors import BadData, TableError
from sparkops.tables.sql_text import equality_condition, quote_name
from sparkops.type_names import INTEGER_BITS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_MAX_VALUES = 1000


@dataclass(frozen=True, slots=True)
class ReplacedSlice:
    """The rows that a `replace` replaces.

    Args:
        columns: Columns that define the slice, without those that do not limit it.
        values: The run's parameters that have the name of such a column and are not None. Where a column has none, the
            values in the frame define the slice.
        partition_values: The same values as Delta writes them as partition values of the column's type; None where only
            a cast by Spark can tell.
    """

    columns: tuple[str, ...]
    values: Mapping[str, Any]
    partition_values: Mapping[str, str | None]

    @classmethod
    def from_parameters(
        cls, columns: Sequence[str], parameters: Mapping[str, Any], schema: Mapping[str, Any]
    ) -> ReplacedSlice:
        """Return the slice that the parameters of a run define.

        A column whose parameter is None does not limit the slice, if another column has a value: with the day of a run
        and no shop, the whole day is replaced.

        Args:
            columns: Columns that define the slice.
            parameters: The run's parameters.
            schema: Schema JSON of the frame.
        """
        types = {field["name"]: field["type"] for field in schema["fields"]}
        values = {name: parameters[name] for name in columns if parameters.get(name) is not None}
        texts = {name: partition_value(value, types[name]) for name, value in values.items()}
        limiting = [name for name in columns if not values or name in values or name not in parameters]
        return cls(tuple(limiting), values, texts)

    def condition(self, frame: DataFrame) -> str:
        """Return the slice as a condition of Spark SQL.

        Args:
            frame: The rows that replace it. Their values define the columns without a parameter.

        Raises:
            TableError: There are too many values for a condition.
        """
        types = {field.name: field.dataType.simpleString() for field in frame.schema.fields}
        fixed = [
            equality_condition(name, self.values[name], types[name])
            for name in self.columns
            if name in self.values
        ]
        free = [name for name in self.columns if name not in self.values]
        if not free:
            return " AND ".join(fixed)
        rows = frame.select(*map(quote_name, free)).distinct().limit(_MAX_VALUES + 1).collect()
        if len(rows) > _MAX_VALUES:
            names = ", ".join(f"`{name}`" for name in free)
            raise TableError(
                f"The frame has more than {_MAX_VALUES:,} values of {names} to replace: partition the table by them, "
                "or replace by a coarser column."
            )
        if not rows:
            return "false"
        alternatives = [
            " AND ".join(equality_condition(name, row[name], types[name]) for name in free) for row in rows
        ]
        return " AND ".join(
            [*fixed, "(" + " OR ".join(f"({alternative})" for alternative in alternatives) + ")"]
        )


def partition_value(value: Any, type_name: Any) -> str | None:
    """Return a value as Delta writes it as a partition value, or None where only a cast by Spark can tell.

    Args:
        value: The value of a parameter.
        type_name: Type of the partition column in schema JSON.
    """
    value = value.value if isinstance(value, Enum) else value
    if isinstance(value, bool | datetime) or not isinstance(value, str | int | date):
        return None
    text = value.isoformat() if isinstance(value, date) else str(value)
    if type_name == "string":
        # Delta stores the empty text as null.
        return text or None
    if type_name == "date":
        return text if isinstance(value, date) or _is_iso_date(text) else None
    if type_name in INTEGER_BITS and re.fullmatch(r"-?[0-9]+", text):
        limit = 2 ** (INTEGER_BITS[type_name] - 1)
        return str(int(text)) if -limit <= int(text) < limit else None
    return None


def _is_iso_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def require_rows_inside(frame: DataFrame, condition: str, table: str) -> None:
    """Refuse a frame that has a row outside the slice.

    Args:
        frame: The rows.
        condition: The slice in Spark SQL.
        table: Name of the table, for the message.

    Raises:
        BadData: There is such a row; the message contains it.
    """
    from pyspark.sql import functions as F

    inside = F.coalesce(F.expr(condition), F.lit(False))
    row = frame.where(~inside).first()
    if row is not None:
        raise BadData(
            f"Table `{table}`: the job replaces the rows where {condition}, and returned a row outside of "
            f"that: {row.asDict()}. Filter the frame to the slice."
        )
