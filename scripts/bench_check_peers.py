"""Other libraries that check Spark frames, asked for as many of bench_checks' twenty expectations as they can say.

None is needed: scripts/bench_checks.py --peers measures those that are installed. An expectation counts as said where a
check of the library means the same; own code that computes an answer is no check of the library, an SQL condition is one.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module, metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

RANGES: Mapping[str, tuple[int, int]] = {
    "month": (1, 12),
    "hour": (0, 23),
    "minute": (0, 59),
    "distance": (0, 6000),
    "delay": (-100, 2000),
}
SETS: Mapping[str, list[str]] = {"origin": ["JFK", "LGA", "EWR"], "carrier": ["AA", "B6", "DL", "UA", "WN"]}
FULL = ("id", "day", "origin")
TAIL = "^N[0-9]+$"
SODA = r"""
checks for flights:
  - row_count > 0
  - missing_count(id) = 0
  - missing_count(day) = 0
  - missing_count(origin) = 0
  - missing_percent(delay) <= 50: {samples limit: 0}
  - invalid_count(month) = 0: {valid min: 1, valid max: 12}
  - invalid_count(hour) = 0: {valid min: 0, valid max: 23}
  - invalid_count(minute) = 0: {valid min: 0, valid max: 59}
  - invalid_count(distance) = 0: {valid min: 0, valid max: 6000}
  - invalid_count(delay) = 0: {valid min: -100, valid max: 2000}
  - invalid_count(origin) = 0: {valid values: [JFK, LGA, EWR]}
  - invalid_count(carrier) = 0: {valid values: [AA, B6, DL, UA, WN]}
  - invalid_count(tail) = 0: {valid regex: "^N[0-9]+$"}
  - invalid_count(dest) = 0: {valid length: 3}
  - early = 0: {early expression: count_if(arrival < departure)}
  - min(distance) >= 0
  - max(delay) <= 2000
  - avg(delay) between -100 and 1000
  - spread between 0 and 1000: {spread expression: stddev_samp(delay)}
  - sum(distance) >= 0
"""


@dataclass(frozen=True, slots=True)
class Peer:
    """A library and what it says of the twenty.

    Args:
        package: Its name in the registry.
        module: Imported where it is installed.
        said: How many of the twenty expectations it is asked for.
        ask: Check a frame of flights by it, and tell whether all passed.
    """

    package: str
    module: str
    said: int
    ask: Callable[[DataFrame], bool]

    @property
    def installed(self) -> bool:
        return find_spec(self.module) is not None

    @property
    def name(self) -> str:
        return f"{self.package} {metadata.version(self.package)}"

    def require_awake(self, frame: DataFrame) -> None:
        """Refuse a peer that passes what is broken, or breaks what passes."""
        few = frame.limit(1000)
        assert self.ask(few), self.package
        for column, value in (("month", 13), ("carrier", "XX"), ("tail", "N1x"), ("dest", "A"), ("id", None)):
            assert not self.ask(few.withColumn(column, broken(few, column, value))), (self.package, column)


def broken(frame: DataFrame, column: str, value: object) -> Any:
    return F.lit(value).cast(frame.schema[column].dataType)


def cuallee(frame: DataFrame) -> bool:
    """No count of rows, no bounds for a minimum, maximum, mean, deviation or sum: it compares those with one value."""
    library = import_module("cuallee")
    check = library.Check(library.CheckLevel.ERROR, "flights")
    for column in FULL:
        check.is_complete(column)
    check.is_complete("delay", 0.5)
    for column, bounds in RANGES.items():
        if column != "delay":  # whose nulls it would count as broken
            check.is_between(column, bounds)
    check.satisfies("delay", "delay IS NULL OR delay BETWEEN -100 AND 2000")
    for column, allowed in SETS.items():
        check.is_contained_in(column, tuple(allowed))
    check.has_pattern("tail", TAIL)
    check.satisfies("dest", "length(dest) = 3")
    check.satisfies("arrival", "arrival >= departure")
    found = check.validate(frame).collect()
    assert len(found) == 14
    return all(row.status == "PASS" for row in found)


def sparkdq(frame: DataFrame) -> bool:
    """No bounds for a minimum, maximum, mean, deviation or sum, nor for `delay`: its checks of ranges fail nulls."""
    management, engine = import_module("sparkdq.management"), import_module("sparkdq.engine")
    asked: list[dict[str, Any]] = [
        {"check": "row-count-min-check", "min-count": 1},
        *({"check": "null-check", "columns": [column]} for column in FULL),
        {"check": "completeness-ratio-check", "column": "delay", "min-ratio": 0.5},
        *(
            {
                "check": "numeric-between-check",
                "columns": [column],
                "min-value": low,
                "max-value": high,
                "inclusive": [True, True],
            }
            for column, (low, high) in RANGES.items()
            if column != "delay"
        ),
        *(
            {"check": "is-contained-in-check", "allowed-values": {name: listed}}
            for name, listed in SETS.items()
        ),
        {"check": "regex-match-check", "column": "tail", "pattern": TAIL},
        {"check": "string-length-between-check", "column": "dest", "min-length": 3, "max-length": 3},
        {"check": "column-greater-than-check", "column": "arrival", "limit": "departure", "inclusive": True},
    ]
    assert len(asked) == 14
    checks = management.CheckSet()
    checks.add_checks_from_dicts([{**one, "check-id": f"check-{at}"} for at, one in enumerate(asked)])
    result = engine.BatchDQEngine(checks).run_batch(frame)
    summary = result.summary()
    return summary.failed_records == 0 and all(one.passed for one in result.aggregate_results)


def pandera(frame: DataFrame) -> bool:
    """No count of rows, no `mostly`, no pair of columns, nothing of a column as a whole; a verdict, and no counts."""
    library = import_module("pandera.pyspark")
    check = library.Check
    rules: dict[str, Any] = {column: check.in_range(*bounds) for column, bounds in RANGES.items()}
    rules |= {column: check.isin(allowed) for column, allowed in SETS.items()}
    rules |= {"tail": check.str_matches(TAIL), "dest": check.str_length(3, 3)}
    columns = {
        field.name: library.Column(field.dataType, rules.get(field.name), nullable=field.name not in FULL)
        for field in frame.schema
        if field.name in {*rules, *FULL}
    }
    return not library.DataFrameSchema(columns).validate(frame).pandera.errors


def soda(frame: DataFrame) -> bool:
    """All twenty: the pair of columns and the deviation as SQL. It would send statistics of its use unless told not to."""
    with tempfile.TemporaryDirectory() as folder:
        quiet = Path(folder) / "config.yml"
        quiet.write_text("send_anonymous_usage_stats: false\n", "utf-8")
        import_module("soda.common.config_helper").ConfigHelper.get_instance(str(quiet))
        scan = import_module("soda.scan").Scan()
    frame.createOrReplaceTempView("flights")
    scan.set_data_source_name("bench")
    scan.add_spark_session(frame.sparkSession, data_source_name="bench")
    scan.add_sodacl_yaml_str(SODA)
    scan.execute()
    found = [one["outcome"] for one in scan.get_scan_results()["checks"]]
    assert len(found) == 20
    assert not scan.has_error_logs(), scan.get_error_logs_text()
    return found == ["pass"] * 20


PEERS = (
    Peer("cuallee", "cuallee", 14, cuallee),
    Peer("sparkdq", "sparkdq", 14, sparkdq),
    Peer("pandera", "pandera", 12, pandera),
    Peer("soda-core-spark-df", "soda", 20, soda),
)
