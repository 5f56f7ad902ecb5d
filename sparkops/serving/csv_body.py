"""CSV bodies: text to rows. A header may be absent; then cells are in the order of the model's fields."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from typing import Any

from sparkops.core.wording import format_count
from sparkops.scoring.batch.cells import from_csv
from sparkops.scoring.ir.field import NUMERIC_TYPES
from sparkops.serving.request_error import RequestError, shorten
from sparkops.serving.request_rows import InputSchema, InvalidRow, RequestRows, Row

# Python's int and float read more than that: `1_000`, and the digits of every script.
_NUMBER = re.compile(
    r"[ \t]*[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|nan|inf|infinity)[ \t]*", re.ASCII | re.IGNORECASE
)


def read_csv(text: str, schema: InputSchema, *, has_header: bool) -> RequestRows:
    """Return the rows of a CSV body; empty lines are skipped.

    Raises:
        RequestError: It is not CSV, or its header is missing or names a column twice.
    """
    try:
        lines = [line for line in csv.reader(io.StringIO(text), strict=True) if line]
    except csv.Error as error:
        raise RequestError(f"The body is not CSV ({error}).") from error
    if not has_header:
        return RequestRows([schema.to_mapping(line, "cell") for line in lines], _convert)
    if not lines:
        raise RequestError("The CSV is empty: its first line must name the columns.")
    names = lines[0]
    if repeated := [name for name, count in Counter(names).items() if count > 1]:
        listed = shorten(", ".join(f"`{name}`" for name in repeated), 200)
        raise RequestError(f"The first line of the CSV names {listed} twice; name each column once.")
    return RequestRows([_to_row(names, line) for line in lines[1:]], _convert)


def _to_row(names: list[str], line: list[str]) -> Row | InvalidRow:
    if len(line) != len(names):
        return InvalidRow(
            f"{format_count(len(line), 'cell')}, but the first line names {format_count(len(names), 'column')}."
        )
    return dict(zip(names, line, strict=True))


def _convert(cell: Any, type_: str) -> Any:
    if type_ in NUMERIC_TYPES and cell and not _NUMBER.fullmatch(cell):
        return cell
    return from_csv(cell, type_)
