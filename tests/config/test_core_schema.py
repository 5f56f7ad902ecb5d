"""Plain scalars of YAML are read by the core schema of YAML 1.2."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sparkops.config.core_schema import CoreDumper, CoreLoader, DateLoader


def read(text: str, loader: type = CoreLoader) -> Any:
    return yaml.load(text, Loader=loader)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("012", 12),
        ("08", 8),
        ("+1", 1),
        ("0o14", 12),
        ("0x10", 16),
        ("1_000", "1_000"),
        ("12:30", "12:30"),
        ("0b101", "0b101"),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("-.inf", -math.inf),
        ("1.2.3", "1.2.3"),
        ("yes", "yes"),
        ("No", "No"),
        ("on", "on"),
        ("OFF", "OFF"),
        ("y", "y"),
        ("True", True),
        ("tRUE", "tRUE"),
        ("~", None),
        ("Null", None),
        ("", None),
        ("None", "None"),
        ("2013-07-04", "2013-07-04"),
        ("'012'", "012"),
        ("=", "="),
    ],
)
def test_a_plain_scalar_is_what_the_core_schema_says(text, value):
    back = read(text)
    assert (type(back), back) == (type(value), value)


def test_arguments_of_expectations_may_be_dates():
    assert read("2013-07-04", DateLoader) == date(2013, 7, 4)
    assert read("2013-07-04T10:00:00Z", DateLoader) == datetime(2013, 7, 4, 10, tzinfo=UTC)
    assert read("012", DateLoader) == 12


def test_an_integer_that_only_its_tag_makes_one_is_refused():
    with pytest.raises(ValueError, match="decimal digits"):
        read("!!int 1_000")


@given(st.text(alphabet="0123456789:_.+-eExXob~yesnoffTrueNul", max_size=8) | st.text(max_size=8))
def test_a_dumped_text_is_read_back_as_text_by_both_versions(text):
    dumped = yaml.dump([text], Dumper=CoreDumper)
    assert read(dumped) == yaml.safe_load(dumped) == [text]
