"""Features of each flight that are known before departure."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from sparkops import job, main

LATE_MINUTES = 15


@job(writes="flight_features", partition_by="month")
def flight_features(flights: DataFrame, weather: DataFrame, planes: DataFrame) -> DataFrame:
    """Join flights with the weather of the hour and with the aircraft."""
    hourly_weather = weather.select(
        "origin",
        F.col("time_hour").alias("scheduled"),
        "temp",
        "humid",
        "wind_speed",
        "precip",
        "pressure",
        "visib",
    )
    aircraft = planes.select("tailnum", F.col("year").alias("built"), "seats", "manufacturer")
    joined = flights.join(hourly_weather, on=["origin", "scheduled"], how="left").join(
        aircraft, on="tailnum", how="left"
    )
    return joined.select(
        F.concat_ws("-", F.date_format("scheduled", "yyyyMMddHH"), "carrier", "flight").alias("flight_id"),
        "month",
        "day",
        F.dayofweek("day").alias("weekday"),
        F.col("hour"),
        "carrier",
        "origin",
        "dest",
        "distance",
        F.col("seats").cast("double").alias("seats"),
        (F.year("day") - F.col("built")).cast("double").alias("plane_age"),
        "temp",
        "humid",
        "wind_speed",
        "precip",
        "pressure",
        "visib",
        F.col("arr_delay"),
        F.when(F.col("arr_delay") > LATE_MINUTES, 1.0)
        .when(F.col("arr_delay").isNotNull(), 0.0)
        .alias("late"),
    )


if __name__ == "__main__":
    main(flight_features)
