"""Mistakes of a report that are known before its rows: formats, kinds and columns."""

from __future__ import annotations

from typing import Any

import pytest

from sparkops.errors import DeclarationError
from sparkops.pipeline.reports.report import Number, Plot, Report, Table, Text

ROWS = [{"day": 1, "share": 0.5, "name": "a"}]


class Frame:
    """A frame that can be analysed and never computed."""

    def __init__(self, **types: str) -> None:
        self.dtypes = list(types.items())

    def collect(self) -> list[Any]:
        raise AssertionError("it was computed")


FLIGHTS = Frame(
    origin="string", hour="int", flights="bigint", delay="double", fare="decimal(9,2)", day="date"
)


@pytest.mark.parametrize(
    "spec",
    [",.0f", ".1%", "d", ",d", "+.2e", ">10", "%d %b", "%Y-%m-%d", "%-d. %B", "%H:%M", "", "%", "0.0%", "_d"],
)
def test_python_formats_of_numbers_and_dates_are_accepted(spec: str) -> None:
    assert Plot("P", ROWS, "line", x="day", y="share", fmt=spec).fmt == spec
    assert Table("T", ROWS, formats={"share": spec}).formats == {"share": spec}


@pytest.mark.parametrize(
    ("spec", "advice"),
    [
        (",.0x", "such as `,.0f`"), ("0,0.00", "such as `,.0f`"), ("#,##0", "such as `,.0f`"), ("$,.2f", "such as `,.0f`"),
        ("%Q", "unknown directive `%Q`. Write a number format such as"), ("dd.mm.yyyy", "`%d %b` (04 Jul)"),
        ("%.2f", "Write `.2f`"), ("{:,.0f}", "Write `,.0f`"), ("{:%d %b}", "Write `%d %b`"), (2, "of type int, not text"),
    ],
)  # fmt: skip
def test_an_invalid_format_is_an_error_with_the_section_and_an_example(spec: Any, advice: str) -> None:
    sections: dict[str, Any] = {
        "Plot `P`": lambda: Plot("P", ROWS, "bar", x="day", y="share", fmt=spec),
        "Plot `P`, column `day`": lambda: Plot("P", ROWS, "bar", x="day", y="share", formats={"day": spec}),
        "Table `T`, column `share`": lambda: Table("T", ROWS, formats={"share": spec}),
        "Number `N`": lambda: Number("N", 1, fmt=spec),
    }
    for section, declare in sections.items():
        with pytest.raises(DeclarationError) as error:
            declare()
        message = str(error.value)
        assert message.startswith(f"{section}: the format ")
        assert advice in message
        assert "test_report_declaration.py:" in message


def test_a_text_format_is_for_tables_only() -> None:
    assert Table("T", ROWS, formats={"name": ".10s"})
    with pytest.raises(DeclarationError, match=r"the format `\.10s` is not a format specification"):
        Plot("P", ROWS, "bar", x="name", y="share", fmt=".10s")


def message_of(*parts: Any) -> str:
    with pytest.raises(DeclarationError) as error:
        Report(title="Delays", parts=parts)
    return str(error.value)


@pytest.mark.parametrize(
    ("kind", "columns", "problem"),
    [
        (
            "bar",
            {"x": "orign", "y": "delay"},
            "x=`orign` is not a column of its rows (did you mean `origin`?)",
        ),
        (
            "barh",
            {"x": "origin", "y": "Delay"},
            "y=`Delay` is not a column of its rows (did you mean `delay`?)",
        ),
        ("line", {"x": "day", "y": "delay", "by": "xyz"}, "by=`xyz` is not a column of its rows."),
        (
            "scatter",
            {"x": "hours", "y": "delay"},
            "x=`hours` is not a column of its rows (did you mean `hour`?)",
        ),
        (
            "heatmap",
            {"x": "hour", "y": "origin", "value": "delays"},
            "value=`delays` is not a column of its rows",
        ),
        (
            "bar",
            {"x": "hour", "y": "delay", "formats": {"dely": ".1f"}},
            "formats=`dely` is not a column of its rows",
        ),
    ],
)
def test_a_misspelled_column_of_a_plot_is_an_error(kind: Any, columns: dict[str, Any], problem: str) -> None:
    message = message_of(Plot("P", FLIGHTS, kind, **columns))  # type: ignore[arg-type]
    assert message.startswith("Report `Delays`: Plot `P`: ")
    assert problem in message
    assert "Columns: origin, hour, flights, delay, fare, day (" in message


def test_the_mistakes_of_all_sections_are_listed_together() -> None:
    message = message_of(
        Plot("First", FLIGHTS, "line", x="dayy", y="delays", by="origins"),  # type: ignore[arg-type]
        Text("between"),
        Table("Second", FLIGHTS, formats={"fares": ",.2f"}, labels={"hous": "Hour"}),  # type: ignore[arg-type]
        Plot("Third", ROWS, "bar", x="nam", y="share"),
        Plot("Right", ROWS, "bar", x="name", y="share"),
    )
    lines = message.splitlines()
    assert [line.partition(":")[0].strip(" -") for line in lines[1:]] == [
        "Plot `First`",
        "Table `Second`",
        "Plot `Third`",
    ]
    for column in ("dayy", "delays", "origins", "fares", "hous", "nam"):
        assert f"=`{column}` is not a column" in message


@pytest.mark.parametrize(
    ("kind", "columns", "problem"),
    [
        ("bar", {"x": "hour", "y": "origin"}, "it draws column `origin`, which has text instead of numbers"),
        ("line", {"x": "hour", "y": "day"}, "it draws column `day`, which has dates instead of numbers"),
        (
            "bar",
            {"x": "hour", "y": "delay", "fmt": "%d %b"},
            "the format `%d %b` is for dates and times, and it draws none",
        ),
        (
            "line",
            {"x": "day", "y": "delay", "formats": {"day": ",.0f"}},
            "the format `,.0f` does not fit column `day`",
        ),
        (
            "line",
            {"x": "day", "y": "delay", "formats": {"delay": "%d"}},
            "the format `%d` does not fit column `delay`",
        ),
    ],
)
def test_a_column_of_another_type_is_an_error_before_it_is_computed(
    kind: Any, columns: dict[str, Any], problem: str
) -> None:
    assert problem in message_of(Plot("P", FLIGHTS, kind, **columns))  # type: ignore[arg-type]


def test_correct_sections_compute_nothing() -> None:
    parts: list[Any] = [
        Plot("Bars", FLIGHTS, "barh", x="delay", y="origin", fmt=",.1f"),  # type: ignore[arg-type]
        Plot("Line", FLIGHTS, "line", x="day", y="delay", fmt="%d %b", formats={"delay": ".1f"}),  # type: ignore[arg-type]
        Plot("Heat", FLIGHTS, "heatmap", x="hour", y="day", value="fare", fmt=".2f"),  # type: ignore[arg-type]
        Table("All", FLIGHTS, formats={"flights": "d", "delay": "d", "fare": ",.2f"}),  # type: ignore[arg-type]
        Table("None", [], formats={"unknown": "d"}),
    ]
    assert Report(title="t", parts=parts).parts == tuple(parts)


def test_a_report_may_be_made_of_an_iterator_of_parts() -> None:
    parts = (Text(text) for text in ("a", "b"))
    assert Report(title="t", parts=parts).parts == (Text("a"), Text("b"))  # type: ignore[arg-type]
