"""Counts with nouns, suggested names and truncated texts."""

from __future__ import annotations

import pytest

from sparkops.core.wording import did_you_mean, find_closest_name, format_count, pluralize, truncate

JOBS = ("daily_delays", "delay_report", "load_flights", "train_delay")


def test_a_count_has_separators_and_only_one_takes_the_singular() -> None:
    assert [format_count(count, "row") for count in (0, 1, 336_775)] == ["0 rows", "1 row", "336,775 rows"]


def test_an_irregular_plural_is_given() -> None:
    assert [format_count(count, "batch", "batches") for count in (1, 2)] == ["1 batch", "2 batches"]
    assert pluralize("batch", 2, "batches") == "batches"


def test_a_truncated_text_has_the_length_that_is_asked_for() -> None:
    assert truncate("0123456789", 10) == "0123456789"
    assert truncate("0123456789a", 10) == "0123456..."


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("daily_delay", " Did you mean `daily_delays`?"),
        ("Load_Flights", " Did you mean `load_flights`?"),
        ("flights", " Did you mean `load_flights`?"),
        ("xy", ""),
        ("weather", ""),
    ],
)
def test_the_nearest_name_is_suggested(name: str, hint: str) -> None:
    assert did_you_mean(name, JOBS) == hint


def test_similar_names_come_before_longer_ones() -> None:
    assert did_you_mean("delay", ["big_delay_report", "delya", "weather"], limit=3) == (
        " Did you mean `delya` or `big_delay_report`?"
    )


def test_no_more_names_are_suggested_than_the_limit() -> None:
    names = [f"load_{n}" for n in range(5)]
    assert did_you_mean("load", names, limit=3).count("`load_") == 3


def test_a_longer_name_is_not_a_misspelt_one() -> None:
    assert find_closest_name("dely_report", JOBS) == "delay_report"
    assert find_closest_name("day", ["day_of_the_week_report"]) is None
    assert find_closest_name("x", []) is None
