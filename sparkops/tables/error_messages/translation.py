"""What an error of Spark, Delta or the file system means, in a sentence a person can act on."""

from __future__ import annotations

import errno
import re
from collections.abc import Callable
from difflib import get_close_matches

from sparkops.errors import (
    EngineError,
    JobFailed,
    RowError,
    RunCancelled,
    SchemaChanged,
    SparkopsError,
    TableBusy,
    TableError,
    VersionGone,
)
from sparkops.tables.error_messages import bad_records
from sparkops.tables.error_messages.bad_records import file_of
from sparkops.tables.error_messages.spark_error_text import root_cause, spark_text

Rule = Callable[[re.Match[str], str], SparkopsError]


def explain(error: BaseException) -> SparkopsError | None:
    """Return what an error means.

    Args:
        error: As it was raised; one of sparkops comes back as it is.

    Returns:
        None when the error is neither Spark's nor Delta's nor that of a full or read-only disk.
    """
    if isinstance(error, SparkopsError):
        return error
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EROFS, errno.EDQUOT):
        return TableError(
            f"{error.filename or 'The disk'}: {error.strerror}. Make room, or choose another folder."
        )
    text = spark_text(error)
    if text is None:
        return _network(error)
    for pattern, rule in _RULES:
        found = pattern.search(text)
        if found is not None:
            return rule(found, text)
    return JobFailed(f"Spark could not do it: {root_cause(text)}")


def _network(error: BaseException) -> SparkopsError | None:
    if isinstance(error, ConnectionRefusedError) and "py4j" in str(error.__context__ or ""):
        return EngineError("Spark's JVM is no longer there. `sparkops runs log` shows its last words.")
    return None


def _not_appended(_found: re.Match[str], text: str) -> SparkopsError:
    place = re.search(r"source table can be found at path (\S+?)\.? ", text)
    where = f" ({place[1].removeprefix('file:')})" if place else ""
    return TableError(
        f"The table that is read as a stream{where} was changed otherwise than by appending, and a stream reads what is "
        "added. Let the job that writes it append; or pass over such commits with "
        '`tables.<name>.options: {skipChangeCommits: "true"}`; or remove the stream\'s checkpoint '
        "(<warehouse>/_streams/<job>) to read the whole table anew."
    )


def _column(found: re.Match[str], text: str) -> SparkopsError:
    name = found[1].replace("`", "")
    proposal = re.search(r"(?:Did you mean one of the following\?|Maybe|among) ?\[?\(?(`[^\])]*)[\])]", text)
    known = re.findall(r"`([^`]+)`", proposal[1]) if proposal else []
    near = get_close_matches(name.rpartition(".")[2], known, n=1, cutoff=0.5)
    said = [f"Did you mean `{near[0]}`?"] if near else []
    said += ["Columns: " + ", ".join(f"`{k}`" for k in known) + "."] if known else []
    return TableError(" ".join([f"There is no column `{name}`.", *said]))


def _no_table(found: re.Match[str], _text: str) -> SparkopsError:
    name = found[1].replace("`", "").rstrip(".")
    return TableError(f"There is no table or file `{name}`. `sparkops tables` lists what there is.")


def _gone(_found: re.Match[str], text: str) -> SparkopsError:
    return VersionGone(
        f"A file of the version that was read is no longer there: {file_of(text)}. "
        "VACUUM, or someone else, removed it: read a newer version."
    )


def _log_gone(_found: re.Match[str], text: str) -> SparkopsError:
    return VersionGone(f"That version can no longer be rebuilt from the table's log: {root_cause(text)}")


def _busy(_found: re.Match[str], _text: str) -> SparkopsError:
    return TableBusy(
        "Another run wrote the same table at the same time, and nothing of this one was published: run it again."
    )


def _schema(_found: re.Match[str], text: str) -> SparkopsError:
    return SchemaChanged(f"The frame's columns are not those of the table: {root_cause(text)}")


def _read_only(found: re.Match[str], text: str) -> SparkopsError:
    named = found.groupdict().get("path") or ""
    where = named.removeprefix("file:") or root_cause(text)
    return TableError(f"Cannot write to {where}. Give it the right to write, or choose another folder.")


def _full(_found: re.Match[str], text: str) -> SparkopsError:
    return TableError(f"The disk is full: {root_cause(text).rstrip('.')}. Make room and resume the run.")


def _memory(_found: re.Match[str], _text: str) -> SparkopsError:
    return EngineError(
        "Spark ran out of memory. Give it more: `--set spark.conf.spark.driver.memory=4g` "
        "(on a cluster `spark.executor.memory`)."
    )


def _lost(_found: re.Match[str], _text: str) -> SparkopsError:
    return EngineError("Spark's JVM is no longer there. `sparkops runs log` shows its last words.")


def _cancelled(_found: re.Match[str], _text: str) -> SparkopsError:
    return RunCancelled("Spark's jobs were cancelled.")


def _record(_found: re.Match[str], text: str) -> SparkopsError:
    return bad_records.malformed(text)


def _header(_found: re.Match[str], text: str) -> SparkopsError:
    return bad_records.header(text)


def _mistyped(_found: re.Match[str], text: str) -> SparkopsError:
    return bad_records.mistyped(text)


def _row(found: re.Match[str], _text: str) -> SparkopsError:
    return RowError(f"A row can't be scored: {found['said']}")


def _unreadable(_found: re.Match[str], text: str) -> SparkopsError:
    return bad_records.unreadable(text)


# The first that is found in the text holds, so what says more stands before what says less.
_WORDS: tuple[tuple[Rule, tuple[str, ...]], ...] = (
    (_cancelled, ("was cancelled", "SPARK_JOB_CANCELLED", "cancelled part of cancelled")),
    (_not_appended, (r"DELTA_SOURCE_(?:TABLE_)?IGNORE_(?:CHANGES|DELETE)",)),
    (_full, ("No space left on device", "Disk quota exceeded")),
    (_row, (r"sparkops\.errors\.Row(?:Error|Rejected): (?P<said>[^\n]+)",)),
    (_memory, ("OutOfMemoryError", "Java heap space", "GC overhead limit")),
    (_record, ("MALFORMED_RECORD_IN_PARSING", "MALFORMED_CSV_RECORD")),
    (_header, ("CSV header does not conform", "Number of column in CSV header")),
    (_mistyped, ("PARQUET_COLUMN_DATA_TYPE_MISMATCH",)),
    (
        _read_only,
        (r"Mkdirs failed to create (?P<path>\S+)", r"CANNOT_CREATE_LOG_PATH\] Cannot create (?P<path>\S+)"),
    ),
    (_read_only, ("Read-only file system", "Permission denied", "AccessControlException", "AccessDenied")),
    (_gone, ("FILE_NOT_EXIST", "FileNotFoundException", "DELTA_FILE_NOT_FOUND")),
    (_unreadable, ("CANNOT_READ_FILE_FOOTER", "is not a Parquet file")),
    (_log_gone, ("DELTA_VERSION_NOT_FOUND", "DELTA_NO_RECREATABLE", "DELTA_VERSIONS_NOT_CONTIG")),
    (_log_gone, ("DELTA_STATE_RECOVER", "DELTA_LOG_FILE_NOT_FOUND", "DELTA_TRUNCATED_TRANSACTION")),
    (_busy, (r"DELTA_CONCURRENT_\w+", r"Concurrent\w+Exception", r"(?:Metadata|Protocol)ChangedException")),
    (_busy, ("DELTA_PROTOCOL_CHANGED", "DELTA_METADATA_CHANGED")),
    (
        _schema,
        (
            "DELTA_METADATA_MISMATCH",
            "DELTA_FAILED_TO_MERGE_FIELDS",
            "DELTA_MERGE_INCOMPATIBLE",
            r"DELTA_SCHEMA_\w+",
        ),
    ),
    (_column, (r"UNRESOLVED_COLUMN[.\w]*\] A column, variable, or function parameter with name (`[^ ]+`)",)),
    (_column, (r"FIELD_NOT_FOUND\] No such struct field (`[^ ]+`)",)),
    (_column, (r"UNRESOLVED_USING_COLUMN_FOR_JOIN\] USING column (`[^ ]+`)",)),
    (
        _no_table,
        (
            r"TABLE_OR_VIEW_NOT_FOUND\] The table or view (`\S+`)",
            r"PATH_NOT_FOUND\] Path does not exist: (\S+)",
        ),
    ),
    (_no_table, (r"DELTA_(?:TABLE_NOT_FOUND|MISSING_DELTA_TABLE|PATH_DOES_NOT_EXIST)\] (.+)",)),
    (_lost, ("Answer from Java side is empty", "Error while sending or receiving", "Connection refused")),
    (_lost, ("SparkContext was shut down", "stopped SparkContext")),
)
_RULES = tuple((re.compile(word), rule) for rule, words in _WORDS for word in words)
