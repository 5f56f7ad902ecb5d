"""Measure what a step, a fan-out, a replay and the records of many runs cost beside the work itself; print Markdown tables.

    scripts/bench steps [--rounds 10] [--items 1000] [--records 10000]

- A warm step: a job that appends a few rows, run in an engine whose Spark is warm, beside the same write without a run
  (staged and committed by the same functions), and beside Spark's own Delta write of the same frame. They take turns.
- A flow of forty jobs that do nothing but write an empty page, and the same flow when all of them are up to date.
- The replay of a run beside the run: a job that computes and writes a million rows. They take turns.
- A fan-out as a process: `sparkops run JOB --each n=1..1000` of a job without work for Spark, and one of fewer runs of which each
  appends a row; beside it, as the peer, a loop in one Spark that appends the same row to a Delta table by Spark's own write.
- `sparkops runs resume` of a fan-out whose runs are all done but whose own end was not recorded, and lists of many runs,
  each as a process.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sparkops import Engine
from sparkops.pipeline.staging import StagedPart
from sparkops.pipeline.write import Write
from sparkops.runs.records.run import Run, make_run_id, utc_now
from sparkops.runs.records.store import RunStore

STEPS = 40
# Of the peer's loop, and of the fan-out that is compared with it; the times are per item.
PEER_ITEMS, WRITING_ITEMS = 40, 200
REPLAYED_ROWS = 1_000_000
PROGRAM = Path(sys.executable).with_name("sparkops")

JOBS = """
from pyspark.sql import DataFrame, SparkSession, functions as F
from sparkops import Report, job


@job(mode="append")
def rows(spark: SparkSession, *, n: int = 0) -> DataFrame:
    return spark.range(1, numPartitions=1).select(F.lit(n).alias("n"))


@job
def large(spark: SparkSession) -> DataFrame:
    return spark.range(ROWS).select("id", F.sha2(F.col("id").cast("string"), 256).alias("text"), (F.col("id") % 97).alias("n"))


@job
def page(*, n: int = 0) -> Report:
    return Report(title=f"Page {n}")
"""
STEP = """

@job
def step_{number:02}() -> Report:
    return Report(title="Step {number}")
"""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--items", type=int, default=1000)
    parser.add_argument("--records", type=int, default=10_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        root = Path(work)
        create_project(root)
        measure_steps(root, arguments.rounds)
        measure_fan_out(root, arguments.items)
        measure_listing(root, arguments.records)


def create_project(root: Path) -> None:
    for folder in ("jobs", "conf/base", "conf/checks"):
        (root / folder).mkdir(parents=True)
    steps = "".join(STEP.format(number=number) for number in range(STEPS))
    jobs = JOBS.replace("ROWS", str(REPLAYED_ROWS))
    (root / "jobs" / "all.py").write_text(jobs + steps, "utf-8")
    # A project is a repository: what a record says of the code is read from it.
    (root / ".gitignore").write_text(".sparkops/\ndata/\nreports/\n", "utf-8")
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "Jobs"]):
        identity = ["-c", "user.name=bench", "-c", "user.email=bench@localhost"]
        subprocess.run(["git", *identity, *command], cwd=root, check=True)


def measure_steps(root: Path, rounds: int) -> None:
    """Print what a step costs in a warm engine."""
    with Engine(root) as engine:
        spark, tables = engine.session(), engine.container.tables
        write = Write(table="bare", mode="append")

        def run_step() -> object:
            return engine.run("rows")

        def write_without_run() -> object:
            run_id = make_run_id()
            frame = engine.jobs["rows"](spark, n=0)
            part = StagedPart(run_id, "bare")
            staged = tables.staging.stage(frame, part, write=write)
            tables.publish(staged, write, run_id=run_id, staged=part)
            tables.staging.discard(run_id)
            return run_id

        def write_by_spark() -> object:
            frame = engine.jobs["rows"](spark, n=0)
            return frame.write.format("delta").mode("append").save(str(root / "data" / "by_spark"))

        step, bare, peer = measure_in_turns([run_step, write_without_run, write_by_spark], rounds)
        flow = [f"step_{number:02}" for number in range(STEPS)]
        engine.flow(flow[:1])
        ran = measure_once(lambda: engine.flow(flow, force=True))
        fresh = measure_once(lambda: engine.flow(flow))
        run_id = engine.run("large").id
        run, replay = measure_in_turns(
            [lambda: engine.run("large"), lambda: engine.replay(run_id)], 3, warm_up=1
        )
    print("| step | time | beside Spark's Delta write |\n| --- | ---: | ---: |")
    print(f"| a warm step that appends a row | {step * 1000:.0f} ms | {step / peer:.2f} x |")
    print(f"| the same write without a run | {bare * 1000:.0f} ms | {bare / peer:.2f} x |")
    print(f"| Spark's own Delta write of the frame | {peer * 1000:.0f} ms | 1.00 x |")
    print(f"\nA step costs {(step - bare) * 1000:.0f} ms beside its write.\n")
    print("| flow | seconds | a step |\n| --- | ---: | ---: |")
    for label, seconds in (
        (f"{STEPS} steps that do nothing", ran),
        (f"{STEPS} steps that are up to date", fresh),
    ):
        print(f"| {label} | {seconds:.2f} | {seconds / STEPS * 1000:.0f} ms |")
    print(f"\n| {REPLAYED_ROWS:,} rows | seconds | ratio to the run |\n| --- | ---: | ---: |")
    print(f"| a run that computes and writes them | {run:.2f} | 1.00 x |")
    print(f"| its replay, which compares each | {replay:.2f} | {replay / run:.2f} x |\n", flush=True)


def measure_in_turns(calls: list[Callable[[], object]], rounds: int, *, warm_up: int = 5) -> list[float]:
    """Return the median seconds of each call, after some rounds that are not measured."""
    times: list[list[float]] = [[] for _ in calls]
    for number in range(rounds + warm_up):
        for position, call in enumerate(calls):
            seconds = measure_once(call)
            if number >= warm_up:
                times[position].append(seconds)
    return [statistics.median(seconds) for seconds in times]


def measure_once(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def measure_fan_out(root: Path, items: int) -> None:
    """Print what an item of a fan-out costs, and what it takes to resume one that was done."""
    peer = measure_peer(root)
    print("| fan-out, as a process | seconds | an item | beside the loop |\n| --- | ---: | ---: | ---: |")
    fan_outs = (
        ("each appends a row", "rows", min(items, WRITING_ITEMS)),
        ("without work for Spark", "page", items),
    )
    for label, job, count in fan_outs:
        one = run_process(root, "run", job, "--each", "n=0")
        many = run_process(root, "run", job, "--each", f"n=1..{count}")
        item = (many - one) / (count - 1)
        ratio = f"{item / peer:.2f} x" if job == "rows" else ""
        print(f"| {count:,} items, {label} | {many:.1f} | {item * 1000:.0f} ms | {ratio} |", flush=True)
    print(f"| loop: {PEER_ITEMS} Delta writes of Spark, in one Spark | | {peer * 1000:.0f} ms | 1.00 x |\n")
    run = next(run for run in RunStore(root / ".sparkops" / "runs").list_newest(parts=False) if run.items)
    forget_end(root, run)
    seconds = run_process(root, "runs", "resume", run.id)
    print(f"`sparkops runs resume` of {items:,} finished runs: {seconds:.2f} s.\n", flush=True)


def measure_peer(root: Path) -> float:
    """Return the seconds of an item in a loop of Spark's own writes."""
    with Engine(root) as engine:
        spark, job, path = engine.session(), engine.jobs["rows"], str(root / "data" / "loop")

        def write(number: int) -> Any:
            return job(spark, n=number).write.format("delta").mode("append").save(path)

        for number in range(10):
            write(number)
        return measure_once(lambda: [write(number) for number in range(PEER_ITEMS)]) / PEER_ITEMS


def forget_end(root: Path, run: Run) -> None:
    """Remove the last event of a run, as if its process had been killed before it."""
    path = root / ".sparkops" / "runs" / run.id / f"attempt-{run.attempt:03d}.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-1]))


def measure_listing(root: Path, records: int) -> None:
    """Print how long lists of many runs take."""
    store = RunStore(root / ".sparkops" / "runs")
    copy_record(store, records - len(store.list_ids()))
    print(f"| list, as a process, of {len(store.list_ids()):,} runs | seconds |\n| --- | ---: |")
    run_process(root, "runs", "--job", "job_3")
    for arguments in (["runs"], ["runs", "--job", "job_3"], ["runs", "--state", "failed"]):
        seconds = statistics.median(run_process(root, *arguments) for _ in range(5))
        print(f"| `sparkops {' '.join(arguments)}` | {seconds:.2f} |", flush=True)


def copy_record(store: RunStore, count: int) -> None:
    """Add the record of a run under so many ids, without syncing each to the disk."""
    template = make_run_id()
    attempt = store.begin(template, "job_0", params={"n": 0}, env="local", settings={}, code={})
    attempt.append("pinned", inputs={}, fingerprint=template)
    attempt.enter("done", "ended", ended=utc_now().isoformat())
    (file,) = (store.folder / template).glob("*.jsonl")
    text = file.read_text("utf-8")
    for number in range(1, count):
        run_id = make_run_id()
        folder = store.folder / run_id
        folder.mkdir()
        (folder / file.name).write_text(
            text.replace(template, run_id).replace("job_0", f"job_{number % 10}"), "utf-8"
        )


def run_process(root: Path, *arguments: str) -> float:
    """Return the seconds of a command.

    Raises:
        CalledProcessError: It failed.
    """
    start = time.perf_counter()
    subprocess.run([PROGRAM, *arguments], cwd=root, capture_output=True, check=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
