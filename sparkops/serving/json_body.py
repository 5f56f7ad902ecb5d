"""MLflow's JSON bodies: `dataframe_split`, `dataframe_records`, `instances` and `inputs`, without pandas."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from sparkops.core.wording import format_count
from sparkops.scoring.batch.cells import from_json
from sparkops.serving.large_json import decode_in_parts
from sparkops.serving.request_error import RequestError, shorten
from sparkops.serving.request_rows import InputSchema, InvalidRow, RequestRows, Row

FORMATS = ("dataframe_split", "dataframe_records", "instances", "inputs")
# An escaped half of a surrogate pair without the other half; after an escaped backslash it is none, so this needs a
# closer look.
_HALF_PAIR = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F]"
)
# Characters of a text that is read in parts.
_LARGE = 65_536
_NAMES = {type(None): "null", bool: "boolean", str: "string", list: "list", dict: "object"}
Rows = Sequence[Row | InvalidRow]


class _DuplicateKeyError(ValueError):
    """An object names a key twice."""


def read_json(text: str, schema: InputSchema) -> RequestRows:
    """Return the rows of a JSON body.

    Raises:
        RequestError: It is not JSON, or not one of MLflow's forms.
    """
    body = _parse(text)
    if not isinstance(body, dict):
        raise RequestError(
            f"The body is a JSON {_name_json_type(body)}; it must be an object with one of {', '.join(FORMATS)}."
        )
    names = [name for name in FORMATS if name in body]
    unknown = [name for name in body if name not in (*FORMATS, "params")]
    if len(names) != 1 or unknown:
        listed = shorten(", ".join(body), 200) or "-"
        raise RequestError(
            f"The body must contain exactly one of {', '.join(FORMATS)}; it contains: {listed}."
        )
    return RequestRows(_read_rows(body[names[0]], names[0], schema), from_json)


def _parse(text: str) -> Any:
    try:
        is_large = len(text) > _LARGE
        body = decode_in_parts(text, _DECODER) if is_large else _DECODER.decode(text)
        if "\\u" in text and _HALF_PAIR.search(text):
            json.dumps(body, ensure_ascii=False).encode()
    except _DuplicateKeyError as error:
        raise RequestError(f"A JSON object names `{error}` twice; name each key once.") from error
    except UnicodeEncodeError as error:
        half = ascii(error.object[error.start])[1:-1]
        raise RequestError(
            f"A text contains {half}, half of a surrogate pair, which is no character. Send it with its other half."
        ) from error
    except RecursionError as error:
        raise RequestError("The body is not JSON that can be read: it has too many levels.") from error
    except ValueError as error:
        raise RequestError(f"The body is not JSON ({error}).") from error
    return body


def _to_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object, whose names must differ: Python's parser would silently take the last value."""
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise _DuplicateKeyError(shorten(name.encode(errors="replace").decode(), 200))
            seen.add(name)
    return result


_DECODER = json.JSONDecoder(object_pairs_hook=_to_object)


def _read_rows(value: Any, name: str, schema: InputSchema) -> Rows:
    if name == "dataframe_split":
        return _read_split(value)
    if name == "dataframe_records" or isinstance(value, list):
        return _read_records(value, name, schema)
    return _read_columns(value, name)


def _read_split(value: Any) -> Rows:
    if not isinstance(value, dict) or not isinstance(value.get("data"), list):
        raise RequestError("`dataframe_split` must be an object with `columns` and `data`.")
    names, rows = value.get("columns"), value["data"]
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise RequestError("`dataframe_split` must name its `columns`.")
    if len(set(names)) != len(names):
        raise RequestError("`dataframe_split` names a column twice.")
    invalid = InvalidRow(
        f"`dataframe_split` needs a list of {format_count(len(names), 'value')}, one per column."
    )
    return [
        dict(zip(names, row, strict=True)) if isinstance(row, list) and len(row) == len(names) else invalid
        for row in rows
    ]


def _read_records(value: Any, name: str, schema: InputSchema) -> Rows:
    """Return rows that are objects or, where MLflow takes arrays, lists in the order of the model's fields."""
    if not isinstance(value, list):
        raise RequestError(
            f"`{name}` must be a list of objects, one per row, not a JSON {_name_json_type(value)}."
        )
    by_position = name != "dataframe_records"
    return [
        row
        if row.__class__ is dict
        else schema.to_mapping(row, "value")
        if by_position and isinstance(row, list)
        else InvalidRow(f"`{name}` needs an object from field to value, not a JSON {_name_json_type(row)}.")
        for row in value
    ]


def _read_columns(value: Any, name: str) -> Rows:
    """Return the rows of `{"column": [values]}`, or of one row as `{"column": value}`."""
    if not isinstance(value, dict) or not value:
        raise RequestError(f"`{name}` must be a list of objects, or an object from column to values.")
    if not any(isinstance(values, list) for values in value.values()):
        return [value]
    sizes = {column: len(values) if isinstance(values, list) else -1 for column, values in value.items()}
    if len(set(sizes.values())) != 1:
        raise RequestError(f"`{name}` needs lists of one length; it has: {_format_sizes(sizes)}.")
    return [dict(zip(value, row, strict=True)) for row in zip(*value.values(), strict=True)]


def _name_json_type(value: Any) -> str:
    return _NAMES.get(type(value), "number")


def _format_sizes(sizes: Mapping[str, int]) -> str:
    text = ", ".join(f"{name} {'one value' if size < 0 else size}" for name, size in sizes.items())
    return shorten(text, 400)
