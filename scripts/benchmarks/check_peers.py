"""Other libraries that check Spark frames, with as many of the twenty expectations of `checks` as each can express.

None is required: `scripts/bench checks --peers` measures those that are installed. An expectation counts as expressed
if a check of the library means the same. An SQL condition is such a check; code of ours that computes the answer is
not.
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
NOT_NULL = ("id", "day", "origin")
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
    """A library and its checks of the twenty expectations.

    Args:
        package: Its name on PyPI.
        module: The module to import.
        expectations: Number of the twenty expectations that it can express.
        run: Checks a frame of flights and returns whether all checks passed.
    """

    package: str
    module: str
    expectations: int
    run: Callable[[DataFrame], bool]

    @property
    def installed(self) -> bool:
        return find_spec(self.module) is not None

    @property
    def name(self) -> str:
        return f"{self.package} {metadata.version(self.package)}"

    def require_correct(self, frame: DataFrame) -> None:
        """Fail if the peer fails valid rows or passes invalid ones."""
        rows = frame.limit(1000)
        assert self.run(rows), self.package
        for column, value in (("month", 13), ("carrier", "XX"), ("tail", "N1x"), ("dest", "A"), ("id", None)):
            invalid = F.lit(value).cast(rows.schema[column].dataType)
            assert not self.run(rows.withColumn(column, invalid)), (self.package, column)


def cuallee(frame: DataFrame) -> bool:
    """Run cuallee: no row count, and no bounds of minimum, maximum, mean, deviation or sum: it has only equality."""
    library = import_module("cuallee")
    check = library.Check(library.CheckLevel.ERROR, "flights")
    for column in NOT_NULL:
        check.is_complete(column)
    check.is_complete("delay", 0.5)
    for column, bounds in RANGES.items():
        # It would count the nulls of `delay` as invalid.
        if column != "delay":
            check.is_between(column, bounds)
    check.satisfies("delay", "delay IS NULL OR delay BETWEEN -100 AND 2000")
    for column, allowed in SETS.items():
        check.is_contained_in(column, tuple(allowed))
    check.has_pattern("tail", TAIL)
    check.satisfies("dest", "length(dest) = 3")
    check.satisfies("arrival", "arrival >= departure")
    results = check.validate(frame).collect()
    assert len(results) == 14
    return all(row.status == "PASS" for row in results)


def sparkdq(frame: DataFrame) -> bool:
    """Run sparkdq: no bounds of aggregates, nor of `delay`, because its range checks fail nulls."""
    management, engine = import_module("sparkdq.management"), import_module("sparkdq.engine")
    definitions: list[dict[str, Any]] = [
        {"check": "row-count-min-check", "min-count": 1},
        *({"check": "null-check", "columns": [column]} for column in NOT_NULL),
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
            {"check": "is-contained-in-check", "allowed-values": {name: allowed}}
            for name, allowed in SETS.items()
        ),
        {"check": "regex-match-check", "column": "tail", "pattern": TAIL},
        {"check": "string-length-between-check", "column": "dest", "min-length": 3, "max-length": 3},
        {"check": "column-greater-than-check", "column": "arrival", "limit": "departure", "inclusive": True},
    ]
    assert len(definitions) == 14
    checks = management.CheckSet()
    checks.add_checks_from_dicts(
        [{**definition, "check-id": f"check-{i}"} for i, definition in enumerate(definitions)]
    )
    result = engine.BatchDQEngine(checks).run_batch(frame)
    summary = result.summary()
    return summary.failed_records == 0 and all(check.passed for check in result.aggregate_results)


def pandera(frame: DataFrame) -> bool:
    """Run pandera: no row count, `mostly`, pairs of columns or column aggregates; it returns no counts."""
    library = import_module("pandera.pyspark")
    check = library.Check
    rules: dict[str, Any] = {column: check.in_range(*bounds) for column, bounds in RANGES.items()}
    rules |= {column: check.isin(allowed) for column, allowed in SETS.items()}
    rules |= {"tail": check.str_matches(TAIL), "dest": check.str_length(3, 3)}
    columns = {
        field.name: library.Column(field.dataType, rules.get(field.name), nullable=field.name not in NOT_NULL)
        for field in frame.schema
        if field.name in {*rules, *NOT_NULL}
    }
    return not library.DataFrameSchema(columns).validate(frame).pandera.errors


def soda(frame: DataFrame) -> bool:
    """Run Soda: all twenty, the pair of columns and the deviation as SQL. Its usage statistics are switched off."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "config.yml"
        config.write_text("send_anonymous_usage_stats: false\n", "utf-8")
        import_module("soda.common.config_helper").ConfigHelper.get_instance(str(config))
        scan = import_module("soda.scan").Scan()
    frame.createOrReplaceTempView("flights")
    scan.set_data_source_name("bench")
    scan.add_spark_session(frame.sparkSession, data_source_name="bench")
    scan.add_sodacl_yaml_str(SODA)
    scan.execute()
    outcomes = [check["outcome"] for check in scan.get_scan_results()["checks"]]
    assert len(outcomes) == 20
    assert not scan.has_error_logs(), scan.get_error_logs_text()
    return outcomes == ["pass"] * 20


PEERS = (
    Peer("cuallee", "cuallee", 14, cuallee),
    Peer("sparkdq", "sparkdq", 14, sparkdq),
    Peer("pandera", "pandera", 12, pandera),
    Peer("soda-core-spark-df", "soda", 20, soda),
)
