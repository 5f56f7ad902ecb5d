"""Cases of SQLTransformer."""

from __future__ import annotations

from functools import partial
from math import inf
from typing import Any

from parity.case import case
from parity.pipelines import SCALAR_COLUMNS, assemble, label_indexer, scalar_features


def sql(statement: str) -> Any:
    from pyspark.ml.feature import SQLTransformer

    return SQLTransformer(statement=statement)


@case("SQLTransformer", "numbers, conditions and text", inputs=SCALAR_COLUMNS, rows=200)
def expressions() -> list[Any]:
    return [
        sql(
            """SELECT *, x + h * 2 AS a1, x / 2 - n AS a2, -x AS a3, abs(n - 10) AS a4, n % 7 AS a5, n / 4 AS a6,
            CASE WHEN x > 0.5 THEN 'high' WHEN x > -0.5 THEN 'mid' END AS a7, IF(b, n, 0) AS a8,
            coalesce(x, h, 0.0) AS a9, nullif(c, 'a') AS a10, c IN ('a', 'b') AND NOT b AS a11,
            x BETWEEN -1 AND 1 AS a12, upper(c) || '-' || n AS a13, d LIKE 'nu%' AS a14, CAST(n AS string) AS a15,
            CAST(x > 0 AS int) AS a16, log1p(abs(x)) AS a17, sqrt(h) AS a18, pow(h, 2) AS a19, round(x, 2) AS a20,
            floor(x) AS a21, greatest(x, h, n) AS a22, isnan(x) OR x IS NULL AS a23, ln(h) AS a24, x <=> h AS a25,
            length(c) AS a26, concat_ws('/', c, d) AS a27, try_cast(d AS int) AS a28, exp(f) AS a29, f * 2 AS a30
            FROM __THIS__"""
        )
    ]


@case("SQLTransformer", "overflow and division by zero", inputs=["n", "l", "h"], rows=80, refused=10)
def overflow() -> list[Any]:
    return [sql("SELECT *, n * n AS square, l + 1 AS next, 10 / n AS inverse, -n AS minus FROM __THIS__")]


@case("SQLTransformer", "rows dropped, columns hidden, renamed and replaced", inputs=SCALAR_COLUMNS, rows=45)
def where() -> list[Any]:
    from pyspark.ml.feature import StringIndexer, VectorAssembler

    return [
        StringIndexer(inputCol="c", outputCol="ci", handleInvalid="keep"),
        sql(
            "SELECT h * 2 AS h, n AS whole, `ci` AS place, t.x, n / 60.0 AS hours, N > 10 AND b AS big, "
            "whole + 1 AS more FROM __THIS__ AS t WHERE x > -1 AND (c <> 'b' OR c IS NULL)"
        ),
        VectorAssembler(
            inputCols=["h", "whole", "place", "x", "hours", "big", "more"],
            outputCol="v",
            handleInvalid="keep",
        ),
    ]


@case("SQLTransformer", "the type of a number, seen by an indexer", inputs=["n", "x", "h"])
def result_types() -> list[Any]:
    from pyspark.ml.feature import StringIndexer

    statement = (
        "SELECT *, n % 5 AS whole, h * 1 AS real, CAST(n AS double) AS wide, floor(x) AS long FROM __THIS__"
    )
    names = ["whole", "real", "wide", "long"]
    indexed = [f"{name}_i" for name in names]
    return [sql(statement), StringIndexer(inputCols=names, outputCols=indexed, handleInvalid="keep")]


@case("SQLTransformer", "dates and times", inputs=["day", "moment", "word", "n"], frame="moments", rows=160)
def dates() -> list[Any]:
    return [
        sql(
            """SELECT *, year(day) AS y1, month(moment) AS y2, dayofweek(day) AS y3, weekday(moment) AS y4,
            hour(moment) AS y5, minute(moment) * 60 + second(moment) AS y6, quarter(day) AS y7, dayofyear(day) AS y8,
            datediff(moment, day) AS y9, date_add(day, n % 1000) AS y10, date_sub(day, 1) AS y11, day > '2024-01-01' AS y12,
            moment >= TIMESTAMP '2024-02-01 10:00:00' AS y13, try_cast(word AS date) AS y14,
            months_between(moment, day) AS y15, last_day(day) AS y16, CAST(day AS string) AS y17,
            CAST(moment AS date) = day AS y18, weekofyear(day) AS y19, CASE dayofweek(day) WHEN 1 THEN 'sun' WHEN 7 THEN 'sat'
            ELSE 'work' END AS y20 FROM __THIS__"""
        )
    ]


@case("SQLTransformer", "tokens as an array", inputs=["t"], frame="texts")
def arrays() -> list[Any]:
    from pyspark.ml.feature import HashingTF

    return [
        sql("SELECT *, split(lower(t), ' ') AS words, length(t) AS size FROM __THIS__ WHERE t IS NOT NULL"),
        HashingTF(inputCol="words", outputCol="counts", numFeatures=64),
    ]


_UNSUPPORTED = {
    "SELECT *, rand() AS z FROM __THIS__": "`rand` is not supported",
    "SELECT c, avg(x) AS z FROM __THIS__ GROUP BY c": "more than WITH, SELECT, FROM and WHERE",
    "SELECT *, sum(x) OVER (PARTITION BY c) AS z FROM __THIS__": "is not supported",
    "SELECT *, x + 1 FROM __THIS__": "has no name of its own",
    "SELECT *, from_json(c, 'a INT') AS z FROM __THIS__": "`from_json` is not supported",
}


def _one_statement(statement: str) -> list[Any]:
    return [sql(statement)]


unsupported = tuple(
    case("SQLTransformer", reason, inputs=["c", "x"], reason=reason)(partial(_one_statement, statement))
    for statement, reason in _UNSUPPORTED.items()
)


def two_classifiers() -> list[Any]:
    from pyspark.ml.classification import DecisionTreeClassifier, LogisticRegression

    return [
        *scalar_features(),
        label_indexer(),
        LogisticRegression(maxIter=3, predictionCol="p1", probabilityCol="q1", rawPredictionCol="r1"),
        DecisionTreeClassifier(maxDepth=2, predictionCol="p2", probabilityCol="q2", rawPredictionCol="r2"),
    ]


@case("SQLTransformer", "after two classifiers", inputs=SCALAR_COLUMNS, also=("Binarizer", "Bucketizer"))
def after_two_classifiers() -> list[Any]:
    from pyspark.ml.feature import Binarizer, Bucketizer, StringIndexer

    return [
        *two_classifiers(),
        sql("SELECT *, (p1 + p2) / 2 AS both, upper(c) AS letter, n + 1 AS next FROM __THIS__"),
        Binarizer(inputCol="both", outputCol="agreed", threshold=0.75),
        Bucketizer(inputCol="x", outputCol="xs", splits=[-inf, 0.0, inf], handleInvalid="keep"),
        StringIndexer(inputCol="d", outputCol="late_d", handleInvalid="skip"),
    ]


@case("SQLTransformer", "predictions renamed, replaced and left out", inputs=SCALAR_COLUMNS)
def renamed_predictions() -> list[Any]:
    return [*two_classifiers(), sql("SELECT p1 AS first, q1, p2 * 10 AS p2, x FROM __THIS__")]


@case(
    "SQLTransformer",
    "between two predictors",
    inputs=["x", "h", "n"],
    also=("Binarizer", "LinearRegressionModel"),
)
def between_predictors() -> list[Any]:
    from pyspark.ml.feature import Binarizer
    from pyspark.ml.regression import LinearRegression

    return [
        assemble("x", "h", target="v"),
        LinearRegression(featuresCol="v", labelCol="y", predictionCol="first", regParam=0.1),
        Binarizer(inputCol="first", outputCol="high", threshold=1.0),
        sql("SELECT *, first * n AS scaled FROM __THIS__"),
        assemble("scaled", "n", target="w"),
        LinearRegression(featuresCol="w", labelCol="y", predictionCol="second", regParam=0.1),
    ]


@case("SQLTransformer", "a label that only training needs", inputs=["x", "h", "n", "late"])
def named_label() -> list[Any]:
    from pyspark.ml.classification import LogisticRegression

    return [
        sql("SELECT x, h, n, late, IF(late = 'late', 1.0D, 0.0D) AS label FROM __THIS__"),
        assemble("x", "h", "n", target="features"),
        LogisticRegression(maxIter=3),
    ]


@case("SQLTransformer", "the label compared with the prediction", inputs=["x", "h", "n", "late"])
def compared_label() -> list[Any]:
    from pyspark.ml.classification import LogisticRegression

    return [
        label_indexer(),
        assemble("x", "h", "n", target="features"),
        LogisticRegression(maxIter=3),
        sql("SELECT *, prediction = label AS hit FROM __THIS__"),
    ]
