"""Delays of one day by carrier."""

from datetime import date
from typing import Literal

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from sparkops import job, main


@job(writes="daily_delays", replace="day")
def daily_delays(
    flights: DataFrame, *, day: date, origin: Literal["JFK", "LGA", "EWR"] | None = None
) -> DataFrame:
    """Average delay by carrier on one day.

    Args:
        day: The day, 2013-01-01 to 2013-12-31.
        origin: Airport of departure; all three by default.
    """
    selected = flights.where(F.col("day") == day)
    if origin is not None:
        selected = selected.where(F.col("origin") == origin)
    return selected.groupBy("day", "carrier").agg(
        F.count("*").alias("flights"),
        F.avg("dep_delay").alias("dep_delay"),
        F.avg("arr_delay").alias("arr_delay"),
    )


if __name__ == "__main__":
    main(daily_delays)
