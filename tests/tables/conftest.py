"""What the tests of tables share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from sparkops.config.settings import Settings
from sparkops.tables import Tables

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

FLIGHTS = "day date, carrier string, delay double"
ROWS = [(date(2013, 7, 4), "UA", 3.0), (date(2013, 7, 4), "AA", 5.0), (date(2013, 7, 5), "UA", 7.0)]


@pytest.fixture
def tables(spark: SparkSession, make_settings: Callable[..., Settings]) -> Tables:
    """Return the tables of a project with nothing in its warehouse."""
    return Tables(spark, make_settings())


@pytest.fixture
def frame(spark: SparkSession) -> Callable[..., DataFrame]:
    """Make a frame: three flights on two days, or the rows and columns that are given."""

    def make(rows: list[tuple[Any, ...]] | None = None, schema: str = FLIGHTS) -> DataFrame:
        return spark.createDataFrame(ROWS if rows is None else rows, schema).coalesce(1)

    return make


@pytest.fixture
def rows(tables: Tables) -> Callable[..., list[tuple[Any, ...]]]:
    """Return a table's rows, sorted, as a run reads them."""

    def read(name: str, *, at: int | None = None) -> list[tuple[Any, ...]]:
        return sorted(tuple(row) for row in tables.read(tables.pin(name, at=at)).collect())

    return read
