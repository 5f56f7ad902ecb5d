"""Reports whose rows are Spark frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sparkops.errors import DeclarationError
from sparkops.pipeline.reports.report import Plot, Report, Table
from sparkops.reports import RunFacts, render_page

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

FACTS = RunFacts(job="j", run_id="r")


@pytest.mark.spark
def test_frames_are_collected_up_to_the_limit_with_their_columns_in_order(spark: SparkSession) -> None:
    frame = spark.sql(
        "SELECT id AS n, id * 0.5 AS half, DATE '2013-07-04' AS day, CAST(id AS STRING) AS name FROM range(9)"
    )
    plot = Plot("P", frame, "barh", x="name", y="half")
    html = render_page(Report(title="t", parts=[Table("T", frame.orderBy("n")), plot], max_rows=5), FACTS)
    assert "The first 5 rows are shown; there are more." in html
    assert "The first 5 rows are drawn; there are more." in html
    assert html.index(">n</th>") < html.index(">half</th>") < html.index(">day</th>")
    assert "2013-07-04" in html


@pytest.mark.spark
def test_an_empty_frame_is_explained(spark: SparkSession) -> None:
    frame = spark.sql("SELECT 1 AS n, 2 AS m").where("n > 1")
    html = render_page(
        Report(title="t", parts=[Table("T", frame), Plot("P", frame, "line", x="n", y="m")]), FACTS
    )
    assert "nothing to list" in html
    assert "nothing to draw" in html


@pytest.mark.spark
def test_two_columns_of_one_name_are_an_error(spark: SparkSession) -> None:
    with pytest.raises(DeclarationError, match="two columns named `n`"):
        Report(title="t", parts=[Table("T", spark.sql("SELECT 1 AS n, 2 AS n"))])


@pytest.mark.spark
def test_misspelled_columns_are_an_error_before_any_row_is_computed(spark: SparkSession) -> None:
    frame = spark.sql(
        "SELECT CAST(raise_error('computed') AS STRING) AS name, id AS flights, current_date() AS day FROM range(3)"
    )
    with pytest.raises(DeclarationError) as error:
        Report(
            title="Delays",
            parts=[
                Plot("By day", frame, "line", x="dya", y="flights", by="naem"),
                Table("All", frame, formats={"flight": ",d"}, labels={"day": "Day"}),
                Plot("Names", frame, "bar", x="name", y="flights", fmt="%d %b"),
                Plot("Days", frame, "bar", x="flights", y="day"),
                Table("Formats", frame, formats={"day": ".1%", "flights": "d"}),
            ],
        )
    message = str(error.value)
    assert message.startswith("Report `Delays`:\n  - Plot `By day`: ")
    assert (
        "x=`dya` is not a column of its rows (did you mean `day`?); by=`naem` is not a column of its rows"
        in message
    )
    assert "Table `All`: formats=`flight` is not a column of its rows (did you mean `flights`?)" in message
    assert "Plot `Names`: the format `%d %b` is for dates and times, and it draws none" in message
    assert "Plot `Days`: it draws column `day`, which has dates instead of numbers" in message
    assert "Table `Formats`: the format `.1%` does not fit column `day`" in message
    assert message.count("Columns: name, flights, day (") == 5
    assert message.count("test_report_frames.py:") == 5


@pytest.mark.spark
def test_the_formats_of_a_frame_are_those_of_its_types(spark: SparkSession) -> None:
    frame = spark.sql(
        "SELECT 1234567 AS n, CAST(0.256 AS DECIMAL(9, 3)) AS share, DATE '2013-07-04' AS day, "
        "TIMESTAMP_NTZ '2013-07-04 12:30:00' AS time, 2013 AS year, CAST(1500 AS DOUBLE) AS total"
    )
    formats = {"share": ".1%", "day": "%d %b", "time": "%H:%M", "total": "d"}
    html = render_page(Report(title="t", parts=[Table("T", frame, formats=formats)]), FACTS)
    for cell in ("1,234,567", "25.6%", "2013", "1500"):
        assert f'<td class="n">{cell}</td>' in html
    for cell in ("04 Jul", "12:30"):
        assert f'<td class="nowrap">{cell}</td>' in html


@pytest.mark.spark
def test_nested_values_are_shown_as_json(spark: SparkSession) -> None:
    frame = spark.sql("SELECT named_struct('a', 1) AS s, array(1, 2) AS l, map('k', 2) AS m")
    html = render_page(Report(title="t", parts=[Table("T", frame)]), FACTS)
    assert "{&#34;a&#34;: 1}" in html
    assert "[1, 2]" in html


@pytest.mark.spark
@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("date'+10000-01-01'", "+10000-01-01"),
        ("timestamp'+10000-01-01 12:30:00'", "+10000-01-01T12:30:00"),
        ("timestamp_ntz'-0044-03-15 00:00:00'", "-0044-03-15T00:00:00"),
        ("named_struct('day', date'+10000-01-01')", "{&#34;day&#34;: &#34;+10000-01-01&#34;}"),
    ],
)
def test_dates_that_python_cannot_hold_are_shown_as_text(spark: SparkSession, value: str, text: str) -> None:
    frame = spark.sql(f"SELECT {value} AS day, 1 AS n")
    parts = [Table("T", frame)] + ([] if "struct" in value else [Plot("P", frame, "barh", x="day", y="n")])
    assert text in render_page(Report(title="t", parts=parts), FACTS)


@pytest.mark.spark
@pytest.mark.parametrize("kind", ["line", "bar", "scatter"])
def test_a_plot_of_dates_beside_one_that_python_cannot_hold_is_drawn(spark: SparkSession, kind: str) -> None:
    frame = spark.sql("SELECT explode(array(date'2024-01-01', date'+10000-01-01')) AS day, 1 AS n")
    assert "+10000-01-01" in render_page(
        Report(title="t", parts=[Plot("P", frame, kind, x="day", y="n")]), FACTS
    )
