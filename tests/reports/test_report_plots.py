"""Plots: what they draw, what they refuse, what they tell."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from sparkops.errors import JobFailed
from sparkops.pipeline.report import Plot
from sparkops.reports.figure import Figure, figure


def drawn(rows: list[dict[str, Any]], kind: Any, *, limit: int = 2000, **how: Any) -> Figure:
    return figure(Plot("Delay", rows, kind, **{"x": "x", "y": "y", **how}), number=1, limit=limit)


def tips(found: Figure) -> list[str]:
    return re.findall(r"<title>(.*?)</title>", found.drawings[0][1])


def names(found: Figure) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", found.drawings[0][1])


def test_each_bar_tells_its_number_to_a_reader_who_points_at_it() -> None:
    found = drawn([{"x": "JFK", "y": 5.5}, {"x": "LGA", "y": Decimal("2.25")}], "bar")
    assert tips(found) == ["JFK: 5.5", "LGA: 2.25"]


def test_lying_bars_take_their_categories_from_either_side() -> None:
    one = drawn([{"a": "JFK", "n": 3}, {"a": "LGA", "n": 9}], "barh", x="a", y="n", y_label="Flights")
    two = drawn([{"a": "JFK", "n": 3}, {"a": "LGA", "n": 9}], "barh", x="n", y="a", x_label="Flights")
    assert one.drawings[0][1].partition(">")[2] == two.drawings[0][1].partition(">")[2]
    assert {"JFK", "LGA", "Flights"} <= set(names(one))


def test_bars_of_numbers_stand_in_their_order_and_names_as_they_come() -> None:
    hours = drawn([{"x": 10, "y": 1}, {"x": 9, "y": 1}], "bar")
    days = drawn([{"x": "Monday", "y": 1}, {"x": "Friday", "y": 1}], "bar")
    assert [word for word in names(hours) if word in {"9", "10"}] == ["9", "10"]
    assert [word for word in names(days) if word.endswith("day")] == ["Monday", "Friday"]


def test_two_rows_for_one_bar_are_refused_because_one_would_hide() -> None:
    rows = [{"x": "JFK", "y": 1, "b": "a"}, {"x": "JFK", "y": 2, "b": "a"}]
    with pytest.raises(
        JobFailed, match=r"Plot `Delay` has more than one row for x=JFK: group the rows first"
    ):
        drawn(rows, "bar", by="b")
    with pytest.raises(JobFailed, match="more than one row for x=JFK, b=a"):
        drawn(rows, "heatmap", y="b", value="y")


def test_a_column_that_is_not_there_is_named_with_the_one_that_was_meant() -> None:
    with pytest.raises(
        JobFailed, match=r"reads column `delays`.*Did you mean `delay`\? Columns: hour, delay"
    ):
        drawn([{"hour": 1, "delay": 2}], "line", x="hour", y="delays")


def test_words_where_lengths_are_wanted_are_named() -> None:
    with pytest.raises(JobFailed, match="draws column `y`, which holds 'late': it is not a number"):
        drawn([{"x": 1, "y": "late"}], "scatter")


def test_more_series_than_colours_are_refused_with_advice() -> None:
    with pytest.raises(JobFailed, match="`b`, which has 9 values: 8 can be told apart"):
        drawn([{"x": 1, "y": 1, "b": i} for i in range(9)], "line", by="b")


def test_a_heatmap_without_a_value_column_is_refused() -> None:
    with pytest.raises(JobFailed, match="names no column to colour by"):
        drawn([{"x": 1, "y": 1}], "heatmap")


def test_an_unknown_kind_is_refused_with_the_known_ones() -> None:
    with pytest.raises(JobFailed, match="kind `pie`: choose one of bar, barh, line, scatter, heatmap"):
        drawn([{"x": 1, "y": 1}], "pie")


def test_a_line_leaves_a_gap_where_there_is_no_value_and_says_how_many() -> None:
    start = date(2013, 7, 1)
    rows = [{"x": start + timedelta(days=i), "y": None if i == 3 else float(i)} for i in range(8)]
    found = drawn(rows, "line")
    assert found.remarks == ("1 point without a value is left out.",)
    assert tips(found)[2:4] == ["2013-07-03: 2", "2013-07-05: 4"]
    assert "2013" in " ".join(names(found))


def test_infinity_and_nan_are_drawn_as_nothing() -> None:
    rows = [{"x": i, "y": value} for i, value in enumerate((1.0, float("inf"), float("nan"), 2.0))]
    assert len(tips(drawn(rows, "scatter"))) == 2
    assert len(tips(drawn(rows, "bar"))) == 2


def test_only_the_first_bars_of_very_many_are_drawn_and_the_page_says_so() -> None:
    found = drawn([{"x": f"dest {i}", "y": i} for i in range(105)], "barh")
    assert found.remarks == ("The first 40 of 105 values of “x” are drawn.",)
    assert found.rows == 105


def test_rows_beyond_the_limit_are_not_drawn_and_the_page_says_so() -> None:
    found = drawn([{"x": i, "y": i} for i in range(30)], "scatter", limit=20)
    assert len(tips(found)) == 20
    assert found.remarks == ("The first 20 rows are drawn; there are more.",)


def test_a_heatmap_around_zero_takes_the_two_sided_colours() -> None:
    rows = [{"x": x, "y": y, "v": x * y} for x in (-2, 0, 3) for y in (-1, 1)]
    split = drawn(rows, "heatmap", value="v")
    rising = drawn([{**row, "v": abs(row["v"])} for row in rows], "heatmap", value="v")
    assert "var(--d" in split.drawings[0][1]
    assert split.legend is not None
    assert (split.legend.low, split.legend.high) == ("\N{MINUS SIGN}3", "3")
    assert "var(--h" in rising.drawings[0][1]


def test_a_dense_heatmap_is_drawn_once_and_scrolls_on_a_telephone() -> None:
    rows = [{"x": x, "y": y, "v": x + y} for x in range(31) for y in range(24)]
    found = drawn(rows, "heatmap", value="v")
    assert found.scrolls
    assert [width for width, _ in found.drawings] == ["wide"]
    assert len(found.drawings[0][1]) < 400_000


def test_a_drawing_holds_only_colours_that_the_page_names() -> None:
    rows = [{"x": x, "y": y, "v": x * y, "b": str(y)} for x in range(4) for y in (1, 2)]
    kinds: dict[Any, dict[str, Any]] = {
        "bar": {"y": "v", "by": "b"}, "barh": {"y": "v", "by": "b"}, "line": {"y": "v", "by": "b"},
        "scatter": {"y": "v", "by": "b"}, "heatmap": {"value": "v"},
    }  # fmt: skip
    for kind, how in kinds.items():
        for _, svg in drawn(rows, kind, **how).drawings:
            assert not re.search(r"#[0-9a-fA-F]{3,8}\b(?!\))", re.sub(r'(href="|url\()#[^"\)]+', "", svg))


def test_one_value_alone_can_be_drawn_by_every_kind() -> None:
    for kind, how in {"bar": {}, "barh": {}, "line": {}, "scatter": {}, "heatmap": {"value": "y"}}.items():
        assert drawn([{"x": "a", "y": 1}], kind, **how).drawings


def test_missing_categories_have_a_place_of_their_own() -> None:
    found = drawn([{"x": None, "y": 4}, {"x": "JFK", "y": 2}], "bar")
    assert tips(found) == ["no value: 4", "JFK: 2"]
