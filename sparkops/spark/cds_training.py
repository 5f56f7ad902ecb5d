"""Training workload of the class-data archive: typical operations, so that the archive contains their classes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

ROWS: Final = 200


def train_archive(spark: SparkSession, folder: Path) -> None:
    """Read files, write and modify Delta tables, fit and apply models, in a temporary folder."""
    frame = _read_files(spark, folder)
    _use_tables(spark, frame, folder)
    _fit_models(frame, folder)


def _read_files(spark: SparkSession, folder: Path) -> DataFrame:
    from pyspark.sql import functions as F

    frame = spark.range(ROWS).select(
        "id",
        (F.col("id") % 7).cast("string").alias("kind"),
        (F.col("id") * 1.5).alias("amount"),
        F.when(F.col("id") % 5 != 0, F.col("id") * 0.25).alias("gap"),
        (F.col("id") % 2).cast("double").alias("label"),
        F.date_add(F.lit("2013-01-01").cast("date"), (F.col("id") % 30).cast("int")).alias("day"),
    )
    for kind in ("csv", "json", "parquet"):
        path = str(folder / kind)
        frame.write.format(kind).option("header", "true").save(path)
        reread = spark.read.format(kind).schema(frame.schema).option("header", "true").load(path)
        reread.where("amount > 3").count()
    return spark.read.schema(frame.schema).csv(str(folder / "csv"), header=True, mode="FAILFAST")


def _use_tables(spark: SparkSession, frame: DataFrame, folder: Path) -> None:
    from delta.tables import DeltaTable
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    path, by_day = str(folder / "table"), str(folder / "by_day")
    frame.write.format("delta").option("txnAppId", "cds-training").option("txnVersion", 1).save(path)
    frame.limit(3).write.format("delta").mode("append").save(path)
    frame.write.format("delta").partitionBy("day").save(by_day)
    one_day = frame.where("day = '2013-01-02'")
    one_day.write.format("delta").mode("overwrite").option("replaceWhere", "day = '2013-01-02'").save(by_day)
    table = DeltaTable.forPath(spark, path)
    merge = table.alias("t").merge(frame.alias("s"), "t.id = s.id")
    merge.whenMatchedUpdateAll().whenNotMatchedInsertAll().execute()
    table.history(5).collect()
    table.detail().collect()
    read = spark.read.format("delta").option("versionAsOf", 0).load(path)
    joined = read.join(spark.read.format("delta").load(by_day).select("id", "gap"), "id", "left")
    ranked = joined.withColumn("rank", F.row_number().over(Window.partitionBy("kind").orderBy("amount")))
    ranked.groupBy("kind").agg(
        F.count("*"),
        F.countDistinct("id"),
        F.avg("amount"),
        F.stddev("amount"),
        F.min("day"),
        F.sum(F.when(F.col("amount").isNull() | F.col("kind").isin("1", "2"), 1).otherwise(0)),
        F.percentile_approx("amount", 0.5),
    ).orderBy("kind").collect()
    ranked.limit(20).toPandas()
    ranked.where("rank < 3").select("id", F.array("kind", "kind").alias("reasons")).collect()


def _fit_models(frame: DataFrame, folder: Path) -> None:
    from pyspark.ml import Pipeline, PipelineModel
    from pyspark.ml.classification import GBTClassifier, LogisticRegression
    from pyspark.ml.evaluation import BinaryClassificationEvaluator
    from pyspark.ml.feature import Imputer, OneHotEncoder, StandardScaler, StringIndexer, VectorAssembler

    features: list[Any] = [
        StringIndexer(inputCols=["kind"], outputCols=["kind_index"], handleInvalid="keep"),
        OneHotEncoder(inputCols=["kind_index"], outputCols=["kind_hot"], handleInvalid="keep"),
        Imputer(inputCols=["gap"], outputCols=["gap_full"]),
        VectorAssembler(inputCols=["kind_hot", "gap_full", "amount"], outputCol="raw", handleInvalid="keep"),
        StandardScaler(inputCol="raw", outputCol="features"),
    ]
    cached = frame.cache()
    for estimator in (LogisticRegression(maxIter=2), GBTClassifier(maxIter=1, maxDepth=2)):
        path = str(folder / type(estimator).__name__)
        Pipeline(stages=[*features, estimator]).fit(cached).write().save(path)
        scored = PipelineModel.load(path).transform(cached)
        BinaryClassificationEvaluator().evaluate(scored)
        scored.select("prediction", "probability").limit(5).collect()
