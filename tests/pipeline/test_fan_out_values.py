"""The values of `--each`, and which runs they make."""

from __future__ import annotations

import re
from datetime import date
from typing import Any, Literal

import pytest

from sparkops.core.place import Place
from sparkops.errors import InputError
from sparkops.pipeline.fan_out.column_values import ColumnValues
from sparkops.pipeline.fan_out.items import combine_values, make_item_job, require_separable
from sparkops.pipeline.fan_out.values import read_each
from sparkops.pipeline.job import Job
from sparkops.pipeline.param import REQUIRED, Param
from sparkops.pipeline.secret import Secret
from sparkops.pipeline.write import Write

PLACE = Place("jobs/x.py", 1)


def make_job(*writes: Write, registers: str | None = None) -> Job:
    types: dict[str, Any] = {
        "month": int, "day": date, "origin": str, "ratio": float, "kind": Literal["a", "b"], "token": Secret, "maybe": int | None,
    }  # fmt: skip
    params = tuple(Param(name, annotation, REQUIRED, "", PLACE) for name, annotation in types.items())
    return Job(
        name="monthly", function=print, doc="", place=PLACE, kind="table", params=params, writes=writes, registers=registers
    )  # fmt: skip


@pytest.mark.parametrize(
    ("word", "values"),
    [
        ("month=1..3", ["1", "2", "3"]),
        ("month=-1..1", ["-1", "0", "1"]),
        ("month=7", ["7"]),
        ("month=1,2, 5", ["1", "2", "5"]),
        ("month=3..3", ["3"]),
        ("maybe=1..2", ["1", "2"]),
        ("day=2013-12-30..2014-01-01", ["2013-12-30", "2013-12-31", "2014-01-01"]),
        ("origin=JFK,EWR", ["JFK", "EWR"]),
        ('origin="New York, NY",EWR', ["New York, NY", "EWR"]),
        ("origin=a..c", ["a..c"]),
        ("origin=a=b", ["a=b"]),
        ("origin=@airports.faa", ColumnValues("airports", "faa")),
        ("month=@raw-data.a.b c", ColumnValues("raw-data", "a.b c")),
        ('origin="@airports.faa"', ["@airports.faa"]),
        ("origin=a,@b", ["a", "@b"]),
        ('origin=["x, y", "z"]', ["x, y", "z"]),
        ("month=[1, 2]", ["1", "2"]),
        ("ratio=0.1,0.5", ["0.1", "0.5"]),
    ],
)
def test_values_are_lists_ranges_json_or_those_of_a_column(word: str, values: object) -> None:
    assert read_each(make_job(), [word], limit=100) == {word.partition("=")[0]: values}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["month"], "--each takes NAME=VALUES"),
        (["=1"], "--each takes NAME=VALUES"),
        (["month="], "--each month= has no values"),
        (["mnth=1"], "has no parameter `mnth`. Did you mean `month`"),
        (["month=1", "month=2"], "--each month=... is given twice"),
        (["month=3..1"], "the first value is not before the last one"),
        (["month=a..b"], "`month`"),
        (["month=1..1000"], "has 1,000 values; `execution.max_items` allows 100"),
        (["day=0001-01-01..9999-12-31"], "has 3,652,059 values"),
        (["origin=@airports"], "write @TABLE.COLUMN for the values of a column"),
        (["origin=@.faa"], "write @TABLE.COLUMN for the values of a column"),
        (["month=[1"], "not a JSON list"),
        (["month=[]"], "write a JSON list of one value or more"),
        (["token=a,b"], "`token` of job `monthly` is a secret"),
    ],
)
def test_other_texts_are_refused(words: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message.replace("[", r"\[")):
        read_each(make_job(), words, limit=100)


def test_every_combination_is_one_run() -> None:
    assert combine_values({"a": [1, 2], "b": ["x", "y"]}, limit=4) == [
        {"a": 1, "b": "x"}, {"a": 1, "b": "y"}, {"a": 2, "b": "x"}, {"a": 2, "b": "y"},
    ]  # fmt: skip
    with pytest.raises(InputError, match="4 combinations of a, b are more than"):
        combine_values({"a": [1, 2], "b": ["x", "y"]}, limit=3)


MONTHS = [{"month": 1, "origin": "JFK"}, {"month": 1, "origin": "EWR"}]


@pytest.mark.parametrize(
    "write",
    [
        Write(table="t", mode="append"),
        Write(table="t", mode="merge", by=("id",)),
        Write(table="t", mode="replace", by=("month", "origin")),
        Write(table="t", mode="replace", by=("origin", "year")),
    ],
)
def test_runs_that_write_other_rows_may_run_side_by_side(write: Write) -> None:
    job = make_job(write)
    require_separable(job, MONTHS)
    # The same values twice are refused whatever the job writes.
    with pytest.raises(InputError, match="is given twice"):
        require_separable(job, [MONTHS[0], MONTHS[0]])


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (Write(table="t"), r"would overwrite table `t`. Declare replace=\['month', 'origin'\]"),
        (
            Write(table="t", mode="replace", by=("month",)),
            "differ only in origin would replace the same rows",
        ),
        (
            Write(table="t", mode="replace", by=("year",)),
            "differ only in month, origin would replace the same rows",
        ),
    ],
)
def test_runs_that_would_replace_each_others_rows_are_refused(write: Write, message: str) -> None:
    with pytest.raises(InputError, match=message):
        require_separable(make_job(write), MONTHS)


def test_a_model_of_each_run_has_a_name_of_its_own() -> None:
    job = make_job(registers="late_arrival")
    assert make_item_job(job, {"month": 3, "origin": "JFK"}).registers == "late_arrival-month-3-origin-JFK"
    similar = ["New York", "New/York", "New_York", "new_york", "x" * 40, "x" * 41, "a.b-1", "é", "è"]
    names = [str(make_item_job(job, {"origin": origin}).registers) for origin in similar]
    assert len(set(names)) == len(similar)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,80}", name) for name in names)
    assert make_item_job(make_job(), {"month": 3}).registers is None
