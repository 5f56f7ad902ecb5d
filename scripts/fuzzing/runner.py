"""Run the cases of several surfaces in worker processes, and survive what a case does to its process."""

from __future__ import annotations

import json
import multiprocessing
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from pathlib import Path

from fuzzing.registry import load_surface
from fuzzing.surface import Case, make_random
from fuzzing.watch import MAX_WAIT
from fuzzing.worker import FINDING, CaseResult, Task, run_tasks

# Seconds after which a process that reports nothing is killed: a case, and the imports before the first one.
_CASE_SECONDS = MAX_WAIT + 50
_START_SECONDS = 300
# Findings of a surface that are saved; further ones are counted.
MAX_SAVED = 20


@dataclass(slots=True)
class SurfaceSummary:
    """What happened to the cases of one surface.

    Args:
        outcomes: Number of cases by outcome.
        seconds: Time that its cases took in all processes.
        problems: Number and problem of each finding.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    problems: dict[int, str] = field(default_factory=dict)

    @property
    def cases(self) -> int:
        """Return the number of cases."""
        return self.outcomes.total()


Progress = Callable[[Mapping[str, SurfaceSummary]], None]


class _Worker:
    """A process and the cases that it has yet to run."""

    def __init__(self, tasks: Sequence[Task], seed: int) -> None:
        self.tasks = [task for task in tasks if task.start < task.stop]
        self.connection, other = multiprocessing.Pipe(duplex=False)
        context = multiprocessing.get_context("spawn")
        self.process = context.Process(target=run_tasks, args=(other, self.tasks, seed))
        self.process.start()
        other.close()
        self.is_ready = False
        self.last_report = time.monotonic()

    @property
    def is_stuck(self) -> bool:
        """Return whether the process has reported nothing for too long."""
        limit = _CASE_SECONDS if self.is_ready else _START_SECONDS
        return time.monotonic() - self.last_report > limit

    def take(self, result: CaseResult) -> float:
        """Note that a case is done, or that a surface is ready; return the seconds since the last report."""
        now = time.monotonic()
        seconds, self.last_report = now - self.last_report, now
        task = self.tasks[0]
        self.is_ready = True
        if result.index >= 0:
            self.tasks[0] = Task(task.surface, result.index + 1, task.stop)
            if result.index + 1 == task.stop:
                self.is_ready = False
                self.tasks.pop(0)
        return seconds

    def stop(self) -> CaseResult | None:
        """End the process; return the finding that ended or blocked it, unless it was done."""
        blocked = self.process.is_alive() and self.is_stuck
        if blocked:
            self.process.kill()
        self.process.join()
        self.connection.close()
        if not self.tasks:
            return None
        task = self.tasks[0]
        reason = "it did not end" if blocked else f"its process ended with code {self.process.exitcode}"
        if not self.is_ready:
            self.tasks.pop(0)
            return CaseResult(
                task.surface, task.start, FINDING, f"the surface could not be prepared: {reason}"
            )
        self.tasks[0] = Task(task.surface, task.start + 1, task.stop)
        return CaseResult(task.surface, task.start, FINDING, reason)


def fuzz(tasks: Sequence[Task], *, seed: int, jobs: int, progress: Progress) -> dict[str, SurfaceSummary]:
    """Run the cases of tasks in some processes and return what happened, by surface."""
    summaries = {task.surface: SurfaceSummary() for task in tasks}
    workers = [_Worker(share, seed) for share in _divide(tasks, jobs)]
    try:
        while workers:
            workers = [other for worker in workers for other in _advance(worker, summaries, seed)]
            progress(summaries)
    finally:
        for worker in workers:
            worker.process.kill()
    return summaries


def _advance(worker: _Worker, summaries: dict[str, SurfaceSummary], seed: int) -> list[_Worker]:
    """Take what a process reports within a short time; return the process, or the one that goes on in its place."""
    if wait([worker.connection], timeout=0.2):
        for result in _receive(worker.connection):
            if result is None:
                return _replace(worker, summaries, seed)
            seconds = worker.take(result)
            if result.index >= 0:
                _add(summaries[result.surface], result, seconds)
    return _replace(worker, summaries, seed) if worker.is_stuck else [worker]


def _receive(connection: Connection) -> Iterator[CaseResult | None]:
    """Yield the results that are there, and None at the end of the process."""
    try:
        while connection.poll():
            yield connection.recv()
    except EOFError:
        yield None


def _replace(worker: _Worker, summaries: dict[str, SurfaceSummary], seed: int) -> list[_Worker]:
    result = worker.stop()
    if result is not None:
        _add(summaries[result.surface], result, 0.0)
    remaining = [task for task in worker.tasks if task.start < task.stop]
    return [_Worker(remaining, seed)] if remaining else []


def _add(summary: SurfaceSummary, result: CaseResult, seconds: float) -> None:
    summary.outcomes[result.outcome] += 1
    summary.seconds += seconds
    if result.outcome == FINDING:
        summary.problems[result.index] = result.problem


def _divide(tasks: Sequence[Task], jobs: int) -> list[list[Task]]:
    """Return a share of every task for each process; processes begin with different surfaces."""
    shares: list[list[Task]] = []
    for job in range(jobs):
        share = []
        for task in tasks:
            count = task.stop - task.start
            bounds = [task.start + count * part // jobs for part in (job, job + 1)]
            share.append(Task(task.surface, *bounds))
        turn = len(share) * job // jobs
        shares.append(share[turn:] + share[:turn])
    return [share for share in shares if any(task.start < task.stop for task in share)]


def save_findings(summaries: Mapping[str, SurfaceSummary], *, seed: int, folder: Path) -> list[Path]:
    """Write each finding to a file that `scripts/fuzz --replay FILE` runs; return the files."""
    files = []
    for name, summary in summaries.items():
        for index, problem in sorted(summary.problems.items())[:MAX_SAVED]:
            folder.mkdir(parents=True, exist_ok=True)
            file = folder / f"{name}-{seed}-{index}.json"
            files.append(file)
            if file.is_file():
                continue
            case = load_surface(name).draw(make_random(seed, name, index))
            file.write_text(
                json.dumps({"surface": name, "case": case, "problem": problem}, indent=1), "utf-8"
            )
    return files


def read_finding(file: Path) -> tuple[str, Case]:
    """Return the surface and the case of a saved finding."""
    content = json.loads(file.read_text("utf-8"))
    return str(content["surface"]), dict(content["case"])
