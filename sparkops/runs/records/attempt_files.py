"""The files of a run's attempts: their names, their events, and what is wrong with a damaged one."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final

from sparkops.core.bounded_file import iterate_lines, parse_json, read_bounded
from sparkops.core.private_file import open_private
from sparkops.errors import ProjectError, explain_damage

_NAME: Final = re.compile(r"attempt-[0-9]{1,9}\.jsonl")
# Largest record of an attempt, in bytes. A stream adds an event with each batch.
MAX_RECORD: Final = 1 << 30
# Longest event, in characters.
_MAX_EVENT: Final = 1 << 24


class DamagedRecord(ProjectError):
    """The record of a run cannot be read.

    Args:
        path: Its file, or its folder.
        error: What is wrong.
    """

    def __init__(self, path: Path, error: Exception) -> None:
        super().__init__(
            f"The record of a run, {path}, is damaged ({explain_damage(error)}): "
            "restore it from a backup, or remove the run's folder."
        )


class EmptyRecord(ProjectError):
    """Nothing of a run is recorded yet.

    Args:
        run_id: The run.
    """

    def __init__(self, run_id: str) -> None:
        super().__init__(
            f"Nothing of run {run_id} is recorded: it is just starting, or its record was emptied. "
            "Remove the run's folder if it is not starting."
        )


def list_attempts(folder: Path) -> list[Path]:
    """Return the files of a run's attempts, oldest first; files of other names do not belong to the run."""
    files = [path for path in folder.glob("attempt-*.jsonl") if _NAME.fullmatch(path.name)]
    return sorted(files, key=parse_attempt_number)


def name_attempt(number: int) -> str:
    """Return the name of an attempt's files, without their suffix."""
    return f"attempt-{number:03d}"


def parse_attempt_number(path: Path) -> int:
    """Return the number of the attempt that a file belongs to."""
    return int(path.stem.removeprefix("attempt-"))


def read_events(path: Path) -> Iterator[Mapping[str, Any]]:
    """Yield the events of a file; the incomplete last line that a crash leaves is skipped.

    Raises:
        DamagedRecord: A complete line is no event.
    """
    try:
        for line in iterate_lines(open_record(path), _MAX_EVENT):
            if line.endswith("\n"):
                yield parse_event(line)
    except (OSError, RecursionError, TypeError, ValueError) as error:
        raise DamagedRecord(path, error) from error


def open_record(path: Path) -> BinaryIO:
    """Open a file of a run for reading; OSError if it is no regular file, or is behind a symbolic link."""
    return os.fdopen(open_private(path, os.O_RDONLY), "rb")


def read_lines(path: Path) -> list[bytes]:
    """Return the lines of a file, with their ends; OSError if it cannot be read, or is too large."""
    with open_record(path) as file:
        return read_bounded(file, path, MAX_RECORD).splitlines(keepends=True)


def find_last_state(lines: Sequence[bytes]) -> Any:
    """Return the state that complete lines record last; LookupError if none does."""
    for line in reversed(lines):
        if b'"state"' in line and line.endswith(b"\n") and "state" in (event := parse_event(line)):
            return event["state"]
    raise LookupError("no state is recorded")


def parse_event(line: str | bytes) -> Mapping[str, Any]:
    """Return the event of a line; ValueError or TypeError if it is none."""
    event = parse_json(line)
    if not isinstance(event, dict):
        raise TypeError("a line is no object of JSON")
    return event
