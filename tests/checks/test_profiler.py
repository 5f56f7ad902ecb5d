"""A frame is profiled in at most two passes, and it passes the suite that is drafted from its profile."""

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
def frame_profile(frame) -> TableProfile:
    return profile(frame, "t")


def passing_labels(folder: Path, frame, profile: TableProfile) -> list[str]:
    """Return the labels of the drafted expectations, after the frame passed all of them."""
    checks = Checks(Settings(root=folder, env="base", state=folder / ".sparkops"))
    file = folder / "conf" / "checks" / "t.yml"
    file.parent.mkdir(parents=True)
    file.write_text(draft(profile), encoding="utf-8")
    suite = checks.find_suite("t")
    assert suite is not None
    outcome = checks.run_checkpoint(suite, frame, table="t", run_id="run-1")
    assert len(outcome.results) == len(suite.expectations)
    assert not [result for result in outcome.results if not result.success]
    return [expectation.label for expectation in suite.expectations]


def test_the_profile_of_every_type_is_exact(frame_profile: TableProfile) -> None:
    columns = {column.name: column for column in frame_profile.columns}
    assert [name for name, column in columns.items() if column.unique] == ["id", "`a.b`"]
    assert columns["s"].values == {"": 39, "null": 39, "yes: #1": 39}
    assert (columns["s"].nulls, columns["s"].blanks, columns["s"].lengths) == (3, 39, (0, 7))
    assert columns["late"].values == {0.0: 80, 1.0: 40}, "the two zeros are one value"
    assert (columns["x"].nans, columns["x"].maximum, columns["bare"].minimum) == (12, 119 / 7 - 3, None)
    assert (columns["m"].maximum, columns["huge"].maximum) == (Decimal("39.666666667"), 2**63 - 1)
    assert (columns["nothing"].nulls, columns["nothing"].minimum) == (120, None)
    assert (columns["day"].minimum, columns["at"].maximum) == ("2013-01-01", "2013-07-04 23:00:00")
    assert (columns["ok"].trues, columns["p"].kind, columns["p"].nulls) == (30, "other", 0)
    assert columns["twin"].values is None


def test_a_frame_passes_the_draft_of_its_profile(tmp_path: Path, frame, frame_profile) -> None:
    labels = passing_labels(tmp_path, frame, frame_profile)
    assert len(labels) > 2 * len(frame_profile.columns)
    assert "expect_column_values_to_be_between(month, min_value=1, max_value=12)" in labels


def test_the_draft_of_an_empty_frame_names_only_columns_and_types(tmp_path: Path, frame) -> None:
    empty = frame.limit(0)
    labels = passing_labels(tmp_path, empty, profile(empty, "t"))
    assert {label.split("(")[0] for label in labels} == {
        "expect_table_columns_to_match_set",
        "expect_column_values_to_be_of_type",
    }


def test_profiling_is_one_pass_and_a_second_if_few_values_or_a_key_are_likely(spark) -> None:
    numbers = spark.range(1000).selectExpr("id % 400 AS often", "double(id) AS real").coalesce(1)
    assert jobs_of(spark, lambda: profile(numbers, "t"), "no candidate") == 1
    keys = spark.range(1000).selectExpr("id", "id % 3 AS few").coalesce(1)
    assert jobs_of(spark, lambda: profile(keys, "t"), "candidates") == 2
