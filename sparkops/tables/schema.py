"""Schemas as column names and types: their hash, their differences, and what Delta can store."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Mapping
from typing import Any

from sparkops.core.type_names import INTEGER_BITS, SIMPLE_STRINGS
from sparkops.errors import TableError

Columns = tuple[tuple[str, str], ...]

# Characters that Delta accepts in the name of a column only with column mapping.
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


def list_columns(struct: Mapping[str, Any]) -> Columns:
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


def hash_schema(struct: Mapping[str, Any]) -> str:
    """Return a hash of the column names and types, in order."""
    return hashlib.sha256(json.dumps(list_columns(struct)).encode()).hexdigest()[:16]


def describe_differences(old: Columns, new: Columns) -> tuple[str, ...]:
    """Return one sentence for each difference between a table's columns and new ones, whatever their order."""
    before, after = _index_by_name(old), _index_by_name(new)
    missing = [f"`{name}` {type_} is missing" for key, (name, type_) in before.items() if key not in after]
    added = [f"`{name}` {type_} is new" for key, (name, type_) in after.items() if key not in before]
    changed = [
        f"`{name}` is {type_} in the table and {after[key][1]} now"
        for key, (name, type_) in before.items()
        if key in after and type_ != after[key][1]
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


def find_unmergeable(old: Mapping[str, Any], new: Mapping[str, Any], *, widening: bool) -> tuple[str, ...]:
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
        return not find_unmergeable(old, new, widening=widening)
    return all(
        _can_merge(old[part], new[part], widening=widening)
        for part in ("elementType", "keyType", "valueType")
        if part in old
    )


def _is_wider(old: Any, new: Any) -> bool:
    """Return whether Delta may widen a type to another."""
    if not isinstance(old, str) or not isinstance(new, str):
        return False
    old_decimal, new_decimal = _DECIMAL.fullmatch(old), _DECIMAL.fullmatch(new)
    if new_decimal is None:
        return new in _WIDER.get(old, ())
    precision, scale = map(int, new_decimal.groups())
    if old_decimal is not None:
        old_precision, old_scale = map(int, old_decimal.groups())
        return precision - scale >= old_precision - old_scale and scale >= old_scale
    if old in INTEGER_BITS:
        # As Delta demands, whatever the size of a smaller integer.
        digits = 20 if old == "long" else 10
        return precision - scale >= digits
    return new in _WIDER.get(old, ())


def find_type_conflicts(old: Columns, new: Columns) -> tuple[str, ...]:
    """Return the new columns that the table has with another type."""
    before = _index_by_name(old)
    return tuple(
        name for name, type_name in new if name.lower() in before and before[name.lower()][1] != type_name
    )


def needs_mapping(struct: Mapping[str, Any]) -> bool:
    """Return whether a table can have these columns only with column mapping, because of characters in their names."""
    return any(set(name) & set(_FORBIDDEN) for name, _ in list_columns(struct))


def require_storable(struct: Mapping[str, Any], table: str, *, is_mapped: bool = False) -> None:
    """Refuse columns that Delta cannot store, before anything is computed.

    Args:
        struct: Schema JSON of the frame.
        table: Name of the table, for the message.
        is_mapped: Whether the table uses column mapping, with which a name may have any character.

    Raises:
        TableError: Duplicate names, forbidden characters, or types that Delta cannot store.
    """
    named = list_columns(struct)
    names = [name.lower() for name, _ in named]
    problems = [
        f"`{name}` is a duplicate name: rename one"
        for name in sorted({name for name in names if names.count(name) > 1})
    ]
    problems += [
        f"`{name}` has a character of ` ,;{{}}()=`: rename it, or create the table with column mapping"
        for name, _ in named
        if set(name) & set(_FORBIDDEN) and not is_mapped
    ]
    problems += [
        f"`{name}` holds only nulls and has no type: cast it" for name, type_ in named if "void" in type_
    ]
    problems += [
        f"`{name}` is an interval, which Delta does not store: cast it"
        for name, type_ in named
        if "interval" in type_
    ]
    problems += [] if named else ["there is no column"]
    if problems:
        raise TableError(f"Table `{table}` cannot store this frame: {'; '.join(problems)}.")


def _index_by_name(named: Columns) -> dict[str, tuple[str, str]]:
    """Return name and type of each column by its name in lower case, because Delta ignores case."""
    return {name.lower(): (name, type_name) for name, type_name in named}
