"""Translate an error of Spark, Delta or the file system into one that says what to do."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sparkops.core.wording import did_you_mean
from sparkops.driver.engine_failure import find_engine_failure
from sparkops.errors import (
    BadData,
    JobFailed,
    RowError,
    RunCancelled,
    SchemaChanged,
    SparkopsError,
    TableBusy,
    TableError,
    VersionGone,
)
from sparkops.tables.error_messages.bad_records import (
    explain_malformed_record,
    explain_unreadable_file,
    explain_wrong_column_type,
    explain_wrong_header,
    find_file,
)
from sparkops.tables.error_messages.spark_error_text import extract_spark_text, find_root_cause

# Returns the error to show for the match of a pattern in Spark's text; `match.string` is the complete text.
Rule = Callable[[re.Match[str]], SparkopsError]

_MAX_SHOWN_NAME = 60
_DISK_ERRORS = (errno.ENOSPC, errno.EROFS, errno.EDQUOT)
# Where the classes of errors of delta-rs say that they are defined.
_DELTA_RS_MODULES = ("_internal", "deltalake.exceptions")
_OS_ERROR = re.compile(r"\(os error (\d+)\)")


def explain_error(error: BaseException) -> SparkopsError | None:
    """Return the error to show to the user.

    Args:
        error: The error as it was raised. A `SparkopsError` is returned unchanged.

    Returns:
        None if it is not an error of Spark, Delta, or a full or read-only disk.
    """
    if isinstance(error, SparkopsError):
        return error
    if (code := _read_errno(error)) in _DISK_ERRORS:
        where = getattr(error, "filename", None) or "The disk"
        return TableError(f"{where}: {os.strerror(code)}. Free disk space, or choose another folder.")
    text = extract_spark_text(error) or ""
    failure = None if _CANCELLED.search(text) else find_engine_failure(error)
    if failure is not None or not text:
        return failure
    for pattern, rule in _RULES:
        match = pattern.search(text)
        if match is not None:
            return rule(match)
    return JobFailed(f"Spark failed: {find_root_cause(text)}")


def _read_errno(error: BaseException) -> int:
    """Return the operating system's number of an error, which delta-rs gives only in the text; 0 if it has none."""
    number = error.errno if isinstance(error, OSError) else None
    if number is None and (isinstance(error, OSError) or type(error).__module__ in _DELTA_RS_MODULES):
        match = _OS_ERROR.search(str(error))
        number = int(match[1]) if match else None
    return number or 0


@contextmanager
def translate_spark_errors() -> Iterator[None]:
    """Raise the translation of an error of Spark, or of a full or read-only disk, that is raised in the block."""
    try:
        yield
    except SparkopsError:
        raise
    except Exception as error:
        translated = explain_error(error) if _is_translated(error) else None
        if translated is None:
            raise
        raise translated from error


def _is_translated(error: Exception) -> bool:
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    return isinstance(error, PySparkException | Py4JError) or _read_errno(error) in _DISK_ERRORS


def _explain_changed_stream_source(match: re.Match[str]) -> SparkopsError:
    path = re.search(r"source table can be found at path (\S+?)\.? ", match.string)
    where = f" ({path[1].removeprefix('file:')})" if path else ""
    return TableError(
        f"The table that is read as a stream{where} was changed by a commit that does not append, and a stream "
        "reads only appended rows. Let the job that writes it append; or skip such commits with "
        '`tables.<name>.options: {skipChangeCommits: "true"}`; or read the whole table again: '
        "`sparkops streams reset JOB`."
    )


def _explain_recreated_stream_source(_match: re.Match[str]) -> SparkopsError:
    return TableError(
        "The table that is read as a stream was created again since the last run, so the position that the stream had "
        "reached does not exist in it. To read the new table from its beginning: `sparkops streams reset JOB`. If "
        "the job appends, empty its own table first, or it has the old rows and the new ones."
    )


def _explain_missing_column(match: re.Match[str]) -> SparkopsError:
    name = match[1].replace("`", "")
    proposal = re.search(
        r"(?:Did you mean one of the following\?|Maybe|among) ?\[?\(?(`[^\])]*)[\])]", match.string
    )
    known = re.findall(r"`([^`]+)`", proposal[1]) if proposal else []
    hint = did_you_mean(name.rpartition(".")[2], known)
    columns = f" Columns: {', '.join(f'`{column}`' for column in known)}." if known else ""
    return TableError(f"There is no column `{name}`.{hint}{columns}")


def _explain_missing_table(match: re.Match[str]) -> SparkopsError:
    name = match[1].replace("`", "").rstrip(".")
    return TableError(f"There is no table or file `{name}`. `sparkops tables` lists the tables.")


def _explain_missing_file(match: re.Match[str]) -> SparkopsError:
    return VersionGone(
        f"A file of the version that was read was removed: {find_file(match.string)}. "
        "VACUUM or another program removed it: read a newer version."
    )


def _explain_missing_log(match: re.Match[str]) -> SparkopsError:
    return VersionGone(
        "That version can no longer be rebuilt from the table's log, whose older files were removed: "
        f"read a newer version. {find_root_cause(match.string)}"
    )


def _explain_concurrent_write(_match: re.Match[str]) -> SparkopsError:
    return TableBusy(
        "Another run wrote the same table at the same time, and nothing of this one was published: run it again."
    )


def _explain_schema_mismatch(match: re.Match[str]) -> SparkopsError:
    return SchemaChanged(
        "The frame's columns are not those of the table: change the job, or allow it with `schema_change=True`. "
        f"{find_root_cause(match.string)}"
    )


def _explain_read_only(match: re.Match[str]) -> SparkopsError:
    path = match.groupdict().get("path") or ""
    where = path.removeprefix("file:") or find_root_cause(match.string)
    return TableError(f"Cannot write to {where}. Grant write permission, or choose another folder.")


def _explain_cancelled(_match: re.Match[str]) -> SparkopsError:
    return RunCancelled("Spark's jobs were cancelled.")


def _explain_rejected_row(match: re.Match[str]) -> SparkopsError:
    return RowError(f"A row can't be scored: {match['message']}")


def _explain_bad_data(match: re.Match[str]) -> SparkopsError:
    return BadData(match["message"])


def _explain_unusable_folder_name(match: re.Match[str]) -> SparkopsError:
    name = match["name"]
    shown = name if len(name) <= _MAX_SHOWN_NAME else f"{name[:_MAX_SHOWN_NAME]}..."
    return BadData(
        f"A value of a partition column is too long, or has a character that no file name may have ({shown}): "
        "Delta makes a folder of that name. Shorten the values, or partition by another column."
    )


_CANCELLED = re.compile("was cancelled|SPARK_JOB_CANCELLED|cancelled part of cancelled")
# The first pattern that matches decides, so specific patterns precede general ones.
_PATTERNS: tuple[tuple[Rule, tuple[str, ...]], ...] = (
    (_explain_cancelled, (_CANCELLED.pattern,)),
    (_explain_changed_stream_source, (r"DELTA_SOURCE_(?:TABLE_)?IGNORE_(?:CHANGES|DELETE)",)),
    (_explain_recreated_stream_source, ("DIFFERENT_DELTA_TABLE_READ_BY_STREAMING_SOURCE",)),
    (_explain_rejected_row, (r"sparkops\.errors\.Row(?:Error|Rejected): (?P<message>[^\n]+)",)),
    (_explain_bad_data, (r"sparkops refuses a value: (?P<message>(?s:Source `.*?strict: false`\.))",)),
    (explain_malformed_record, ("MALFORMED_RECORD_IN_PARSING", "MALFORMED_CSV_RECORD")),
    (explain_wrong_header, ("CSV header does not conform", "Number of column in CSV header")),
    (explain_wrong_column_type, ("PARQUET_COLUMN_DATA_TYPE_MISMATCH",)),
    (_explain_bad_data, (r"sparkops\.errors\.BadData: (?P<message>[^\n]+?)(?: SQLSTATE: \w+)?(?:\n|$)",)),
    # A file name has at most 255 bytes.
    (
        _explain_unusable_folder_name,
        (
            r"Mkdirs failed to create \S*/(?:sparkops_by_)?(?P<name>[^/\s=]+=[^/\s]{220,})",
            r"Mkdirs failed to create \S*/(?:sparkops_by_)?(?P<name>[^/\s=]+=[^/\s]*\x00[^/\s]*)",
        ),
    ),
    (
        _explain_read_only,
        (r"Mkdirs failed to create (?P<path>\S+)", r"CANNOT_CREATE_LOG_PATH\] Cannot create (?P<path>\S+)"),
    ),
    (
        _explain_read_only,
        ("Read-only file system", "Permission denied", "AccessControlException", "AccessDenied"),
    ),
    (_explain_missing_file, ("FILE_NOT_EXIST", "FileNotFoundException", "DELTA_FILE_NOT_FOUND")),
    (explain_unreadable_file, ("CANNOT_READ_FILE_FOOTER", "is not a Parquet file")),
    (_explain_missing_log, ("DELTA_VERSION_NOT_FOUND", "DELTA_NO_RECREATABLE", "DELTA_VERSIONS_NOT_CONTIG")),
    (
        _explain_missing_log,
        ("DELTA_STATE_RECOVER", "DELTA_LOG_FILE_NOT_FOUND", "DELTA_TRUNCATED_TRANSACTION"),
    ),
    (
        _explain_concurrent_write,
        (r"DELTA_CONCURRENT_\w+", r"Concurrent\w+Exception", r"(?:Metadata|Protocol)ChangedException"),
    ),
    (_explain_concurrent_write, ("DELTA_PROTOCOL_CHANGED", "DELTA_METADATA_CHANGED")),
    (
        _explain_schema_mismatch,
        (
            "DELTA_METADATA_MISMATCH",
            "DELTA_FAILED_TO_MERGE_FIELDS",
            "DELTA_MERGE_INCOMPATIBLE",
            r"DELTA_SCHEMA_\w+",
        ),
    ),
    (
        _explain_missing_column,
        (r"UNRESOLVED_COLUMN[.\w]*\] A column, variable, or function parameter with name (`[^ ]+`)",),
    ),
    (_explain_missing_column, (r"FIELD_NOT_FOUND\] No such struct field (`[^ ]+`)",)),
    (_explain_missing_column, (r"UNRESOLVED_USING_COLUMN_FOR_JOIN\] USING column (`[^ ]+`)",)),
    (
        _explain_missing_table,
        (
            r"TABLE_OR_VIEW_NOT_FOUND\] The table or view (`\S+`)",
            r"PATH_NOT_FOUND\] Path does not exist: (\S+)",
        ),
    ),
    (_explain_missing_table, (r"DELTA_(?:TABLE_NOT_FOUND|MISSING_DELTA_TABLE|PATH_DOES_NOT_EXIST)\] (.+)",)),
)
_RULES = tuple((re.compile(pattern), rule) for rule, patterns in _PATTERNS for pattern in patterns)
