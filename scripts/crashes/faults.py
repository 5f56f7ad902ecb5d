"""What happens to a run: a process of it is killed, or its disk is full or read-only from then on."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

from crashes.project import locate_warehouse

Fault = Literal["driver", "jvm", "executor", "full disk", "read-only"]
FAULTS: Final[tuple[Fault, ...]] = ("driver", "jvm", "executor", "full disk", "read-only")
# These kill a process of Spark.
SPARK_FAULTS: Final[tuple[Fault, ...]] = ("jvm", "executor")
# These need a disk of the project's own.
DISK_FAULTS: Final[tuple[Fault, ...]] = ("full disk", "read-only")
_FILLER: Final = "filler"
_DISK_SIZE: Final = "48m"


def strike(fault: Fault, root: Path) -> bool:
    """Let a fault happen to this process; return whether it did.

    Args:
        fault: The fault. Where a process that is to be killed does not exist yet, nothing happens.
        root: The project.
    """
    if fault == "driver":
        os.kill(os.getpid(), signal.SIGKILL)
    if fault in ("jvm", "executor"):
        return _kill_all(_find_jvms() if fault == "jvm" else _find_executors())
    if fault == "full disk":
        _fill_disk(root / _FILLER)
    else:
        _mount_read_only(locate_warehouse(root))
    return True


def repair(fault: Fault, root: Path) -> None:
    """Undo what a fault left in the project's folder."""
    (root / _FILLER).unlink(missing_ok=True)
    if fault == "read-only":
        # As often as it happened. A folder on its own disk's file system is not seen by `os.path.ismount`.
        while _is_mounted(locate_warehouse(root)):
            _run("umount", "--lazy", str(locate_warehouse(root)))


def mount_disk(root: Path) -> None:
    """Give a project a small disk of its own."""
    _run("mount", "-t", "tmpfs", "-o", f"size={_DISK_SIZE}", "tmpfs", str(root))


def unmount_disk(root: Path) -> None:
    """Remove the disk of a project, with all files."""
    _run("umount", "--lazy", str(root))


def _fill_disk(path: Path) -> None:
    with contextlib.suppress(OSError), path.open("wb", buffering=0) as file:
        while file.write(bytes(4096)):
            pass


def _mount_read_only(folder: Path) -> None:
    """Make a folder read-only; files that are open already can still be written."""
    folder.mkdir(parents=True, exist_ok=True)
    _run("mount", "--bind", str(folder), str(folder))
    _run("mount", "-o", "remount,ro,bind", str(folder))


def _is_mounted(folder: Path) -> bool:
    return any(
        line.split()[4] == str(folder) for line in Path("/proc/self/mountinfo").read_text().splitlines()
    )


def _run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True)


def _find_jvms() -> list[int]:
    """Return the JVMs that this process started."""
    return [pid for pid, words in _list_processes() if words[0].endswith("java") and _is_child(pid)]


def _find_executors() -> list[int]:
    """Return one executor of this process's application."""
    from pyspark import SparkContext

    context = SparkContext._active_spark_context  # noqa: SLF001
    if context is None:
        return []
    application = context.applicationId
    return [
        pid
        for pid, words in _list_processes()
        if application in words and any("CoarseGrainedExecutorBackend" in word for word in words)
    ][:1]


def _kill_all(pids: list[int]) -> bool:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return bool(pids)


def _list_processes() -> Iterator[tuple[int, list[str]]]:
    """Yield the id and the command line of each process."""
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if folder.name.isdigit() and (words := (folder / "cmdline").read_bytes().decode().split("\0")):
                yield int(folder.name), words


def _is_child(pid: int) -> bool:
    """Return whether a process is a descendant of this one."""
    while pid > 1:
        with contextlib.suppress(OSError):
            pid = int((Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])
            if pid == os.getpid():
                return True
            continue
        return False
    return False
