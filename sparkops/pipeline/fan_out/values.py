"""Read the values of `--each NAME=VALUES`: a list, a range, JSON, or a column of a table."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from sparkops.core.wording import did_you_mean
from sparkops.errors import InputError
from sparkops.pipeline.fan_out.column_values import COLUMN_PREFIX, ColumnValues, Values
from sparkops.pipeline.job import Job
from sparkops.pipeline.param import Param
from sparkops.pipeline.parameters.param_type import read_param_type
from sparkops.pipeline.parameters.value import parse
from sparkops.pipeline.parameters.value_form import ValueForm

_RANGE: Final = ".."
_RANGE_KINDS: Final = ("int", "date")


def read_each(job: Job, texts: Sequence[str], *, limit: int) -> dict[str, Values]:
    """Return the values of each parameter, as texts, by its name.

    Args:
        job: The job whose parameters they are.
        texts: `NAME=VALUES`. VALUES is a list (`JFK,EWR`; quotes as in CSV), a range of integers or days with both
            ends (`1..12`, `2013-07-01..2013-07-31`), a JSON list, or the distinct values of a column (`@airports.faa`).
        limit: Maximum number of values of a range.

    Raises:
        InputError: A text has another form, or names no parameter of the job.
    """
    each: dict[str, Values] = {}
    for text in texts:
        name, equals, values = text.partition("=")
        name = name.replace("-", "_")
        if not name or not equals:
            raise InputError(
                "--each takes NAME=VALUES, as in --each month=1..12, --each origin=JFK,EWR or "
                f"--each origin=@airports.faa; not `{text}`."
            )
        if name in each:
            raise InputError(f"--each {name}=... is given twice: write all its values in one list.")
        each[name] = _read_values(find_param(job, name), values, limit)
    return each


def find_param(job: Job, name: str) -> Param:
    """Return a parameter of a job.

    Raises:
        InputError: The job has no such parameter, or it is a secret.
    """
    for param in job.params:
        if param.name == name:
            if read_param_type(param.annotation).kind == "secret":
                raise InputError(
                    f"`{name}` of job `{job.name}` is a secret: a record does not show it, so runs cannot differ by it."
                )
            return param
    names = [param.name for param in job.params]
    known = f" It takes {', '.join(names)}." if names else " The job has no parameters."
    raise InputError(f"Job `{job.name}` has no parameter `{name}`.{did_you_mean(name, names)}{known}")


def _read_values(param: Param, text: str, limit: int) -> Values:
    if text.startswith(COLUMN_PREFIX):
        return _read_column(param, text)
    if text.lstrip().startswith("["):
        return _read_json(param, text)
    first, dots, last = text.partition(_RANGE)
    if dots and read_param_type(param.annotation).kind in _RANGE_KINDS:
        return _read_range(param, first, last, limit)
    values = next(csv.reader([text], skipinitialspace=True), [])
    if not values:
        raise InputError(f"--each {param.name}= has no values: write --each {param.name}=FIRST,SECOND.")
    return values


def _read_column(param: Param, text: str) -> ColumnValues:
    # The name of a table contains no dot; that of a column may.
    table, dot, column = text.removeprefix(COLUMN_PREFIX).partition(".")
    if not (table and dot and column):
        raise InputError(
            f"--each {param.name}={text}: write @TABLE.COLUMN for the values of a column, and text that begins with @ "
            f"in double quotes: --each '{param.name}=\"{text}\"'."
        )
    return ColumnValues(table, column)


def _read_json(param: Param, text: str) -> list[Any]:
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"--each {param.name}: not a JSON list ({error}).") from None
    if not isinstance(values, list) or not values:
        raise InputError(f"--each {param.name}: write a JSON list of one value or more.")
    return [value if isinstance(value, str) else json.dumps(value) for value in values]


def _read_range(param: Param, first: str, last: str, limit: int) -> list[Any]:
    ends = [parse(param, end.strip(), ValueForm.TEXT) for end in (first, last)]
    if any(end is None for end in ends) or ends[0] > ends[1]:
        raise InputError(f"--each {param.name}={first}..{last}: the first value is not before the last one.")
    count = _count_range(ends[0], ends[1])
    if count > limit:
        raise InputError(
            f"--each {param.name}={first}..{last} has {count:,} values; `execution.max_items` allows {limit:,}."
        )
    return [str(value) for value in _iterate_range(ends[0], ends[1])]


def _count_range(first: Any, last: Any) -> int:
    return (last - first).days + 1 if isinstance(first, date) else int(last - first) + 1


def _iterate_range(first: Any, last: Any) -> Iterator[Any]:
    step = timedelta(days=1) if isinstance(first, date) else 1
    while first <= last:
        yield first
        first += step


def describe_values(each: Mapping[str, Any]) -> str:
    """Return values of parameters as they tell runs of one job apart: `month=3, origin=JFK`."""
    return ", ".join(f"{name}={value}" for name, value in each.items())
