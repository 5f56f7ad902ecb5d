"""The rows that a `replace` replaces: a condition for Spark, partition values for delta-rs.

Values of parameters are cast to the types of their columns as Spark casts them, before a backend is selected.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Any

from sparkops.core.column_name import quote_column
from sparkops.core.type_names import INTEGER_BITS
from sparkops.errors import BadData, TableError
from sparkops.tables.sql_text import format_equality, format_literal, format_moment
from sparkops.tables.staging.staged_file import NULL_TEXTS

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame
    from pyspark.sql.types import StructField

_MAX_VALUES = 1000


@dataclass(frozen=True, slots=True)
class ReplacedSlice:
    """The rows that a `replace` replaces.

    Args:
        columns: Columns that define the slice, without those that do not limit it.
        partition_values: For each column that has the name of a parameter which is not None: the parameter's values,
            cast to the type of the column, as Delta writes them as partition values. None is null. For a column without
            a parameter, the values in the frame define the slice.
        conditions: For the same columns, the condition in Spark SQL.
    """

    columns: tuple[str, ...]
    partition_values: Mapping[str, tuple[str | None, ...]]
    conditions: Mapping[str, str]

    @classmethod
    def from_parameters(
        cls,
        columns: Sequence[str],
        parameters: Mapping[str, Any],
        frame: DataFrame,
        *,
        partition_by: Collection[str] = (),
    ) -> ReplacedSlice:
        """Return the slice that the parameters of a run define.

        A column whose parameter is None does not limit the slice, if another column has a value: with the day of a run
        and no shop, the whole day is replaced.

        Args:
            columns: Columns that define the slice.
            parameters: The run's parameters.
            frame: The rows that replace it.
            partition_by: Partition columns of the table.

        Raises:
            BadData: A parameter cannot be cast to the type of its column.
        """
        fields = {field.name: field for field in frame.schema.fields}
        values: dict[str, tuple[str | None, ...]] = {}
        conditions: dict[str, str] = {}
        for name in columns:
            if parameters.get(name) is None:
                continue
            parameter = parameters[name]
            items = list(parameter) if isinstance(parameter, list | tuple | set | frozenset) else [parameter]
            texts = [None if item is None else cast_to_text(item, fields[name], frame) for item in items]
            stored = [None if text in NULL_TEXTS and name in partition_by else text for text in texts]
            values[name] = tuple(dict.fromkeys(stored))
            type_name = fields[name].dataType.simpleString()
            # The parameter itself, because the text of a double or of a timestamp may be another value.
            typed = [None if text is None else item for text, item in zip(stored, items, strict=True)]
            conditions[name] = format_equality(name, typed if len(typed) != 1 else typed[0], type_name)
        limiting = [name for name in columns if not values or name in values or name not in parameters]
        return cls(tuple(limiting), values, conditions)

    @property
    def fixed_condition(self) -> str:
        """Return the condition of the columns that have a parameter; empty if none has."""
        return " AND ".join(self.conditions.values())

    def build_condition(self, frame: DataFrame) -> str:
        """Return the slice as a condition of Spark SQL.

        Args:
            frame: The rows that replace it. Their values define the columns without a parameter.

        Raises:
            TableError: There are too many values for a condition.
        """
        unset = [name for name in self.columns if name not in self.conditions]
        if not unset:
            return self.fixed_condition
        fields = [field for field in frame.schema.fields if field.name in unset]
        distinct = frame.select(*map(quote_column, unset)).distinct().limit(_MAX_VALUES + 1)
        rows = distinct.select(*map(_select_exact, fields)).collect()
        if len(rows) > _MAX_VALUES:
            names = ", ".join(f"`{name}`" for name in unset)
            raise TableError(
                f"The frame has more than {_MAX_VALUES:,} values of {names} to replace: partition the table by them, "
                "or replace by a coarser column."
            )
        if not rows:
            return "false"
        alternatives = [
            " AND ".join(_format_exact_equality(field, row[field.name]) for field in fields) for row in rows
        ]
        one_of = "(" + " OR ".join(f"({alternative})" for alternative in alternatives) + ")"
        return " AND ".join([*self.conditions.values(), one_of])

    def contains_partitions(self, partitions: Collection[Mapping[str, str | None]]) -> bool:
        """Return whether all rows of some partitions are in the slice, as far as partition values can tell."""
        return all(
            name in partition and partition[name] in values
            for name, values in self.partition_values.items()
            for partition in partitions
        )


def _select_exact(field: StructField) -> Column:
    """Return the values of a column in a form that Python can hold, whatever their years and its time zone."""
    from pyspark.sql import functions as F

    column, kind = F.col(quote_column(field.name)), field.dataType.typeName()
    if kind == "timestamp":
        return F.unix_micros(column).alias(field.name)
    return column.cast("string").alias(field.name) if kind in ("date", "timestamp_ntz") else column


def _format_exact_equality(field: StructField, value: Any) -> str:
    """Return the condition that a column equals a collected value of `_select_exact`."""
    if field.dataType.typeName() == "timestamp" and value is not None:
        return f"{quote_column(field.name)} = {format_moment(value)}"
    return format_equality(field.name, value, field.dataType.simpleString())


def cast_to_text(value: Any, field: StructField, frame: DataFrame) -> str:
    """Return a value cast to the type of a column as Spark casts it, and then to text.

    Args:
        value: The value of a parameter.
        field: The column.
        frame: Its session casts the value, if its type is another than that of the column.

    Raises:
        BadData: It cannot be cast.
    """
    value = value.value if isinstance(value, Enum) else value
    text = _cast_simple_value(value, field.dataType.typeName())
    if text is not None:
        return text
    from pyspark.errors import PySparkException

    type_name = field.dataType.simpleString()
    query = f"SELECT CAST({format_literal(value, type_name)} AS STRING) AS text"
    try:
        result = frame.sparkSession.sql(query).collect()[0].text
    except PySparkException:
        result = None
    if result is None:
        raise BadData(
            f"Parameter `{field.name}` is {value!r}, and Spark cannot cast it to {type_name}, the type of column "
            f"`{field.name}`: pass a value of that type."
        )
    return str(result)


def _cast_simple_value(value: Any, type_name: str) -> str | None:
    """Return the text of a value that is already written as Spark writes that type; None if Spark has to cast it."""
    if isinstance(value, bool | datetime) or not isinstance(value, str | int | date):
        return None
    text = value.isoformat() if isinstance(value, date) else str(value)
    if type_name == "string":
        return text
    if type_name == "date":
        return text if isinstance(value, date) or _is_iso_date(text) else None
    if type_name in INTEGER_BITS and not isinstance(value, date) and re.fullmatch(r"-?[0-9]+", text):
        limit = 2 ** (INTEGER_BITS[type_name] - 1)
        return str(int(text)) if -limit <= int(text) < limit else None
    return None


def _is_iso_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def require_rows_inside(frame: DataFrame, replaced: ReplacedSlice, table: str) -> None:
    """Refuse a frame that has a row outside the slice.

    Args:
        frame: The rows.
        replaced: The slice.
        table: Name of the table, for the message.

    Raises:
        BadData: There is such a row; the message contains it.
    """
    from pyspark.sql import functions as F

    from sparkops.driver.collection import collect_rows

    condition = replaced.fixed_condition
    inside = F.coalesce(F.expr(condition), F.lit(False))
    for row in collect_rows(frame.where(~inside).limit(1)):
        raise BadData(
            f"Table `{table}`: the job replaces the rows where {condition}, and returned a row outside of "
            f"that: {row}. Filter the frame to the slice."
        )
