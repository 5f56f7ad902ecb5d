"""Cases of IndexToString."""

from __future__ import annotations

from math import inf
from typing import Any

from parity.case import case
from parity.pipelines import assemble


@case("IndexToString", "its own labels and those of the indexer", inputs=["c", "n"])
def labels() -> list[Any]:
    from pyspark.ml.feature import IndexToString, StringIndexer

    return [
        StringIndexer(inputCol="c", outputCol="ci"),
        IndexToString(inputCol="ci", outputCol="original"),
        IndexToString(inputCol="n", outputCol="named", labels=[f"label {number}" for number in range(40)]),
    ]


@case(
    "IndexToString",
    "unseen values of an indexer that keeps them",
    inputs=["c", "d", "n", "h"],
    rows=200,
    refused=12,
)
def unseen_values() -> list[Any]:
    from pyspark.ml.feature import IndexToString, SQLTransformer, StringIndexer

    return [
        StringIndexer(inputCols=["c", "d"], outputCols=["ci", "di"], handleInvalid="keep"),
        StringIndexer(inputCol="h", outputCol="hi", handleInvalid="skip"),
        SQLTransformer(statement="SELECT *, ci AS renamed FROM __THIS__"),
        IndexToString(inputCol="renamed", outputCol="c_again"),
        IndexToString(inputCol="di", outputCol="d_again"),
        IndexToString(inputCol="hi", outputCol="h_again"),
        IndexToString(inputCol="n", outputCol="named", labels=["zero", "one", "two"]),
    ]


@case("IndexToString", "a predicted class, and the label of unseen values", inputs=["x", "h", "n"])
def predicted_class() -> list[Any]:
    from pyspark.ml.classification import LogisticRegression
    from pyspark.ml.feature import IndexToString, StringIndexer

    indexer = StringIndexer(inputCol="late", outputCol="label", handleInvalid="keep")
    return [
        indexer,
        assemble("x", "h", "n", target="features"),
        LogisticRegression(maxIter=3),
        IndexToString(inputCol="prediction", outputCol="named", labels=["ontime", "late", "__unknown"]),
    ]


@case("IndexToString", "the buckets of a number, which have labels, too", inputs=["x", "h"])
def buckets() -> list[Any]:
    from pyspark.ml.feature import Bucketizer, IndexToString

    return [
        Bucketizer(inputCol="x", outputCol="xb", splits=[-inf, -1e-7, 0.5, 1.25e10, inf]),
        Bucketizer(inputCol="h", outputCol="hb", splits=[0.0, 0.5, 2.0]),
        IndexToString(inputCol="xb", outputCol="x_again"),
        IndexToString(inputCol="hb", outputCol="h_again"),
    ]
