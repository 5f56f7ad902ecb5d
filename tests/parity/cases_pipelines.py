"""Whole pipelines of single values: indices, gaps, buckets, scales, and a predictor at the end."""

from __future__ import annotations

from math import inf
from typing import Any

from parity.case import CASES, Case, Stages

INPUTS = ("c", "d", "x", "h", "n", "l", "b", "f")


def features(
    *, invalid: str = "keep", hot: bool = True, drop_last: bool = True, scale: Any = None
) -> list[Any]:
    """Return the stages that make `features` of every type of column."""
    from pyspark.ml.feature import Bucketizer, Imputer, OneHotEncoder, StringIndexer, VectorAssembler

    kept = "keep" if invalid == "keep" else "error"
    encoder = OneHotEncoder(
        inputCols=["ci", "di"], outputCols=["co", "do"], handleInvalid=kept, dropLast=drop_last
    )
    parts = ["co", "do"] if hot else ["ci", "di"]
    return [
        StringIndexer(inputCols=["c", "d"], outputCols=["ci", "di"], handleInvalid=invalid),
        *([encoder] if hot else []),
        Imputer(inputCols=["x", "n"], outputCols=["xi", "ni"]),
        Bucketizer(
            splitsArray=[[0.0, 0.5, 1.0, 1.5], [-inf, 0.0, 1.0, inf]],
            inputCols=["h", "x"],
            outputCols=["hb", "xb"],
            handleInvalid=invalid,
        ),
        VectorAssembler(
            inputCols=[*parts, "xi", "ni", "l", "b", "f", "hb", "xb"],
            outputCol="raw" if scale else "features",
            handleInvalid=invalid,
        ),
        *([scale.setInputCol("raw").setOutputCol("features")] if scale else []),
    ]


def label() -> Any:
    from pyspark.ml.feature import StringIndexer

    return StringIndexer(inputCol="late", outputCol="label")


def logistic(**params: Any) -> list[Any]:
    from pyspark.ml.classification import LogisticRegression
    from pyspark.ml.feature import StandardScaler

    return [*features(scale=StandardScaler()), label(), LogisticRegression(maxIter=4, **params)]


def strict_logistic(invalid: str) -> list[Any]:
    from pyspark.ml.classification import LogisticRegression
    from pyspark.ml.feature import StandardScaler

    return [
        *features(invalid=invalid, scale=StandardScaler(withMean=True)),
        label(),
        LogisticRegression(maxIter=4),
    ]


def three_classes(**params: Any) -> list[Any]:
    from pyspark.ml.classification import LogisticRegression
    from pyspark.ml.feature import MinMaxScaler

    return [
        *features(scale=MinMaxScaler(min=-1.0, max=2.0)),
        LogisticRegression(maxIter=4, labelCol="three", **params),
    ]


def linear(**params: Any) -> list[Any]:
    from pyspark.ml.regression import LinearRegression

    return [*features(drop_last=False), LinearRegression(labelCol="y", **params)]


def trees(
    name: str, *, hot: bool = False, three: bool = False, thresholds: Any = None, **params: Any
) -> list[Any]:
    from pyspark.ml import classification, regression

    kind = getattr(classification if name.endswith("Classifier") else regression, name)
    target = {"labelCol": "y"} if name.endswith("Regressor") else {"labelCol": "three" if three else "label"}
    made = kind(**target, **params)
    made = made.setThresholds(thresholds) if thresholds else made
    return [*features(hot=hot), label(), made]


def clusters(**params: Any) -> list[Any]:
    from pyspark.ml.clustering import KMeans
    from pyspark.ml.feature import StandardScaler

    return [*features(scale=StandardScaler()), KMeans(k=3, seed=1, **params)]


def numbers_as_text() -> list[Any]:
    from pyspark.ml.feature import StringIndexer, VectorAssembler

    indexed = [f"{name}_i" for name in "hnfl"]
    return [
        StringIndexer(inputCols=list("hnfl"), outputCols=indexed, handleInvalid="keep"),
        VectorAssembler(inputCols=indexed, outputCol="features"),
    ]


def nulls_in_vectors() -> list[Any]:
    from pyspark.ml.feature import Bucketizer, OneHotEncoder, VectorAssembler

    return [
        Bucketizer(inputCol="h", outputCol="hb", splits=[0.0, 0.5, 1.0, 1.5], handleInvalid="keep"),
        OneHotEncoder(inputCols=["hb", "n"], outputCols=["ho", "no"], handleInvalid="keep"),
        VectorAssembler(inputCols=["ho", "no", "x"], outputCol="features", handleInvalid="keep"),
    ]


def named_back() -> list[Any]:
    from pyspark.ml.feature import IndexToString

    named = IndexToString(inputCol="prediction", outputCol="said", labels=["fine", "late"])
    return [*trees("GBTClassifier", hot=True, maxIter=3), named]


PIPELINES: tuple[tuple[str, str, Stages], ...] = (
    ("LogisticRegressionModel", "two classes, keep", logistic),
    ("VectorAssembler", "error", lambda: strict_logistic("error")),
    ("StringIndexerModel", "skip", lambda: strict_logistic("skip")),
    ("LogisticRegressionModel", "sparse weights", lambda: logistic(elasticNetParam=1.0, regParam=0.05)),
    (
        "LogisticRegressionModel",
        "threshold, no raw column",
        lambda: logistic(threshold=0.7, rawPredictionCol=""),
    ),
    ("LogisticRegressionModel", "two classes as many", lambda: logistic(family="multinomial")),
    ("MinMaxScalerModel", "before three classes", three_classes),
    ("LogisticRegressionModel", "thresholds", lambda: three_classes(thresholds=[0.2, 0.5, 0.3])),
    ("LinearRegressionModel", "no last category dropped", linear),
    ("LinearRegressionModel", "sparse weights", lambda: linear(elasticNetParam=1.0, regParam=1.0)),
    ("DecisionTreeClassificationModel", "categories", lambda: trees("DecisionTreeClassifier", maxDepth=6)),
    (
        "DecisionTreeClassificationModel",
        "thresholds, one-hot",
        lambda: trees("DecisionTreeClassifier", hot=True, three=True, thresholds=[0.5, 0.2, 0.0]),
    ),
    ("DecisionTreeRegressionModel", "categories", lambda: trees("DecisionTreeRegressor")),
    (
        "RandomForestClassificationModel",
        "three classes",
        lambda: trees("RandomForestClassifier", three=True, numTrees=4, seed=1),
    ),
    ("RandomForestRegressionModel", "categories", lambda: trees("RandomForestRegressor", numTrees=4, seed=1)),
    ("GBTClassificationModel", "named back", named_back),
    ("GBTRegressionModel", "categories", lambda: trees("GBTRegressor", maxIter=3)),
    ("KMeansModel", "after StandardScaler", clusters),
    ("KMeansModel", "by angle", lambda: clusters(distanceMeasure="cosine")),
    ("StringIndexerModel", "numbers as text", numbers_as_text),
    ("OneHotEncoderModel", "nulls in vectors", nulls_in_vectors),
)
# Stages that these pipelines prove beside the one that each is named after.
ALSO = {
    "StringIndexerModel: skip": ("Bucketizer",),
    "VectorAssembler: error": ("StandardScalerModel", "StringIndexerModel", "Bucketizer"),
    "GBTRegressionModel: categories": ("ImputerModel", "Bucketizer", "StringIndexerModel"),
    "GBTClassificationModel: named back": ("IndexToString",),
}

CASES += [
    Case(
        stage=stage,
        name=name,
        stages=stages,
        inputs=INPUTS,
        rows=150,
        also=ALSO.get(f"{stage}: {name}", ()),
    )
    for stage, name, stages in PIPELINES
]
