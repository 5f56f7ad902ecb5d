"""Limits of a case: processor time, waiting time, memory, and the folders that it may write to."""

from __future__ import annotations

import os
import resource
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fuzzing.surface import Finding

# An audit event that only code of an input raises: MARKER is written wherever text might be evaluated.
MARKER_EVENT = "fuzzing.marker"
MARKER = f"__import__('sys').audit('{MARKER_EVENT}')"
# Seconds that a case may wait for something, and bytes that it may add to the memory of the process.
MAX_WAIT = 10.0
MAX_GROWTH = 1 << 30
_ADDRESS_SPACE = 3 << 30
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# Audit events whose first or second argument is a path that is changed.
_CHANGES = {
    "os.chmod": 1,
    "os.link": 2,
    "os.mkdir": 1,
    "os.remove": 1,
    "os.rename": 2,
    "os.rmdir": 1,
    "os.symlink": 2,
    "os.truncate": 1,
    "shutil.rmtree": 1,
}
_LOCAL_HOSTS = ("127.0.0.1", "::1", "localhost")
_FORBIDDEN = ("os.system", "os.exec", "os.posix_spawn", "pickle.find_class", MARKER_EVENT)


class TimeExceeded(BaseException):
    """A case took too long; no `except Exception` of the code under test catches it."""


class Watch:
    """Observes what the process does while a case runs.

    Args:
        folders: Folders that a case may write to.
        allow_processes: Whether a case may start processes; else the attempt fails.
    """

    def __init__(self, *folders: Path, allow_processes: bool = False) -> None:
        self._allowed = tuple(
            os.path.realpath(folder) for folder in (*map(str, folders), tempfile.gettempdir())
        )
        self._allow_processes = allow_processes
        self._is_active = False
        self._violations: list[str] = []
        sys.addaudithook(self._observe)

    @contextmanager
    def limit(self, seconds: float) -> Iterator[None]:
        """Run one case in the context.

        Raises:
            Finding: It took too long, took too much memory, wrote elsewhere, or ran code of its input.
        """
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        self._violations.clear()
        self._is_active = True
        try:
            with _limit_time(seconds):
                yield
        except TimeExceeded as error:
            raise Finding(f"it took longer than {error}") from error
        except MemoryError as error:
            raise Finding("it ran out of memory") from error
        finally:
            self._is_active = False
        if self._violations:
            raise Finding("; ".join(self._violations))
        growth = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) << 10
        if growth > MAX_GROWTH:
            raise Finding(f"it took {growth >> 20:,} MiB of memory")

    def _observe(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._is_active:
            return
        if event == "open":
            if isinstance(arguments[2], int) and arguments[2] & _WRITING:
                self._check_path(event, arguments[0])
        elif event in _CHANGES:
            self._check_path(event, arguments[_CHANGES[event] - 1])
        elif event in _FORBIDDEN:
            self._violations.append(f"{event} {arguments!r:.200}")
        elif event == "subprocess.Popen" and not self._allow_processes:
            raise PermissionError(1, "No processes are started while the fuzzer runs", str(arguments[0]))
        elif _leaves_machine(event, arguments):
            raise OSError(101, "Network is unreachable")

    def _check_path(self, event: str, path: Any) -> None:
        if not isinstance(path, str | bytes | os.PathLike):
            return
        real = os.path.realpath(os.fsdecode(path))
        is_allowed = any(real == folder or real.startswith(folder + os.sep) for folder in self._allowed)
        if not is_allowed and real != os.devnull and "__pycache__" not in real:
            self._violations.append(f"{event} of {real}")


def limit_memory() -> None:
    """Limit the address space of this process, so that a case cannot take the memory of the machine."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    used = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + _ADDRESS_SPACE, hard))


def _leaves_machine(event: str, arguments: tuple[Any, ...]) -> bool:
    """Return whether an event connects to another machine, or asks for its address."""
    if event == "socket.getaddrinfo":
        return arguments[0] is not None and arguments[0] not in _LOCAL_HOSTS
    is_remote = event == "socket.connect" and isinstance(arguments[1], tuple)
    return is_remote and str(arguments[1][0]) not in _LOCAL_HOSTS


@contextmanager
def _limit_time(seconds: float) -> Iterator[None]:
    def stop_processor(*_: object) -> None:
        raise TimeExceeded(f"{seconds} s of processor time")

    def stop_waiting(*_: object) -> None:
        raise TimeExceeded(f"{max(MAX_WAIT, 2 * seconds)} s")

    before = signal.signal(signal.SIGPROF, stop_processor), signal.signal(signal.SIGALRM, stop_waiting)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, max(MAX_WAIT, 2 * seconds))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGPROF, before[0])
        signal.signal(signal.SIGALRM, before[1])
