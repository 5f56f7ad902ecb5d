"""Errors about files of a source that cannot be parsed: file, line, and what is wrong.

Each function of a match takes the part of Spark's text that tells the error; `match.string` is all of the text.
"""

from __future__ import annotations

import re
from collections import deque
from io import TextIOWrapper
from pathlib import Path
from urllib.parse import unquote

from sparkops.core.bounded_file import open_regular
from sparkops.errors import BadData, as_clause
from sparkops.tables.catalog import to_local_path
from sparkops.tables.error_messages.spark_error_text import list_error_causes

_FILE = re.compile(
    r"(?:while reading file|CSV file:) (\S.*?)\.?\s*(?:SQLSTATE|Data type|File does|Could not|$)",
    re.MULTILINE,
)
_RECORD = re.compile(r"Malformed records are detected in record parsing: (.*?)\.\s*$", re.MULTILINE)
_CSV_RECORD = re.compile(
    r"\[MALFORMED_CSV_RECORD\] Malformed CSV record: (.*?)(?: SQLSTATE.*)?$", re.MULTILINE
)
_TOKEN = re.compile(r"""(?:For input string: |The value |Text |parse )["'](.*?)["']""")
_JSON = re.compile(
    r"Cannot parse the field name '(.*?)' and the value (.*?) of the JSON token type \w+ "
    r"to target Spark data type \"(\w+)\""
)
_MAX_SEARCHED_BYTES = 400_000_000


def find_file(text: str) -> str:
    """Return the file that an error of Spark names, or `a file`."""
    match = _FILE.search(text)
    if match is None:
        return "a file"
    path = to_local_path(match[1])
    return unquote(str(path)) if path is not None else match[1]


def explain_malformed_record(match: re.Match[str]) -> BadData:
    """Return the error for a record that does not match the declared columns."""
    file = find_file(match.string)
    record, reason = _extract_record_and_reason(match.string)
    line = find_line(Path(file), record) if record else None
    where = f"{file}, line {line}" if line else file
    return BadData(
        f"{where}: {as_clause(reason)}. Fix the record; or, in the source's `options`, set `nullValue` to the text of "
        f"missing values, or `mode: PERMISSIVE` to read bad records as nulls.{_advise_on_encoding(Path(file))}"
    )


def _advise_on_encoding(path: Path) -> str:
    """Return what to do about a file that is not UTF-8, or an empty string."""
    try:
        if path.is_file() and path.stat().st_size <= _MAX_SEARCHED_BYTES:
            with TextIOWrapper(open_regular(path), encoding="utf-8") as lines:
                deque(lines, maxlen=0)
    except UnicodeDecodeError:
        return " The file has bytes that are not UTF-8: set `tables.<source>.encoding`, for example to ISO-8859-1."
    except OSError:
        return ""
    return ""


def explain_wrong_header(match: re.Match[str]) -> BadData:
    """Return the error for a CSV file whose header differs from the declared columns."""
    cause = next(cause for cause in reversed(list_error_causes(match.string)) if "CSV header" in cause)
    lines = cause.split("\n")
    facts = "; ".join(" ".join(line.split()) for line in lines[1:] if line.strip() and "CSV file" not in line)
    return BadData(
        f"{find_file(match.string)}: the header differs from the declared schema ({facts}). Fix one of the two."
    )


def explain_unreadable_file(match: re.Match[str]) -> BadData:
    """Return the error for a file that does not have its format."""
    return BadData(
        f"{find_file(match.string)} cannot be read: "
        f"{list_error_causes(match.string)[-1].splitlines()[0]}. Replace the file."
    )


def explain_wrong_column_type(match: re.Match[str]) -> BadData:
    """Return the error for a Parquet column whose type differs from the declared one."""
    column = re.search(
        r"Parquet column \[(.*?)\]\. Expected Spark type (\S+), actual Parquet type (\w+)", match.string
    )
    difference = (
        f"column `{column[1]}` is {column[3]} in the file and declared {column[2]}"
        if column
        else "a type differs"
    )
    return BadData(f"{find_file(match.string)}: {difference}. Fix the source's `schema`.")


def find_line(path: Path, text: str) -> int | None:
    """Return the number of the first line that is `text` or has it as a cell; None if there is none."""
    try:
        if not path.is_file() or path.stat().st_size > _MAX_SEARCHED_BYTES:
            return None
        cell = re.compile(rb'(?:^|[,;\t|:"\s])' + re.escape(text.encode()) + rb'(?:$|[,;\t|"\s}])')
        with open_regular(path) as lines:
            for number, line in enumerate(lines, start=1):
                if text.encode() in line and cell.search(line.rstrip(b"\r\n")):
                    return number
    except OSError:
        return None
    return None


def _extract_record_and_reason(text: str) -> tuple[str, str]:
    """Return the record or value as it is in the file, and why it cannot be parsed."""
    if match := _JSON.search(text):
        return match[2], f"field `{match[1]}` holds {match[2]}, which is not {match[3].lower()}"
    if match := _CSV_RECORD.search(text):
        return match[1], f"the record `{match[1]}` does not have the declared number of columns"
    parsed = _RECORD.search(text)
    shown = f" (record read as {parsed[1]})" if parsed else ""
    if match := _TOKEN.search(text):
        return match[1], f"`{match[1]}` does not have the declared type{shown}"
    return "", f"a record cannot be parsed{shown}: {list_error_causes(text)[-1].splitlines()[0]}"
