"""One writer for each table: lock files, which the operating system releases when their process ends."""

from __future__ import annotations

import fcntl
import logging
import os
import resource
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import uniform
from time import monotonic, sleep

from sparkops.core.private_file import make_private_folder, open_private
from sparkops.errors import ProjectError, TableBusy

_log = logging.getLogger("sparkops.runs")

# So many locks need no higher limit of open files.
_FEW_LOCKS = 100
# Files that a process may have open beside its locks.
_OTHER_FILES = 512
# Seconds between two attempts to take a lock. Random, so that no waiting run is always the last to try.
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.05, 0.25


def log_waiting(name: str, holder: str) -> None:
    """Log that this run waits for another one.

    Args:
        name: The table or model whose lock is held.
        holder: The run that holds it.
    """
    _log.warning("waiting for run %s, which writes `%s`", holder, name)


@contextmanager
def lock_for_writing(
    folder: Path,
    names: Iterable[str],
    run_id: str,
    *,
    wait: float = 0.0,
    on_wait: Callable[[str, str], None] = log_waiting,
) -> Iterator[None]:
    """Hold the lock of every name while the block runs.

    Args:
        folder: `<state>/locks`.
        names: Tables or models that the run will write.
        run_id: Written to the lock files, for the message to others.
        wait: Seconds to wait for all locks together; 0 refuses at once.
        on_wait: Called with a name and the run that holds its lock, once for each such run, when the waiting begins.

    Raises:
        TableBusy: Another run of this project still holds one of the locks.
    """
    lock_wait = _LockWait(monotonic() + wait, wait, on_wait)
    # In one order, so that no two runs wait for each other.
    ordered = sorted(names)
    _allow_open_files(len(ordered))
    with ExitStack() as locks:
        for name in ordered:
            locks.enter_context(_lock(folder / f"{name}.lock", name, run_id, lock_wait))
        yield


def _allow_open_files(count: int) -> None:
    """Let this process open so many more files, if the system allows it; a rollback may lock thousands of models."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    required = count + _OTHER_FILES
    if count > _FEW_LOCKS and soft != resource.RLIM_INFINITY and soft < required:
        limit = required if hard == resource.RLIM_INFINITY else min(required, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))


@dataclass(slots=True)
class _LockWait:
    """The time that a run may wait for its locks.

    Args:
        deadline: When the time is over, on the monotonic clock.
        seconds: The total time, for the message.
        on_wait: Called once for each name and holder.
        reported: The names and holders for which it was called.
    """

    deadline: float
    seconds: float
    on_wait: Callable[[str, str], None]
    reported: set[tuple[str, str]] = field(default_factory=set)

    def pause(self, name: str, holder: str) -> None:
        """Sleep until the next attempt.

        Raises:
            TableBusy: The time is over.
        """
        remaining = self.deadline - monotonic()
        if remaining <= 0:
            waited = f" after {self.seconds:g} seconds of waiting" if self.seconds else ""
            raise TableBusy(
                f"`{name}` is {'still ' if waited else ''}being written by run {holder}{waited}. Wait for it "
                f"(`sparkops runs show {holder}`; `--wait 10m` waits) or cancel it, then run again."
            )
        if (name, holder) not in self.reported:
            self.reported.add((name, holder))
            self.on_wait(name, holder)
        sleep(min(remaining, uniform(_SHORTEST_PAUSE, _LONGEST_PAUSE)))  # noqa: S311


@contextmanager
def _lock(path: Path, name: str, run_id: str, lock_wait: _LockWait) -> Iterator[None]:
    """Hold one lock while the block runs; its file contains the id of the run that holds it.

    Raises:
        TableBusy: Another run holds it, and the time is over.
        ProjectError: The file cannot be created.
    """
    try:
        make_private_folder(path.parent)
        file = open_private(path, os.O_RDWR | os.O_CREAT)
    except OSError as error:
        raise ProjectError(
            f"The lock file {path} cannot be created: {error.strerror}. Give write access there, or set `state` in "
            "conf/ to another folder."
        ) from error
    try:
        while not _try_lock(file):
            holder = os.pread(file, 200, 0).decode(errors="replace").strip() or "another run"
            lock_wait.pause(name, holder)
        os.ftruncate(file, 0)
        os.pwrite(file, run_id.encode(), 0)
        yield
    finally:
        os.close(file)


def _try_lock(file: int) -> bool:
    """Take the lock of an open file, and return whether it was free."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
