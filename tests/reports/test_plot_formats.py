"""Formats of plots: axes, labels, tooltips and the listed data."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from sparkops.pipeline.reports.report import Plot
from sparkops.reports.plots.plot_view import PlotView, build_plot

MINUS = "\N{MINUS SIGN}"
DAYS = [date(2013, 7, 1) + timedelta(days=i) for i in range(15)]


def draw(rows: list[dict[str, Any]], kind: Any, **options: Any) -> PlotView:
    return build_plot(Plot("P", rows, kind, **{"x": "x", "y": "y", **options}), number=1, limit=2000)


def tooltips(view: PlotView) -> list[str]:
    return re.findall(r"<title>(.*?)</title>", view.drawings[0][1])


def texts(view: PlotView, size: int = 0) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", view.drawings[size][1])


def cells(view: PlotView, label: str) -> tuple[str, ...]:
    return next(column.cells for column in view.data if column.label == label)


@pytest.mark.parametrize("kind", ["bar", "barh", "line", "scatter"])
def test_thousands_are_separated_on_the_axis_in_labels_tooltips_and_data(kind: str) -> None:
    view = draw([{"x": "a", "y": 1_234_567}, {"x": "b", "y": 4_000_000}], kind)
    assert tooltips(view) == ["a: 1,234,567", "b: 4,000,000"]
    assert {"2,000,000", "3,000,000"} & set(texts(view)) or {"2,500,000"} & set(texts(view))
    assert not [text for text in texts(view) if re.search(r"\d{4}", text)]
    assert cells(view, "y") == ("1,234,567", "4,000,000")


def test_thousands_begin_at_1000() -> None:
    view = draw([{"x": "a", "y": 1000}, {"x": "b", "y": 6500.25}], "bar")
    assert tooltips(view) == ["a: 1,000", "b: 6,500"]
    assert {"2,000", "4,000", "6,000"} <= set(texts(view))


def test_the_cells_and_the_scale_of_a_heatmap_have_separated_thousands() -> None:
    view = draw([{"x": x, "y": "a", "v": 1500 * (x + 1)} for x in range(3)], "heatmap", value="v")
    assert {"1,500", "3,000", "4,500"} <= set(texts(view))
    assert view.legend is not None
    assert (view.legend.low, view.legend.high) == ("1,500", "4,500")


@pytest.mark.parametrize("kind", ["bar", "line", "scatter"])
def test_years_along_the_axis_have_no_separators(kind: str) -> None:
    by_name = draw([{"year": 12011 + i, "y": i} for i in range(3)], kind, x="year")
    by_values = draw([{"season": 2011 + i, "y": i} for i in range(3)], kind, x="season")
    assert {"12011", "12013"} <= set(texts(by_name))
    assert {"2011", "2013"} <= set(texts(by_values))
    assert tooltips(by_values)[0] == "2011: 0"
    assert cells(by_values, "season") == ("2011", "2012", "2013")


def test_years_that_split_a_plot_have_no_separators() -> None:
    view = draw([{"x": i % 2, "y": i, "year": 12011 + i // 2} for i in range(4)], "line", by="year")
    assert view.legend is not None
    assert [name for name, _ in view.legend.swatches] == ["12011", "12012"]


def test_the_format_d_separates_nothing() -> None:
    view = draw([{"x": "a", "y": 1_234_567}, {"x": "b", "y": 4_000_000}], "bar", fmt="d")
    assert tooltips(view) == ["a: 1234567", "b: 4000000"]
    assert "3000000" in texts(view)


@pytest.mark.parametrize("kind", ["bar", "barh", "line", "scatter"])
def test_a_number_format_is_for_the_values_drawn(kind: str) -> None:
    view = draw([{"x": 1, "y": 0.125}, {"x": 2, "y": 0.5}], kind, fmt=".1%")
    assert tooltips(view) == ["1: 12.5%", "2: 50.0%"]
    assert "40.0%" in texts(view)
    assert {"1", "2"} <= set(texts(view))
    assert cells(view, "y") == ("12.5%", "50.0%")
    assert cells(view, "x") == ("1", "2")


def test_a_number_format_is_for_bars_along_x_too() -> None:
    view = draw([{"x": 0.125, "y": "a"}, {"x": 0.5, "y": "b"}], "barh", fmt=".1%")
    assert tooltips(view) == ["a: 12.5%", "b: 50.0%"]


def test_a_number_format_is_for_the_cells_of_a_heatmap() -> None:
    view = draw([{"x": x, "y": "a", "v": 0.25 * x} for x in (1, 2)], "heatmap", value="v", fmt=".0%")
    assert {"25%", "50%", "1", "2"} <= set(texts(view))
    assert tooltips(view) == ["a · 1: 25%", "a · 2: 50%"]
    assert view.legend is not None
    assert (view.legend.low, view.legend.high) == ("25%", "50%")


@pytest.mark.parametrize("kind", ["line", "scatter", "bar"])
def test_a_date_format_is_for_all_dates(kind: str) -> None:
    view = draw([{"x": day, "y": i} for i, day in enumerate(DAYS)], kind, fmt="%d/%m")
    assert tooltips(view)[:2] == ["01/07: 0", "02/07: 1"]
    assert len([text for text in texts(view) if re.fullmatch(r"\d\d/07", text)]) >= 3
    assert cells(view, "x")[0] == "01/07"
    assert cells(view, "y")[1] == "1"


def test_formats_by_column_take_precedence() -> None:
    rows = [{"x": day, "y": i / 20} for i, day in enumerate(DAYS)]
    view = draw(rows, "line", fmt=".2f", formats={"x": "%d %B", "y": ".0%"})
    assert tooltips(view)[1] == "02 July: 5%"
    assert "20%" in texts(view)


def test_times_with_a_zone_are_formatted_in_utc() -> None:
    rows = [{"x": datetime(2013, 7, 4, 12 + i, tzinfo=UTC), "y": i} for i in range(6)]
    view = draw(rows, "line", fmt="%H h")
    assert tooltips(view)[0] == "12 h: 0"
    assert "12 h" in texts(view)


def test_a_label_of_a_time_is_not_repeated() -> None:
    rows = [{"x": datetime(2013, 7, 4 + i // 24, i % 24, tzinfo=UTC), "y": i} for i in range(48)]
    labels = [text for text in texts(draw(rows, "line", fmt="%d %b")) if text.endswith("Jul")]
    assert labels == ["04 Jul", "05 Jul"]


@pytest.mark.parametrize(("fmt", "high"), [(",.0f", 2), (",.0f", 22), ("d", 3), (".0%", 0.02), (".1f", 0.9)])
@pytest.mark.parametrize("kind", ["bar", "barh", "line", "scatter"])
def test_every_tick_is_where_its_label_says(kind: Any, fmt: str, high: float) -> None:
    rows = [{"x": "abc"[i], "y": type(high)(value)} for i, value in enumerate((0, high / 2, high))]
    for size in (0, 1):
        values = axis_numbers(draw(rows, kind, fmt=fmt), size)
        steps = {round(b - a, 6) for a, b in pairwise(values)}
        assert len(values) > 1
        assert len(values) == len(set(values))
        assert len(steps) <= 1


def axis_numbers(view: PlotView, size: int) -> list[float]:
    """Return the numbers of the tick labels, which have a muted colour; those of bars have not."""
    svg = view.drawings[size][1]
    labels = re.findall(r'<text style="[^"]*var\(--muted\)[^"]*"[^>]*>([\d.,]+%?)</text>', svg)
    return sorted(float(text.replace(",", "").rstrip("%")) for text in labels)


def test_long_labels_of_the_narrow_drawing_do_not_touch() -> None:
    rows = [{"x": i * 1_000_000, "y": i} for i in range(12)]
    labels = [text for text in texts(draw(rows, "scatter"), 1) if text.endswith("000")]
    assert labels
    assert sum(len(label) + 2 for label in labels) * 11.5 * 0.62 <= 340


def test_negative_numbers_have_a_minus_sign_in_any_format() -> None:
    view = draw([{"x": "a", "y": -1234.5}, {"x": "b", "y": 10.0}], "bar", fmt=",.1f")
    assert tooltips(view)[0] == f"a: {MINUS}1,234.5"
    assert f"{MINUS}500.0" in texts(view)


@pytest.mark.parametrize(
    ("bars", "size", "has_numbers"), [(4, 0, True), (12, 0, False), (2, 1, True), (5, 1, False)]
)
def test_bars_have_numbers_where_there_is_space(bars: int, size: int, *, has_numbers: bool) -> None:
    view = draw([{"x": f"bar {i}", "y": 11_111_111 + i} for i in range(bars)], "bar")
    assert ("11,111,111" in texts(view, size)) == has_numbers
