"""Run records on disk: one folder for each run, in it one file of events for each attempt."""

from __future__ import annotations

import errno
import json
import logging
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sparkops.config.state_file import MALFORMED
from sparkops.core.atomic_file import replace_file
from sparkops.core.masking import mask_json
from sparkops.core.private_file import make_private_folder, open_private
from sparkops.errors import AttemptSuperseded, InputError, ProjectError, SparkopsError, UnknownName
from sparkops.runs.records.attempt_files import (
    DamagedRecord,
    EmptyRecord,
    find_last_state,
    list_attempts,
    name_attempt,
    parse_attempt_number,
    read_events,
    read_lines,
)
from sparkops.runs.records.compaction import select_needed
from sparkops.runs.records.events import fold_events
from sparkops.runs.records.failure import describe_error
from sparkops.runs.records.process import describe_process, detect_crash, is_active_on_this_host
from sparkops.runs.records.run import Run, utc_now
from sparkops.runs.records.run_index import RunIndex, RunQuery
from sparkops.runs.records.states import ACTIVE, InvalidTransition, State, choose_state, require_transition

# Its warnings are printed at the end of a command.
_log = logging.getLogger("sparkops.project")
# Run ids that a message lists.
_MAX_IDS = 5
# Suffix of the file beside an attempt's record by which its cancellation is requested.
_CANCEL_SUFFIX = ".cancel"
# The file in the folder of a run that protects it against its removal.
_PROTECTION = "protected"


@dataclass(frozen=True, slots=True)
class Attempt:
    """The record file of one attempt of a run.

    Args:
        run_id: The run.
        number: Number of the attempt, from 1.
        path: The file.
        secrets: Values that are masked in it.
        lock: Held while the file is changed.
    """

    run_id: str
    number: int
    path: Path
    secrets: tuple[str, ...] = ()
    lock: threading.Lock = field(default_factory=threading.Lock, compare=False, repr=False)

    @property
    def log(self) -> Path:
        """Return the path of the attempt's log."""
        return self.path.with_suffix(".log")

    def append(self, event: str, *, sync: bool = True, **fields: Any) -> None:
        """Append one event; it is on disk when this returns.

        Args:
            event: What happened, in one word.
            sync: Whether it is also on disk after a loss of power. False for what only describes the attempt, such as a
                duration: a later event brings it to disk.
            fields: Keys of the record, as JSON values.

        Raises:
            ProjectError: The event cannot be written; earlier events are intact.
        """
        line = json.dumps({"event": event, "time": utc_now().isoformat(), **mask_json(fields, self.secrets)})
        try:
            with self.lock:
                _append_line(self.path, (line + "\n").encode(), sync=sync)
        except OSError as error:
            raise _convert_write_error(self.path, error) from error

    def compact(self) -> None:
        """Remove the events of a stream that later ones replace; ProjectError if the file cannot be replaced."""
        try:
            with self.lock:
                lines = select_needed(read_lines(self.path))
                replace_file(self.path, b"".join(lines), durable=True, private=True)
        except OSError as error:
            raise _convert_write_error(self.path, error) from error

    def enter(self, state: State, event: str, **fields: Any) -> None:
        """Append an event by which the run enters a state.

        Raises:
            InvalidTransition: The state may not follow the present one of this attempt.
            ProjectError: The event cannot be written.
        """
        require_transition(self.run_id, self.read_state(), state)
        self.append(event, state=state, **fields)

    def enter_failed(self, error: SparkopsError) -> None:
        """Append the events by which an error ends the attempt; one that is cancelled or timed out is stopped first."""
        state, facts = choose_state(error), describe_error(error)
        if state in ("cancelled", "timed_out"):
            self.enter("cancelling", "cancelling", error=facts)
        self.enter(state, "ended", ended=utc_now().isoformat(), error=facts)

    def read_state(self) -> State:
        """Return the state that this attempt recorded last."""
        try:
            state: State = find_last_state(read_lines(self.path))
        except LookupError:
            return "queued"
        except (OSError, *MALFORMED) as error:
            raise DamagedRecord(self.path, error) from error
        return state

    def require_newest(self) -> None:
        """Refuse to change anything once a later attempt of the run has begun.

        Raises:
            AttemptSuperseded: One has.
        """
        later = [path for path in list_attempts(self.path.parent) if parse_attempt_number(path) > self.number]
        if later:
            raise AttemptSuperseded(
                f"Attempt {self.number} of run {self.run_id} publishes nothing more, because attempt "
                f"{parse_attempt_number(later[-1])} of the run has begun: `sparkops runs show {self.run_id}` shows it."
            )

    def find_cancel_request(self) -> str | None:
        """Return who asked that this attempt is cancelled, or None."""
        return _read_cancel_request(self.path)


@dataclass(frozen=True, slots=True)
class RunStore:
    """The run records of a project.

    Args:
        folder: `<state>/runs`.
    """

    folder: Path

    def begin(
        self, run_id: str, job: str, *, secrets: tuple[str, ...] = (), sync: bool = True, **fields: Any
    ) -> Attempt:
        """Create the record file of a new attempt, with its first event.

        Args:
            run_id: The run; it exists already when this is a further attempt.
            job: Name of the job.
            secrets: Values that are masked in the file.
            sync: Whether the event is on disk after a loss of power; see `Attempt.append`.
            fields: Further keys of the record, as JSON values.

        Raises:
            InvalidTransition: The run is done, or a process of this host is executing it.
            ProjectError: The folder cannot be written.
        """
        folder = self.folder / run_id
        self._require_startable(run_id)
        try:
            make_private_folder(self.folder)
            make_private_folder(folder)
            attempt = _create_attempt(run_id, folder, secrets)
        except OSError as error:
            raise _convert_write_error(folder, error) from error
        _require_in_effect(attempt)
        started: dict[str, Any] = {"started": utc_now().isoformat()} if attempt.number == 1 else {}
        attempt.append(
            "started", sync=sync, id=run_id, job=job, state="running", attempt=attempt.number, ended=None, error=None,
            process=describe_process(), log=str(attempt.log), **started, **fields,
        )  # fmt: skip
        return attempt

    def _require_startable(self, run_id: str) -> None:
        """Refuse a further attempt of a run that is done or active; one that is active elsewhere counts as crashed."""
        try:
            earlier = self.read(run_id)
        except (ValueError, ProjectError):
            return
        is_abandoned = earlier.state in ACTIVE and not is_active_on_this_host(earlier)
        require_transition(run_id, "crashed" if is_abandoned else earlier.state, "running")

    def find_newest_attempt(self, run_id: str) -> Attempt:
        """Return the newest attempt of a run that has one."""
        path = list_attempts(self.folder / run_id)[-1]
        return Attempt(run_id, parse_attempt_number(path), path)

    def find_state(self, run_id: str) -> State | None:
        """Return the state that a run recorded last; None if there is none, or it cannot be read.

        Unlike `read`, this reads only the newest attempt.
        """
        try:
            state: State = find_last_state(read_lines(list_attempts(self.folder / run_id)[-1]))
        except (OSError, *MALFORMED):
            return None
        return state

    def request_cancel(self, run: Run, *, by: str) -> None:
        """Ask the process that executes a run to cancel it.

        Args:
            run: The run.
            by: Who asks, for the record.

        Raises:
            ProjectError: The request cannot be written.
        """
        path = self.folder / run.id / f"{name_attempt(run.attempt)}{_CANCEL_SUFFIX}"
        try:
            os.close(open_private(path, os.O_WRONLY | os.O_CREAT))
            _append_line(path, (json.dumps({"by": by, "time": utc_now().isoformat()}) + "\n").encode())
        except OSError as error:
            raise _convert_write_error(path, error) from error

    def is_protected(self, run_id: str) -> bool:
        """Return whether a run is protected against its removal."""
        return (self.folder / run_id / _PROTECTION).exists()

    def protect(self, run_id: str) -> None:
        """Protect a run against its removal.

        Raises:
            ProjectError: The folder of the run cannot be written.
        """
        path = self.folder / run_id / _PROTECTION
        try:
            os.close(open_private(path, os.O_WRONLY | os.O_CREAT))
        except OSError as error:
            raise _convert_write_error(path, error) from error

    def unprotect(self, run_id: str) -> None:
        """End the protection of a run against its removal."""
        (self.folder / run_id / _PROTECTION).unlink(missing_ok=True)

    def load(self, run_id: str) -> Run:
        """Return one run; see `resolve_id` for what identifies it.

        Raises:
            UnknownName: No run matches.
            InputError: Several do.
            ProjectError: The record is damaged or empty.
        """
        return self.read(self.resolve_id(run_id))

    def resolve_id(self, part: str) -> str:
        """Return the full id of the one run whose id begins or ends with `part`; `last` is the newest run.

        Raises:
            UnknownName: No run matches.
            InputError: Several do.
        """
        ids = self.list_ids()
        if part == "last" and ids:
            return ids[0]
        matches = (
            [part] if part in ids else [id_ for id_ in ids if id_.startswith(part) or id_.endswith(part)]
        )
        if len(matches) == 1:
            return matches[0]
        if matches:
            raise InputError(
                f"`{part}` is a part of several run ids: {', '.join(matches[:_MAX_IDS])}. Give more characters."
            )
        raise UnknownName("run", part, ids[:_MAX_IDS], advice="`sparkops runs` lists them.")

    def list_ids(self) -> list[str]:
        """Return all run ids, newest first."""
        if not self.folder.is_dir():
            return []
        with os.scandir(self.folder) as entries:
            return sorted(
                (entry.name for entry in entries if entry.is_dir() and entry.name[0] != "."), reverse=True
            )

    def list_newest(
        self,
        *,
        job: str | None = None,
        state: State | None = None,
        since: datetime | None = None,
        parts: bool = True,
        replays: bool = False,
        limit: int | None = None,
    ) -> Iterator[Run]:
        """Yield the runs, newest first; records without a complete event are skipped.

        Args:
            job: Only runs of this job.
            state: Only runs in this state.
            since: Only runs that began at this time or later.
            parts: Whether the runs that are parts of a fan-out are among them.
            replays: Whether replays are among them, which publish nothing.
            limit: Maximum number of runs.
        """
        query = RunQuery(job=job, state=state, since=since)
        # Without a filter the newest records are read directly: that does not depend on the number of runs.
        ids = self.list_ids() if query == RunQuery() else RunIndex(self.folder).select(query)
        count = 0
        for run_id in ids:
            if limit is not None and count >= limit:
                return
            try:
                run = self.read(run_id)
            except DamagedRecord as error:
                _log.warning("%s", error)
                continue
            except EmptyRecord:
                continue
            is_selected = (parts or run.parent is None) and (replays or not run.replay)
            if is_selected and query.matches(run.job, run.state, run.started):
                count += 1
                yield run

    def read(self, run_id: str) -> Run:
        """Return the run of a full id.

        Raises:
            DamagedRecord: Its record cannot be read.
            EmptyRecord: Nothing of it is recorded yet.
        """
        files = list_attempts(self.folder / run_id)
        events = [event for path in files for event in read_events(path)]
        if not events:
            raise EmptyRecord(run_id)
        try:
            return detect_crash(fold_events(events))
        except MALFORMED as error:
            raise DamagedRecord(self.folder / run_id, error) from error


def _create_attempt(run_id: str, folder: Path, secrets: tuple[str, ...]) -> Attempt:
    """Create the file of the next attempt; no other process can create the same one."""
    number = max(map(parse_attempt_number, list_attempts(folder)), default=0) + 1
    while True:
        path = folder / f"{name_attempt(number)}.jsonl"
        try:
            os.close(open_private(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            number += 1
            continue
        return Attempt(run_id, number, path, secrets)


def _require_in_effect(attempt: Attempt) -> None:
    """Refuse an attempt whose run was rolled back while it began, and remove its file."""
    earlier = [
        path for path in list_attempts(attempt.path.parent) if parse_attempt_number(path) < attempt.number
    ]
    if not earlier:
        return
    state = Attempt(attempt.run_id, parse_attempt_number(earlier[-1]), earlier[-1]).read_state()
    if state == "rolled_back":
        attempt.path.unlink(missing_ok=True)
        raise InvalidTransition(attempt.run_id, state, "running")


def _read_cancel_request(attempt: Path) -> str | None:
    path = attempt.with_suffix(_CANCEL_SUFFIX)
    if not path.exists():
        return None
    requests = [event.get("by") for event in read_events(path)]
    return str(requests[0]) if requests else None


def _append_line(path: Path, line: bytes, *, sync: bool = True) -> None:
    """Append a complete line, and sync it to disk; where it does not fit, the file stays as it was."""
    file = open_private(path, os.O_WRONLY | os.O_APPEND)
    try:
        size = os.fstat(file).st_size
        if os.write(file, line) < len(line):
            os.ftruncate(file, size)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if sync:
            os.fsync(file)
    finally:
        os.close(file)


def _convert_write_error(path: Path, error: OSError) -> ProjectError:
    return ProjectError(
        f"The run's record cannot be written to {path}: {error.strerror}. "
        "Free space or give write access there, or set `state` in conf/ to another folder."
    )
