"""Rows of a table are selected and scored."""

from __future__ import annotations

from typing import Any

import pytest

from sparkops.engine.operations.scoring import TableScoring, build_scoring_job
from sparkops.errors import InputError

pytestmark = pytest.mark.spark


class IdentityModel:
    """A model whose scores are the rows themselves."""

    def transform(self, frame: Any, *, arrays: bool) -> Any:
        return frame


@pytest.fixture
def scored(spark):
    """Return the function that scores twelve months and returns the selected ones."""
    months = spark.range(1, 13).selectExpr("int(id) AS month")

    def rows(**where: str) -> list[int]:
        job = build_scoring_job("late", TableScoring(table="flights", into="scores", where=where))
        return [row.month for row in job.function(flights=months, late=IdentityModel()).collect()]

    return rows


def test_rows_are_selected_by_a_column_value_as_text(scored):
    assert scored(month="7") == [7]
    assert len(scored()) == 12


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ({"month": "13"}, "`flights` has no rows with month = 13"),
        ({"month": "July"}, "`flights` has no rows with month = July"),
        ({"mnth": "7"}, "`flights` has no column `mnth` to select rows by. It has: month"),
    ],
)
def test_a_selection_without_rows_is_an_error(scored, where, message):
    with pytest.raises(InputError, match=message):
        scored(**where)
