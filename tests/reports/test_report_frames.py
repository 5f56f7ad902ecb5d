"""Reports whose rows are Spark frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sparkops.errors import JobFailed
from sparkops.pipeline.report import Plot, Report, Table
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
    with pytest.raises(JobFailed, match="two columns named `n`"):
        render_page(Report(title="t", parts=[Table("T", spark.sql("SELECT 1 AS n, 2 AS n"))]), FACTS)


@pytest.mark.spark
def test_nested_values_are_shown_as_json(spark: SparkSession) -> None:
    frame = spark.sql("SELECT named_struct('a', 1) AS s, array(1, 2) AS l, map('k', 2) AS m")
    html = render_page(Report(title="t", parts=[Table("T", frame)]), FACTS)
    assert "{&#34;a&#34;: 1}" in html
    assert "[1, 2]" in html
