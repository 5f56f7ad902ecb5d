#!/usr/bin/env python
"""Write tests/saved_models/spark-<x.y>: small saved models of one version of Spark, with its answers to rows.

    scripts/make_saved_models.py [PIPELINE...]      runs in any interpreter with pyspark 3.4 or later; sparkops is not needed

The folder of a pipeline holds `model` as Spark saved it, `fields.json` (Spark's schema) and `rows.jsonl`. A pipeline is
a function of this module that returns stages; PIPELINES names its columns. Data and seeds are fixed, so that the models
of several versions can be compared.
"""

from __future__ import annotations

import json
import runpy
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

ROOT = Path(__file__).parent.parent
SPARK_ANSWERS = runpy.run_path(str(ROOT / "sparkops/artifact/spark_answers.py"))
SAMPLED_ROWS = 12
WORDS = ["the", "Plane", "late", "I", "was", "on", "TIME", "fog", "snow", "a", "x-ray", "e.g."]
EDGE_VALUES: dict[str, tuple[Any, ...]] = {
    "string": (None, "", "null", "\u2205 unseen", "a", " A  b-c\tlate "),
    "double": (None, float("nan"), float("inf"), 0.0, -0.0, -1.5, 0.5, 1e300),
    "integer": (None, 0, -1, 3, 2**31 - 1),
    "long": (None, 0, -(2**53) - 1),
    "boolean": (None, True, False),
}


class PipelineCase(NamedTuple):
    """A pipeline: its stages, the names of its input columns and of the columns that Spark answers."""

    stages: Callable[[], list[Any]]
    fields: str
    columns: str


def build_frame(spark: Any) -> Any:
    """Return 300 rows: strings c, d, t; doubles x, g (with nulls); int n, long l, boolean b; labels late, two, k, y."""
    rng = Random(7)
    rows = []
    for _ in range(300):
        c, x, n = rng.choice("abcd"), rng.gauss(0, 1), rng.randint(0, 9)
        words = [rng.choice(WORDS) for _ in range(rng.randint(1, 6))]
        g = None if rng.random() < 0.2 else rng.uniform(-3, 3)
        two = float(x + n / 5 + (c == "a") + rng.gauss(0, 0.5) > 1.4)
        label = "late" if two else "ontime"
        strings = (c, rng.choice("xyz"), " ".join(words))
        numbers = (x, g, n, rng.randint(-(2**40), 2**40), rng.random() < 0.3)
        rows.append((*strings, *numbers, label, two, float(n % 3), 3 * x + n + rng.gauss(0, 0.1)))
    features = "c string, d string, t string, x double, g double, n int, l long, b boolean"
    return spark.createDataFrame(rows, f"{features}, late string, two double, k double, y double")


def categories() -> list[Any]:
    from pyspark.ml.classification import LogisticRegression
    from pyspark.ml.feature import (
        Bucketizer,
        Imputer,
        IndexToString,
        OneHotEncoder,
        StandardScaler,
        StringIndexer,
        VectorAssembler,
    )

    return [
        StringIndexer(inputCols=["c", "d"], outputCols=["ci", "di"], handleInvalid="keep"),
        OneHotEncoder(inputCols=["ci", "di"], outputCols=["co", "do"], handleInvalid="keep"),
        Imputer(inputCols=["g"], outputCols=["gi"], strategy="median"),
        Bucketizer(
            inputCol="x",
            outputCol="xb",
            splits=[float("-inf"), -1.0, 0.5, float("inf")],
            handleInvalid="keep",
        ),
        VectorAssembler(inputCols=["gi", "n", "x"], outputCol="numbers", handleInvalid="skip"),
        StandardScaler(inputCol="numbers", outputCol="scaled", withMean=True),
        VectorAssembler(inputCols=["co", "do", "xb", "scaled"], outputCol="features"),
        StringIndexer(inputCol="late", outputCol="label", stringOrderType="alphabetAsc"),
        LogisticRegression(maxIter=8, regParam=0.01),
        IndexToString(inputCol="prediction", outputCol="said", labels=["late", "ontime"]),
    ]


def linear() -> list[Any]:
    from pyspark.ml.feature import MaxAbsScaler, MinMaxScaler, RobustScaler, StringIndexer, VectorAssembler
    from pyspark.ml.regression import LinearRegression

    return [
        StringIndexer(inputCols=["c", "n"], outputCols=["ci", "ni"], handleInvalid="error"),
        VectorAssembler(inputCols=["x", "b", "ci", "ni"], outputCol="v", handleInvalid="keep"),
        MinMaxScaler(inputCol="v", outputCol="low", min=-1.0, max=2.0),
        MaxAbsScaler(inputCol="low", outputCol="whole"),
        RobustScaler(inputCol="whole", outputCol="features", withCentering=True),
        LinearRegression(labelCol="y", regParam=0.01, elasticNetParam=0.5, maxIter=10),
    ]


def three_classes() -> list[Any]:
    from pyspark.ml.classification import LogisticRegression
    from pyspark.ml.feature import VectorAssembler

    return [
        VectorAssembler(inputCols=["x", "n"], outputCol="features"),
        LogisticRegression(labelCol="k", maxIter=8, family="multinomial", thresholds=[0.5, 0.3, 0.2]),
    ]


def _indexed() -> list[Any]:
    from pyspark.ml.feature import StringIndexer, VectorAssembler

    return [
        StringIndexer(inputCol="c", outputCol="ci", handleInvalid="keep"),
        VectorAssembler(inputCols=["ci", "x", "n"], outputCol="features", handleInvalid="keep"),
    ]


def forest() -> list[Any]:
    from pyspark.ml.classification import RandomForestClassifier

    return [*_indexed(), RandomForestClassifier(labelCol="two", numTrees=3, maxDepth=3, seed=7)]


def forest_of_numbers() -> list[Any]:
    from pyspark.ml.regression import RandomForestRegressor

    return [*_indexed(), RandomForestRegressor(labelCol="y", numTrees=3, maxDepth=3, seed=7)]


def boosted() -> list[Any]:
    from pyspark.ml.classification import GBTClassifier

    return [*_indexed(), GBTClassifier(labelCol="two", maxIter=3, maxDepth=3, seed=7)]


def boosted_numbers() -> list[Any]:
    from pyspark.ml.regression import GBTRegressor

    return [*_indexed(), GBTRegressor(labelCol="y", maxIter=3, maxDepth=2, seed=7)]


def tree() -> list[Any]:
    from pyspark.ml.classification import DecisionTreeClassifier

    return [*_indexed(), DecisionTreeClassifier(labelCol="k", maxDepth=4, leafCol="leaf")]


def tree_of_numbers() -> list[Any]:
    from pyspark.ml.regression import DecisionTreeRegressor

    return [*_indexed(), DecisionTreeRegressor(labelCol="y", maxDepth=3)]


def clusters() -> list[Any]:
    from pyspark.ml.clustering import KMeans
    from pyspark.ml.feature import VectorAssembler

    return [VectorAssembler(inputCols=["x", "n"], outputCol="features"), KMeans(k=3, seed=7)]


def words() -> list[Any]:
    from pyspark.ml.classification import NaiveBayes
    from pyspark.ml.feature import IDF, HashingTF, RegexTokenizer, StopWordsRemover

    return [
        RegexTokenizer(inputCol="t", outputCol="w", pattern="[\\s.-]+", minTokenLength=2),
        StopWordsRemover(inputCol="w", outputCol="kept"),
        HashingTF(inputCol="kept", outputCol="counts", numFeatures=32),
        IDF(inputCol="counts", outputCol="features", minDocFreq=2),
        NaiveBayes(labelCol="k"),
    ]


def counted() -> list[Any]:
    from pyspark.ml.classification import LinearSVC
    from pyspark.ml.feature import CountVectorizer, NGram, Tokenizer

    return [
        Tokenizer(inputCol="t", outputCol="w"),
        NGram(inputCol="w", outputCol="pairs"),
        CountVectorizer(inputCol="pairs", outputCol="features", vocabSize=30),
        LinearSVC(labelCol="two", maxIter=5),
    ]


def shaped() -> list[Any]:
    from pyspark.ml.feature import PCA, Normalizer, PolynomialExpansion, VectorAssembler
    from pyspark.ml.regression import GeneralizedLinearRegression

    return [
        VectorAssembler(inputCols=["x", "n", "b"], outputCol="v"),
        PolynomialExpansion(inputCol="v", outputCol="more"),
        PCA(inputCol="more", outputCol="few", k=3),
        Normalizer(inputCol="few", outputCol="features", p=1.0),
        GeneralizedLinearRegression(labelCol="k", family="poisson", maxIter=5, linkPredictionCol="link"),
    ]


def grouped() -> list[Any]:
    from pyspark.ml.clustering import BisectingKMeans
    from pyspark.ml.feature import VectorAssembler, VectorIndexer

    return [
        VectorAssembler(inputCols=["n", "x"], outputCol="v"),
        VectorIndexer(inputCol="v", outputCol="features", maxCategories=12, handleInvalid="keep"),
        BisectingKMeans(k=3, seed=7),
    ]


PIPELINES: dict[str, PipelineCase] = {
    "categories": PipelineCase(categories, "c d x g n", "prediction probability rawPrediction said"),
    "linear": PipelineCase(linear, "c b x n", "prediction"),
    "three_classes": PipelineCase(three_classes, "x n", "prediction probability rawPrediction"),
    "forest": PipelineCase(forest, "c x n", "prediction probability rawPrediction"),
    "forest_of_numbers": PipelineCase(forest_of_numbers, "c x n", "prediction"),
    "boosted": PipelineCase(boosted, "c x n", "prediction probability rawPrediction"),
    "boosted_numbers": PipelineCase(boosted_numbers, "c x n", "prediction"),
    "tree": PipelineCase(tree, "c x n", "prediction probability rawPrediction leaf"),
    "tree_of_numbers": PipelineCase(tree_of_numbers, "c x n", "prediction"),
    "clusters": PipelineCase(clusters, "x n", "prediction"),
    "words": PipelineCase(words, "t", "prediction probability rawPrediction"),
    "counted": PipelineCase(counted, "t", "prediction rawPrediction"),
    "shaped": PipelineCase(shaped, "x n b", "prediction link"),
    "grouped": PipelineCase(grouped, "x n", "prediction"),
}


def main(names: list[str]) -> None:
    """Write every pipeline, or the named ones, to the folder of this interpreter's version of Spark."""
    from pyspark.sql import SparkSession

    conf: dict[str, bool | float | int | str | None] = {
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "1",
        "spark.driver.host": "127.0.0.1",
    }
    spark = SparkSession.builder.master("local[1]").config(map=conf).getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    home = ROOT / "tests" / "saved_models" / f"spark-{'.'.join(spark.version.split('.')[:2])}"
    data = build_frame(spark).coalesce(1).cache()
    for name in names or PIPELINES:
        write_case(spark, data, PIPELINES[name], home / name)
        print(spark.version, name, sum(file.stat().st_size for file in (home / name).rglob("*")), "bytes")
    spark.stop()


def write_case(spark: Any, data: Any, case: PipelineCase, folder: Path) -> None:
    """Fit and save one pipeline, and write Spark's answers to its rows."""
    from pyspark.ml import Pipeline

    shutil.rmtree(folder, ignore_errors=True)
    fitted = Pipeline(stages=case.stages()).fit(data)
    fitted.write().save((folder / "model").as_uri())
    for file in [*folder.rglob(".*.crc"), *folder.rglob("_SUCCESS")]:
        file.unlink()
    schema = data.select(*case.fields.split()).schema.jsonValue()
    (folder / "fields.json").write_text(json.dumps(schema) + "\n", "utf-8")
    rows = list(_rows(data, schema["fields"]))
    head = {"fields": schema["fields"], "columns": case.columns.split(), "together": len(rows)}
    answers = SPARK_ANSWERS["answer_rows"](spark, fitted, head, rows)
    lines = [
        SPARK_ANSWERS["encode"]({"row": row, "answer": answer})
        for row, answer in zip(rows, answers, strict=True)
    ]
    (folder / "rows.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")


def _rows(data: Any, fields: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield rows of the data, then rows in which one field has one of its edge values."""
    names = [field["name"] for field in fields]
    sampled = [row.asDict() for row in data.select(*names).dropna().limit(SAMPLED_ROWS).collect()]
    yield from sampled
    edges = [(field["name"], value) for field in fields for value in EDGE_VALUES[field["type"]]]
    yield from ({**sampled[i % len(sampled)], name: value} for i, (name, value) in enumerate(edges))


if __name__ == "__main__":
    main(sys.argv[1:])
