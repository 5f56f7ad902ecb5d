"""A checked and published write beside Spark's own unchecked Delta write, and beside staging and copying.

    .venv/bin/python scripts/bench_publish.py [--rows 2600000] [--rounds 5]

One frame of thirteen columns is computed and written over a table that stands, in each way, one way after the other in
each round: by Spark straight into a Delta table; by Spark into Parquet files that Spark then copies into a Delta table,
neither checked; and by sparkops, which stages it, runs twenty expectations on it and publishes it, once by adopting the
staged files and once by Spark's own commit, as where a table's features or its storage leave no other way. Ratios are
medians of those of each round. Afterwards every table must hold the same rows, and its log must name who committed them.
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
from sparkops.tables import Tables

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from sparkops.engine.container import ServiceContainer

Way = Callable[[int], object]
Taken = list[float]

PLAIN, COPIED, ADOPTED, REWRITTEN = "plain", "copied", "adopted", "rewritten"
WAYS = {
    PLAIN: "Spark's own Delta write, unchecked",
    COPIED: "Parquet, then copied into a Delta table by Spark, unchecked",
    ADOPTED: "checked, staged files adopted",
    REWRITTEN: "checked, copied by Spark's own commit",
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
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        root = Path(work)
        lay_out(root)
        with Engine(root) as engine:
            bench = Bench(engine.container, root, asked.rows)
            print(bench.page(asked.rounds))


def lay_out(root: Path) -> None:
    """Make a project whose two checked tables have one suite."""
    for folder in ("jobs", "conf/base", "conf/checks"):
        (root / folder).mkdir(parents=True)
    for table in (ADOPTED, REWRITTEN):
        (root / "conf" / "checks" / f"{table}.yml").write_text(SUITE, "utf-8")


def made(shop: ServiceContainer, rows: int) -> DataFrame:
    return (
        shop.starter.session()
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


class Bench:
    """The four ways of one frame, and what they took.

    Args:
        shop: Stages, checks and publishes.
        root: Folder of the project.
        rows: Of the frame.
    """

    def __init__(self, shop: ServiceContainer, root: Path, rows: int) -> None:
        self.shop, self.root, self.rows = shop, root, rows
        self.frame = made(shop, rows)
        self.steps: dict[str, dict[str, Taken]] = {ADOPTED: {}, REWRITTEN: {}}

    def page(self, rounds: int) -> str:
        """Run every way in turn, see that all wrote the same, and return what they took as Markdown."""
        times = self.taken(rounds)
        self.require_same(rounds + 1)
        shares = [self.shares(name) for name in (ADOPTED, REWRITTEN)]
        head = f"{self.rows:,} rows, 13 columns, 20 expectations; medians of {rounds} rounds."
        return "\n".join([head, "", *table(times), "", *shares])

    def taken(self, rounds: int) -> dict[str, Taken]:
        """Return seconds by way, after a round that warms Spark up; each round begins with another way."""
        ways: dict[str, Way] = {
            PLAIN: lambda _: self.plain(),
            COPIED: lambda _: self.copied(),
            ADOPTED: lambda at: self.checked(ADOPTED, at, staged=True),
            REWRITTEN: lambda at: self.checked(REWRITTEN, at, staged=False),
        }
        times: dict[str, Taken] = {name: [] for name in ways}
        for number in range(rounds + 1):
            if number == 1:
                self.forget_steps()
            for name in turned(list(ways), number):
                begun = time.perf_counter()
                ways[name](number)
                if number:
                    times[name].append(time.perf_counter() - begun)
        return times

    def plain(self) -> None:
        self.frame.write.format("delta").mode("overwrite").save(self.place(PLAIN))

    def copied(self) -> None:
        between = str(self.root / "between")
        self.frame.write.mode("overwrite").parquet(between)
        back = self.frame.sparkSession.read.schema(self.frame.schema).parquet(between)
        back.write.format("delta").mode("overwrite").save(self.place(COPIED))

    def checked(self, name: str, at: int, *, staged: bool) -> None:
        """Do what a run does with what a job returned: stage it, check it, publish it, clear up."""
        run_id, tables = f"bench-{name}-{at}", self.shop.tables if staged else self.tables_of_spark()
        suite = self.shop.checks.suite(name)
        assert suite is not None
        with self.step(name, "staging"):
            held = tables.stage(self.frame, table=name, run_id=run_id)
        with self.step(name, "checks"):
            outcome = self.shop.checks.gate(suite, held, table=name, run_id=run_id)
        assert not outcome.blocked, outcome.summary
        assert [result.success for result in outcome.results] == [True] * 20
        assert outcome.rows == self.rows
        with self.step(name, "publishing"):
            tables.publish(outcome.good, Write(table=name), run_id=run_id, staged=staged)
        with self.step(name, "clearing up"):
            tables.discard(run_id)

    def tables_of_spark(self) -> Tables:
        """Return the tables of a project that leaves every commit to Spark."""
        settings = self.shop.settings.model_copy(update={"commits": "spark"})
        return Tables(self.shop.starter.session, settings)

    @contextmanager
    def step(self, name: str, step: str) -> Iterator[None]:
        begun = time.perf_counter()
        yield
        self.steps[name].setdefault(step, []).append(time.perf_counter() - begun)

    def forget_steps(self) -> None:
        for steps in self.steps.values():
            steps.clear()

    def shares(self, name: str) -> str:
        """Return where the time of a checked way went."""
        parts = ", ".join(
            f"{step} {statistics.median(took):.2f} s" for step, took in self.steps[name].items()
        )
        return f"- {WAYS[name]}: {parts}"

    def place(self, name: str) -> str:
        """Return where a way's table stands."""
        kept = self.root / name if name in (PLAIN, COPIED) else Path(self.shop.settings.warehouse) / name
        return str(kept)

    def require_same(self, writes: int) -> None:
        """Refuse figures of ways that did not write the same rows, as often, in the way that they are named for."""
        found = {name: self.told(name) for name in WAYS}
        assert len(set(found.values())) == 1, found
        for name in WAYS:
            commits = committers(Path(self.place(name)))
            assert len(commits) == writes, (name, commits)
            assert {commit.startswith("delta-rs") for commit in commits} == {name == ADOPTED}, (name, commits)

    def told(self, name: str) -> tuple[int, int]:
        """Return the number of a table's rows and a sum over all that stands in them."""
        read = self.frame.sparkSession.read.format("delta").load(self.place(name))
        summed = F.sum(F.xxhash64(*read.columns).cast("decimal(38,0)"))
        [row] = read.agg(F.count(F.lit(1)), summed).collect()
        return int(row[0]), int(row[1])


def turned(names: list[str], by: int) -> list[str]:
    """Return the names from another one on."""
    at = by % len(names)
    return names[at:] + names[:at]


def committers(folder: Path) -> list[str]:
    """Return the engine behind each commit of a Delta table, oldest first."""
    found = []
    for file in sorted((folder / "_delta_log").glob("*.json")):
        lines = map(json.loads, file.read_text("utf-8").splitlines())
        [info] = [line["commitInfo"] for line in lines if "commitInfo" in line]
        found.append(str(info.get("engineInfo") or info.get("clientVersion")))
    return found


def table(times: dict[str, Taken]) -> list[str]:
    """Return a row for each way."""
    rows = [
        "| way | seconds | beside Spark's own | beside staging and copying |",
        "| --- | ---: | ---: | ---: |",
    ]
    for name, took in times.items():
        beside = [f"{ratio(took, times[other]):.2f} x" for other in (PLAIN, COPIED)]
        rows.append(f"| {WAYS[name]} | {statistics.median(took):.2f} | {' | '.join(beside)} |")
    return rows


def ratio(took: Taken, other: Taken) -> float:
    return statistics.median(one / two for one, two in zip(took, other, strict=True))


if __name__ == "__main__":
    main()
