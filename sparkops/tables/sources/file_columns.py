"""Compare the columns in each file of a source with its declared columns: what is missing, what has another type.

A key of JSON is missing if no record of the file has it; a file without records lacks nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from sparkops.core.type_names import INTEGER_BITS, parse_decimal_digits
from sparkops.errors import BadData
from sparkops.tables.catalog import Location
from sparkops.tables.schema import format_type
from sparkops.tables.sources.file_schemas import (
    CORRUPT_RECORD,
    SourceFiles,
    Struct,
    find_partition_columns,
    read_file_schemas,
)

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_log = logging.getLogger("sparkops.tables")

_TEXT, _TIMES = frozenset(("string", "binary")), frozenset(("timestamp", "timestamp_ntz", "timestamp_ltz"))


def require_declared_columns(source: SourceFiles, session: SparkSession) -> None:
    """Refuse a source whose files lack a declared column, or have it with another type.

    Args:
        source: Its files.
        session: Reads the columns of files that only Spark can read.

    Raises:
        BadData: Names the columns, and the file where it is one.
    """
    location, declared = source.location, source.declared
    for where, struct in read_file_schemas(source, session):
        if location.format == "json" and any(field["name"] == CORRUPT_RECORD for field in struct["fields"]):
            # A record is damaged, which the read reports with its line.
            continue
        not_required = {*find_partition_columns(location, where), *location.optional}
        problems = list(_find_differences(declared, struct, location, not_required))
        if problems:
            raise BadData(
                f"Source `{location.table}`: {where}: {'; '.join(problems)}. Correct the files or "
                f"`tables.{location.table}.schema`; columns that files may lack are listed in "
                f"`tables.{location.table}.optional`, and `tables.{location.table}.strict: false` reads any file."
            )
        names = {field["name"].lower() for field in declared["fields"]}
        extra = [field["name"] for field in struct["fields"] if field["name"].lower() not in names]
        if extra:
            _log.info("Source `%s`: %s has columns that are not declared and not read: %s.",
                     location.table, where, ", ".join(extra))  # fmt: skip


def _find_differences(
    declared: Struct, actual: Struct, location: Location, not_required: set[str]
) -> Iterator[str]:
    """Yield what is missing or has another type."""
    exact = location.format == "json"
    fields = {field["name"] if exact else field["name"].lower(): field for field in actual["fields"]}
    for field in declared["fields"]:
        name = field["name"]
        if name in not_required or name == location.options.get("columnNameOfCorruptRecord", CORRUPT_RECORD):
            continue
        match = fields.get(name if exact else name.lower())
        if match is None:
            near = get_close_matches(name.lower(), {key.lower(): key for key in fields}, n=1, cutoff=0.5)
            similar = [f["name"] for f in actual["fields"] if near and f["name"].lower() == near[0]]
            hint = f"; there is `{similar[0]}`" if similar else ""
            problem = "no record has the key" if exact else "there is no column"
            yield f"{problem} `{name}`{hint}"
        else:
            yield from _find_type_differences(name, field["type"], match["type"])


def _find_type_differences(name: str, declared: Any, actual: Any) -> Iterator[str]:
    """Yield where a type in a file cannot be read as the declared type, in nested fields, too."""
    if isinstance(declared, Mapping) and isinstance(actual, Mapping) and declared["type"] == actual["type"]:
        if declared["type"] == "struct":
            fields = {field["name"].lower(): field["type"] for field in actual["fields"]}
            for field in declared["fields"]:
                path = f"{name}.{field['name']}"
                if field["name"].lower() not in fields:
                    yield f"there is no field `{path}`"
                else:
                    yield from _find_type_differences(path, field["type"], fields[field["name"].lower()])
        elif declared["type"] == "array":
            yield from _find_type_differences(f"{name}[]", declared["elementType"], actual["elementType"])
        elif declared["type"] == "map":
            yield from _find_type_differences(f"{name}[]", declared["valueType"], actual["valueType"])
    elif (
        actual is not None and not _can_be_read_as(actual, declared) and not _is_map_of_json(declared, actual)
    ):
        yield f"`{name}` is {format_type(actual)} in the file and declared {format_type(declared)}"


def _is_map_of_json(declared: Any, actual: Any) -> bool:
    """Return whether an object of JSON, whose keys are found as fields, is declared as a map."""
    types = [type_["type"] for type_ in (declared, actual) if isinstance(type_, Mapping)]
    return types == ["map", "struct"] and all(field["type"] is None for field in actual["fields"])


def _can_be_read_as(actual: Any, declared: Any) -> bool:
    """Return whether every value of a type in a file is a value of the declared type."""
    if actual == declared:
        return True
    if not (isinstance(actual, str) and isinstance(declared, str)):
        return False
    if {actual, declared} <= _TEXT or {actual, declared} <= _TIMES or "void" in (actual, declared):
        return True
    if actual in INTEGER_BITS:
        # A double holds every integer of 32 bits.
        bits = {**INTEGER_BITS, "double": INTEGER_BITS["integer"]}
        return INTEGER_BITS[actual] <= bits.get(declared, 0)
    actual_digits, declared_digits = parse_decimal_digits(actual), parse_decimal_digits(declared)
    if actual_digits and declared_digits:
        (precision, scale), (declared_precision, declared_scale) = actual_digits, declared_digits
        return declared_scale >= scale and declared_precision - declared_scale >= precision - scale
    return (actual, declared) == ("float", "double")
