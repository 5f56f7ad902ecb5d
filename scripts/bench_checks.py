"""Measure checkpoints beside the aggregation that a person would write for them, and the stock engine, in turn.

    .venv/bin/python scripts/bench_checks.py [--rounds 5] [--rows 2600000] [--peers]

Both tables are Delta tables, every suite passes, and each way returns a verdict and the counts behind it. With --peers,
other libraries for checks that are installed judge the table of twenty expectations, too, by as many as they can say.
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

from bench_check_peers import PEERS, Peer
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

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


WARMING = 3  # rounds before the first that counts


def flights(spark: SparkSession, rows: int) -> DataFrame:
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


def wide(spark: SparkSession, rows: int) -> DataFrame:
    return spark.range(rows).selectExpr(*[f"rand({i}) * 100 AS c{i}" for i in range(50)])


def unexpected(condition: Any) -> Any:
    return F.count_if(condition)


def twenty_by_hand(frame: DataFrame) -> Any:
    c = F.col
    return frame.agg(
        F.count(F.lit(1)),
        *[unexpected(c(name).isNull()) for name in ("id", "day", "origin", "delay")],
        *[
            unexpected(~c(name).between(low, high))
            for name, low, high in (
                ("month", 1, 12),
                ("hour", 0, 23),
                ("minute", 0, 59),
                ("distance", 0, 6000),
                ("delay", -100, 2000),
            )
        ],
        unexpected(~c("origin").isin("JFK", "LGA", "EWR")),
        unexpected(~c("carrier").isin("AA", "B6", "DL", "UA", "WN")),
        unexpected(~c("tail").rlike("^N[0-9]+$")),
        unexpected(F.length("dest") != 3),
        unexpected(~(c("arrival") >= c("departure"))),
        F.min("distance"),
        F.max("delay"),
        F.mean("delay"),
        F.stddev_samp("delay"),
        F.sum("distance"),
    ).collect()


def hundred_by_hand(frame: DataFrame) -> Any:
    names = [f"c{i}" for i in range(50)]
    return frame.agg(
        F.count(F.lit(1)),
        *[unexpected(F.col(name).isNull()) for name in names],
        *[unexpected(~F.col(name).between(0, 100)) for name in names],
    ).collect()


def stock(suite: Suite, frame: DataFrame) -> bool:
    import great_expectations as gx

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    asset = context.data_sources.add_spark(name="stock", persist=False).add_dataframe_asset("frame")
    own = context.suites.add(gx.ExpectationSuite(name="suite", expectations=build_expectations(suite)))
    batch = asset.add_batch_definition_whole_dataframe("whole")
    check = context.validation_definitions.add(gx.ValidationDefinition(name="v", data=batch, suite=own))
    return bool(check.run(batch_parameters={"dataframe": frame}, result_format="BASIC").success)


def timed(ask: Callable[[], Any]) -> float:
    start = time.perf_counter()
    ask()
    return time.perf_counter() - start


def gate(checks: Checks, suite: Suite, frame: DataFrame) -> None:
    outcome = checks.gate(suite, frame, table=suite.table, run_id="bench")
    assert not outcome.blocked, [one for one in outcome.results if not one.success]


def in_turn(ways: Mapping[str, Callable[[], Any]], rounds: int) -> list[dict[str, float]]:
    """Return the seconds of each way in each round, after some that warm Spark up."""
    for ask in [*ways.values()] * WARMING:
        ask()
    return [{way: timed(ask) for way, ask in ways.items()} for _ in range(rounds)]


def beside_peers(checks: Checks, frame: DataFrame, rounds: int) -> list[str]:
    """Return a table of the peers that are installed, each measured in turn with sparkops and the aggregation by hand."""
    suite = checks.suite("flights")
    assert suite is not None
    here: dict[str, Peer] = {peer.name: peer for peer in PEERS if peer.installed}
    for peer in here.values():
        peer.require_awake(frame)
    ways: dict[str, Callable[[], Any]] = {
        "hand": lambda: twenty_by_hand(frame),
        "sparkops": lambda: gate(checks, suite, frame),
        **{name: partial(peer.ask, frame) for name, peer in here.items()},
    }
    taken = in_turn(ways, rounds)
    rows = [
        f"| {name} | {said} of 20 | {statistics.median(one[name] for one in taken):.2f} s "
        f"| {statistics.median(one[name] / one['hand'] for one in taken):.1f} x "
        f"| {statistics.median(one[name] / one['sparkops'] for one in taken):.1f} x |"
        for name, said in (("sparkops", 20), *((name, peer.said) for name, peer in here.items()))
    ]
    missing = [f"{peer.package}: not installed." for peer in PEERS if not peer.installed]
    head = (
        "| library | expectations that it says | time | beside by hand | beside sparkops |",
        "| --- | --: | --: | --: | --: |",
    )
    return ["", *head, *rows, *(["", *missing] if missing else [])]


def compare(
    name: str, checks: Checks, frame: DataFrame, by_hand: Callable[[DataFrame], Any], rounds: int
) -> str:
    suite = checks.suite(name)
    assert suite is not None
    ways = {"hand": lambda: by_hand(frame), "sparkops": lambda: gate(checks, suite, frame)}
    taken = in_turn(ways, rounds)
    middle = {way: statistics.median(one[way] for one in taken) for way in ways}
    ratio = statistics.median(one["sparkops"] / one["hand"] for one in taken)
    own = timed(lambda: stock(suite, frame))
    return (
        f"| {len(suite.expectations)} expectations, {frame.count():,} rows, {len(frame.columns)} columns "
        f"| {middle['hand']:.2f} s | {middle['sparkops']:.2f} s | {ratio:.2f} x | {own:.1f} s, {own / middle['hand']:.1f} x |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rows", type=int, default=2_600_000)
    parser.add_argument("--peers", action="store_true")
    given = parser.parse_args()
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
        print(page(starter.session(), Checks(settings), given, folder))
        starter.stop()


def page(spark: SparkSession, checks: Checks, given: argparse.Namespace, folder: Path) -> str:
    frames = {}
    for table, frame in (("flights", flights(spark, given.rows)), ("wide", wide(spark, given.rows // 5))):
        frame.write.format("delta").save(str(folder / table))
        frames[table] = spark.read.format("delta").load(str(folder / table))
    rows = [
        compare("flights", checks, frames["flights"], twenty_by_hand, given.rounds),
        compare("wide", checks, frames["wide"], hundred_by_hand, given.rounds),
    ]
    head = (
        "| A suite that passes | by hand | sparkops | ratio | stock engine, once |",
        "| --- | --: | --: | --: | --: |",
    )
    peers = beside_peers(checks, frames["flights"], given.rounds) if given.peers else []
    return "\n".join([*head, *rows, *peers])


if __name__ == "__main__":
    main()
