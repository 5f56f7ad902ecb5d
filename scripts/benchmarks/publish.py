"""Measure a checked and published write, with unchecked writes of Spark as peers; print a Markdown table.

    scripts/bench publish [--rows 2600000] [--rounds 5]

A frame of thirteen columns is computed and overwrites an existing table by four methods, which take turns in each
round:

- Spark writes it to a Delta table, unchecked.
- Spark writes Parquet files and copies them to a Delta table, unchecked.
- sparkops stages it, evaluates twenty expectations and commits the staged files.
- sparkops does the same with a commit by Spark, as for tables whose features or storage require one.

Ratios are medians of the ratios of each round. Afterwards all tables must have the same rows, and their logs the
expected committers.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from sparkops import Engine, Write
from sparkops.pipeline.staging import StagedPart
from sparkops.tables import Tables

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from sparkops.engine.container import ServiceContainer

Method = Callable[[int], object]
Times = list[float]

UNCHECKED, COPIED, ADOPTED, REWRITTEN = "unchecked", "copied", "adopted", "rewritten"
METHODS = {
    UNCHECKED: "Spark's own Delta write, unchecked",
    COPIED: "Parquet files, copied to a Delta table by Spark, unchecked",
    ADOPTED: "checked, staged files committed",
    REWRITTEN: "checked, copied by a commit of Spark",
}

SUITE = """\
expectations:
  - expect_table_row_count_to_be_between: {min_value: 1}
  - expect_column_values_to_not_be_null: id
  - expect_column_values_to_not_be_null: carrier
  - expect_column_values_to_not_be_null: day
  - expect_column_values_to_be_in_set: {column: carrier, value_set: [AA, UA, DL, B6, WN]}
  - expect_column_values_to_be_between: {column: month, min_value: 1, max_value: 12}
  - expect_column_values_to_be_between: {column: hour, min_value: 0, max_value: 23}
  - expect_column_values_to_be_between: {column: distance, min_value: 0, max_value: 5000}
  - expect_column_values_to_be_between: {column: delay, min_value: -200, max_value: 200}
  - expect_column_values_to_be_between: {column: a, min_value: 0}
  - expect_column_values_to_be_between: {column: b, min_value: 0}
  - expect_column_values_to_be_between: {column: c, min_value: 0, mostly: 0.9}
  - expect_column_value_lengths_to_be_between: {column: tail, min_value: 1, max_value: 8}
  - expect_column_values_to_match_regex: {column: tail, regex: "^N[0-9]+$"}
  - expect_column_max_to_be_between: {column: distance, max_value: 5000}
  - expect_column_min_to_be_between: {column: distance, min_value: 0}
  - expect_column_mean_to_be_between: {column: delay, min_value: -50, max_value: 50}
  - expect_column_sum_to_be_between: {column: a, min_value: 0}
  - expect_column_stdev_to_be_between: {column: delay, min_value: 0, max_value: 1000}
  - expect_column_pair_values_a_to_be_greater_than_b: {column_A: distance, column_B: hour}
"""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=2_600_000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        root = Path(work)
        create_project(root)
        with Engine(root) as engine:
            benchmark = PublishBenchmark(engine.container, root, arguments.rows)
            print(benchmark.measure(arguments.rounds))


def create_project(root: Path) -> None:
    """Create a project whose two checked tables have the same suite."""
    for folder in ("jobs", "conf/base", "conf/checks"):
        (root / folder).mkdir(parents=True)
    for table in (ADOPTED, REWRITTEN):
        (root / "conf" / "checks" / f"{table}.yml").write_text(SUITE, "utf-8")


def build_frame(container: ServiceContainer, rows: int) -> DataFrame:
    return (
        container.starter.session()
        .range(rows, numPartitions=2)
        .selectExpr(
            "id",
            "cast(id % 12 + 1 as int) month",
            "cast(id % 24 as int) hour",
            "element_at(array('AA','UA','DL','B6','WN'), cast(id % 5 + 1 as int)) carrier",
            "concat('N', id % 9999) tail",
            "cast(id * 7919 % 4000 + 100 as int) distance",
            "(id * 104729 % 40000) / 100.0D - 50 - 150 delay",
            "date'2013-01-01' + cast(id % 365 as int) day",
            "id % 1000 a",
            "id % 100 b",
            "if(id % 50 = 0, null, id % 10) c",
            "id % 7 = 0 flag",
            "rand(7) noise",
        )
    )


class PublishBenchmark:
    """Measures the four methods for one frame.

    Args:
        container: Services of the project.
        root: Folder of the project.
        rows: Number of rows of the frame.
    """

    def __init__(self, container: ServiceContainer, root: Path, rows: int) -> None:
        self.container, self.root, self.rows = container, root, rows
        self.frame = build_frame(container, rows)
        self.steps: dict[str, dict[str, Times]] = {ADOPTED: {}, REWRITTEN: {}}

    def measure(self, rounds: int) -> str:
        """Measure every method, verify that all wrote the same rows, and return the times as Markdown."""
        times = self.run_rounds(rounds)
        self.require_same_rows(rounds + 1)
        steps = [self.format_steps(name) for name in (ADOPTED, REWRITTEN)]
        head = f"{self.rows:,} rows, 13 columns, 20 expectations; medians of {rounds} rounds."
        return "\n".join([head, "", *format_table(times), "", *steps])

    def run_rounds(self, rounds: int) -> dict[str, Times]:
        """Return the seconds of each method, after a warm-up round; each round begins with another method."""
        methods: dict[str, Method] = {
            UNCHECKED: lambda _: self.write_unchecked(),
            COPIED: lambda _: self.write_copied(),
            ADOPTED: lambda number: self.write_checked(ADOPTED, number, staged=True),
            REWRITTEN: lambda number: self.write_checked(REWRITTEN, number, staged=False),
        }
        times: dict[str, Times] = {name: [] for name in methods}
        for number in range(rounds + 1):
            if number == 1:
                self.clear_steps()
            for name in rotate(list(methods), number):
                start = time.perf_counter()
                methods[name](number)
                if number:
                    times[name].append(time.perf_counter() - start)
        return times

    def write_unchecked(self) -> None:
        self.frame.write.format("delta").mode("overwrite").save(self.location(UNCHECKED))

    def write_copied(self) -> None:
        files = str(self.root / "files")
        self.frame.write.mode("overwrite").parquet(files)
        copied = self.frame.sparkSession.read.schema(self.frame.schema).parquet(files)
        copied.write.format("delta").mode("overwrite").save(self.location(COPIED))

    def write_checked(self, name: str, number: int, *, staged: bool) -> None:
        """Do what a run does with the result of a job: stage, check, publish, discard the staged files."""
        run_id, tables = f"bench-{name}-{number}", self.container.tables if staged else self.spark_tables()
        suite = self.container.checks.find_suite(name)
        assert suite is not None
        with self.measure_step(name, "staging"):
            part = StagedPart(run_id, name)
            frame = tables.staging.stage(self.frame, part)
        with self.measure_step(name, "checks"):
            outcome = self.container.checks.run_checkpoint(suite, frame, table=name, run_id=run_id)
        assert not outcome.blocked, outcome.summary
        assert [result.success for result in outcome.results] == [True] * 20
        assert outcome.rows == self.rows
        with self.measure_step(name, "publishing"):
            tables.publish(outcome.good, Write(table=name), run_id=run_id, staged=part if staged else None)
        with self.measure_step(name, "discarding"):
            tables.staging.discard(run_id)

    def spark_tables(self) -> Tables:
        """Return the tables of a project in which Spark makes every commit."""
        settings = self.container.settings.model_copy(update={"commits": "spark"})
        return Tables(self.container.starter.session, settings)

    @contextmanager
    def measure_step(self, name: str, step: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.steps[name].setdefault(step, []).append(time.perf_counter() - start)

    def clear_steps(self) -> None:
        for steps in self.steps.values():
            steps.clear()

    def format_steps(self, name: str) -> str:
        """Return the median time of each step of a checked method."""
        parts = ", ".join(
            f"{step} {statistics.median(times):.2f} s" for step, times in self.steps[name].items()
        )
        return f"- {METHODS[name]}: {parts}"

    def location(self, name: str) -> str:
        """Return the location of a method's table."""
        is_peer = name in (UNCHECKED, COPIED)
        return str((self.root if is_peer else Path(self.container.settings.warehouse)) / name)

    def require_same_rows(self, writes: int) -> None:
        """Fail if the tables differ in rows or in the number of commits, or have unexpected committers."""
        contents = {name: self.hash_rows(name) for name in METHODS}
        assert len(set(contents.values())) == 1, contents
        for name in METHODS:
            commits = committers(Path(self.location(name)))
            assert len(commits) == writes, (name, commits)
            assert {commit.startswith("delta-rs") for commit in commits} == {name == ADOPTED}, (name, commits)

    def hash_rows(self, name: str) -> tuple[int, int]:
        """Return the number of a table's rows and the sum of their hashes."""
        frame = self.frame.sparkSession.read.format("delta").load(self.location(name))
        hashes = F.sum(F.xxhash64(*frame.columns).cast("decimal(38,0)"))
        [row] = frame.agg(F.count(F.lit(1)), hashes).collect()
        return int(row[0]), int(row[1])


def rotate(names: list[str], by: int) -> list[str]:
    """Return the names, rotated."""
    start = by % len(names)
    return names[start:] + names[:start]


def committers(folder: Path) -> list[str]:
    """Return the engine that made each commit of a Delta table, oldest first."""
    engines = []
    for file in sorted((folder / "_delta_log").glob("*.json")):
        lines = map(json.loads, file.read_text("utf-8").splitlines())
        [info] = [line["commitInfo"] for line in lines if "commitInfo" in line]
        engines.append(str(info.get("engineInfo") or info.get("clientVersion")))
    return engines


def format_table(times: dict[str, Times]) -> list[str]:
    """Return a table with a row for each method."""
    rows = [
        "| write | seconds | ratio to Spark's own | ratio to files copied by Spark |",
        "| --- | ---: | ---: | ---: |",
    ]
    for name, seconds in times.items():
        ratios = [f"{median_ratio(seconds, times[other]):.2f} x" for other in (UNCHECKED, COPIED)]
        rows.append(f"| {METHODS[name]} | {statistics.median(seconds):.2f} | {' | '.join(ratios)} |")
    return rows


def median_ratio(times: Times, other: Times) -> float:
    return statistics.median(a / b for a, b in zip(times, other, strict=True))


if __name__ == "__main__":
    main()
