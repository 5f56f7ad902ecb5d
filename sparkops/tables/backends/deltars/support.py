"""Which tables a commit of delta-rs may go into: those without a feature or rule that only Spark would heed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from deltalake import DeltaTable

_TYPES = frozenset(
    (
        "boolean",
        "byte",
        "short",
        "integer",
        "long",
        "float",
        "double",
        "string",
        "binary",
        "date",
        "timestamp",
    )
)
_LEGACY, _FEATURED = (1, 2), 7  # writer versions: the oldest two, and the one that lists its features
_FEATURES = frozenset(("appendOnly", "invariants"))
_HARMLESS = frozenset(
    ("delta.logRetentionDuration", "delta.deletedFileRetentionDuration", "delta.checkpointInterval")
)


def plain(struct: Mapping[str, Any]) -> bool:
    """Tell whether columns are of kinds that Delta's oldest protocol holds, and carry no rule."""
    return all(not field.get("metadata") and _plain(field["type"]) for field in struct["fields"])


def nullable(kind: Any) -> Any:
    """Return a type in which everything may be null, as Delta keeps the columns of a frame."""
    if isinstance(kind, str):
        return kind
    loose = {key: True for key in ("nullable", "containsNull", "valueContainsNull") if key in kind}
    inner = {
        key: nullable(kind[key]) for key in ("type", "elementType", "keyType", "valueType") if key in kind
    }
    fields = {"fields": [nullable(field) for field in kind["fields"]]} if "fields" in kind else {}
    return {**kind, **inner, **fields, **loose}


def opened(folder: Path) -> DeltaTable | None:
    """Return the table in a folder, or None where only Spark may write to it."""
    from deltalake import DeltaTable
    from deltalake.exceptions import DeltaError

    try:
        table = DeltaTable(str(folder))
    except DeltaError:  # of a kind that delta-rs does not even read
        return None
    protocol = table.protocol()
    features = {*(protocol.writer_features or ()), *(protocol.reader_features or ())}
    known = protocol.min_writer_version in _LEGACY or (
        protocol.min_writer_version == _FEATURED and features <= _FEATURES
    )
    rules = {name for name in table.metadata().configuration if name.startswith("delta.")}
    struct = json.loads(table.schema().to_json())
    loose = plain(struct) and struct == nullable(struct)
    return table if known and loose and rules <= _HARMLESS else None


def _plain(kind: Any) -> bool:
    if isinstance(kind, str):
        return kind in _TYPES or kind.startswith("decimal(")
    if kind["type"] == "array":
        return _plain(kind["elementType"])
    if kind["type"] == "map":
        return _plain(kind["keyType"]) and _plain(kind["valueType"])
    return kind["type"] == "struct" and plain(kind)
