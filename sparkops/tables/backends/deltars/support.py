"""Decide whether delta-rs may commit to a table: only if Spark alone enforces none of its features and rules."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparkops.core.type_names import FLOATING_TYPES, INTEGER_BITS
from sparkops.tables.backends.protocol import UnsupportedOperation
from sparkops.tables.catalog import Location

if TYPE_CHECKING:
    from deltalake import DeltaTable

_SUPPORTED_TYPES = frozenset(
    (
        "boolean",
        *INTEGER_BITS,
        *FLOATING_TYPES,
        "string",
        "binary",
        "date",
        "timestamp",
    )
)
# Writer versions: the two oldest have no features, and version 7 lists its features.
_VERSIONS_WITHOUT_FEATURES, _VERSION_WITH_FEATURES = (1, 2), 7
_SUPPORTED_FEATURES = frozenset(("appendOnly", "invariants"))
_SUPPORTED_PROPERTIES = frozenset(
    ("delta.logRetentionDuration", "delta.deletedFileRetentionDuration", "delta.checkpointInterval")
)


def require_local_folder(location: Location) -> Path:
    """Return the folder of a table.

    Raises:
        UnsupportedOperation: The table is not on the local file system, or delta-rs is not installed.
    """
    if location.name is not None:
        raise UnsupportedOperation("it is a catalog table")
    if location.local is None:
        raise UnsupportedOperation(f"{location.address} is not on the local file system")
    if find_spec("deltalake") is None:
        raise UnsupportedOperation("the package `deltalake` is not installed")
    return location.local


def open_if_supported(folder: Path, *, version: int | None = None) -> DeltaTable:
    """Open the table in a folder for a commit.

    Args:
        folder: The table's folder.
        version: The version to open; None for the newest.

    Raises:
        UnsupportedOperation: Only Spark may commit to it.
    """
    from deltalake import DeltaTable
    from deltalake.exceptions import DeltaError

    try:
        table = DeltaTable(str(folder), version=version)
    except DeltaError as error:
        raise UnsupportedOperation(f"delta-rs cannot read the table ({error})") from error
    reason = _find_unsupported_feature(table)
    if reason is not None:
        raise UnsupportedOperation(reason)
    return table


def read_transaction_version(location: Location, app_id: str) -> int | None:
    """Return the last `txnVersion` of a `txnAppId` in a table, 0 if there is none; None where delta-rs cannot tell."""
    try:
        table = open_if_supported(require_local_folder(location))
    except UnsupportedOperation:
        return None
    return table.transaction_version(app_id) or 0


def has_supported_columns(schema: Mapping[str, Any]) -> bool:
    """Return whether all columns have types of Delta's oldest protocol and no rules, mapped names or defaults."""
    return all(not field.get("metadata") and _is_supported_type(field["type"]) for field in schema["fields"])


def make_nullable(data_type: Any) -> Any:
    """Return a type in schema JSON with everything nullable, as Spark stores the columns of a frame in Delta."""
    if isinstance(data_type, str):
        return data_type
    flags = {key: True for key in ("nullable", "containsNull", "valueContainsNull") if key in data_type}
    inner = {
        key: make_nullable(data_type[key])
        for key in ("type", "elementType", "keyType", "valueType")
        if key in data_type
    }
    fields = (
        {"fields": [make_nullable(field) for field in data_type["fields"]]} if "fields" in data_type else {}
    )
    return {**data_type, **inner, **fields, **flags}


def _find_unsupported_feature(table: DeltaTable) -> str | None:
    protocol = table.protocol()
    version = protocol.min_writer_version
    features = {*(protocol.writer_features or ()), *(protocol.reader_features or ())} - _SUPPORTED_FEATURES
    if version not in (*_VERSIONS_WITHOUT_FEATURES, _VERSION_WITH_FEATURES):
        return f"the table has writer version {version}"
    if version == _VERSION_WITH_FEATURES and features:
        return f"the table has the features {', '.join(sorted(features))}"
    names = {name for name in table.metadata().configuration if name.startswith("delta.")}
    properties = names - _SUPPORTED_PROPERTIES
    if properties:
        return f"the table has the properties {', '.join(sorted(properties))}"
    schema = json.loads(table.schema().to_json())
    if not has_supported_columns(schema):
        return "the table has columns of other types, or columns with rules"
    return None if schema == make_nullable(schema) else "the table has columns that are not nullable"


def _is_supported_type(data_type: Any) -> bool:
    if isinstance(data_type, str):
        return data_type in _SUPPORTED_TYPES or data_type.startswith("decimal(")
    if data_type["type"] == "array":
        return _is_supported_type(data_type["elementType"])
    if data_type["type"] == "map":
        return _is_supported_type(data_type["keyType"]) and _is_supported_type(data_type["valueType"])
    return data_type["type"] == "struct" and has_supported_columns(data_type)
