"""Record in a run that a rollback undid it, or that it is in effect again.

The mark is a file like that of an attempt, with the next number. An attempt that began before it is superseded, and
publishes nothing more; an attempt that begins after it is refused.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from sparkops.core.private_file import open_private
from sparkops.errors import ProjectError
from sparkops.runs.records.attempt_files import list_attempts, name_attempt, parse_attempt_number
from sparkops.runs.records.run import Run, utc_now
from sparkops.runs.records.states import State, require_transition
from sparkops.runs.records.store import RunStore


def mark_rolled_back(runs: RunStore, run_id: str, *, by: str) -> None:
    """Record that a rollback undid a run; nothing is done if that is recorded already.

    If the record names another rollback, which was undone itself, this one is recorded instead.

    Args:
        runs: The records.
        run_id: The run, which has ended.
        by: The rollback.

    Raises:
        InvalidTransition: The run is active.
        ProjectError: The record cannot be written.
    """
    run = runs.read(run_id)
    if run.state != "rolled_back" or run.rolled_back != by:
        require_can_be_marked(run)
        _record(runs, run, "rolled_back", by)


def require_can_be_marked(run: Run) -> None:
    """Refuse to mark a run as rolled back that is not in a state for it.

    Raises:
        InvalidTransition: The run is active, or was skipped.
    """
    if run.state != "rolled_back":
        require_transition(run.id, run.state, "rolled_back")


def mark_in_effect(runs: RunStore, run_id: str, *, state: State = "done") -> None:
    """Record that a run that was rolled back is in effect again; nothing is done if that is recorded already.

    Args:
        runs: The records.
        run_id: The run.
        state: The state that it returns to; another than `done` if an incomplete rollback is given up.

    Raises:
        ProjectError: The record cannot be written.
    """
    run = runs.read(run_id)
    if run.state == "rolled_back":
        require_transition(run.id, run.state, state)
        _record(runs, run, state, None)


def _record(runs: RunStore, run: Run, state: State, by: str | None) -> None:
    """Create the file of a mark with its content, so that no reader finds it empty."""
    folder = runs.folder / run.id
    event = {
        "event": "rolled_back" if by else "in_effect",
        "time": utc_now().isoformat(),
        "id": run.id,
        "job": run.job,
        # The index of runs reads job and parameters from the newest file.
        "params": dict(run.params),
        "state": state,
        "rolled_back": by,
    }
    temporary = folder / f".mark-{os.urandom(8).hex()}.tmp"
    try:
        file = open_private(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        try:
            os.write(file, (json.dumps(event) + "\n").encode())
            os.fsync(file)
        finally:
            os.close(file)
        _link_as_next(temporary, folder)
    except OSError as error:
        raise ProjectError(
            f"Run {run.id} cannot be marked in {folder}: {error.strerror}. Free space or give write access there."
        ) from error
    finally:
        temporary.unlink(missing_ok=True)


def _link_as_next(file: Path, folder: Path) -> None:
    """Give a file the next number of the run's attempts; unlike a rename, a link never replaces another file."""
    number = max(map(parse_attempt_number, list_attempts(folder)), default=0) + 1
    while True:
        try:
            os.link(file, folder / f"{name_attempt(number)}.jsonl")
        except FileExistsError:
            number += 1
        else:
            return
