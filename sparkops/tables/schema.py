"""Schemas as column names and types: their hash, their differences, and what Delta can store."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Mapping
from typing import Any

from sparkops.errors import TableError
from sparkops.type_names import INTEGER_BITS, SIMPLE_STRINGS

Columns = tuple[tuple[str, str], ...]

_FORBIDDEN = " ,;{}()\n\t="
# Keys of a field's metadata in the schema of a table that computes its values where a frame has none.
_COMPUTED = frozenset(
    ("delta.generationExpression", "delta.identity.start", "delta.identity.step", "CURRENT_DEFAULT")
)
_DECIMAL = re.compile(r"decimal\((\d+),\s*(-?\d+)\)")
# `typeName` to the types that Delta may widen it to.
_WIDER: Mapping[str, tuple[str, ...]] = {
    "byte": ("short", "integer", "long", "double"),
    "short": ("integer", "long", "double"),
    "integer": ("long", "double"),
    "float": ("double",),
    "date": ("timestamp_ntz",),
}


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


def omit_computed(struct: Mapping[str, Any], names: Collection[str]) -> Mapping[str, Any]:
    """Return the schema of a table without the columns that it computes and a frame omits.

    Such columns are generated from others or an identity, or have a default.

    Args:
        struct: Schema JSON of the table.
        names: Columns of the frame.
    """
    present = {name.lower() for name in names}
    fields = [
        field
        for field in struct["fields"]
        if field["name"].lower() in present or not _COMPUTED & (field.get("metadata") or {}).keys()
    ]
    return {**struct, "fields": fields}


def find_lost_types(old: Mapping[str, Any], new: Mapping[str, Any], *, widening: bool) -> tuple[str, ...]:
    """Return the columns of a frame whose types cannot be merged into those of the table.

    Args:
        old: Schema JSON of the table.
        new: Schema JSON of the frame.
        widening: Whether the table allows a type to become a wider one.
    """
    before = {field["name"].lower(): field["type"] for field in old["fields"]}
    return tuple(
        field["name"]
        for field in new["fields"]
        if field["name"].lower() in before
        and not _can_merge(before[field["name"].lower()], field["type"], widening=widening)
    )


def _can_merge(old: Any, new: Any, *, widening: bool) -> bool:
    """Return whether a type can be merged into another: fields may be added to structs, and types may be widened."""
    if isinstance(old, str) or isinstance(new, str):
        return bool(old == new or (widening and _is_wider(old, new)))
    if old["type"] != new["type"]:
        return False
    if old["type"] == "struct":
        return not find_lost_types(old, new, widening=widening)
    return all(
        _can_merge(old[part], new[part], widening=widening)
        for part in ("elementType", "keyType", "valueType")
        if part in old
    )


def _is_wider(old: Any, new: Any) -> bool:
    """Return whether Delta may widen a type to another."""
    if not isinstance(old, str) or not isinstance(new, str):
        return False
    precision, scale = _DECIMAL.fullmatch(old), _DECIMAL.fullmatch(new)
    if precision and scale:
        integers = int(scale[1]) - int(scale[2]) - (int(precision[1]) - int(precision[2]))
        return integers >= 0 and int(scale[2]) >= int(precision[2])
    if scale and old in INTEGER_BITS:
        digits = 20 if old == "long" else 10
        return int(scale[1]) - int(scale[2]) >= digits
    return new in _WIDER.get(old, ())


def find_type_conflicts(old: Columns, new: Columns) -> tuple[str, ...]:
    """Return the new columns that the table has with another type."""
    before = _by_name(old)
    return tuple(
        name for name, type_name in new if name.lower() in before and before[name.lower()][1] != type_name
    )


def needs_mapping(struct: Mapping[str, Any]) -> bool:
    """Return whether a table can have these columns only with column mapping, because of characters in their names."""
    return any(set(name) & set(_FORBIDDEN) for name, _ in columns(struct))


def require_storable(struct: Mapping[str, Any], table: str, *, is_mapped: bool = False) -> None:
    """Refuse columns that Delta cannot store, before anything is computed.

    Args:
        struct: Schema JSON of the frame.
        table: Name of the table, for the message.
        is_mapped: Whether the table maps names of columns to other names in its files, so that they may have any character.

    Raises:
        TableError: Duplicate names, forbidden characters, or types that Delta cannot store.
    """
    named = columns(struct)
    names = [name.lower() for name, _ in named]
    problems = [
        f"`{n}` is a duplicate name: rename one" for n in sorted({n for n in names if names.count(n) > 1})
    ]
    problems += [
        f"`{n}` has a character of ` ,;{{}}()=`: rename it, or create the table with column mapping"
        for n, _ in named
        if set(n) & set(_FORBIDDEN) and not is_mapped
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
