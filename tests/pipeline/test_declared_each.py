"""The values for which a job is declared to run."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from sparkops import ColumnValues, Report, Secret, job
from sparkops.errors import DeclarationError
from sparkops.pipeline.graph import list_inputs, order_jobs

DAYS = [date(2013, 7, 1), date(2013, 7, 2)]


def test_a_job_has_the_declared_values() -> None:
    @job(each={"month": range(1, 4), "day": DAYS, "origin": ColumnValues("airports", "faa")})
    def page(*, month: int, day: date, origin: str) -> Report: ...

    assert page.each == {"month": (1, 2, 3), "day": tuple(DAYS), "origin": ColumnValues("airports", "faa")}
    assert str(page.each["origin"]) == "@airports.faa"


@pytest.mark.parametrize(
    ("each", "message"),
    [
        ({"mont": [1]}, "each= names 'mont', which is not one of its parameters, did you mean 'month'?"),
        ({"month": []}, "each= has no values of `month`"),
        ({"month": 3}, "each= has 3 as the values of `month`: give a list, a range or ColumnValues"),
        ({"month": "123"}, "each= has '123' as the values of `month`: give a list"),
        ({"month": iter([1])}, "as the values of `month`: give a list"),
        ({"month": [1, "x"]}, "each= has a value that its parameter does not take: `month` is 'x'"),
        ({"month": [1, 2, 1]}, "each= has 1 twice as a value of `month`"),
        ({"token": ["a"]}, "each= names 'token', which is a secret"),
        (["month"], "each= is a mapping of parameters to their values"),
    ],
)
def test_wrong_values_are_refused_where_they_are_declared(each: Any, message: str) -> None:
    with pytest.raises(DeclarationError) as raised:

        @job(each=each)
        def page(*, month: int, token: Secret | None = None) -> Report: ...

    assert message in str(raised.value)


def test_a_job_that_overwrites_its_table_cannot_run_for_each_value() -> None:
    from pyspark.sql import DataFrame

    with pytest.raises(
        DeclarationError, match=r"each would overwrite table `daily`: declare replace=\['month'\]"
    ):

        @job(each={"month": [1, 2]})
        def daily(flights: DataFrame, *, month: int) -> DataFrame:
            return flights


def test_a_job_runs_after_the_one_that_writes_the_table_of_its_values() -> None:
    from pyspark.sql import DataFrame

    @job
    def airports(raw: DataFrame) -> DataFrame:
        return raw

    @job(each={"origin": ColumnValues("airports", "faa")})
    def page(*, origin: str) -> Report: ...

    assert list_inputs(page) == (("table", "airports"),)
    assert [one.name for one in order_jobs({"page": page, "airports": airports}, ["page"])] == [
        "airports",
        "page",
    ]
