"""A model that predicts late arrival from what is known before departure."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field
from pyspark.ml import Pipeline
from pyspark.ml.classification import GBTClassifier, LogisticRegression, RandomForestClassifier
from pyspark.ml.evaluation import BinaryClassificationEvaluator
from pyspark.ml.feature import Imputer, OneHotEncoder, StandardScaler, StringIndexer, VectorAssembler
from pyspark.ml.functions import vector_to_array
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from sparkops import Gate, Model, job, main

CATEGORICAL = ["carrier", "origin", "dest"]
NUMERIC = ["hour", "weekday", "month", "distance"]
WITH_NULLS = ["seats", "plane_age", "temp", "humid", "wind_speed", "precip", "pressure", "visib"]
INPUTS = [*CATEGORICAL, *NUMERIC, *WITH_NULLS]


@job(gates=[Gate(metric="auc", at_least=0.62), Gate(metric="auc", not_worse=True, tolerance=0.001)])
def train_late_arrival(
    flight_features: DataFrame,
    *,
    kind: Literal["lr", "gbt", "rf"] = "lr",
    max_iter: Annotated[int, Field(ge=1, le=500)] = 20,
    trees: Annotated[int, Field(ge=1, le=500)] = 20,
    depth: Annotated[int, Field(ge=1, le=10)] = 5,
    train_until: Annotated[int, Field(ge=1, le=11)] = 9,
    heldout_until: Annotated[int, Field(ge=2, le=12)] = 11,
) -> Model:
    """Fit a pipeline on the first months of 2013 and evaluate it on later ones.

    Args:
        kind: Logistic regression, gradient-boosted trees or a random forest.
        max_iter: Iterations of the logistic regression, or rounds of boosting.
        trees: Number of trees of the random forest.
        depth: Depth of each tree.
        train_until: Last month of the training data.
        heldout_until: Last month of the held-out data, which begins after the training data.
    """
    arrived = flight_features.where(F.col("late").isNotNull()).select("flight_id", *INPUTS, "late")
    train = arrived.where(F.col("month") <= train_until)
    heldout = arrived.where(F.col("month").between(train_until + 1, heldout_until))
    classifier = {
        "lr": LogisticRegression(labelCol="late", maxIter=max_iter, regParam=1e-4),
        "gbt": GBTClassifier(labelCol="late", maxIter=max_iter, maxDepth=depth, seed=7),
        "rf": RandomForestClassifier(labelCol="late", numTrees=trees, maxDepth=depth, seed=7),
    }[kind]
    fitted = Pipeline(stages=[*_feature_stages(), classifier]).fit(train)
    return Model(
        fitted=fitted, example=train.select(*INPUTS), heldout=heldout, evaluate=_evaluate, label="late"
    )


def _feature_stages() -> list:
    indexes = [f"{name}_code" for name in CATEGORICAL]
    vectors = [f"{name}_slot" for name in CATEGORICAL]
    imputed = [f"{name}_filled" for name in WITH_NULLS]
    return [
        StringIndexer(inputCols=CATEGORICAL, outputCols=indexes, handleInvalid="keep"),
        OneHotEncoder(inputCols=indexes, outputCols=vectors, handleInvalid="keep"),
        Imputer(inputCols=WITH_NULLS, outputCols=imputed, strategy="median"),
        VectorAssembler(inputCols=[*NUMERIC, *imputed], outputCol="numbers"),
        StandardScaler(inputCol="numbers", outputCol="scaled", withMean=True),
        VectorAssembler(inputCols=[*vectors, "scaled"], outputCol="features"),
    ]


def _evaluate(scored: DataFrame) -> Mapping[str, float]:
    """Return the area under the ROC curve, the log loss (natural logarithm) and the share of late flights."""
    auc = BinaryClassificationEvaluator(labelCol="late", rawPredictionCol="rawPrediction").evaluate(scored)
    epsilon = F.lit(1e-12)
    probability = F.greatest(F.least(vector_to_array("probability")[1], 1 - epsilon), epsilon)
    probabilities = scored.select("late", probability.alias("p"))
    row = probabilities.agg(
        F.avg(-F.when(F.col("late") == 1.0, F.log("p")).otherwise(F.log(1 - F.col("p")))).alias("log_loss"),
        F.avg("late").alias("late_share"),
    ).first()
    return {"auc": auc, "log_loss": row["log_loss"], "late_share": row["late_share"]}


if __name__ == "__main__":
    main(train_late_arrival)
