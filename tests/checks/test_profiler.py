"""A frame is looked at in two passes at most, and what is drafted from that holds on the frame."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from sparkops.checks.checks import Checks
from sparkops.checks.profiling.draft import draft
from sparkops.checks.profiling.profile import TableProfile
from sparkops.checks.profiling.profiler import profile
from sparkops.config.settings import Settings

pytestmark = pytest.mark.spark

SCHEMA = (
    "id BIGINT, twin INT, month TINYINT, x DOUBLE, f FLOAT, late DOUBLE, m DECIMAL(20, 9), huge BIGINT, s STRING, "
    "`a.b` STRING, `home port` STRING, day DATE, at TIMESTAMP, ok BOOLEAN, nothing INT, bare DOUBLE, raw BINARY, "
    "p STRUCT<q: INT, `r.s`: STRING>, tags ARRAY<STRING>, by MAP<STRING, INT>"
)
ROWS = [
    (
        n,
        n // 2,
        n % 12 + 1,
        float("nan") if n % 10 == 0 else n / 7 - 3,
        0.1 + n % 3,
        float(n % 2) * -0.0 if n % 3 else 1.0,
        Decimal(n) / 3,
        2**63 - 1 - n % 7,
        None if n % 50 == 0 else ("yes: #1", "null", "")[n % 3],
        f"k{n}\n",
        "JFK",
        date(2013, 1, 1 + n % 31),
        datetime(2013, 7, 4, n % 24),
        n % 4 == 0,
        None,
        float("nan"),
        b"x",
        (n, "r"),
        ["t"],
        {"k": n},
    )
    for n in range(120)
]


def jobs_of(spark, work: Callable[[], object], group: str) -> int:
    """Return how many Spark jobs some work started."""
    context = spark.sparkContext
    context.setJobGroup(group, group)
    try:
        work()
        return len(context.statusTracker().getJobIdsForGroup(group))
    finally:
        context.setLocalProperty("spark.jobGroup.id", None)


@pytest.fixture(scope="module")
def frame(spark):
    return spark.createDataFrame(ROWS, SCHEMA).coalesce(1)


@pytest.fixture(scope="module")
def looked(frame) -> TableProfile:
    return profile(frame, "t")


def holds(folder: Path, frame, seen: TableProfile) -> list[str]:
    """Return what is drafted, each expectation by its name, after a gate found that all of it holds."""
    checks = Checks(Settings(root=folder, env="base", state=folder / ".sparkops"))
    file = folder / "conf" / "checks" / "t.yml"
    file.parent.mkdir(parents=True)
    file.write_text(draft(seen), encoding="utf-8")
    suite = checks.suite("t")
    assert suite is not None
    outcome = checks.gate(suite, frame, table="t", run_id="run-1")
    assert len(outcome.results) == len(suite.expectations)
    assert not [result for result in outcome.results if not result.success]
    return [expectation.label for expectation in suite.expectations]


def test_what_is_seen_of_every_type_is_exact_where_it_says_so(looked: TableProfile) -> None:
    seen = {column.name: column for column in looked.columns}
    assert [name for name, column in seen.items() if column.unique] == ["id", "`a.b`"]
    assert seen["s"].values == {"": 39, "null": 39, "yes: #1": 39}
    assert (seen["s"].nulls, seen["s"].blanks, seen["s"].lengths) == (3, 39, (0, 7))
    assert seen["late"].values == {0.0: 80, 1.0: 40}, "the two zeros are one value"
    assert (seen["x"].nans, seen["x"].most, seen["bare"].least) == (12, 119 / 7 - 3, None)
    assert (seen["m"].most, seen["huge"].most) == (Decimal("39.666666667"), 2**63 - 1)
    assert (seen["nothing"].nulls, seen["nothing"].least) == (120, None)
    assert (seen["day"].least, seen["at"].most) == ("2013-01-01", "2013-07-04 23:00:00")
    assert (seen["ok"].trues, seen["p"].kind, seen["p"].nulls) == (30, "other", 0)
    assert seen["twin"].values is None


def test_a_draft_holds_on_the_frame_it_was_drafted_from(tmp_path: Path, frame, looked) -> None:
    labels = holds(tmp_path, frame, looked)
    assert len(labels) > 2 * len(looked.columns)
    assert "expect_column_values_to_be_between(month, min_value=1, max_value=12)" in labels


def test_the_draft_of_an_empty_frame_is_about_its_columns_alone(tmp_path: Path, frame) -> None:
    empty = frame.limit(0)
    labels = holds(tmp_path, empty, profile(empty, "t"))
    assert {label.split("(")[0] for label in labels} == {
        "expect_table_columns_to_match_set",
        "expect_column_values_to_be_of_type",
    }


def test_a_look_is_one_pass_and_one_more_where_few_values_or_a_key_are_likely(spark) -> None:
    numbers = spark.range(1000).selectExpr("id % 400 AS often", "double(id) AS real").coalesce(1)
    assert jobs_of(spark, lambda: profile(numbers, "t"), "no candidate") == 1
    keys = spark.range(1000).selectExpr("id", "id % 3 AS few").coalesce(1)
    assert jobs_of(spark, lambda: profile(keys, "t"), "candidates") == 2
