"""Predicted lateness of a month's flights, by the registered champion."""

from typing import Annotated

from pydantic import Field
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from sparkops import ModelVersion, job, main


@job(writes="flight_scores", replace="month", partition_by="month")
def score_flights(
    flight_features: DataFrame, late_arrival: ModelVersion, *, month: Annotated[int, Field(ge=1, le=12)]
) -> DataFrame:
    """Score the flights of one month and store the model version with every row.

    Args:
        month: Month of 2013.
    """
    scored = late_arrival.transform(flight_features.where(F.col("month") == month), arrays=True)
    return scored.select(
        "flight_id",
        "month",
        "day",
        "carrier",
        "origin",
        F.col("late"),
        F.col("probability")[1].alias("late_probability"),
        F.col("prediction").alias("late_predicted"),
        "model_version",
    )


if __name__ == "__main__":
    main(score_flights)
