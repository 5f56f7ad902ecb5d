"""Identify the process of a run, and detect that it is gone although the run did not end: the run has crashed."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from sparkops.core.bounded_file import read_text
from sparkops.runs.records.run import Run
from sparkops.runs.records.states import ACTIVE

# Bytes of what the kernel says of a process.
_MAX_STAT: Final = 1 << 16


def describe_process(pid: int | None = None) -> dict[str, Any]:
    """Return what identifies a process of this host, by default this one: `host`, `pid` and `born`, its start time."""
    pid = os.getpid() if pid is None else pid
    return {"host": socket.gethostname(), "pid": pid, "born": _read_start_time(pid)}


def detect_crash(run: Run) -> Run:
    """Return the run, with state `crashed` if a process of this host that is gone left it in an active state."""
    if not is_active_on_this_host(run) or is_alive(run.process):
        return run
    attempts = (*run.attempts[:-1], {**run.attempts[-1], "state": "crashed"}) if run.attempts else ()
    return replace(run, state="crashed", attempts=attempts)


def is_active_on_this_host(run: Run) -> bool:
    """Return whether the record says that a process of this host is executing it."""
    return run.state in ACTIVE and is_on_this_host(run.process)


def is_on_this_host(process: Mapping[str, Any]) -> bool:
    """Return whether a process that `describe_process` described is one of this host."""
    return process.get("host") == socket.gethostname()


def is_alive(process: Mapping[str, Any]) -> bool:
    """Return whether a process of this host that `describe_process` described has not ended."""
    pid, start_time = process.get("pid"), process.get("born")
    if not isinstance(pid, int):
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return start_time is None or _read_start_time(pid) == start_time


def _read_start_time(pid: int) -> str | None:
    """Return the kernel's start time of a process, which distinguishes it from a later process with the same id."""
    try:
        return read_text(Path(f"/proc/{pid}/stat"), _MAX_STAT).rsplit(")", 1)[1].split()[19]
    except OSError:
        return None
