"""Delays of one day by carrier."""

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from sparkops import job, main


@job(writes="daily_delays", replace="day")
def daily_delays(flights: DataFrame, *, day: date) -> DataFrame:
    """Average delay by carrier on one day.

    Args:
        day: The day, 2013-01-01 to 2013-12-31.
    """
    selected = flights.where(F.col("day") == day)
    return selected.groupBy("day", "carrier").agg(
        F.count("*").alias("flights"),
        F.avg("dep_delay").alias("dep_delay"),
        F.avg("arr_delay").alias("arr_delay"),
    )


if __name__ == "__main__":
    main(daily_delays)
