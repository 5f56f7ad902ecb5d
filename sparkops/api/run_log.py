"""The log of a run in pieces that a follower can ask for again, by the attempt and the byte that they begin at."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from sparkops.errors import InputError
from sparkops.runs.records.attempt_files import name_attempt, open_record
from sparkops.runs.records.store import RunStore

# Bytes that are read at a time.
_CHUNK_BYTES: Final = 1 << 16
_POSITION: Final = re.compile(r"([0-9]{1,9}):([0-9]{1,18})")


@dataclass(frozen=True, slots=True)
class LogPosition:
    """A place in the log of a run.

    Args:
        attempt: Number of the attempt, from 1.
        offset: Bytes of its log before this place.
    """

    attempt: int = 1
    offset: int = 0

    def __str__(self) -> str:
        """Return the id of an event."""
        return f"{self.attempt}:{self.offset}"

    @classmethod
    def parse(cls, text: str) -> LogPosition:
        """Return the place that the id of an event names.

        Raises:
            InputError: It is no such id.
        """
        match = _POSITION.fullmatch(text)
        if match is None:
            raise InputError(
                f"{text[:100]!r} is no place in a log: send the id of the last event, such as 1:0."
            )
        return cls(int(match[1]), int(match[2]))


@dataclass(frozen=True, slots=True)
class LogChunk:
    """Complete lines of a log.

    Args:
        text: The lines; empty if nothing more is written yet.
        end: The place after them.
    """

    text: str
    end: LogPosition


def read_log(runs: RunStore, run_id: str, start: LogPosition, *, rest: bool) -> LogChunk:
    """Return the next lines of a run's log, of the next attempt if there are no more of this one.

    Args:
        runs: The records.
        run_id: Full id of the run.
        start: Where to begin.
        rest: Whether a last line without an end is returned, too, because nothing more is written.
    """
    while True:
        has_next = (runs.folder / run_id / f"{name_attempt(start.attempt + 1)}.jsonl").exists()
        data = _read(runs, run_id, start)
        if not (rest or has_next):
            data = data[: data.rfind(b"\n") + 1] or (data if len(data) == _CHUNK_BYTES else b"")
        if data or not has_next:
            end = LogPosition(start.attempt, start.offset + len(data))
            return LogChunk(data.decode("utf-8", "replace"), end)
        start = LogPosition(start.attempt + 1)


def _read(runs: RunStore, run_id: str, start: LogPosition) -> bytes:
    try:
        with open_record(runs.folder / run_id / f"{name_attempt(start.attempt)}.log") as file:
            file.seek(start.offset)
            return file.read(_CHUNK_BYTES)
    except FileNotFoundError:
        return b""
