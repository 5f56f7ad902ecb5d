"""A record of a source that cannot be parsed: which file, which line, what is wrong with it."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

from sparkops.errors import BadData
from sparkops.tables.catalog import local_path
from sparkops.tables.error_messages.spark_error_text import causes

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
    r"Cannot parse the field name '(.*?)' and the value (.*?) of the JSON token type \w+ to target Spark data type \"(\w+)\""
)
_LARGEST = 400_000_000


def file_of(text: str) -> str:
    """Return the file that an error of Spark names, or a word for one that is not named."""
    found = _FILE.search(text)
    if found is None:
        return "a file"
    path = local_path(found[1])
    return unquote(str(path)) if path is not None else found[1]


def malformed(text: str) -> BadData:
    """Return the error for a record that does not fit the declared columns."""
    file = file_of(text)
    record, reason = _told(text)
    line = line_of(Path(file), record) if record else None
    where = f"{file}, line {line}" if line else file
    return BadData(
        f"{where}: {reason}. Mend the record, or say in the source's `options` what stands for a missing value "
        "(`nullValue`) or that bad records become nulls (`mode: PERMISSIVE`)."
    )


def header(text: str) -> BadData:
    """Return the error for a csv file whose header is not the declared columns."""
    lines = next(c for c in reversed(causes(text)) if "CSV header" in c).split("\n")
    facts = "; ".join(" ".join(line.split()) for line in lines[1:] if line.strip() and "CSV file" not in line)
    return BadData(
        f"{file_of(text)}: the header is not that of the declared schema ({facts}). Mend one of the two."
    )


def unreadable(text: str) -> BadData:
    """Return the error for a file that is not of its format at all."""
    return BadData(f"{file_of(text)} cannot be read: {causes(text)[-1].splitlines()[0]}. Replace the file.")


def mistyped(text: str) -> BadData:
    """Return the error for a Parquet column of another type than declared."""
    found = re.search(
        r"Parquet column \[(.*?)\]\. Expected Spark type (\S+), actual Parquet type (\w+)", text
    )
    what = (
        f"column `{found[1]}` is {found[3]} in the file and declared {found[2]}"
        if found
        else "a type differs"
    )
    return BadData(f"{file_of(text)}: {what}. Mend the source's `schema`.")


def line_of(path: Path, wanted: str) -> int | None:
    """Return the first line of a text file that is `wanted`, or has it as a cell; None where it is not found."""
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST:
            return None
        cell = re.compile(rb'(?:^|[,;\t|:"\s])' + re.escape(wanted.encode()) + rb'(?:$|[,;\t|"\s}])')
        with path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                if wanted.encode() in line and cell.search(line.rstrip(b"\r\n")):
                    return number
    except OSError:
        return None
    return None


def _told(text: str) -> tuple[str, str]:
    """Return what to look for in the file, and the reason in words."""
    if found := _JSON.search(text):
        return found[2], f"field `{found[1]}` holds {found[2]}, which is not {found[3].lower()}"
    if found := _CSV_RECORD.search(text):
        return found[1], f"the record `{found[1]}` does not have the declared number of columns"
    parsed = _RECORD.search(text)
    shown = f" (record read as {parsed[1]})" if parsed else ""
    if found := _TOKEN.search(text):
        return found[1], f"`{found[1]}` does not have the declared type{shown}"
    return "", f"a record cannot be parsed{shown}: {causes(text)[-1].splitlines()[0]}"
