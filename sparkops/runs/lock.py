"""One writer a table: a lock file that the operating system lets go when its process ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sparkops.errors import ProjectError, TableBusy


@contextmanager
def writing(folder: Path, names: Iterable[str], run_id: str) -> Iterator[None]:
    """Hold the lock of every name while the block runs.

    Args:
        folder: `<state>/locks`.
        names: Tables or models that the run will write.
        run_id: Shown to whoever finds the lock taken.

    Raises:
        TableBusy: Another run of this project holds one of them.
    """
    with ExitStack() as held:
        for name in sorted(names):
            held.enter_context(_lock(folder / f"{name}.lock", name, run_id))
        yield


@contextmanager
def _lock(path: Path, name: str, run_id: str) -> Iterator[None]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise ProjectError(f"The lock {path} cannot be made: {error.strerror}.") from error
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
