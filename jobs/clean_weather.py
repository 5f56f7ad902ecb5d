"""Hourly weather by airport, from the published file."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from sparkops import job, main


@job(writes="weather")
def clean_weather(raw_weather: DataFrame) -> DataFrame:
    """Combine readings to one row per airport and hour; the hour in which clocks are set back has two."""
    readings = ["temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip", "pressure", "visib"]
    return raw_weather.groupBy("origin", "time_hour").agg(
        F.first("month").alias("month"), *(F.max(name).alias(name) for name in readings)
    )


if __name__ == "__main__":
    main(clean_weather)
