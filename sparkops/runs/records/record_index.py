"""An index of the records of runs, stored beside them, so that not all records have to be read.

Entries that are missing or out of date are read again. The file may be removed at any time.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Generic, Protocol, TypeVar

from sparkops.config.state_file import MALFORMED, DamagedState, read_state
from sparkops.core.atomic_file import replace_file
from sparkops.errors import ProjectError
from sparkops.runs.records.attempt_files import list_attempts, read_lines

# The index is saved once so many of its entries were missing or out of date.
_MIN_CHANGES: Final = 20
# Two changes of a folder within this time (ns) may have the same modification time.
_CLOCK_RESOLUTION: Final = 2_000_000_000
# Largest index that is read, in bytes.
_MAX_BYTES: Final = 1 << 28


@dataclass(frozen=True, slots=True)
class RecordFiles:
    """The files of one run, as they were read.

    Args:
        changed: Modification time of the run's folder (ns), which changes with each new attempt.
        attempt: Name of the newest attempt's file.
        size: Size of that file in bytes.
        contents: The lines of each attempt, oldest first.
    """

    changed: int
    attempt: str
    size: int
    contents: Sequence[Sequence[bytes]]


class RecordEntry(Protocol):
    """What an index contains of one run; JSON stores it as a list of its values."""

    @property
    def changed(self) -> int:
        """Return the modification time of the run's folder (ns)."""

    @property
    def attempt(self) -> str:
        """Return the name of the newest attempt's file."""

    @property
    def size(self) -> int:
        """Return the size of that file in bytes."""


Entry = TypeVar("Entry", bound=RecordEntry)


@dataclass(frozen=True, slots=True)
class RecordIndex(Generic[Entry]):
    """An index of the runs in a folder.

    Args:
        folder: `<state>/runs`.
        file: Name of the index's file in it.
        format: Version of the file's format; a file of another version is ignored.
        parse: Builds an entry from its JSON values; raises one of `MALFORMED` if they are malformed.
        summarize: Builds the entry of a run from its files; raises one of `MALFORMED` if they are malformed.
    """

    folder: Path
    file: str
    format: int
    parse: Callable[[Any], Entry]
    summarize: Callable[[RecordFiles], Entry]

    def refresh(self) -> list[tuple[str, Entry | None]]:
        """Return the entry of each run, up to date with its record; save the index if many entries have changed.

        The entry of a run whose record cannot be summarized is None.
        """
        known = self._load()
        entries: list[tuple[str, Entry | None]] = []
        changes = 0
        for run_id, changed in self._list_folders():
            entry = known.get(run_id)
            if entry is None or not self._is_current(run_id, entry, changed):
                changes += 1
                entry = self._summarize(run_id, changed)
            entries.append((run_id, entry))
        if changes >= _MIN_CHANGES:
            self._save(entries)
        return entries

    def _list_folders(self) -> Iterator[tuple[str, int]]:
        """Yield the id of each run, and when its folder changed (ns)."""
        with suppress(FileNotFoundError, NotADirectoryError), os.scandir(self.folder) as items:
            for item in items:
                if item.is_dir() and item.name[0] != ".":
                    yield item.name, item.stat().st_mtime_ns

    def _is_current(self, run_id: str, entry: Entry, changed: int) -> bool:
        if entry.changed != changed:
            return False
        try:
            return Path(self.folder, run_id, entry.attempt).stat().st_size == entry.size
        except (OSError, ValueError):
            return False

    def _summarize(self, run_id: str, changed: int) -> Entry | None:
        try:
            files = list_attempts(self.folder / run_id)
            contents = [read_lines(path) for path in files]
            size = sum(map(len, contents[-1]))
            return self._require_form(self.summarize(RecordFiles(changed, files[-1].name, size, contents)))
        except (OSError, ProjectError, *MALFORMED):
            return None

    def _load(self) -> Mapping[str, Entry]:
        """Return the entries of the index's file; none if it is missing or damaged."""
        try:
            return read_state(
                self.folder / self.file,
                self._parse_all,
                content="the index of runs",
                advice="it is written again",
                limit=_MAX_BYTES,
            )
        except (OSError, DamagedState):
            return {}

    def _parse_all(self, content: Any) -> Mapping[str, Entry]:
        if content["format"] != self.format:
            return {}
        return {run_id: self._parse(values) for run_id, values in content["runs"].items()}

    def _parse(self, values: Any) -> Entry:
        return self._require_form(self.parse(values))

    def _require_form(self, entry: Entry) -> Entry:
        if not (isinstance(entry.changed, int) and isinstance(entry.size, int)):
            raise TypeError("an entry has no number")
        if not isinstance(entry.attempt, str):
            raise TypeError("an entry has no text")
        if "/" in entry.attempt:
            raise ValueError("an entry names a file of another folder")
        return entry

    def _save(self, entries: list[tuple[str, Entry | None]]) -> None:
        """Save the entries, except for folders that have just changed: a next change might not show in their time.

        A read-only store has no index, which is no error.
        """
        newest = time.time_ns() - _CLOCK_RESOLUTION
        settled = {run_id: entry for run_id, entry in entries if entry is not None and entry.changed < newest}
        with suppress(OSError):
            content = json.dumps({"format": self.format, "runs": settled})
            replace_file(self.folder / self.file, content, durable=False, private=True)
