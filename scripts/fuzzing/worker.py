"""Run cases one after another in this process, and report each; the process may be killed by a case."""

from __future__ import annotations

import gc
import logging
import os
import shutil
import tempfile
import traceback
import warnings
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from fuzzing.registry import load_surface
from fuzzing.surface import Case, Finding, RunCase, Surface, make_random
from fuzzing.watch import TimeExceeded, Watch, limit_memory


@dataclass(frozen=True, slots=True)
class Task:
    """Cases of one surface.

    Args:
        surface: The surface's name.
        start: Number of the first case.
        stop: Number after the last case.
    """

    surface: str
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What happened to one case.

    Args:
        surface: Its surface.
        index: Its number; -1 says that the surface is ready.
        outcome: Name of its outcome; "finding" where it ended as no case may end.
        problem: What was wrong; empty if nothing was.
    """

    surface: str
    index: int
    outcome: str
    problem: str = ""


FINDING = "finding"
# Characters of a traceback that are saved: its end.
_MAX_PROBLEM = 6000


def run_tasks(connection: Connection, tasks: Sequence[Task], seed: int) -> None:
    """Run the cases of tasks, and send a `CaseResult` for each."""
    work = Path(tempfile.mkdtemp(prefix="fuzzing-"))
    tempfile.tempdir = os.environ["TMPDIR"] = str(work)
    # What NumPy warns about in a damaged model is no message for users.
    warnings.simplefilter("ignore")
    logging.lastResort = None
    try:
        watch = Watch(work)
        for task in tasks:
            _run_task(connection, task, seed, work, watch)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _run_task(connection: Connection, task: Task, seed: int, work: Path, watch: Watch) -> None:
    surface = load_surface(task.surface)
    shared = work / task.surface
    shared.mkdir(exist_ok=True)
    with ExitStack() as stack:
        run = stack.enter_context(surface.prepare(shared))
        limit_memory()
        gc.freeze()
        connection.send(CaseResult(task.surface, -1, ""))
        for index in range(task.start, task.stop):
            case = surface.draw(make_random(seed, task.surface, index))
            folder = work / "case"
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            outcome, problem = run_limited(surface, run, case, folder, watch)
            connection.send(CaseResult(task.surface, index, outcome, problem))


def run_limited(surface: Surface, run: RunCase, case: Case, folder: Path, watch: Watch) -> tuple[str, str]:
    """Run one case within its limits; return its outcome, and the problem where it ended as no case may end."""
    try:
        with watch.limit(surface.seconds):
            return run(case, folder), ""
    except Finding as finding:
        return FINDING, str(finding)
    # It may be raised while another error leaves the block.
    except TimeExceeded as error:
        return FINDING, f"it took longer than {error}"
    # What is no error of sparkops is what the fuzzer looks for.
    except (Exception, SystemExit) as error:  # noqa: BLE001
        return FINDING, "".join(traceback.format_exception(error))[-_MAX_PROBLEM:]


def replay_case(surface: Surface, case: Case) -> CaseResult:
    """Run one saved case in this process and return what happened."""
    with tempfile.TemporaryDirectory(prefix="fuzzing-") as work, ExitStack() as stack:
        shared, folder = Path(work) / "shared", Path(work) / "case"
        shared.mkdir()
        folder.mkdir()
        run = stack.enter_context(surface.prepare(shared))
        outcome, problem = run_limited(surface, run, case, folder, Watch(Path(work)))
    return CaseResult(surface.name, 0, outcome, problem)
