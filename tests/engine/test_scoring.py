"""Which rows of a table a scoring takes."""

from __future__ import annotations

from typing import Any

import pytest

from sparkops.engine.operations.scoring import score_job
from sparkops.errors import InputError

pytestmark = pytest.mark.spark


class Same:
    """A model that gives back the rows it is handed."""

    def transform(self, frame: Any, *, arrays: bool) -> Any:
        return frame


@pytest.fixture
def scored(spark):
    """Return the rows that a scoring of twelve months takes."""
    months = spark.range(1, 13).selectExpr("int(id) AS month")

    def rows(**where: str) -> list[int]:
        job = score_job("late", "flights", into="scores", where=where)
        return [row.month for row in job.function(flights=months, late=Same()).collect()]

    return rows


def test_rows_are_chosen_by_a_columns_value_as_text(scored):
    assert scored(month="7") == [7]
    assert len(scored()) == 12


@pytest.mark.parametrize(
    ("where", "told"),
    [
        ({"month": "13"}, "`flights` has no rows with month = 13"),
        ({"month": "July"}, "`flights` has no rows with month = July"),
        ({"mnth": "7"}, "`flights` has no column `mnth` to choose rows by. It has: month"),
    ],
)
def test_a_choice_without_rows_is_told(scored, where, told):
    with pytest.raises(InputError, match=told):
        scored(**where)
