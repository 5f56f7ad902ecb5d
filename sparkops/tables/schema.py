"""A table's columns as plain text: their hash, and how two sets of them differ."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from sparkops.errors import TableError

Columns = tuple[tuple[str, str], ...]

_SHORT = {"integer": "int", "long": "bigint", "short": "smallint", "byte": "tinyint"}
_FORBIDDEN = " ,;{}()\n\t="


def columns(struct: Mapping[str, Any]) -> Columns:
    """Return column names and types, from Spark's or Delta's JSON of a schema."""
    return tuple((field["name"], type_text(field["type"])) for field in struct["fields"])


def type_text(kind: Any) -> str:
    """Return a type as Spark's SQL writes it: `int`, `array<string>`, `struct<a:int>`."""
    if isinstance(kind, str):
        return _SHORT.get(kind, kind)
    if kind["type"] == "array":
        return f"array<{type_text(kind['elementType'])}>"
    if kind["type"] == "map":
        return f"map<{type_text(kind['keyType'])},{type_text(kind['valueType'])}>"
    if kind["type"] == "udt":
        return str(kind.get("pyClass") or kind.get("class")).rpartition(".")[2]
    return "struct<" + ",".join(f"{f['name']}:{type_text(f['type'])}" for f in kind["fields"]) + ">"


def schema_hash(struct: Mapping[str, Any]) -> str:
    """Return the same text for schemas with the same column names and types, in order."""
    return hashlib.sha256(json.dumps(columns(struct)).encode()).hexdigest()[:16]


def difference(old: Columns, new: Columns) -> tuple[str, ...]:
    """Say how new columns differ from a table's own, one sentence each; the order does not matter."""
    before, after = _by_name(old), _by_name(new)
    gone = [f"`{before[k][0]}` {before[k][1]} is missing" for k in before if k not in after]
    come = [f"`{after[k][0]}` {after[k][1]} is new" for k in after if k not in before]
    other = [
        f"`{before[k][0]}` is {before[k][1]} in the table and {after[k][1]} now"
        for k in before
        if k in after and before[k][1] != after[k][1]
    ]
    return (*gone, *come, *other)


def clashes(old: Columns, new: Columns) -> tuple[str, ...]:
    """Return the new columns that a table has with another type."""
    before = _by_name(old)
    return tuple(name for name, kind in new if name.lower() in before and before[name.lower()][1] != kind)


def require_storable(struct: Mapping[str, Any], table: str) -> None:
    """Refuse columns that Delta cannot hold, before anything is computed.

    Raises:
        TableError: It names the columns and says what to do.
    """
    found = columns(struct)
    names = [name.lower() for name, _ in found]
    wrong = [f"`{n}` stands twice: rename one" for n in sorted({n for n in names if names.count(n) > 1})]
    wrong += [
        f"`{n}` has a character of ` ,;{{}}()=`: rename it" for n, _ in found if set(n) & set(_FORBIDDEN)
    ]
    wrong += [f"`{n}` holds only nulls and has no type: cast it" for n, t in found if "void" in t]
    wrong += [
        f"`{n}` is an interval, which Delta does not hold: cast it" for n, t in found if "interval" in t
    ]
    wrong += [] if found else ["there is no column"]
    if wrong:
        raise TableError(f"Table `{table}` cannot hold this frame: {'; '.join(wrong)}.")


def _by_name(found: Columns) -> dict[str, tuple[str, str]]:
    return {name.lower(): (name, kind) for name, kind in found}
