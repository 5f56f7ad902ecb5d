"""Kill runs at random moments, complete them, and verify that every row is in exactly one place, once.

    .venv/bin/python scripts/kills.py [--kills 200] [--seed 1] [--scenario NAME]

Each round runs one scenario in a new project until it is done. Attempts are killed (SIGKILL, to the process and its
JVM) before or after a random one of the steps that change something on disk: an event of the record, a staged frame,
the plan, the journal, a commit of a quarantine, a table or the check history, the removal of staged rows; or after a
random time. Between two attempts the suite may be changed. Afterwards each input row must be in the table or in its
quarantine, once, and nothing may be staged. Exits with 1 if a row is lost or doubled.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from deltalake import DeltaTable

ROWS = 1000
# Attempts that may be killed before a round must complete.
MAX_KILLS = 4
SUITE = "policy: quarantine\nexpectations:\n  - expect_column_values_to_be_between: {{column: x, max_value: {limit}}}\n"
LIMITS = (0.3, 0.5, 0.7)
JOBS = """
from typing import NamedTuple

from pyspark.sql import DataFrame, functions as F
from sparkops import job


@job(mode="append")
def batch(raw: DataFrame) -> DataFrame:
    return raw.withColumn("x", F.rand())


@job(mode="append", stream="files")
def stream(files: DataFrame) -> DataFrame:
    return files.withColumn("x", F.rand())


@job(merge="id")
def merge(raw: DataFrame) -> DataFrame:
    return raw.withColumn("x", F.rand())


@job(mode="append")
def parts(raw: DataFrame, *, part: int) -> DataFrame:
    return raw.where(F.col("id") % 4 == part).withColumn("x", F.rand())


class Two(NamedTuple):
    left: DataFrame
    right: DataFrame


@job(mode="append")
def two(raw: DataFrame) -> Two:
    rows = raw.withColumn("x", F.rand())
    return Two(left=rows.where("id % 2 = 0"), right=rows.where("id % 2 = 1"))
"""
CONF = """
checks: {docs: false}
tables:
  raw: {path: raw, format: csv, options: {header: "true"}, schema: "id INT"}
  files: {path: files, format: csv, options: {header: "true", maxFilesPerTrigger: "1"}, schema: "id INT"}
"""
# How an attempt continues the one before: `runs resume`, `run --run-key`, or `run --resume`.
RETRIES = ("resume", "key", "again")
# Job to the tables that it writes. The input of `stream` is read in four micro-batches.
SCENARIOS = {
    "batch": ("batch",),
    "stream": ("stream",),
    "merge": ("merge",),
    "two": ("left", "right"),
    "parts": ("parts",),
}


@dataclass
class Tally:
    """What happened in all rounds."""

    kills: int = 0
    rounds: int = 0
    moments: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scenario", choices=SCENARIOS)
    parser.add_argument("--child", nargs=4, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        job, retry, moment, delay = arguments.child
        return run_child(job, retry, moment, float(delay))
    choose, tally, start = random.Random(arguments.seed), Tally(), time.monotonic()
    while tally.kills < arguments.kills:
        run_round(arguments.scenario or choose.choice(list(SCENARIOS)), choose, tally)
        print(
            f"{tally.kills} kills in {tally.rounds} rounds, {len(tally.problems)} problems", file=sys.stderr
        )
    print(f"{tally.kills} kills in {tally.rounds} rounds of {ROWS:,} rows, {time.monotonic() - start:,.0f} s")
    for moment, count in sorted(tally.moments.items()):
        print(f"  {count:4} {moment}")
    print("\n".join(tally.problems) or "every row is in exactly one place, once")
    return 1 if tally.problems else 0


def run_round(scenario: str, choose: random.Random, tally: Tally) -> None:
    """Run one scenario to its end, killing some attempts, and verify the tables."""
    root = Path(tempfile.mkdtemp(prefix="kills-"))
    make_project(root)
    retry = choose.choice(RETRIES)
    history, cleaned = [retry], False
    for _ in range(choose.randint(1, MAX_KILLS)):
        set_limit(root, choose.choice(LIMITS))
        moment = choose.choice([*MOMENTS, "time"])
        when = f"{choose.choice(('before', 'after'))} {moment} {choose.randint(1, 3)}"
        killed = attempt(root, scenario, retry, when, choose.uniform(0.5, 6))
        history.append(f"{when}: {'killed' if killed else 'done'}")
        tally.moments[moment if killed else "(not reached)"] += 1
        tally.kills += killed
        if not killed or (retry == "again" and is_complete(root)):
            # Without a key, the same command is a new run now.
            break
    else:
        cleaned = True
        set_limit(root, choose.choice(LIMITS))
        if attempt(root, scenario, retry, "never - 0", 0):
            tally.problems.append(f"{scenario}: the last attempt was killed")
    tally.rounds += 1
    problems = [
        f"{scenario} [{'; '.join(history)}]: {text} ({root})"
        for text in find_problems(root, scenario, cleaned=cleaned)
    ]
    tally.problems += problems
    if not problems:
        shutil.rmtree(root)


def is_complete(root: Path) -> bool:
    """Return whether the newest run is done and nothing says that it may not be."""
    records = sorted((root / ".sparkops" / "runs").glob("*/attempt-*.jsonl"))
    # An attempt that was killed early may have no record.
    return bool(records) and '"state": "done"' in records[-1].read_text() and not list_journal(root)


def list_journal(root: Path) -> list[Path]:
    return list((root / ".sparkops" / "publishing").glob("*.json"))


def make_project(root: Path) -> None:
    for folder in ("conf/base", "conf/checks", "jobs", "raw", "files"):
        (root / folder).mkdir(parents=True)
    (root / "jobs" / "kills.py").write_text(JOBS, encoding="utf-8")
    (root / "conf" / "base" / "project.yml").write_text(CONF, encoding="utf-8")
    write_ids(root / "raw" / "all.csv", range(ROWS))
    for number in range(4):
        write_ids(root / "files" / f"{number}.csv", range(number * ROWS // 4, (number + 1) * ROWS // 4))


def write_ids(path: Path, ids: range) -> None:
    path.write_text("\n".join(["id", *map(str, ids)]) + "\n", encoding="utf-8")


def set_limit(root: Path, limit: float) -> None:
    for table in {table for tables in SCENARIOS.values() for table in tables}:
        (root / "conf" / "checks" / f"{table}.yml").write_text(SUITE.format(limit=limit), encoding="utf-8")


def attempt(root: Path, job: str, retry: str, when: str, delay: float) -> bool:
    """Run or resume the job in a new process; return whether the process was killed."""
    words = [sys.executable, __file__, "--child", job, retry, when, str(delay)]
    process = subprocess.run(words, cwd=root, capture_output=True, text=True, check=False)
    if process.returncode not in (0, -signal.SIGKILL):
        raise SystemExit(f"{job}, {when}, {root}: exit code {process.returncode}\n{process.stderr}")
    return process.returncode == -signal.SIGKILL


def find_problems(root: Path, scenario: str, *, cleaned: bool) -> list[str]:
    """Return a sentence for each thing that is wrong with the tables."""
    tables = SCENARIOS[scenario]
    ids: Counter[int] = Counter()
    for table in tables:
        for name, in_range in ((table, False), (f"{table}__quarantine", True)):
            rows = read_rows(root, name)
            ids.update(row["id"] for row in rows)
            if in_range and any(not row["_sparkops_reasons"] for row in rows):
                ids[-1] += 1
    problems = []
    lost, doubled = [i for i in range(ROWS) if not ids[i]], [i for i, count in ids.items() if count > 1]
    if lost or doubled or sum(ids.values()) != ROWS:
        problems.append(f"{len(lost)} rows lost, {len(doubled)} doubled")
    staged = [path.name for path in (root / "data" / "warehouse" / "_staging").glob("*")]
    if staged and cleaned:
        problems.append(f"staged rows are left: {staged}")
    if list_journal(root):
        problems.append("the journal says that a run is not complete")
    return problems


def read_rows(root: Path, table: str) -> list[dict[str, Any]]:
    folder = root / "data" / "warehouse" / table
    if not (folder / "_delta_log").is_dir():
        return []
    rows: list[dict[str, Any]] = DeltaTable(folder).to_pyarrow_table().to_pylist()
    return rows


# What follows runs in the process that is killed.


def run_child(job: str, retry: str, when: str, delay: float) -> int:
    from sparkops import Engine
    from sparkops.engine.operations.cleanup import find_garbage, remove_garbage

    order, moment, count = when.split()
    if moment == "time":
        threading.Timer(delay, die).start()
    elif moment in MOMENTS:
        owner, name = MOMENTS[moment]()
        setattr(owner, name, dying(getattr(owner, name), order, int(count)))
    with Engine() as engine:
        earlier = next(iter(engine.runs.newest()), None)
        if job == "stream":
            engine.run(job)
        elif job == "parts":
            run_parts(engine)
        elif retry == "key":
            engine.run(job, run_key="the key")
        elif retry == "resume" and earlier is not None:
            engine.resume(earlier.id)
        else:
            engine.run(job, unfinished="resume")
        if order == "never":
            remove_garbage(engine.container, find_garbage(engine.container, older_than=timedelta(0)))
    # A timer may still be running.
    os._exit(0)


def run_parts(engine: Any) -> None:
    """Run the job for four values side by side, or resume the runs of an earlier attempt."""
    earlier = next((run for run in engine.runs.newest() if run.items), None)
    if earlier is None:
        engine.run_each("parts", {"part": range(4)}, max_parallel=2)
    else:
        engine.resume(earlier.id)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def dying(function: Callable[..., Any], order: str, count: int) -> Callable[..., Any]:
    """Return the function; its process is killed before or after the call of that number."""
    calls = 0

    def call(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if order == "before" and calls == count:
            die()
        result = function(*args, **kwargs)
        if order == "after" and calls == count:
            die()
        return result

    return call


def _tables() -> Any:
    from sparkops.tables.tables import Tables

    return Tables


def _staging() -> Any:
    from sparkops.tables.staging.stage import Staging

    return Staging


def _plans() -> Any:
    from sparkops.tables.staging.plan_file import PlanFiles

    return PlanFiles


def _journal() -> Any:
    from sparkops.runs.records.publications import PublicationJournal

    return PublicationJournal


def _attempt() -> Any:
    from sparkops.runs.records.store import Attempt

    return Attempt


MOMENTS: dict[str, Callable[[], tuple[Any, str]]] = {
    "record": lambda: (_attempt(), "append"),
    "stage": lambda: (_staging(), "stage"),
    "divide": lambda: (_staging(), "divide"),
    "plan": lambda: (_plans(), "save"),
    "journal-begin": lambda: (_journal(), "begin"),
    "quarantine": lambda: (_tables(), "quarantine"),
    "publish": lambda: (_tables(), "publish"),
    "history": lambda: (_tables(), "append_check_results"),
    "journal-complete": lambda: (_journal(), "complete"),
    "discard": lambda: (_staging(), "discard"),
}


if __name__ == "__main__":
    sys.exit(main())
