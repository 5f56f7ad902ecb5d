"""Read the files of a source as a batch or as a stream, by the same options and checks."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparkops.tables.catalog import Location
from sparkops.tables.sources.csv_layout import has_quoted_line_break
from sparkops.tables.sources.file_columns import require_declared_columns
from sparkops.tables.sources.file_schemas import SourceFiles
from sparkops.tables.sources.source_files import list_source_files
from sparkops.tables.sources.value_checks import ValueChecks

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.types import StructType

_TEXT_FORMATS = ("csv", "json", "text")
# Options under which a record with another number of columns, a value of another type, or a header in another order
# stops the read of a source with a declared schema.
_STRICT_OPTIONS: Mapping[str, Mapping[str, str]] = {
    "csv": {"mode": "FAILFAST", "enforceSchema": "false", "columnPruning": "false"},
    "json": {"mode": "FAILFAST"},
}


def read_files(
    location: Location,
    session: SparkSession,
    paths: Sequence[str],
    load: Callable[[Mapping[str, str], StructType | None], DataFrame],
) -> DataFrame:
    """Return the rows of a source.

    Args:
        location: The source.
        session: The session.
        paths: What Spark reads.
        load: Reads the files with options and columns, as a batch or as a stream.

    Raises:
        BadData: The files lack a declared column, or have it with another type.
    """
    files = _list_local_files(location, paths) if location.local else []
    options = choose_reader_options(location, files)
    declared = _parse_declared(location)
    if location.format == "text" and not _is_utf8(location):
        return _decode_lines(load(options, declared), location.encoding)
    if not location.strict:
        return load(options, declared)
    if declared is not None and location.format not in ("csv", "text"):
        require_declared_columns(SourceFiles(location, json.loads(declared.json()), paths, files), session)
    if location.format not in _TEXT_FORMATS:
        return load(options, declared)
    if declared is None:
        frame = load(options, None)
        return ValueChecks(location, frame.schema, "UTC").apply(frame)
    checks = ValueChecks(location, declared, session.conf.get("spark.sql.session.timeZone") or "UTC")
    return checks.apply(load(options, checks.build_schema()))


def _list_local_files(location: Location, paths: Sequence[str]) -> list[Path]:
    """Return the files on this machine that Spark reads."""
    options = {name.lower(): value for name, value in location.options.items()}
    pattern = options.get("pathglobfilter", "*")
    return [file for path in paths for file in list_source_files(Path(path)) if file.match(pattern)]


def choose_reader_options(location: Location, files: Sequence[Path]) -> dict[str, str]:
    """Return the options of Spark's reader; those that the catalog sets take precedence.

    CSV is read as RFC 4180 defines it: a quote in a quoted value is doubled, and a value may have line breaks.

    Args:
        location: The source.
        files: Its files on this machine; empty where they are elsewhere.
    """
    options: dict[str, Any] = {}
    if location.format == "csv":
        quote = location.options.get("quote", '"')
        options = {"escape": quote} if len(quote) == 1 else {}
        if not files or has_quoted_line_break(files, quote):
            options["multiLine"] = "true"
    if location.format in ("csv", "json") and not _is_utf8(location):
        options["encoding"] = location.encoding
        if location.format == "json" and location.options.get("multiLine", "false").lower() != "true":
            # Spark requires it where the encoding is not UTF-8.
            options["lineSep"] = "\n"
    if location.strict and location.ddl is not None:
        options |= _STRICT_OPTIONS.get(location.format, {})
    return options | dict(location.options)


def _parse_declared(location: Location) -> StructType | None:
    from pyspark.sql.types import StructType

    if location.ddl is None:
        return None
    columns = StructType.fromDDL(location.ddl)
    return columns if isinstance(columns, StructType) else StructType().add("value", columns)


def _is_utf8(location: Location) -> bool:
    return location.encoding.upper().replace("_", "-") in ("UTF-8", "UTF8")


def _decode_lines(lines: DataFrame, encoding: str) -> DataFrame:
    """Return lines of text, whose bytes Spark reads as they are, from another encoding than UTF-8."""
    from pyspark.sql import functions as F

    name = lines.columns[0]
    return lines.withColumn(name, F.decode(F.col(name).cast("binary"), encoding))
