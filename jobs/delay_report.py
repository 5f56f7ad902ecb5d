"""Delays of one month as a report."""

from typing import Annotated, Literal

from pydantic import Field
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from sparkops import Report, job, main
from sparkops.report import Number, Plot, Table

Month = Annotated[int, Field(ge=1, le=12)]
Airport = Literal["JFK", "LGA", "EWR"]


@job
def delay_report(
    flight_features: DataFrame,
    flight_scores: DataFrame,
    airlines: DataFrame,
    *,
    month: Month,
    origin: Airport | None = None,
    top: Annotated[int, Field(ge=1, le=50)] = 10,
) -> Report:
    """Report a month's delays by time, airline and destination, and the calibration of the model's predictions.

    Args:
        month: Month of 2013.
        origin: Airport of departure; all three by default.
        top: Number of carriers and destinations in the tables.
    """
    flights = _select(flight_features, month, origin).cache()
    scores = _select(flight_scores, month, origin).where(F.col("late").isNotNull())
    totals = flights.agg(
        F.count("*").alias("flights"),
        F.count("arr_delay").alias("arrived"),
        F.avg("late").alias("late"),
        F.avg("arr_delay").alias("delay"),
        F.percentile_approx("arr_delay", 0.9).alias("delay_p90"),
    ).first()
    return Report(
        title=f"Arrival delays, {month:02d}/2013" + (f", from {origin}" if origin else ""),
        summary="A flight is late when it arrives more than 15 minutes after its scheduled time.",
        numbers=[
            Number("Flights", totals["flights"], fmt=",d"),
            Number("Late", _percent(totals["late"]), "%", "of the flights that arrived", fmt=".1f"),
            Number("Mean arrival delay", totals["delay"], "min", fmt=".1f"),
            Number("90th percentile of the delay", totals["delay_p90"], "min", fmt=".0f"),
            Number(
                "Not arrived", totals["flights"] - totals["arrived"], note="cancelled or diverted", fmt=",d"
            ),
        ],
        parts=[
            *_plots_by_time(flights),
            *_parts_by_carrier_and_destination(flights, airlines, top),
            _calibration(scores),
        ],
    )


def _select(frame: DataFrame, month: int, origin: str | None) -> DataFrame:
    selected = frame.where(F.col("month") == month)
    return selected if origin is None else selected.where(F.col("origin") == origin)


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _delays_by(frame: DataFrame, *by: str) -> DataFrame:
    return frame.groupBy(*by).agg(
        F.count("*").alias("flights"),
        (100 * F.avg("late")).alias("late_percent"),
        F.avg("arr_delay").alias("delay"),
    )


def _plots_by_time(flights: DataFrame) -> list[Plot]:
    days = _delays_by(flights, "day", "origin").orderBy("day", "origin")
    hours = _delays_by(flights.where(F.col("hour") >= 5), "hour").orderBy("hour")
    return [
        Plot("Late flights by day", days, "line", x="day", y="late_percent", by="origin", y_label="late, %"),
        Plot("Late flights by hour of departure", hours, "bar", x="hour", y="late_percent",
             x_label="hour of scheduled departure", y_label="late, %"),
    ]  # fmt: skip


def _parts_by_carrier_and_destination(
    flights: DataFrame, airlines: DataFrame, top: int
) -> list[Plot | Table]:
    with_names = flights.join(F.broadcast(airlines), on="carrier", how="left")
    carriers = _delays_by(with_names, "carrier", "name").orderBy(F.desc("flights")).limit(top)
    worst = _delays_by(flights, "dest").where(F.col("flights") >= 30).orderBy(F.desc("delay")).limit(top)
    formats = {"flights": ",d", "late_percent": ".1f", "delay": ".1f"}
    labels = {"late_percent": "late, %", "delay": "mean delay, min"}
    return [
        Plot("Late flights by airline", carriers, "barh", x="name", y="late_percent", y_label="late, %"),
        Table(f"The {top} airlines with the most flights", carriers, formats=formats, labels=labels),
        Table(f"The {top} destinations with the longest delays", worst, "Destinations with at least 30 flights.",
              formats=formats, labels=labels),
    ]  # fmt: skip


def _calibration(scores: DataFrame) -> Plot:
    predicted, observed = 100 * F.avg("late_probability"), 100 * F.avg("late")
    bins = (
        scores.groupBy(F.least(F.floor(F.col("late_probability") * 10), F.lit(9)).alias("bin"))
        .agg(predicted.alias("predicted"), observed.alias("observed"), F.count("*").alias("flights"))
        .where(F.col("flights") >= 20)
        .withColumn("perfect calibration", F.col("predicted"))
    )
    lines = bins.unpivot("predicted", ["observed", "perfect calibration"], "line", "late")
    return Plot("Predicted and observed lateness", lines.orderBy("predicted"), "line", x="predicted", y="late", by="line",
                x_label="predicted probability of being late, %", y_label="share that was late, %",
                note="Each point is a bin of ten percentage points with at least 20 flights.")  # fmt: skip


if __name__ == "__main__":
    main(delay_report)
