"""Plots: drawings, errors, notes and tooltips."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from sparkops.errors import DeclarationError, JobFailed
from sparkops.pipeline.reports.report import Plot
from sparkops.reports.plots.plot_view import PlotView, build_plot


def draw(rows: list[dict[str, Any]], kind: Any, *, limit: int = 2000, **options: Any) -> PlotView:
    return build_plot(Plot("Delay", rows, kind, **{"x": "x", "y": "y", **options}), number=1, limit=limit)


def tooltips(view: PlotView) -> list[str]:
    return re.findall(r"<title>(.*?)</title>", view.drawings[0][1])


def texts(view: PlotView) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", view.drawings[0][1])


def test_each_bar_has_its_number_as_a_tooltip() -> None:
    view = draw([{"x": "JFK", "y": 5.5}, {"x": "LGA", "y": Decimal("2.25")}], "bar")
    assert tooltips(view) == ["JFK: 5.5", "LGA: 2.25"]


def test_horizontal_bars_take_their_categories_from_x_or_y() -> None:
    one = draw([{"a": "JFK", "n": 3}, {"a": "LGA", "n": 9}], "barh", x="a", y="n", y_label="Flights")
    two = draw([{"a": "JFK", "n": 3}, {"a": "LGA", "n": 9}], "barh", x="n", y="a", x_label="Flights")
    assert one.drawings[0][1].partition(">")[2] == two.drawings[0][1].partition(">")[2]
    assert {"JFK", "LGA", "Flights"} <= set(texts(one))


def test_bars_are_sorted_by_number_but_names_keep_their_order() -> None:
    hours = draw([{"x": 10, "y": 1}, {"x": 9, "y": 1}], "bar")
    days = draw([{"x": "Monday", "y": 1}, {"x": "Friday", "y": 1}], "bar")
    assert [word for word in texts(hours) if word in {"9", "10"}] == ["9", "10"]
    assert [word for word in texts(days) if word.endswith("day")] == ["Monday", "Friday"]


def test_two_rows_for_one_bar_are_an_error() -> None:
    rows = [{"x": "JFK", "y": 1, "b": "a"}, {"x": "JFK", "y": 2, "b": "a"}]
    with pytest.raises(
        JobFailed, match=r"Plot `Delay` has more than one row for x=JFK: group the rows first"
    ):
        draw(rows, "bar", by="b")
    with pytest.raises(JobFailed, match="more than one row for x=JFK, b=a"):
        draw(rows, "heatmap", y="b", value="y")


def test_text_instead_of_a_number_is_an_error() -> None:
    with pytest.raises(JobFailed, match="draws column `y`, whose value 'late' is not a number"):
        draw([{"x": 1, "y": "late"}], "scatter")


def test_more_series_than_colours_are_an_error_with_advice() -> None:
    with pytest.raises(JobFailed, match="`b`, which has 9 values: at most 8 have different colours"):
        draw([{"x": 1, "y": 1, "b": i} for i in range(9)], "line", by="b")


def test_a_heatmap_without_a_value_column_is_an_error() -> None:
    with pytest.raises(
        DeclarationError, match="Plot `Delay`: it is a heatmap and names no column to colour by"
    ):
        draw([{"x": 1, "y": 1}], "heatmap")


def test_an_unknown_kind_is_an_error_that_lists_the_known_ones() -> None:
    with pytest.raises(DeclarationError, match="kind `pie`: choose one of bar, barh, line, scatter, heatmap"):
        draw([{"x": 1, "y": 1}], "pie")


def test_a_line_has_gaps_for_missing_values_and_a_note_counts_them() -> None:
    start = date(2013, 7, 1)
    rows = [{"x": start + timedelta(days=i), "y": None if i == 3 else float(i)} for i in range(8)]
    view = draw(rows, "line")
    assert view.remarks == ("1 point without a value is left out.",)
    assert tooltips(view)[2:4] == ["2013-07-03: 2", "2013-07-05: 4"]
    assert "2013" in " ".join(texts(view))


def test_infinity_and_nan_are_not_drawn() -> None:
    rows = [{"x": i, "y": value} for i, value in enumerate((1.0, float("inf"), float("nan"), 2.0))]
    assert len(tooltips(draw(rows, "scatter"))) == 2
    assert len(tooltips(draw(rows, "bar"))) == 2


def test_only_the_first_bars_of_very_many_are_drawn_with_a_note() -> None:
    view = draw([{"x": f"dest {i}", "y": i} for i in range(105)], "barh")
    assert view.remarks == ("The first 40 of 105 values of “x” are drawn.",)
    assert view.rows == 105


def test_rows_beyond_the_limit_are_not_drawn_with_a_note() -> None:
    view = draw([{"x": i, "y": i} for i in range(30)], "scatter", limit=20)
    assert len(tooltips(view)) == 20
    assert view.remarks == ("The first 20 rows are drawn; there are more.",)


def test_a_heatmap_around_zero_has_a_diverging_scale() -> None:
    rows = [{"x": x, "y": y, "v": x * y} for x in (-2, 0, 3) for y in (-1, 1)]
    diverging = draw(rows, "heatmap", value="v")
    sequential = draw([{**row, "v": abs(row["v"])} for row in rows], "heatmap", value="v")
    assert "var(--d" in diverging.drawings[0][1]
    assert diverging.legend is not None
    assert (diverging.legend.low, diverging.legend.high) == ("\N{MINUS SIGN}3", "3")
    assert "var(--h" in sequential.drawings[0][1]


def test_a_dense_heatmap_is_drawn_in_the_wide_size_only() -> None:
    rows = [{"x": x, "y": y, "v": x + y} for x in range(31) for y in range(24)]
    view = draw(rows, "heatmap", value="v")
    assert view.wide_only
    assert [size for size, _ in view.drawings] == ["wide"]
    assert len(view.drawings[0][1]) < 400_000


def test_a_drawing_has_no_literal_colours() -> None:
    rows = [{"x": x, "y": y, "v": x * y, "b": str(y)} for x in range(4) for y in (1, 2)]
    kinds: dict[Any, dict[str, Any]] = {
        "bar": {"y": "v", "by": "b"}, "barh": {"y": "v", "by": "b"}, "line": {"y": "v", "by": "b"},
        "scatter": {"y": "v", "by": "b"}, "heatmap": {"value": "v"},
    }  # fmt: skip
    for kind, options in kinds.items():
        for _, svg in draw(rows, kind, **options).drawings:
            assert not re.search(r"#[0-9a-fA-F]{3,8}\b(?!\))", re.sub(r'(href="|url\()#[^"\)]+', "", svg))


def test_every_kind_of_plot_can_draw_a_single_value() -> None:
    for kind, options in {
        "bar": {},
        "barh": {},
        "line": {},
        "scatter": {},
        "heatmap": {"value": "y"},
    }.items():
        assert draw([{"x": "a", "y": 1}], kind, **options).drawings


def test_missing_categories_have_a_position_of_their_own() -> None:
    view = draw([{"x": None, "y": 4}, {"x": "JFK", "y": 2}], "bar")
    assert tooltips(view) == ["no value: 4", "JFK: 2"]
