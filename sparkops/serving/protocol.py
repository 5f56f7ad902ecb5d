"""MLflow's scoring protocol: parse requests and format responses, without pandas."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from sparkops.errors import InputError
from sparkops.scoring.batch.cells import from_cell, from_csv
from sparkops.scoring.ir.field import Field

FORMATS = ("dataframe_split", "dataframe_records", "instances", "inputs")
Row = dict[str, Any]


class RequestError(InputError):
    """An invalid request.

    Args:
        message: The problem, and what is accepted.
        status: HTTP status.
        row: Index of the invalid row, from 0.
        field: The invalid field.
    """

    def __init__(
        self, message: str, *, status: int = 400, row: int | None = None, field: str | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.row, self.field = status, row, field


def read_rows(body: bytes, content_type: str, fields: Sequence[Field]) -> list[Row]:
    """Parse the rows of a request.

    Args:
        body: The request's body.
        content_type: Its `Content-Type` header.
        fields: Input fields of the model; they decide whether whole floats become integers and CSV text numbers.
    """
    mime = _parse_content_type(content_type)
    kinds = {field.name: field.type for field in fields}
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RequestError(f"The body is not UTF-8 (byte {error.start}). Send it as UTF-8.") from error
    if mime == "text/csv":
        return _parse_csv(text, kinds)
    return [
        {name: from_cell(value, kinds.get(name, "")) for name, value in row.items()}
        for row in _parse_json(text)
    ]


def format_answer(outputs: Sequence[Mapping[str, Any]], rejected: Mapping[int, str]) -> bytes:
    """Return the response as JSON: `predictions` in row order, and `rejected` if the model dropped rows."""
    body: dict[str, Any] = {"predictions": [_finite(row) for row in outputs]}
    if rejected:
        body["rejected"] = [{"row": index, "reason": reason} for index, reason in rejected.items()]
    return json.dumps(body, allow_nan=False, separators=(",", ":")).encode()


def _parse_content_type(content_type: str) -> str:
    mime, *options = (part.strip().lower() for part in content_type.split(";"))
    for option in options:
        if option and option.replace('"', "") != "charset=utf-8":
            raise RequestError(f"The server reads UTF-8 only, not `{option}`.", status=415)
    if mime not in ("application/json", "text/csv"):
        raise RequestError(
            f"The server reads application/json and text/csv, not `{mime or 'no content type'}`.", status=415
        )
    return mime


def _parse_json(text: str) -> list[Row]:
    try:
        body = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RequestError(f"The body is not JSON ({error}).") from error
    if not isinstance(body, dict):
        raise RequestError(
            f"The body is a JSON {_json_type(body)}; it must be an object with one of {', '.join(FORMATS)}."
        )
    named = [name for name in FORMATS if name in body]
    unknown = [name for name in body if name not in (*FORMATS, "params")]
    if len(named) != 1 or unknown:
        raise RequestError(
            f"The body must contain exactly one of {', '.join(FORMATS)}; it contains: {', '.join(body) or '-'}."
        )
    value = body[named[0]]
    if named[0] == "dataframe_split":
        return _parse_split(value)
    if named[0] == "dataframe_records" or isinstance(value, list):
        return _parse_records(value, named[0])
    return _parse_columns(value, named[0])


def _parse_split(value: Any) -> list[Row]:
    if not isinstance(value, dict) or not isinstance(value.get("data"), list):
        raise RequestError("`dataframe_split` must be an object with `columns` and `data`.")
    names, rows = value.get("columns"), value["data"]
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise RequestError("`dataframe_split` must name its `columns`.")
    if len(set(names)) != len(names):
        raise RequestError("`dataframe_split` names a column twice.")
    for index, row in enumerate(rows):
        if not isinstance(row, list) or len(row) != len(names):
            raise RequestError(
                f"Row {index}: `dataframe_split` needs a list of {len(names)} values, one per column.",
                row=index,
            )
    return [dict(zip(names, row, strict=True)) for row in rows]


def _parse_records(value: Any, name: str) -> list[Row]:
    if not isinstance(value, list):
        raise RequestError(
            f"`{name}` must be a list of objects, one per row, not a JSON {_json_type(value)}."
        )
    for index, row in enumerate(value):
        if not isinstance(row, dict):
            raise RequestError(
                f"Row {index}: `{name}` needs an object from field to value, not a JSON {_json_type(row)}.",
                row=index,
            )
    return value


def _parse_columns(value: Any, name: str) -> list[Row]:
    """Return the rows of `{"column": [values]}`, or of one row as `{"column": value}`."""
    if not isinstance(value, dict) or not value:
        raise RequestError(f"`{name}` must be a list of objects, or an object from column to values.")
    if not any(isinstance(values, list) for values in value.values()):
        return [value]
    sizes = {column: len(values) if isinstance(values, list) else -1 for column, values in value.items()}
    if len(set(sizes.values())) != 1:
        raise RequestError(f"`{name}` needs lists of one length; it has: {_format_sizes(sizes)}.")
    return [dict(zip(value, row, strict=True)) for row in zip(*value.values(), strict=True)]


def _parse_csv(text: str, kinds: Mapping[str, str]) -> list[Row]:
    try:
        lines = list(csv.reader(io.StringIO(text), strict=True))
    except csv.Error as error:
        raise RequestError(f"The body is not CSV ({error}).") from error
    if not lines:
        raise RequestError("The CSV is empty: its first line must name the columns.")
    names, rows = lines[0], [line for line in lines[1:] if line]
    for index, row in enumerate(rows):
        if len(row) != len(names):
            raise RequestError(
                f"Row {index}: {len(row)} cells, but the first line names {len(names)} columns.", row=index
            )
    return [
        {name: from_csv(cell, kinds.get(name, "")) for name, cell in zip(names, row, strict=True)}
        for row in rows
    ]


def _finite(value: Any) -> Any:
    """Replace NaN and infinities, which JSON cannot represent, by null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {name: _finite(item) for name, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, list) else value


def _json_type(value: Any) -> str:
    names = {type(None): "null", bool: "boolean", str: "string", list: "list", dict: "object"}
    return names.get(type(value), "number")


def _format_sizes(sizes: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {'one value' if size < 0 else size}" for name, size in sizes.items())
