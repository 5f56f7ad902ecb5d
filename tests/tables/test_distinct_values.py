"""The distinct values of a column of a table version, read without Spark."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from sparkops.config.settings import Settings
from sparkops.errors import InputError, UnknownName
from sparkops.tables import Tables

DAYS = [date(2013, 7, 2), date(2013, 7, 1), date(2013, 7, 2), None]


@pytest.fixture
def tables(make_settings: Callable[..., Settings]) -> Tables:
    """Return tables without a session, of which `airports` has two versions."""
    settings = make_settings()
    folder = str(Path(settings.warehouse) / "airports")
    columns: dict[str, Any] = {
        "faa": pa.array(["LGA", "EWR", "LGA", "JFK"]),
        "zone": pa.array([3, 1, 3, 2], pa.int16()),
        "day": pa.array(DAYS, pa.date32()),
        "fee": pa.array([Decimal("1.50"), Decimal("1.25"), None, Decimal("1.5")], pa.decimal128(6, 2)),
        "open": pa.array([True, False, None, True]),
        "height": pa.array([1.5, float("nan"), 2.0, None]),
        "names": pa.array([["a"], [], None, ["b"]], pa.list_(pa.string())),
        "opened": pa.array([None] * 4, pa.timestamp("us", "UTC")),
    }
    first = pa.table(columns)
    write_deltalake(folder, first.slice(0, 2))
    write_deltalake(folder, first.slice(2), mode="append")
    return Tables(None, settings)


@pytest.mark.parametrize(
    ("column", "at", "values", "has_null"),
    [
        ("faa", None, ("EWR", "JFK", "LGA"), False),
        ("faa", 0, ("EWR", "LGA"), False),
        ("zone", None, (1, 2, 3), False),
        ("day", None, (date(2013, 7, 1), date(2013, 7, 2)), True),
        ("fee", None, (Decimal("1.25"), Decimal("1.50")), True),
        ("open", None, (False, True), True),
    ],
)
def test_values_are_distinct_and_sorted(
    tables: Tables, column: str, at: int | None, values: tuple[Any, ...], has_null: bool
) -> None:
    distinct = tables.read_distinct(tables.pin("airports", at=at), column, limit=3)
    assert (distinct.values, distinct.has_null) == (values, has_null)


@pytest.mark.parametrize(
    ("column", "limit", "error", "message"),
    [
        ("faa", 2, InputError, "Column `faa` of `airports` has more than 2 distinct values"),
        ("fa", 9, UnknownName, "No column `fa` in table `airports`. Did you mean `faa`"),
        ("names", 9, InputError, "Column `names` of `airports` is of type array<string>: take one of text"),
        ("opened", 9, InputError, "Column `opened` of `airports` is of type timestamp: take one of text"),
        ("height", 9, InputError, "Column `height` of `airports` has NaN"),
    ],
)
def test_columns_that_cannot_be_values_are_refused(
    tables: Tables, column: str, limit: int, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        tables.read_distinct(tables.pin("airports"), column, limit=limit)
