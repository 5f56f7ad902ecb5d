"""An index of runs by job, parameters, state and start, so that listing some of them does not read the records of all.

A run that it selects is read before it is shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from sparkops.runs.records.attempt_files import find_last_state, parse_event
from sparkops.runs.records.publications import hash_params
from sparkops.runs.records.record_index import RecordFiles, RecordIndex
from sparkops.runs.records.states import ACTIVE

_FILE: Final = ".index.json"
_FORMAT: Final = 2


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
        size: Size of that file in bytes.
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
        """Return whether the run has to be read to know if it is listed."""
        started = datetime.fromisoformat(self.started) if self.started and query.since else None
        # A run that recorded an active state may turn out to be crashed.
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
        """Return the ids of the runs that may match, newest first; those without a summary are among them."""
        return sorted(
            (run_id for run_id, entry in self._refresh() if entry is None or entry.may_match(query)),
            reverse=True,
        )

    def list_entries(self) -> list[tuple[str, IndexEntry | None]]:
        """Return the entry of each run, newest first; None for a run whose record cannot be summarized."""
        return sorted(self._refresh(), key=lambda item: item[0], reverse=True)

    def _refresh(self) -> list[tuple[str, IndexEntry | None]]:
        return RecordIndex(self.folder, _FILE, _FORMAT, _parse_entry, _summarize).refresh()


def _parse_entry(values: Any) -> IndexEntry:
    return _require_form(IndexEntry(*values))


def _require_form(entry: IndexEntry) -> IndexEntry:
    """Return an entry; TypeError or ValueError if one of its values has another form."""
    if not all(isinstance(text, str) for text in (entry.job, entry.state, entry.params)):
        raise TypeError("an entry has no text")
    if entry.started is not None and datetime.fromisoformat(entry.started).tzinfo is None:
        raise ValueError("an entry has a time without zone")
    return entry


def _summarize(files: RecordFiles) -> IndexEntry:
    """Return the entry of a run, read from the first and last lines of its attempts."""
    first, newest = parse_event(files.contents[0][0]), files.contents[-1]
    begun = parse_event(newest[0])
    entry = IndexEntry(
        changed=files.changed,
        attempt=files.attempt,
        size=files.size,
        job=str(begun["job"]),
        state=str(find_last_state(newest)),
        started=first["started"],
        params=hash_params(begun.get("params", {})),
    )
    return _require_form(entry)
