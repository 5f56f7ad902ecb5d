"""Read the values of a fan-out that come from columns of tables."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sparkops.engine.operations.fan_out.pins import pin_tables
from sparkops.errors import InputError
from sparkops.pipeline.fan_out.column_values import ColumnValues, Values
from sparkops.pipeline.fan_out.values import find_param
from sparkops.pipeline.job import Job
from sparkops.pipeline.param import Param
from sparkops.pipeline.parameters.param_type import read_param_type
from sparkops.pipeline.parameters.value import parse
from sparkops.pipeline.parameters.value_form import ValueForm
from sparkops.pipeline.table import Pin
from sparkops.runs.read_versions import ReadVersions

if TYPE_CHECKING:
    from sparkops.engine.container import ServiceContainer
    from sparkops.tables.distinct_values import DistinctValues
    from sparkops.tables.tables import Tables

_log = logging.getLogger("sparkops.engine")


@dataclass(frozen=True, slots=True)
class ColumnContents:
    """The values that a fan-out takes from columns.

    Args:
        values: The values of each parameter, of its type.
        pins: The versions that they were read from, by table.
    """

    values: Mapping[str, tuple[Any, ...]]
    pins: Mapping[str, Pin]


def read_columns(
    container: ServiceContainer,
    job: Job,
    each: Mapping[str, Values],
    versions: ReadVersions,
    tables: Tables | None = None,
) -> ColumnContents:
    """Read the values that a fan-out takes from columns.

    Spark is started only for a table that delta-rs cannot read, such as a source of CSV files.

    Args:
        container: The services.
        job: The job.
        each: The values of each parameter; only those that come from columns are read.
        versions: The requested versions; other tables are read at their newest.
        tables: Reads the columns; by default the tables of the services.

    Raises:
        InputError: There is no such table or column, or a value is not valid for the parameter.
    """
    columns = {name: values for name, values in each.items() if isinstance(values, ColumnValues)}
    pins = pin_tables(container, dict.fromkeys(column.table for column in columns.values()), versions)
    limit = container.settings.execution.max_items
    values = {}
    for name, column in columns.items():
        content = (tables or container.tables).read_distinct(pins[column.table], column.column, limit=limit)
        values[name] = _convert_all(find_param(job, name), column, content)
    return ColumnContents(values, pins)


def _convert_all(param: Param, column: ColumnValues, content: DistinctValues) -> tuple[Any, ...]:
    """Return the values of a column as values of a parameter; null is None, if the parameter takes that."""
    values = [_convert(param, column, value) for value in content.values]
    if content.has_null and read_param_type(param.annotation).optional:
        values.append(None)
    elif content.has_null:
        _log.warning(
            "Column `%s` of `%s` has nulls, and parameter `%s` does not take None: no run is made for them.",
            column.column,
            column.table,
            param.name,
        )
    if not values:
        raise InputError(
            f"There are no values for `{param.name}`: column `{column.column}` of `{column.table}` has none."
        )
    return tuple(values)


def _convert(param: Param, column: ColumnValues, value: Any) -> Any:
    """Return a value of a column as a value of the parameter; text is parsed as on the command line."""
    try:
        return parse(param, value, ValueForm.PYTHON)
    except InputError as error:
        if isinstance(value, str):
            with suppress(InputError):
                return parse(param, value, ValueForm.TEXT)
        # The hint about texts from Python does not apply to a column.
        message = str(error).partition(" (a text from Python")[0]
        raise InputError(f"{message}, from column `{column.column}` of `{column.table}`") from None
