"""Compare the columns in the files of a source with its declared columns: what is missing, what has another type.

Parquet files on this machine are compared one by one, by their footers. ORC, Avro and files elsewhere are compared by the
columns that Spark finds in all of them. A key of JSON is missing if no record has it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparkops.errors import BadData
from sparkops.tables.catalog import Location
from sparkops.tables.schema import format_type
from sparkops.type_names import INTEGER_BITS

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

log = logging.getLogger("sparkops.tables")

# Records at the beginning of each JSON file in which the declared keys are searched first.
_FIRST_RECORDS = 1000
_CORRUPT_RECORD = "_corrupt_record"
_TEXT, _TIMES = frozenset(("string", "binary")), frozenset(("timestamp", "timestamp_ntz", "timestamp_ltz"))

# Schema JSON of Spark.
Struct = Mapping[str, Any]


def require_declared_columns(
    location: Location, declared: Struct, files: Sequence[Path], paths: Sequence[str], session: SparkSession
) -> None:
    """Refuse a source whose files lack a declared column, or have it with another type.

    Args:
        location: The source.
        declared: Its declared columns.
        files: Its files on this machine; empty where they are elsewhere.
        paths: What Spark reads.
        session: Reads the columns of files that are not Parquet on this machine.

    Raises:
        BadData: Names the columns, and the file where it is one.
    """
    for where, struct in _file_structs(location, declared, files, paths, session):
        present = {*_partition_columns(location, where), *location.optional}
        problems = list(_differences(declared, struct, location, present))
        if problems:
            raise BadData(
                f"Source `{location.table}`: {where}: {'; '.join(problems)}. Correct the files or "
                f"`tables.{location.table}.schema`; columns that files may lack are listed in "
                f"`tables.{location.table}.optional`, and `tables.{location.table}.strict: false` reads any file."
            )
        names = {field["name"].lower() for field in declared["fields"]}
        extra = [field["name"] for field in struct["fields"] if field["name"].lower() not in names]
        if extra:
            log.info("Source `%s`: %s has columns that are not declared and not read: %s.",
                     location.table, where, ", ".join(extra))  # fmt: skip


def _file_structs(
    location: Location, declared: Struct, files: Sequence[Path], paths: Sequence[str], session: SparkSession
) -> Iterator[tuple[str, Struct]]:
    """Yield the columns of each file, or those of all files together, and where they are."""
    if location.format == "parquet" and files:
        yield from ((str(file), _parquet_struct(file)) for file in files)
        return
    if location.format == "json" and files and _first_records_have(declared, location, files):
        return
    options = dict(location.options) | ({"mergeSchema": "true"} if location.format != "avro" else {})
    reader = session.read.format(location.format).options(**options)
    if location.format == "json":
        reader = reader.option("encoding", location.encoding)
        if "multiLine" not in options:
            # Spark requires it where the encoding is not UTF-8
            reader = reader.option("lineSep", options.get("lineSep", "\n"))
    struct = json.loads(reader.load(list(paths)).schema.json())
    if location.format != "json":
        yield location.address, struct
    elif all(field["name"] != _CORRUPT_RECORD for field in struct["fields"]):
        # Otherwise a record is damaged, which the read reports with its line.
        yield location.address, _without_types(struct)


def _parquet_struct(file: Path) -> Struct:
    from pyarrow import ArrowException, parquet
    from pyspark.errors import PySparkException
    from pyspark.sql.pandas.types import from_arrow_schema

    try:
        schema = parquet.read_schema(file)
    except (ArrowException, OSError) as error:
        raise BadData(f"{file} cannot be read: {error}. Replace the file.") from error
    try:
        struct: Struct = json.loads(from_arrow_schema(schema).json())
    except PySparkException:
        # A type that Spark does not have, such as a dictionary or an unsigned integer: only names are compared.
        struct = {"fields": [{"name": name, "type": None} for name in schema.names]}
    return struct


def _first_records_have(declared: Struct, location: Location, files: Iterable[Path]) -> bool:
    """Return whether the first records of the JSON files have every declared key, which is the usual case."""
    missing = {field["name"] for field in declared["fields"]} - set(location.optional)
    if any(_nested(field["type"]) for field in declared["fields"]):
        return False
    for file in files:
        missing -= _partition_columns(location, str(file))
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


def _nested(data_type: Any) -> bool:
    return not isinstance(data_type, str) and data_type["type"] != "udt"


def _without_types(struct: Struct) -> Struct:
    """Return the columns without types of values: the reader of JSON checks each value itself."""
    return {"fields": [{**field, "type": _keys_only(field["type"])} for field in struct["fields"]]}


def _keys_only(data_type: Any) -> Any:
    if isinstance(data_type, str):
        return None
    if data_type["type"] == "array":
        return {**data_type, "elementType": _keys_only(data_type["elementType"])}
    return {"type": "struct", **_without_types(data_type)} if data_type["type"] == "struct" else None


def _partition_columns(location: Location, path: str) -> set[str]:
    """Return the columns that the names of folders contain: `day=2024-03-02`."""
    text = path if path != location.address else ""
    local = location.local
    if not text and local is not None and local.is_dir():
        first = next((file for file in local.rglob("*=*/*") if file.is_file()), None)
        text = str(first or "")
    return {part.split("=", 1)[0] for part in text.split("/")[:-1] if "=" in part}


def _differences(declared: Struct, actual: Struct, location: Location, present: set[str]) -> Iterator[str]:
    """Yield what is missing or has another type."""
    exact = location.format == "json"
    fields = {field["name"] if exact else field["name"].lower(): field for field in actual["fields"]}
    for field in declared["fields"]:
        name = field["name"]
        if name in present or name == location.options.get("columnNameOfCorruptRecord", _CORRUPT_RECORD):
            continue
        match = fields.get(name if exact else name.lower())
        if match is None:
            near = get_close_matches(name.lower(), {key.lower(): key for key in fields}, n=1, cutoff=0.5)
            similar = [f["name"] for f in actual["fields"] if near and f["name"].lower() == near[0]]
            hint = f"; there is `{similar[0]}`" if similar else ""
            what = "no record has the key" if exact else "there is no column"
            yield f"{what} `{name}`{hint}"
        else:
            yield from _type_differences(name, field["type"], match["type"])


def _type_differences(name: str, declared: Any, actual: Any) -> Iterator[str]:
    """Yield where a type in a file cannot be read as the declared type, in nested fields, too."""
    if isinstance(declared, Mapping) and isinstance(actual, Mapping) and declared["type"] == actual["type"]:
        if declared["type"] == "struct":
            fields = {field["name"].lower(): field["type"] for field in actual["fields"]}
            for field in declared["fields"]:
                path = f"{name}.{field['name']}"
                if field["name"].lower() not in fields:
                    yield f"there is no field `{path}`"
                else:
                    yield from _type_differences(path, field["type"], fields[field["name"].lower()])
        elif declared["type"] == "array":
            yield from _type_differences(f"{name}[]", declared["elementType"], actual["elementType"])
        elif declared["type"] == "map":
            yield from _type_differences(f"{name}[]", declared["valueType"], actual["valueType"])
    elif actual is not None and not _can_be_read_as(actual, declared):
        yield f"`{name}` is {format_type(actual)} in the file and declared {format_type(declared)}"


def _can_be_read_as(actual: Any, declared: Any) -> bool:
    """Return whether every value of a type in a file is a value of the declared type."""
    if actual == declared:
        return True
    if not (isinstance(actual, str) and isinstance(declared, str)):
        return False
    if {actual, declared} <= _TEXT or {actual, declared} <= _TIMES or "void" in (actual, declared):
        return True
    if actual in INTEGER_BITS:
        # a double holds every integer of 32 bits
        bits = {**INTEGER_BITS, "double": INTEGER_BITS["integer"]}
        return INTEGER_BITS[actual] <= bits.get(declared, 0)
    one, other = _decimal(actual), _decimal(declared)
    if one and other:
        return other[1] >= one[1] and other[0] - other[1] >= one[0] - one[1]
    return (actual, declared) == ("float", "double")


def _decimal(text: str) -> tuple[int, int] | None:
    if not text.startswith("decimal("):
        return None
    precision, scale = text[len("decimal(") : -1].split(",")
    return int(precision), int(scale)
