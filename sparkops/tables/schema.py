"""Schemas as column names and types: their hash, their differences, and what Delta can store."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from sparkops.errors import TableError
from sparkops.type_names import SIMPLE_STRINGS

Columns = tuple[tuple[str, str], ...]

_FORBIDDEN = " ,;{}()\n\t="


def columns(struct: Mapping[str, Any]) -> Columns:
    """Return column names and types of a schema in the JSON form of Spark and Delta."""
    return tuple((field["name"], format_type(field["type"])) for field in struct["fields"])


def format_type(data_type: Any) -> str:
    """Return a data type as SQL writes it: `int`, `array<string>`, `struct<a:int>`."""
    if isinstance(data_type, str):
        return SIMPLE_STRINGS.get(data_type, data_type)
    if data_type["type"] == "array":
        return f"array<{format_type(data_type['elementType'])}>"
    if data_type["type"] == "map":
        return f"map<{format_type(data_type['keyType'])},{format_type(data_type['valueType'])}>"
    if data_type["type"] == "udt":
        return str(data_type.get("pyClass") or data_type.get("class")).rpartition(".")[2]
    fields = (f"{field['name']}:{format_type(field['type'])}" for field in data_type["fields"])
    return "struct<" + ",".join(fields) + ">"


def schema_hash(struct: Mapping[str, Any]) -> str:
    """Return a hash of the column names and types, in order."""
    return hashlib.sha256(json.dumps(columns(struct)).encode()).hexdigest()[:16]


def describe_differences(old: Columns, new: Columns) -> tuple[str, ...]:
    """Return one sentence for each difference between a table's columns and new ones, whatever their order."""
    before, after = _by_name(old), _by_name(new)
    missing = [f"`{before[k][0]}` {before[k][1]} is missing" for k in before if k not in after]
    added = [f"`{after[k][0]}` {after[k][1]} is new" for k in after if k not in before]
    changed = [
        f"`{before[k][0]}` is {before[k][1]} in the table and {after[k][1]} now"
        for k in before
        if k in after and before[k][1] != after[k][1]
    ]
    return (*missing, *added, *changed)


def find_type_conflicts(old: Columns, new: Columns) -> tuple[str, ...]:
    """Return the new columns that the table has with another type."""
    before = _by_name(old)
    return tuple(
        name for name, type_name in new if name.lower() in before and before[name.lower()][1] != type_name
    )


def require_storable(struct: Mapping[str, Any], table: str) -> None:
    """Refuse columns that Delta cannot store, before anything is computed.

    Raises:
        TableError: Duplicate names, forbidden characters, or types that Delta cannot store.
    """
    named = columns(struct)
    names = [name.lower() for name, _ in named]
    problems = [
        f"`{n}` is a duplicate name: rename one" for n in sorted({n for n in names if names.count(n) > 1})
    ]
    problems += [
        f"`{n}` has a character of ` ,;{{}}()=`: rename it" for n, _ in named if set(n) & set(_FORBIDDEN)
    ]
    problems += [f"`{n}` holds only nulls and has no type: cast it" for n, t in named if "void" in t]
    problems += [
        f"`{n}` is an interval, which Delta does not store: cast it" for n, t in named if "interval" in t
    ]
    problems += [] if named else ["there is no column"]
    if problems:
        raise TableError(f"Table `{table}` cannot store this frame: {'; '.join(problems)}.")


def _by_name(named: Columns) -> dict[str, tuple[str, str]]:
    return {name.lower(): (name, type_name) for name, type_name in named}
