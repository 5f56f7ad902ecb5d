"""Read the columns of the files of a source, as schema JSON of Spark.

Parquet files on this machine are read one by one, by their footers. Of ORC, Avro and files elsewhere, Spark finds the
columns of all files together. A column of JSON is a key that some record has.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparkops.errors import BadData, as_clause
from sparkops.tables.catalog import Location

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

CORRUPT_RECORD = "_corrupt_record"
# Records at the beginning of each JSON file in which the declared keys are searched first.
_FIRST_RECORDS = 1000

# Schema JSON of Spark.
Struct = Mapping[str, Any]


def read_file_schemas(
    location: Location, declared: Struct, files: Sequence[Path], paths: Sequence[str], session: SparkSession
) -> Iterator[tuple[str, Struct]]:
    """Yield where files are and the columns that they have: each file, or all files together.

    Nothing is yielded for JSON if its first records have every declared key, or if a record is damaged, which the read
    reports.

    Args:
        location: The source.
        declared: Its declared columns.
        files: Its files on this machine; empty where they are elsewhere.
        paths: What Spark reads.
        session: Reads the columns of files that are not Parquet on this machine.
    """
    if location.format == "parquet" and files:
        yield from ((str(file), _read_parquet_schema(file)) for file in files)
        return
    if location.format == "json" and files and _has_declared_keys(declared, location, files):
        return
    options = dict(location.options) | ({"mergeSchema": "true"} if location.format != "avro" else {})
    reader = session.read.format(location.format).options(**options)
    if location.format == "json":
        reader = reader.option("encoding", location.encoding)
        if "multiLine" not in options:
            # Spark requires it where the encoding is not UTF-8.
            reader = reader.option("lineSep", options.get("lineSep", "\n"))
    struct = json.loads(reader.load(list(paths)).schema.json())
    if location.format != "json":
        yield location.address, struct
    elif all(field["name"] != CORRUPT_RECORD for field in struct["fields"]):
        # Otherwise a record is damaged, which the read reports with its line.
        yield location.address, _omit_types(struct)


def _read_parquet_schema(file: Path) -> Struct:
    from pyarrow import ArrowException, parquet
    from pyspark.errors import PySparkException
    from pyspark.sql.pandas.types import from_arrow_schema

    try:
        schema = parquet.read_schema(file)
    except (ArrowException, OSError) as error:
        raise BadData(f"{file} cannot be read: {as_clause(error)}. Replace the file.") from error
    try:
        struct: Struct = json.loads(from_arrow_schema(schema).json())
    except PySparkException:
        # A type that Spark does not have, such as a dictionary or an unsigned integer: only names are compared.
        struct = {"fields": [{"name": name, "type": None} for name in schema.names]}
    return struct


def _has_declared_keys(declared: Struct, location: Location, files: Iterable[Path]) -> bool:
    """Return whether the first records of the JSON files have every declared key, which is the usual case."""
    missing = {field["name"] for field in declared["fields"]} - set(location.optional)
    if any(_is_nested(field["type"]) for field in declared["fields"]):
        return False
    for file in files:
        missing -= find_partition_columns(location, str(file))
        try:
            with file.open(encoding=location.encoding, errors="replace") as lines:
                for line in islice(lines, _FIRST_RECORDS):
                    record = json.loads(line) if line.strip() else {}
                    missing -= record.keys() if isinstance(record, dict) else set()
                    if not missing:
                        return True
        except (ValueError, OSError, LookupError):
            # Compressed, of several lines, or damaged: Spark reads it, and reports what is wrong.
            return False
    return False


def _is_nested(data_type: Any) -> bool:
    return not isinstance(data_type, str) and data_type["type"] != "udt"


def _omit_types(struct: Struct) -> Struct:
    """Return the columns without types of values: the reader of JSON checks each value itself."""
    return {"fields": [{**field, "type": _omit_value_types(field["type"])} for field in struct["fields"]]}


def _omit_value_types(data_type: Any) -> Any:
    if isinstance(data_type, str):
        return None
    if data_type["type"] == "array":
        return {**data_type, "elementType": _omit_value_types(data_type["elementType"])}
    return {"type": "struct", **_omit_types(data_type)} if data_type["type"] == "struct" else None


def find_partition_columns(location: Location, path: str) -> set[str]:
    """Return the columns that the names of folders contain: `day=2024-03-02`."""
    text = path if path != location.address else ""
    local = location.local
    if not text and local is not None and local.is_dir():
        first = next((file for file in local.rglob("*=*/*") if file.is_file()), None)
        text = str(first or "")
    return {part.split("=", 1)[0] for part in text.split("/")[:-1] if "=" in part}
