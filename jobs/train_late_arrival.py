"""A model of late arrival, from what is known before departure."""

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

NAMES = ["carrier", "origin", "dest"]
NUMBERS = ["hour", "weekday", "month", "distance"]
GAPPY = ["seats", "plane_age", "temp", "humid", "wind_speed", "precip", "pressure", "visib"]
INPUTS = [*NAMES, *NUMBERS, *GAPPY]


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
    """Fit a pipeline on the first months and measure it on later ones.

    Args:
        kind: Logistic regression, gradient-boosted trees or a random forest.
        max_iter: Iterations of the logistic regression; rounds of boosting.
        trees: Trees of the random forest.
        depth: Depth of each tree.
        train_until: Last month of 2013 that is trained on.
        heldout_until: Last month that is held out, from the month after.
    """
    known = flight_features.where(F.col("late").isNotNull()).select("flight_id", *INPUTS, "late")
    past = known.where(F.col("month") <= train_until)
    later = known.where(F.col("month").between(train_until + 1, heldout_until))
    classifier = {
        "lr": LogisticRegression(labelCol="late", maxIter=max_iter, regParam=1e-4),
        "gbt": GBTClassifier(labelCol="late", maxIter=max_iter, maxDepth=depth, seed=7),
        "rf": RandomForestClassifier(labelCol="late", numTrees=trees, maxDepth=depth, seed=7),
    }[kind]
    fitted = Pipeline(stages=[*_features(), classifier]).fit(past)
    return Model(fitted=fitted, example=past.select(*INPUTS), heldout=later, evaluate=_measure, label="late")


def _features() -> list:
    codes = [f"{name}_code" for name in NAMES]
    slots = [f"{name}_slot" for name in NAMES]
    filled = [f"{name}_filled" for name in GAPPY]
    return [
        StringIndexer(inputCols=NAMES, outputCols=codes, handleInvalid="keep"),
        OneHotEncoder(inputCols=codes, outputCols=slots, handleInvalid="keep"),
        Imputer(inputCols=GAPPY, outputCols=filled, strategy="median"),
        VectorAssembler(inputCols=[*NUMBERS, *filled], outputCol="numbers"),
        StandardScaler(inputCol="numbers", outputCol="scaled", withMean=True),
        VectorAssembler(inputCols=[*slots, "scaled"], outputCol="features"),
    ]


def _measure(scored: DataFrame) -> Mapping[str, float]:
    """AUC, log loss and share of late flights (Bradley 1997; natural logarithm)."""
    area = BinaryClassificationEvaluator(labelCol="late", rawPredictionCol="rawPrediction").evaluate(scored)
    tiny = F.lit(1e-12)
    chance = F.greatest(F.least(vector_to_array("probability")[1], 1 - tiny), tiny)
    losses = scored.select("late", chance.alias("p"))
    row = losses.agg(
        F.avg(-F.when(F.col("late") == 1.0, F.log("p")).otherwise(F.log(1 - F.col("p")))).alias("log_loss"),
        F.avg("late").alias("late_share"),
    ).first()
    return {"auc": area, "log_loss": row["log_loss"], "late_share": row["late_share"]}


if __name__ == "__main__":
    main(train_late_arrival)
