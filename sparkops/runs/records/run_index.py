"""An index of runs by job, parameters, state and start, so that listing some of them does not read the records of all.

It is derived from the records: what is missing in it, or has changed, is read again, and a run that it selects is read
before it is shown. Its file may be removed at any time.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from sparkops.core.atomic_file import replace_file
from sparkops.errors import ProjectError
from sparkops.runs.records.attempt_files import (
    DAMAGE,
    find_last_state,
    list_attempts,
    parse_event,
    read_lines,
)
from sparkops.runs.records.publications import hash_params
from sparkops.runs.records.states import ACTIVE

_FILE: Final = ".index.json"
_FORMAT: Final = 2
# The index is written again once so many of its entries are missing or have changed.
_MIN_CHANGES: Final = 20
# Two changes of a folder within this time (ns) may have the same modification time.
_CLOCK_RESOLUTION: Final = 2_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RunQuery:
    """Which runs are listed; None for all.

    Args:
        job: Name of the job.
        state: State of the run.
        since: Earliest start.
    """

    job: str | None = None
    state: str | None = None
    since: datetime | None = None

    def matches(self, job: str, state: str, started: datetime | None) -> bool:
        """Return whether a run is listed."""
        return (
            self.job in (None, job)
            and self.state in (None, state)
            and (self.since is None or (started is not None and started >= self.since))
        )


class IndexEntry(NamedTuple):
    """What the index contains of one run; JSON stores it as a list.

    Args:
        changed: Modification time of the run's folder (ns), which changes with each new attempt.
        attempt: Name of the newest attempt's file.
        size: Its bytes.
        job: Name of the job.
        state: State that is recorded last.
        started: When the run began, ISO 8601.
        params: Hash of the parameters, as the record has them; see `hash_params`.
    """

    changed: int
    attempt: str
    size: int
    job: str
    state: str
    started: str | None
    params: str

    def may_match(self, query: RunQuery) -> bool:
        """Return whether the run has to be read: an active state may turn out to be `crashed`."""
        started = datetime.fromisoformat(self.started) if self.started and query.since else None
        state = query.state if self.state in ACTIVE and query.state else self.state
        return query.matches(self.job, state, started)


@dataclass(frozen=True, slots=True)
class RunIndex:
    """The index of the runs in a folder.

    Args:
        folder: `<state>/runs`.
    """

    folder: Path

    def select(self, query: RunQuery) -> list[str]:
        """Return the ids of the runs that may match, newest first, with those whose record cannot be summarized."""
        return sorted(
            (run_id for run_id, entry in self._refresh() if entry is None or entry.may_match(query)),
            reverse=True,
        )

    def list_entries(self) -> list[tuple[str, IndexEntry | None]]:
        """Return the entry of each run, newest first; None for a run whose record cannot be summarized."""
        return sorted(self._refresh(), key=lambda item: item[0], reverse=True)

    def _refresh(self) -> list[tuple[str, IndexEntry | None]]:
        """Return the entry of each run as its record is now, and save the index if much of it has changed."""
        known = self._load()
        entries: list[tuple[str, IndexEntry | None]] = []
        changes = 0
        for run_id, changed in self._list_folders():
            entry = known.get(run_id)
            if entry is None or not self._is_current(run_id, entry, changed):
                changes += 1
                entry = _summarize(self.folder / run_id, changed)
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

    def _is_current(self, run_id: str, entry: IndexEntry, changed: int) -> bool:
        if entry.changed != changed:
            return False
        try:
            return Path(self.folder, run_id, entry.attempt).stat().st_size == entry.size
        except OSError:
            return False

    def _load(self) -> Mapping[str, IndexEntry]:
        """Return the entries of the index's file; none if it is missing or damaged."""
        try:
            content = json.loads((self.folder / _FILE).read_bytes())
            if content["format"] != _FORMAT:
                return {}
            return {run_id: _parse_entry(values) for run_id, values in content["runs"].items()}
        except (OSError, RecursionError, *DAMAGE):
            return {}

    def _save(self, entries: list[tuple[str, IndexEntry | None]]) -> None:
        """Write the entries of folders whose next change will show in their modification time.

        A read-only store has no index.
        """
        newest = time.time_ns() - _CLOCK_RESOLUTION
        settled = {run_id: entry for run_id, entry in entries if entry is not None and entry.changed < newest}
        with suppress(OSError):
            replace_file(self.folder / _FILE, json.dumps({"format": _FORMAT, "runs": settled}), durable=False)


def _parse_entry(values: Any) -> IndexEntry:
    entry = IndexEntry(*values)
    if not (isinstance(entry.changed, int) and isinstance(entry.size, int)):
        raise TypeError("an entry has no number")
    if not all(isinstance(text, str) for text in (entry.attempt, entry.job, entry.state, entry.params)):
        raise TypeError("an entry has no text")
    if "/" in entry.attempt:
        raise ValueError("an entry names a file of another folder")
    if entry.started is not None:
        datetime.fromisoformat(entry.started)
    return entry


def _summarize(folder: Path, changed: int) -> IndexEntry | None:
    """Return the entry of a run, read from the first and last lines of its attempts; None if that is not possible."""
    try:
        files = list_attempts(folder)
        contents = [read_lines(path) for path in files]
        first, newest = parse_event(contents[0][0]), contents[-1]
        begun = parse_event(newest[0])
        return IndexEntry(
            changed=changed,
            attempt=files[-1].name,
            size=sum(map(len, newest)),
            job=str(begun["job"]),
            state=str(find_last_state(newest)),
            started=first["started"],
            params=hash_params(begun.get("params", {})),
        )
    except (OSError, ProjectError, RecursionError, *DAMAGE):
        return None
