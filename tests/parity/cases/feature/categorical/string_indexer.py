"""Cases of StringIndexerModel."""

from __future__ import annotations

from typing import Any

from parity.case import case
from parity.pipelines import SCALAR_COLUMNS, assemble, label_indexer, scalar_features


@case("StringIndexerModel", "skip", inputs=SCALAR_COLUMNS, rows=150, also=("Bucketizer",))
def skip() -> list[Any]:
    from pyspark.ml.classification import LogisticRegression
    from pyspark.ml.feature import StandardScaler

    features = scalar_features(invalid="skip", scaler=StandardScaler(withMean=True))
    return [*features, label_indexer(), LogisticRegression(maxIter=4)]


@case("StringIndexerModel", "numbers as text", inputs=SCALAR_COLUMNS, rows=150)
def numbers() -> list[Any]:
    from pyspark.ml.feature import StringIndexer

    indexed = [f"{name}_i" for name in "hnfl"]
    return [
        StringIndexer(inputCols=list("hnfl"), outputCols=indexed, handleInvalid="keep"),
        assemble(*indexed, target="features"),
    ]


@case("StringIndexerModel", "a label whose unseen values are skipped", inputs=["x", "h", "n", "late"])
def skipped_label() -> list[Any]:
    from pyspark.ml.classification import LogisticRegression
    from pyspark.ml.feature import StringIndexer

    return [
        StringIndexer(inputCol="late", outputCol="label", handleInvalid="skip"),
        assemble("x", "h", "n", target="features"),
        LogisticRegression(maxIter=3),
    ]


@case(
    "StringIndexerModel",
    "a label that is kept, and a column that no stage reads",
    inputs=["x", "h", "c", "late", "n"],
)
def unread_columns() -> list[Any]:
    from pyspark.ml.classification import LogisticRegression
    from pyspark.ml.feature import Bucketizer, StringIndexer

    return [
        StringIndexer(inputCols=["late", "c"], outputCols=["label", "unread"], handleInvalid="keep"),
        Bucketizer(inputCol="n", outputCol="unread_too", splits=[0.0, 10.0, 60.0]),
        assemble("x", "h", target="features"),
        LogisticRegression(maxIter=3),
    ]
