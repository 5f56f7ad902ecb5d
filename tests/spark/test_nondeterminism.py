"""Non-deterministic expressions are found in the analysed plan, with the columns that depend on them."""

from __future__ import annotations

from typing import Any

import pytest

from sparkops.spark.nondeterminism import find_nondeterministic

pytestmark = pytest.mark.spark


def find(frame: Any) -> dict[str, tuple[str, ...]]:
    return {cause.expression: cause.columns for cause in find_nondeterministic(frame)}


def test_each_expression_is_named_with_its_column(spark: Any) -> None:
    from pyspark.sql import functions as F

    frame = spark.range(10).select(
        "id",
        F.rand(7).alias("drawn"),
        F.randn().alias("normal"),
        F.current_timestamp().alias("now"),
        F.current_date().alias("today"),
        F.expr("uuid()").alias("key"),
        F.monotonically_increasing_id().alias("number"),
        F.spark_partition_id().alias("part"),
        F.input_file_name().alias("file"),
        F.shuffle(F.array("id")).alias("mixed"),
    )
    assert find(frame) == {
        "rand": ("drawn",),
        "randn": ("normal",),
        "current_timestamp": ("now",),
        "current_date": ("today",),
        "uuid": ("key",),
        "monotonically_increasing_id": ("number",),
        "spark_partition_id": ("part",),
        "input_file_name": ("file",),
        "shuffle": ("mixed",),
    }


def test_columns_are_followed_through_the_plan(spark: Any) -> None:
    from pyspark.sql import functions as F

    drawn = spark.range(10).withColumn("r", F.rand())
    doubled = drawn.select("id", (F.col("r") * 2).alias("x")).where("id > 1")
    assert find(doubled.join(spark.range(10), "id").groupBy("id").agg(F.sum("x").alias("total"))) == {
        "rand": ("total",)
    }
    assert find(doubled.union(spark.range(3).selectExpr("id", "1.0D AS y"))) == {"rand": ("x",)}
    assert find(spark.range(3).selectExpr("id", "1.0D AS y").union(doubled)) == {"rand": ("y",)}
    assert find(spark.range(10).where(F.rand() > 0.5)) == {"rand": ()}
    assert find(drawn.drop("r").withColumn("y", F.lit(1))) == {"rand": ()}


def test_aggregates_without_order_and_functions_marked_by_their_author_are_named(spark: Any) -> None:
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    frame = spark.range(10).selectExpr("id", "id % 2 AS k")
    grouped = frame.groupBy("k").agg(F.first("id").alias("f"), F.collect_list("id").alias("l"), F.sum("id"))
    assert find(grouped) == {"first": ("f",), "collect_list": ("l",)}
    ordered = Window.partitionBy("k").orderBy("id")
    assert find(frame.withColumn("f", F.first("id").over(ordered))) == {}
    assert find(frame.withColumn("f", F.first("id").over(Window.partitionBy("k")))) == {"first": ("f",)}
    chance = F.udf(lambda value: value, "long").asNondeterministic()
    assert list(find(frame.withColumn("u", chance("id"))).values()) == [("u",)]
    assert find(frame.withColumn("u", F.udf(lambda value: value, "long")("id"))) == {}


def test_plans_that_select_rows_by_chance_are_named(spark: Any) -> None:
    frame = spark.range(10).selectExpr("id", "id % 2 AS k")
    assert list(find(frame.sample(0.5))) == ["sample"]
    assert list(find(frame.dropDuplicates(["k"]))) == ["dropDuplicates"]
    assert list(find(frame.limit(3))) == ["limit"]
    assert find(frame.orderBy("id").limit(3)) == {}
    assert find(frame.distinct()) == {}
    assert find(frame.dropDuplicates()) == {}
