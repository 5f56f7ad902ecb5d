"""Random frames, written in every mode by both backends: the tables hold what a model of the modes holds, cell for cell."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sparkops.pipeline.staging import StagedPart
from sparkops.pipeline.write import Write
from sparkops.tables import Tables

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

pytestmark = pytest.mark.spark

EXAMPLES = int(os.environ.get("SPARKOPS_WRITE_EXAMPLES", "5"))
Row = tuple[Any, ...]

DAYS = st.sampled_from([-719_162, -1, 0, 15_000, 2_932_896, 2_932_897]) | st.integers(-719_162, 2_940_000)
MICROSECONDS = st.sampled_from(
    [-62_135_596_800_000_000, -1, 0, 1_720_000_000_123_456, 253_402_300_800_000_000]
)
TEXTS = st.sampled_from(
    ["", "a", "A", " a ", "é", "e\u0301", "%2F", "a/b=c", "\U0001f600", "null", "\n", "'\"\\"]
) | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=4)
DOUBLES = st.sampled_from([0.0, -0.0, math.nan, math.inf, -math.inf, 5e-324, 1.7976931348623157e308, 0.1])


@dataclass(frozen=True)
class Column:
    """A column of a frame: how Spark makes it from a Python value, and the text that identifies its value."""

    kind: str
    values: st.SearchStrategy[Any]
    expression: str = "{0}"
    raw: str = ""
    text: str = "CAST({0} AS STRING)"


COLUMNS = {
    "n": Column("int", st.integers(-(2**31), 2**31 - 1) | st.integers(0, 3)),
    "big": Column("bigint", st.integers(-(2**63), 2**63 - 1) | st.integers(0, 3)),
    "s": Column("string", TEXTS),
    "x": Column("double", DOUBLES | st.floats()),
    "m": Column("decimal(38,10)", st.decimals(-(10**27), 10**27, places=10)),
    "b": Column("boolean", st.booleans()),
    "day": Column("date", DAYS, "date_from_unix_date({0})", "int", "unix_date({0})"),
    "at": Column("timestamp", MICROSECONDS | st.integers(-(10**16), 10**17), "timestamp_micros({0})", "bigint", "unix_micros({0})"),
    "ntz": Column(
        "timestamp_ntz",
        MICROSECONDS | st.integers(-(10**16), 10**17),
        "timestamp_ntz'1970-01-01 00:00:00' + make_dt_interval(0, 0, 0, {0} / 1000000BD)",
        "bigint",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Step:
    """One write: the rows, the mode and its columns."""

    mode: str
    by: tuple[str, ...]
    rows: list[Row]


@dataclass(frozen=True)
class Case:
    """A table with its columns and partitions, and what is written to it."""

    names: tuple[str, ...]
    partition_by: tuple[str, ...]
    steps: list[Step]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    names = tuple(draw(st.lists(st.sampled_from(sorted(COLUMNS)), min_size=2, max_size=5, unique=True)))
    # a table has a column that it is not partitioned by
    partition_by = tuple(draw(st.lists(st.sampled_from(names[1:]), max_size=2, unique=True)))
    values = [st.none() | COLUMNS[name].values for name in names]
    steps = []
    for mode in draw(
        st.lists(st.sampled_from(["append", "overwrite", "replace", "merge"]), min_size=2, max_size=3)
    ):
        by: tuple[str, ...] = ()
        if mode in ("replace", "merge"):
            by = partition_by if mode == "replace" and partition_by and draw(st.booleans()) else ()
            by = by or tuple(draw(st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True)))
        rows = draw(st.lists(st.tuples(*values), max_size=4))
        earlier = [row for step in steps for row in step.rows]
        if earlier:
            # keys that are in the table already
            rows += draw(st.lists(st.sampled_from(earlier), max_size=2))
        if mode == "merge":
            rows = list({key_of(row, by, names, partition_by): row for row in rows}.values())
        steps.append(Step(mode, by, rows))
    return Case(names, partition_by, steps)


def stored(row: Row, names: tuple[str, ...], partition_by: tuple[str, ...]) -> Row:
    """Return the row as Delta keeps it: an empty text in a partition column is null."""
    return tuple(
        None if value == "" and name in partition_by else value
        for name, value in zip(names, row, strict=True)
    )


def key_of(row: Row, by: tuple[str, ...], names: tuple[str, ...], partition_by: tuple[str, ...]) -> Row:
    """Return what makes rows equal in `by`: zeros are equal, and so are NaNs."""
    values = dict(zip(names, stored(row, names, partition_by), strict=True))
    keys = [values[name] for name in by]
    return tuple(
        "NaN" if isinstance(key, float) and math.isnan(key) else key + 0.0 if isinstance(key, float) else key
        for key in keys
    )


def model(case: Case) -> list[Row]:
    """Return the rows of the table after every step."""

    def key(row: Row, by: tuple[str, ...]) -> Row:
        return key_of(row, by, case.names, case.partition_by)

    table: list[Row] = []
    for step in case.steps:
        new = [stored(row, case.names, case.partition_by) for row in step.rows]
        keys = {key(row, step.by) for row in new}
        if step.mode == "overwrite":
            table = new
        elif step.mode == "append":
            table = table + new
        elif step.mode == "merge":
            # every row of a key is updated: appends may have written several
            by_key = {key(row, step.by): row for row in new}
            before = {key(row, step.by) for row in table}
            table = [by_key.get(key(row, step.by), row) for row in table]
            table += [row for row in new if key(row, step.by) not in before]
        else:
            table = [row for row in table if key(row, step.by) not in keys] + new
    return table


def make_frame(spark: SparkSession, case: Case, rows: list[Row]) -> DataFrame:
    columns = [COLUMNS[name] for name in case.names]
    schema = ", ".join(f"{name} {c.raw or c.kind}" for name, c in zip(case.names, columns, strict=True))
    raw = spark.createDataFrame(rows, schema).coalesce(1)
    return raw.selectExpr(
        *(f"{c.expression.format(name)} AS {name}" for name, c in zip(case.names, columns, strict=True))
    )


def texts_of(frame: DataFrame, case: Case) -> list[Row]:
    """Return the rows of a frame, each cell as the text that identifies it, sorted."""
    cells = [f"CAST({COLUMNS[name].text.format(name)} AS STRING) AS {name}" for name in case.names]
    return sorted((tuple(row) for row in frame.selectExpr(*cells).collect()), key=repr)


def by_staged_files(tables: Tables, frame: DataFrame, write: Write, run_id: str) -> None:
    part = StagedPart(run_id, write.table)
    tables.publish(tables.staging.stage(frame, part, write=write), write, run_id=run_id, staged=part)


def by_frame(tables: Tables, frame: DataFrame, write: Write, run_id: str) -> None:
    tables.publish(frame, write, run_id=run_id)


def table_after(
    spark: SparkSession, tables: Tables, case: Case, publish: Callable[[Tables, DataFrame, Write, str], None]
) -> DataFrame:
    for number, step in enumerate(case.steps):
        write = Write(table="t", mode=step.mode, by=step.by, partition_by=case.partition_by)
        publish(tables, make_frame(spark, case, step.rows), write, f"r{number}")
    return tables.read(tables.pin("t"))


def equal_to(name: str, value: Any) -> Any:
    """Return the condition that a column equals a value, which data skipping can use."""
    from pyspark.sql import functions as F

    column = COLUMNS[name]
    expression = (
        F.expr(column.expression.format(f"CAST({value} AS {column.raw})")) if column.raw else F.lit(value)
    )
    return F.col(name) == expression.cast(column.kind)


@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
@given(case=cases())
def test_every_backend_leaves_the_table_of_the_model(spark, make_settings, case: Case) -> None:
    rows = model(case)
    expected = texts_of(make_frame(spark, case, rows), case)
    with TemporaryDirectory() as folder:
        for commits, publish in (("auto", by_staged_files), ("spark", by_frame)):
            tables = Tables(spark, make_settings(Path(folder) / commits, commits=commits))
            frame = table_after(spark, tables, case, publish)
            assert texts_of(frame, case) == expected, commits
            # the statistics of the files hide no row from a filter
            for name, value in zip(case.names, rows[-1] if rows else (), strict=False):
                if value is not None:
                    same = [key_of(row, (name,), case.names, case.partition_by) for row in rows]
                    assert frame.where(equal_to(name, value)).count() == same.count(same[-1]), (commits, name)
                    break
