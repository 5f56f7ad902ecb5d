"""A job is a plain function of DataFrames: a test calls it with small ones."""

from datetime import date

import pytest
from jobs.daily_sales import daily_sales
from pyspark.sql import SparkSession


@pytest.fixture(scope="session")
def spark():
    session = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
    yield session
    session.stop()


def test_only_orders_of_the_day_are_summed(spark):
    day, other = date(2024, 3, 2), date(2024, 3, 3)
    orders = spark.createDataFrame(
        [(1, day, "north", 2.0), (2, day, "north", 3.0), (3, other, "north", 9.0)],
        "order_id int, day date, shop string, amount double",
    )
    row = daily_sales(orders, day=day).first()
    assert (row["orders"], row["amount"]) == (2, 5.0)
