"""Cases of DecisionTreeRegressionModel."""

from __future__ import annotations

from typing import Any

from parity.case import case
from parity.pipelines import SCALAR_COLUMNS, scalar_features


@case(
    "DecisionTreeRegressionModel",
    "variances, and leaves of every kind of tree",
    inputs=["v"],
    frame="vectors",
)
def variances_and_leaves() -> list[Any]:
    from pyspark.ml.regression import DecisionTreeRegressor, GBTRegressor, RandomForestRegressor

    common: dict[str, Any] = {"featuresCol": "v", "labelCol": "y", "maxDepth": 3, "seed": 1}
    return [
        DecisionTreeRegressor(**common, varianceCol="spread", leafCol="leaf_a", predictionCol="a"),
        RandomForestRegressor(**common, numTrees=3, leafCol="leaf_b", predictionCol="b"),
        GBTRegressor(**common, maxIter=2, leafCol="leaf_c", predictionCol="c"),
    ]


@case("DecisionTreeRegressionModel", "leaves of categories", inputs=["c", "d", "x"])
def leaves_of_categories() -> list[Any]:
    from pyspark.ml.feature import StringIndexer, VectorAssembler
    from pyspark.ml.regression import DecisionTreeRegressor, RandomForestRegressor

    return [
        StringIndexer(inputCols=["c", "d"], outputCols=["ci", "di"], handleInvalid="keep"),
        VectorAssembler(inputCols=["ci", "di", "x"], outputCol="v", handleInvalid="keep"),
        DecisionTreeRegressor(
            featuresCol="v", labelCol="y", varianceCol="spread", leafCol="leaf_a", predictionCol="one"
        ),
        RandomForestRegressor(
            featuresCol="v", labelCol="y", numTrees=4, leafCol="leaf_b", predictionCol="many", seed=1
        ),
    ]


@case("DecisionTreeRegressionModel", "categories", inputs=SCALAR_COLUMNS, rows=150)
def categories() -> list[Any]:
    from pyspark.ml.regression import DecisionTreeRegressor

    return [*scalar_features(one_hot=False), DecisionTreeRegressor(labelCol="y")]
