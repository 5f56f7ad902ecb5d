"""Departures with types, from the published file."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from sparkops import job, main


@job(writes="flights")
def clean_flights(raw_flights: DataFrame) -> DataFrame:
    """Select and convert the columns, and mark cancelled flights."""
    return raw_flights.select(
        F.make_date("year", "month", "day").alias("day"),
        F.col("month"),
        F.col("time_hour").alias("scheduled"),
        "hour",
        "minute",
        "carrier",
        "flight",
        F.col("tailnum"),
        "origin",
        "dest",
        "distance",
        "air_time",
        "dep_delay",
        "arr_delay",
        F.col("dep_time").isNull().alias("cancelled"),
    )


if __name__ == "__main__":
    main(clean_flights)
