"""A checked and published write beside Spark's own unchecked Delta write, and beside staging and copying.

    .venv/bin/python scripts/bench_publish.py [--rows 2600000] [--rounds 5]

One frame of thirteen columns is computed and written in each way, one way after the other in each round: by Spark
straight into a Delta table; by Spark into Parquet files that Spark then copies into a Delta table, neither checked; and
by sparkops, which stages it, runs twenty expectations on it and publishes it, once by adopting the staged files and once
by Spark's own commit, as where a table's features or its storage leave no other way.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from sparkops import Engine, Write

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from sparkops.engine.workshop import Workshop

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
  - expect_column_values_to_be_between: {column: delay, min_value: -100, max_value: 2000}
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
        (root / "conf" / "base").mkdir(parents=True)
        (root / "conf" / "base" / "project.yml").write_text("name: bench\n", "utf-8")
        (root / "conf" / "checks").mkdir()
        (root / "conf" / "checks" / "wide.yml").write_text(SUITE, "utf-8")
        with Engine(root) as engine:
            report(engine.workshop, root, asked.rows, asked.rounds)


def report(shop: Workshop, root: Path, rows: int, rounds: int) -> None:
    frame = made(shop, rows)
    ways = {
        "Spark's own Delta write, unchecked": lambda _: plain(frame, root),
        "Parquet, then copied into a Delta table by Spark, unchecked": lambda _: copied(frame, root),
        "checked, staged files adopted": lambda at: checked(shop, frame, at, staged=True),
        "checked, copied by Spark's own commit": lambda at: checked(shop, frame, at, staged=False),
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds + 1):
        for name, way in ways.items():
            begun = time.perf_counter()
            way(number)
            if number:  # the first round warms Spark up
                times[name].append(time.perf_counter() - begun)
    base, copy = (statistics.median(taken) for taken in list(times.values())[:2])
    print(f"{rows:,} rows, 13 columns, 20 expectations; medians of {rounds} rounds.\n")
    print("| way | seconds | beside Spark's own | beside staging and copying |\n| --- | ---: | ---: | ---: |")
    for name, taken in times.items():
        took = statistics.median(taken)
        print(f"| {name} | {took:.2f} | {took / base:.2f} x | {took / copy:.2f} x |")


def made(shop: Workshop, rows: int) -> DataFrame:
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


def plain(frame: DataFrame, root: Path) -> None:
    frame.write.format("delta").mode("overwrite").save(str(root / "plain"))


def copied(frame: DataFrame, root: Path) -> None:
    frame.write.mode("overwrite").parquet(str(root / "between"))
    back = frame.sparkSession.read.schema(frame.schema).parquet(str(root / "between"))
    back.write.format("delta").mode("overwrite").save(str(root / "copied"))


def checked(shop: Workshop, frame: DataFrame, at: int, *, staged: bool) -> None:
    run_id = f"bench-{staged}-{at}"
    suite = shop.checks.suite("wide")
    assert suite is not None
    held = shop.tables.stage(frame, table="wide", run_id=run_id)
    outcome = shop.checks.gate(suite, held, table="wide", run_id=run_id)
    outcome.raise_if_blocked()
    shop.tables.publish(outcome.good, Write(table="wide"), run_id=run_id, staged=staged)
    shop.tables.discard(run_id)


if __name__ == "__main__":
    main()
