"""Rounds: each interrupts the attempts of one run several times, completes the run, and verifies the project."""

from __future__ import annotations

import importlib
import json
import multiprocessing
import shutil
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final

from crashes.attempt import OUTPUT, Attempt, AttemptResult, Interruption, has_clock, run_attempt, run_in_child
from crashes.faults import DISK_FAULTS, SPARK_FAULTS, Fault, mount_disk, repair, unmount_disk
from crashes.project import find_leftovers, list_journal, make_project, set_limit
from crashes.scenarios import SCENARIOS
from crashes.steps import MODEL_STEPS, RELEASE_STEPS, ROLLBACK_STEPS, STEPS

# Attempts that may be interrupted before a round must complete.
_MAX_INTERRUPTIONS: Final = 4
_LIMITS: Final = (0.3, 0.5, 0.7)
_STEPS_OF: Final[Mapping[str, Mapping[str, tuple[str, str, str]]]] = {
    "release": RELEASE_STEPS,
    "registration": MODEL_STEPS,
    "rollback": ROLLBACK_STEPS,
}
# Of ten interruptions, one happens at a random time, and of ten attempts one has a clock that was set back.
_SHARE: Final = 0.1
# Most steps happen once or twice in an attempt; records are written more often.
_MAX_CALL: Final = {"record": 8, "restore": 4}
_MAX_SECONDS: Final = 6.0


@dataclass(slots=True)
class Tally:
    """What happened in some rounds.

    Args:
        faults: Number of faults that happened, by scenario and fault.
        steps: The same by step.
        rounds: Number of rounds.
        missed: Number of attempts that ended before their fault happened.
        set_back: Number of attempts with a clock that was set back.
        problems: A sentence for each thing that was wrong.
    """

    faults: Counter[tuple[str, str]] = field(default_factory=Counter)
    steps: Counter[str] = field(default_factory=Counter)
    rounds: int = 0
    missed: int = 0
    set_back: int = 0
    problems: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Add what happened in other rounds."""
        self.faults.update(other.faults)
        self.steps.update(other.steps)
        self.rounds += other.rounds
        self.missed += other.missed
        self.set_back += other.set_back
        self.problems += other.problems


@dataclass(frozen=True, slots=True)
class Choice:
    """What the rounds choose from.

    Args:
        scenarios: Names of scenarios.
        faults: Faults.
        cluster: Settings of Spark for runs whose executors are killed; None without a cluster.
    """

    scenarios: Sequence[str]
    faults: Sequence[Fault]
    cluster: Mapping[str, Any] | None = None

    @property
    def pairs(self) -> Sequence[tuple[str, Fault]]:
        """Return each scenario with each fault that can happen to it."""
        return [
            (scenario, fault)
            for scenario in self.scenarios
            for fault in self.faults
            if SCENARIOS[scenario].uses_spark or fault not in SPARK_FAULTS
        ]


def run_rounds(
    choice: Choice, *, kills: int, jobs: int, seed: int, progress: Callable[[Tally, Tally], None]
) -> Tally:
    """Run rounds in several processes until so many faults have happened.

    Args:
        choice: What the rounds choose from.
        kills: Number of faults.
        jobs: Number of processes.
        seed: Seed of all choices.
        progress: Called after each round with what happened in all rounds, and in this one.
    """
    # Not spawned: the attempts are forked from processes that have imported everything.
    context = multiprocessing.get_context("fork")
    results, end = context.SimpleQueue(), context.Event()
    workers = [
        context.Process(target=_work, args=(choice, seed * 1000 + number, results, end))
        for number in range(jobs)
    ]
    for worker in workers:
        worker.start()
    total, running = Tally(), jobs
    while running:
        tally = results.get()
        if tally is None:
            running -= 1
            continue
        total.add(tally)
        progress(total, tally)
        if total.faults.total() >= kills:
            end.set()
    for worker in workers:
        worker.join()
    return total


def _work(choice: Choice, seed: int, results: Any, end: Any) -> None:
    _import_everything()
    random = Random(seed)
    try:
        while not end.is_set():
            results.put(_run_round(choice, random))
    except Exception:  # noqa: BLE001 - the parent waits for a result
        results.put(Tally(problems=[f"a defect of the rounds: {traceback.format_exc()}"]))
    results.put(None)


def _import_everything() -> None:
    """Import what attempts need, so that they need not; nothing that starts threads."""
    for module in (
        "delta",
        "pandas",
        "pyspark.ml",
        "pyspark.sql.functions",
        "sparkops.engine.operations.run_job",
    ):
        importlib.import_module(module)


def _run_round(choice: Choice, random: Random) -> Tally:
    """Run one scenario to its end, with one kind of fault, and verify its project."""
    scenario, fault = random.choice(choice.pairs)
    root, scratch = Path(tempfile.mkdtemp(prefix="chaos-")), Path(tempfile.mkdtemp(prefix="chaos-out-"))
    if fault in DISK_FAULTS:
        mount_disk(root)
    make_project(root, cluster=choice.cluster if fault == "executor" else None)
    tally, history = Tally(rounds=1), [scenario, fault]
    problems = _prepare(scenario, root, scratch)
    if not problems:
        problems = _interrupt(scenario, fault, root, scratch, random, tally, history)
        problems += _verify(scenario, root, scratch)
    tally.problems = [f"{' · '.join(history)}: {problem} ({root})" for problem in problems]
    if not problems:
        if fault in DISK_FAULTS:
            unmount_disk(root)
        shutil.rmtree(root)
        shutil.rmtree(scratch)
    return tally


def _prepare(scenario: str, root: Path, scratch: Path) -> list[str]:
    prepare = SCENARIOS[scenario].prepare
    if prepare is None:
        return []

    def run() -> int:
        from sparkops import Engine

        with Engine(root) as engine:
            prepare(engine)
        return 0

    code = run_in_child(str(scratch), run)
    return [f"it was not prepared: {(scratch / OUTPUT).read_text()[-2000:]}"] if code else []


def _interrupt(
    scenario: str, fault: Fault, root: Path, scratch: Path, random: Random, tally: Tally, history: list[str]
) -> list[str]:
    """Interrupt some attempts, then complete the run; return the problems of the attempts."""
    continuation = random.choice(SCENARIOS[scenario].continuations)
    history.append(continuation)
    tables, problems = SCENARIOS[scenario].tables, []

    def run(interruption: Interruption | None) -> AttemptResult:
        set_limit(root, tables, random.choice(_LIMITS))
        # The clock of the first attempt is right, so the others are set back.
        set_back = len(history) > 3 and has_clock() and random.random() < _SHARE
        tally.set_back += set_back
        result = run_attempt(
            Attempt(
                scenario=scenario,
                root=str(root),
                scratch=str(scratch),
                continuation=continuation,
                interruption=interruption,
                set_back=set_back,
            )
        )
        history.append(f"{_describe(interruption)}{', clock set back' * set_back}")
        problems.extend([result.problem] if result.problem else [])
        return result

    for _ in range(random.randint(1, _MAX_INTERRUPTIONS)):
        step, interruption = _choose_interruption(scenario, fault, random)
        result = run(interruption)
        repair(fault, root)
        if result.struck:
            tally.faults[scenario, fault] += 1
            tally.steps[step] += 1
        else:
            tally.missed += 1
        if result.done or (continuation == "again" and _is_complete(root)):
            # Without a key, the same command would be a new run now.
            return problems
    if not run(None).done:
        problems.append("the last attempt did not complete the run")
    return problems


def _choose_interruption(scenario: str, fault: Fault, random: Random) -> tuple[str, Interruption]:
    if random.random() < _SHARE:
        return "(time)", Interruption(fault=fault, seconds=random.uniform(0.5, _MAX_SECONDS))
    steps = _STEPS_OF.get(scenario, STEPS)
    step, before = random.choice([*steps]), random.random() < 0.5
    call = random.choice((1, 1, random.randint(1, _MAX_CALL.get(step, 3))))
    return step, Interruption(fault=fault, step=steps[step], before=before, call=call)


def _describe(interruption: Interruption | None) -> str:
    if interruption is None:
        return "to its end"
    if interruption.step is None:
        return f"after {interruption.seconds:.1f} s"
    order = "before" if interruption.before else "after"
    return f"{order} {'.'.join(interruption.step[1:])} {interruption.call}"


def _is_complete(root: Path) -> bool:
    """Return whether the newest run is done and nothing says that it may not be."""
    records = sorted((root / ".sparkops" / "runs").glob("*/attempt-*.jsonl"))
    # An attempt that was interrupted early may have no record.
    return bool(records) and '"state": "done"' in records[-1].read_text() and not list_journal(root)


def _verify(scenario: str, root: Path, scratch: Path) -> list[str]:
    """Return the problems of a project, found in a process of its own."""
    result = scratch / "problems.json"

    def run() -> int:
        problems = [*SCENARIOS[scenario].find_problems(root), *find_leftovers(root, cleaned=False)]
        result.write_text(json.dumps(problems))
        return 0

    if run_in_child(str(scratch), run):
        return [f"it cannot be verified: {(scratch / OUTPUT).read_text()[-2000:]}"]
    problems: list[str] = json.loads(result.read_text())
    return problems
