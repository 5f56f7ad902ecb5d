"""One writer for each table: lock files, which the operating system releases when their process ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sparkops.errors import ProjectError, TableBusy


@contextmanager
def lock_for_writing(folder: Path, names: Iterable[str], run_id: str) -> Iterator[None]:
    """Hold the lock of every name while the block runs.

    Args:
        folder: `<state>/locks`.
        names: Tables or models that the run will write.
        run_id: Written to the lock files, for the message to others.

    Raises:
        TableBusy: Another run of this project holds one of the locks.
    """
    with ExitStack() as locks:
        for name in sorted(names):
            locks.enter_context(_lock(folder / f"{name}.lock", name, run_id))
        yield


@contextmanager
def _lock(path: Path, name: str, run_id: str) -> Iterator[None]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise ProjectError(
            f"The lock file {path} cannot be created: {error.strerror}. Give write access there, or set `state` in "
            "conf/ to another folder."
        ) from error
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.read(file, 200).decode(errors="replace").strip() or "another run"
            raise TableBusy(
                f"`{name}` is being written by run {holder}. Wait for it (`sparkops runs show {holder}`) "
                "or cancel it, then run again."
            ) from error
        os.ftruncate(file, 0)
        os.write(file, run_id.encode())
        yield
    finally:
        os.close(file)
