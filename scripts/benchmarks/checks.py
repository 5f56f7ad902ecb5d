"""Measure checkpoints against a handwritten aggregation and Great Expectations' own engine; print Markdown tables.

    scripts/bench checks [--rounds 5] [--rows 2600000] [--peers]

Both tables are Delta tables, every suite passes, and each candidate returns whether it does and the counts. With
--peers, the other check libraries that are installed evaluate the table of twenty expectations, too, with as many of
these as they can express.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from benchmarks.check_peers import PEERS, Peer
from sparkops.checks.checks import Checks
from sparkops.checks.gx.expectation_builder import build_expectations
from sparkops.checks.gx.library import GxLibrary
from sparkops.checks.suite.suite import Suite
from sparkops.config.settings import CheckSettings, Settings
from sparkops.spark import Starter

TWENTY = """\
expect_table_row_count_to_be_between: {min_value: 1}
expect_column_values_to_not_be_null: id
expect_column_values_to_not_be_null: day
expect_column_values_to_not_be_null: origin
expect_column_values_to_not_be_null: {column: delay, mostly: 0.5}
expect_column_values_to_be_between: {column: month, min_value: 1, max_value: 12}
expect_column_values_to_be_between: {column: hour, min_value: 0, max_value: 23}
expect_column_values_to_be_between: {column: minute, min_value: 0, max_value: 59}
expect_column_values_to_be_between: {column: distance, min_value: 0, max_value: 6000}
expect_column_values_to_be_between: {column: delay, min_value: -100, max_value: 2000}
expect_column_values_to_be_in_set: {column: origin, value_set: [JFK, LGA, EWR]}
expect_column_values_to_be_in_set: {column: carrier, value_set: [AA, B6, DL, UA, WN]}
expect_column_values_to_match_regex: {column: tail, regex: "^N[0-9]+$"}
expect_column_value_lengths_to_equal: {column: dest, value: 3}
expect_column_pair_values_a_to_be_greater_than_b: {column_A: arrival, column_B: departure, or_equal: true}
expect_column_min_to_be_between: {column: distance, min_value: 0}
expect_column_max_to_be_between: {column: delay, max_value: 2000}
expect_column_mean_to_be_between: {column: delay, min_value: -100, max_value: 1000}
expect_column_stdev_to_be_between: {column: delay, min_value: 0, max_value: 1000}
expect_column_sum_to_be_between: {column: distance, min_value: 0}
"""
HUNDRED = "".join(
    f"expect_column_values_to_not_be_null: c{i}\n"
    f"expect_column_values_to_be_between: {{column: c{i}, min_value: 0, max_value: 100}}\n"
    for i in range(50)
)

# Rounds before the first one that is measured.
WARM_UP_ROUNDS = 3


def flights_frame(spark: SparkSession, rows: int) -> DataFrame:
    return spark.range(rows).selectExpr(
        "id",
        "date_add(DATE'2013-01-01', int(id % 365)) AS day",
        "int(id % 12) + 1 AS month",
        "int(id % 24) AS hour",
        "int(id % 60) AS minute",
        "element_at(array('JFK', 'LGA', 'EWR'), int(id % 3) + 1) AS origin",
        "element_at(array('AA', 'B6', 'DL', 'UA', 'WN'), int(id % 5) + 1) AS carrier",
        "concat('N', string(id % 4000)) AS tail",
        "substr(string(100 + id % 900), 1, 3) AS dest",
        "IF(id % 40 = 0, NULL, round(rand(1) * 300 - 50, 1)) AS delay",
        "int(rand(2) * 5000) AS distance",
        "id % 1440 AS departure",
        "id % 1440 + int(rand(3) * 400) AS arrival",
    )


def wide_frame(spark: SparkSession, rows: int) -> DataFrame:
    return spark.range(rows).selectExpr(*[f"rand({i}) * 100 AS c{i}" for i in range(50)])


def count_unexpected(condition: Any) -> Any:
    return F.count_if(condition)


def aggregate_twenty(frame: DataFrame) -> Any:
    c = F.col
    return frame.agg(
        F.count(F.lit(1)),
        *[count_unexpected(c(name).isNull()) for name in ("id", "day", "origin", "delay")],
        *[
            count_unexpected(~c(name).between(low, high))
            for name, low, high in (
                ("month", 1, 12),
                ("hour", 0, 23),
                ("minute", 0, 59),
                ("distance", 0, 6000),
                ("delay", -100, 2000),
            )
        ],
        count_unexpected(~c("origin").isin("JFK", "LGA", "EWR")),
        count_unexpected(~c("carrier").isin("AA", "B6", "DL", "UA", "WN")),
        count_unexpected(~c("tail").rlike("^N[0-9]+$")),
        count_unexpected(F.length("dest") != 3),
        count_unexpected(~(c("arrival") >= c("departure"))),
        F.min("distance"),
        F.max("delay"),
        F.mean("delay"),
        F.stddev_samp("delay"),
        F.sum("distance"),
    ).collect()


def aggregate_hundred(frame: DataFrame) -> Any:
    names = [f"c{i}" for i in range(50)]
    return frame.agg(
        F.count(F.lit(1)),
        *[count_unexpected(F.col(name).isNull()) for name in names],
        *[count_unexpected(~F.col(name).between(0, 100)) for name in names],
    ).collect()


def run_stock_engine(suite: Suite, frame: DataFrame) -> bool:
    import great_expectations as gx

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    asset = context.data_sources.add_spark(name="stock", persist=False).add_dataframe_asset("frame")
    gx_suite = context.suites.add(gx.ExpectationSuite(name="suite", expectations=build_expectations(suite)))
    batch = asset.add_batch_definition_whole_dataframe("whole")
    validation = context.validation_definitions.add(
        gx.ValidationDefinition(name="v", data=batch, suite=gx_suite)
    )
    return bool(validation.run(batch_parameters={"dataframe": frame}, result_format="BASIC").success)


def timed(function: Callable[[], Any]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def run_checkpoint(checks: Checks, suite: Suite, frame: DataFrame) -> None:
    outcome = checks.run_checkpoint(suite, frame, table=suite.table, run_id="bench")
    assert not outcome.blocked, [result for result in outcome.results if not result.success]


def measure_rounds(candidates: Mapping[str, Callable[[], Any]], rounds: int) -> list[dict[str, float]]:
    """Return the seconds of each candidate in each round, after some rounds that warm Spark up."""
    for run in [*candidates.values()] * WARM_UP_ROUNDS:
        run()
    return [{name: timed(run) for name, run in candidates.items()} for _ in range(rounds)]


def compare_with_peers(checks: Checks, frame: DataFrame, rounds: int) -> list[str]:
    """Return a table of the installed peers, measured in the rounds of sparkops and the handwritten aggregation."""
    suite = checks.find_suite("flights")
    assert suite is not None
    installed: dict[str, Peer] = {peer.name: peer for peer in PEERS if peer.installed}
    for peer in installed.values():
        peer.require_correct(frame)
    candidates: dict[str, Callable[[], Any]] = {
        "handwritten": lambda: aggregate_twenty(frame),
        "sparkops": lambda: run_checkpoint(checks, suite, frame),
        **{name: partial(peer.run, frame) for name, peer in installed.items()},
    }
    seconds = measure_rounds(candidates, rounds)
    rows = [
        f"| {name} | {count} of 20 | {statistics.median(times[name] for times in seconds):.2f} s "
        f"| {statistics.median(times[name] / times['handwritten'] for times in seconds):.1f} x "
        f"| {statistics.median(times[name] / times['sparkops'] for times in seconds):.1f} x |"
        for name, count in (
            ("sparkops", 20),
            *((name, peer.expectations) for name, peer in installed.items()),
        )
    ]
    missing = [f"{peer.package}: not installed." for peer in PEERS if not peer.installed]
    head = (
        "| library | expectations it can express | time | ratio to handwritten | ratio to sparkops |",
        "| --- | --: | --: | --: | --: |",
    )
    return ["", *head, *rows, *(["", *missing] if missing else [])]


def compare(
    name: str, checks: Checks, frame: DataFrame, aggregate: Callable[[DataFrame], Any], rounds: int
) -> str:
    suite = checks.find_suite(name)
    assert suite is not None
    candidates = {
        "handwritten": lambda: aggregate(frame),
        "sparkops": lambda: run_checkpoint(checks, suite, frame),
    }
    seconds = measure_rounds(candidates, rounds)
    medians = {name: statistics.median(times[name] for times in seconds) for name in candidates}
    ratio = statistics.median(times["sparkops"] / times["handwritten"] for times in seconds)
    stock = timed(lambda: run_stock_engine(suite, frame))
    return (
        f"| {len(suite.expectations)} expectations, {frame.count():,} rows, {len(frame.columns)} columns "
        f"| {medians['handwritten']:.2f} s | {medians['sparkops']:.2f} s | {ratio:.2f} x | {stock:.1f} s, {stock / medians['handwritten']:.1f} x |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rows", type=int, default=2_600_000)
    parser.add_argument("--peers", action="store_true")
    arguments = parser.parse_args()
    GxLibrary().ensure_imported()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "conf" / "checks").mkdir(parents=True)
        for table, lines in (("flights", TWENTY), ("wide", HUNDRED)):
            text = "expectations:\n" + "".join(f"  - {line}\n" for line in lines.splitlines())
            (folder / "conf" / "checks" / f"{table}.yml").write_text(text, encoding="utf-8")
        settings = Settings(
            root=folder,
            env="base",
            state=folder / "state",
            warehouse=f"{name}/warehouse",
            checks=CheckSettings(docs=False),
        )
        starter = Starter(settings, app="bench-checks")
        print(measure(starter.session(), Checks(settings), arguments, folder))
        starter.stop()


def measure(spark: SparkSession, checks: Checks, arguments: argparse.Namespace, folder: Path) -> str:
    frames = {}
    for table, frame in (
        ("flights", flights_frame(spark, arguments.rows)),
        ("wide", wide_frame(spark, arguments.rows // 5)),
    ):
        frame.write.format("delta").save(str(folder / table))
        frames[table] = spark.read.format("delta").load(str(folder / table))
    rows = [
        compare("flights", checks, frames["flights"], aggregate_twenty, arguments.rounds),
        compare("wide", checks, frames["wide"], aggregate_hundred, arguments.rounds),
    ]
    head = (
        "| suite | handwritten | sparkops | ratio | stock engine, once |",
        "| --- | --: | --: | --: | --: |",
    )
    peers = compare_with_peers(checks, frames["flights"], arguments.rounds) if arguments.peers else []
    return "\n".join([*head, *rows, *peers])


if __name__ == "__main__":
    main()
