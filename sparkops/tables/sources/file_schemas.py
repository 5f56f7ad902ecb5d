"""The columns of each file of a source.

Parquet and ORC files on this machine are read by their footers, JSON files by their first records, all others by Spark.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from sparkops.errors import BadData, as_clause
from sparkops.tables.catalog import Location
from sparkops.tables.sources.json_keys import has_declared_keys

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_log = logging.getLogger("sparkops.tables")

CORRUPT_RECORD = "_corrupt_record"
# Files whose columns Spark reads one by one.
_MAX_FILES = 200
# Options by which Spark selects files.
_FILE_OPTIONS = ("pathglobfilter", "recursivefilelookup", "modifiedbefore", "modifiedafter")

# Schema JSON of Spark.
Struct = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SourceFiles:
    """The files of a source that has declared columns.

    Args:
        location: The source.
        declared: Its declared columns.
        paths: What Spark reads.
        files: The files on this machine; empty where they are elsewhere.
    """

    location: Location
    declared: Struct
    paths: Sequence[str]
    files: Sequence[Path] = ()


def read_file_schemas(source: SourceFiles, session: SparkSession) -> Iterator[tuple[str, Struct]]:
    """Yield where each file is, and its columns; files of JSON that certainly have every declared key are left out.

    Args:
        source: The files.
        session: Reads the columns of files that only Spark can read.

    Raises:
        BadData: A file cannot be read.
    """
    location, files = source.location, source.files
    if files and location.format in ("parquet", "orc"):
        yield from ((str(file), _read_footer(file, location.format)) for file in files)
    elif files and location.format == "json":
        for file in files:
            if not _has_declared_keys(file, source.declared, location):
                yield _read_by_spark(location, session, [_escape(str(file))], where=str(file))
    else:
        addresses = list(map(str, files)) or _list_remote(location, session, source.paths)
        if len(addresses) > _MAX_FILES:
            _log.warning(
                "Source `%s` has %d files: their columns are compared with the declared ones together, so a column "
                "that only some of them lack is not found.", location.table, len(addresses),
            )  # fmt: skip
            yield _read_by_spark(location, session, source.paths, where=location.address)
            return
        schemas = (
            _read_by_spark(location, session, [_escape(address)], where=address) for address in addresses
        )
        yield from (schema for schema in schemas if schema[1]["fields"])


def find_partition_columns(location: Location, path: str) -> set[str]:
    """Return the columns that the names of folders contain: `day=2024-03-02`."""
    text = path if path != location.address else ""
    local = location.local
    if not text and local is not None and local.is_dir():
        first = next((file for file in local.rglob("*=*/*") if file.is_file()), None)
        text = str(first or "")
    return {part.split("=", 1)[0] for part in text.split("/")[:-1] if "=" in part}


def _read_footer(file: Path, file_format: str) -> Struct:
    from pyarrow import ArrowException, orc, parquet
    from pyspark.errors import PySparkException
    from pyspark.sql.pandas.types import from_arrow_schema

    try:
        schema = parquet.read_schema(file) if file_format == "parquet" else orc.ORCFile(file).schema
    except (ArrowException, OSError) as error:
        raise BadData(f"{file} cannot be read: {as_clause(error)}. Replace the file.") from error
    try:
        struct: Struct = json.loads(from_arrow_schema(schema).json())
    except PySparkException:
        # A type that Spark does not have, such as a dictionary or an unsigned integer: only names are compared.
        struct = {"fields": [{"name": name, "type": None} for name in schema.names]}
    return struct


def _has_declared_keys(file: Path, declared: Struct, location: Location) -> bool:
    options = {name.lower(): value for name, value in location.options.items()}
    corrupt = location.options.get("columnNameOfCorruptRecord", CORRUPT_RECORD)
    return has_declared_keys(
        file,
        declared,
        optional={*location.optional, *find_partition_columns(location, str(file)), corrupt},
        encoding=location.encoding,
        multi_line=options.get("multiline", "false").lower() == "true",
    )


def _list_remote(location: Location, session: SparkSession, paths: Sequence[str]) -> list[str]:
    """Return the addresses of files that only Spark can list."""
    options = {name: value for name, value in location.options.items() if name.lower() in _FILE_OPTIONS}
    return sorted(map(unquote, session.read.options(**options).text(list(paths)).inputFiles()))


def _read_by_spark(
    location: Location, session: SparkSession, paths: Sequence[str], *, where: str
) -> tuple[str, Struct]:
    """Return the columns that Spark finds in some files."""
    options = dict(location.options) | ({"mergeSchema": "true"} if location.format != "avro" else {})
    reader = session.read.format(location.format).options(**options)
    if location.format == "json":
        reader = reader.option("encoding", location.encoding)
        if "multiLine" not in options:
            # Spark requires it where the encoding is not UTF-8.
            reader = reader.option("lineSep", options.get("lineSep", "\n"))
    struct = json.loads(reader.load(list(paths)).schema.json())
    return where, _omit_types(struct) if location.format == "json" else struct


def _escape(path: str) -> str:
    """Return the path of one file as a pattern that matches only it."""
    return re.sub(r"([\\{}\[\]*?])", r"\\\1", path)


def _omit_types(struct: Struct) -> Struct:
    """Return the columns without types of values: the reader of JSON checks each value itself."""
    return {"fields": [{**field, "type": _omit_value_types(field["type"])} for field in struct["fields"]]}


def _omit_value_types(data_type: Any) -> Any:
    if isinstance(data_type, str):
        return None
    if data_type["type"] == "array":
        return {**data_type, "elementType": _omit_value_types(data_type["elementType"])}
    return {"type": "struct", **_omit_types(data_type)} if data_type["type"] == "struct" else None
