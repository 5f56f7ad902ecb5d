"""One attempt of a run, in a process of its own, which may be interrupted."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from crashes.faults import Fault, strike
from crashes.scenarios import SCENARIOS, Continuation
from crashes.steps import interrupt_step

OUTPUT: Final = "attempt.out"
_STRUCK: Final = "struck"
_FAILED, _DEFECT = 1, 70
_SECONDS_BACK: Final = 7200


@dataclass(frozen=True, slots=True, kw_only=True)
class Interruption:
    """When a fault happens.

    Args:
        fault: The fault.
        step: Module, class and method of a step; None to wait some seconds.
        before: Whether it happens before the step, or after it.
        call: Number of the call of the step, from 1.
        seconds: Time until it happens if there is no step.
    """

    fault: Fault
    step: tuple[str, str, str] | None = None
    before: bool = True
    call: int = 1
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What an attempt does.

    Args:
        scenario: Name of the scenario.
        root: The project.
        scratch: Folder outside the project's disk for the attempt's output.
        continuation: How it continues an earlier attempt.
        interruption: The fault; None to complete.
        set_back: Whether its clock is two hours behind that of the attempts before it.
    """

    scenario: str
    root: str
    scratch: str
    continuation: Continuation
    interruption: Interruption | None = None
    set_back: bool = False


@dataclass(frozen=True, slots=True)
class AttemptResult:
    """How an attempt ended.

    Args:
        struck: Whether its fault happened.
        done: Whether it completed.
        problem: What an attempt may not do, or an empty string.
    """

    struck: bool
    done: bool
    problem: str = ""


def has_clock() -> bool:
    """Return whether the clock of a process can be set back here: this compiles a small library."""
    return shutil.which("cc") is not None


@lru_cache
def _build_clock_library() -> str:
    """Compile the library that sets the clock of its process back, and return its path."""
    path = Path(tempfile.mkdtemp(prefix="chaos-clock-")) / "clock.so"
    words = ["cc", "-shared", "-fPIC", "-O2", "-o", str(path), str(Path(__file__).with_name("clock.c"))]
    subprocess.run(words, check=True)
    return str(path)


def run_attempt(attempt: Attempt, *, forked: bool = True) -> AttemptResult:
    """Run an attempt in a process of its own and wait for its end.

    Args:
        attempt: The attempt.
        forked: Whether the process is forked from this one, which is quicker; not if this one has threads, or the clock is set back.
    """
    struck = Path(attempt.scratch) / _STRUCK
    struck.unlink(missing_ok=True)
    code = (
        run_in_child(attempt.scratch, lambda: _execute(attempt))
        if forked and not attempt.set_back
        else _run_in_new_process(attempt)
    )
    output = (Path(attempt.scratch) / OUTPUT).read_text(errors="replace")
    fault = attempt.interruption.fault if attempt.interruption else None
    happened = code == -signal.SIGKILL if fault == "driver" else struck.exists()
    problem = ""
    if code not in (0, _FAILED) and not (fault == "driver" and code == -signal.SIGKILL):
        problem = f"exit code {code}: {output[-2000:]}"
    elif code == _FAILED and not happened:
        problem = f"it failed without a fault: {output[-2000:]}"
    elif code == _FAILED and fault == "executor":
        problem = f"it failed when an executor was lost: {output[-2000:]}"
    elif code == _FAILED and "Traceback (most recent call last)" in output:
        problem = f"a stack trace: {output[-2000:]}"
    return AttemptResult(happened, code == 0, problem)


def run_in_child(scratch: str, function: Callable[[], int]) -> int:
    """Run a function in a forked process, its output in a file; return its exit code, negative for a signal."""
    pid = os.fork()
    if pid == 0:
        code = _DEFECT
        try:
            output = os.open(Path(scratch) / OUTPUT, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.dup2(output, 1)
            os.dup2(output, 2)
            code = function()
        except BaseException:  # noqa: BLE001 - the code says it
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            # A timer may still be running.
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _run_in_new_process(attempt: Attempt) -> int:
    words = [sys.executable, "-m", "crashes.attempt", json.dumps(asdict(attempt))]
    path = os.pathsep.join([str(Path(__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])])
    environ = {**os.environ, "PYTHONPATH": path}
    if attempt.set_back:
        environ |= {"LD_PRELOAD": _build_clock_library(), "CLOCK_BACK": str(_SECONDS_BACK)}
    with (Path(attempt.scratch) / OUTPUT).open("w") as output:
        return subprocess.run(words, stdout=output, stderr=output, env=environ, check=False).returncode


def _execute(attempt: Attempt) -> int:
    """Execute an attempt in this process; return 0, or 1 if the run ended with an error for its user."""
    from sparkops import Engine, SparkopsError

    root = Path(attempt.root)
    os.chdir(root)
    if attempt.interruption is not None:
        _interrupt(attempt.interruption, root, Path(attempt.scratch))
    try:
        with Engine(root) as engine:
            SCENARIOS[attempt.scenario].execute(engine, attempt.continuation)
            if attempt.interruption is None:
                _clean(engine)
    except SparkopsError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return _FAILED
    return 0


def _interrupt(interruption: Interruption, root: Path, scratch: Path) -> None:
    def act() -> None:
        if strike(interruption.fault, root):
            (scratch / _STRUCK).touch()

    if interruption.step is None:
        timer = threading.Timer(interruption.seconds, act)
        timer.daemon = True
        timer.start()
    else:
        interrupt_step(interruption.step, before=interruption.before, call=interruption.call, strike=act)


def _clean(engine: Any) -> None:
    from sparkops.engine.operations.cleanup import find_garbage, remove_garbage

    remove_garbage(engine.container, find_garbage(engine.container, older_than=timedelta(0)))


def _main() -> int:
    values = json.loads(sys.argv[1])
    if values["interruption"]:
        step = values["interruption"].pop("step")
        values["interruption"] = Interruption(**values["interruption"], step=tuple(step) if step else None)
    return _execute(Attempt(**values))


if __name__ == "__main__":
    CODE = _main()
    sys.stdout.flush()
    os._exit(CODE)
