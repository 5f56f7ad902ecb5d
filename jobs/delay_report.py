"""A month's delays on one page."""

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
    """Say how late a month's flights came, where, when, and how well the model foresaw it.

    Args:
        month: Month of 2013.
        origin: One airport of departure; all three where it is left out.
        top: How many carriers and destinations the tables name.
    """
    flights = _chosen(flight_features, month, origin).cache()
    scores = _chosen(flight_scores, month, origin).where(F.col("late").isNotNull())
    whole = flights.agg(
        F.count("*").alias("flights"),
        F.count("arr_delay").alias("arrived"),
        F.avg("late").alias("late"),
        F.avg("arr_delay").alias("delay"),
        F.percentile_approx("arr_delay", 0.9).alias("worst_tenth"),
    ).first()
    return Report(
        title=f"Arrival delays, {month:02d}/2013" + (f", from {origin}" if origin else ""),
        summary="A flight is late when it arrives more than 15 minutes after its time.",
        numbers=[
            Number("Flights", whole["flights"], fmt=",d"),
            Number("Late", _percent(whole["late"]), "%", "of the flights that arrived", fmt=".1f"),
            Number("Mean arrival delay", whole["delay"], "min", fmt=".1f"),
            Number("Worst tenth from", whole["worst_tenth"], "min", fmt=".0f"),
            Number(
                "Never arrived", whole["flights"] - whole["arrived"], note="cancelled or diverted", fmt=",d"
            ),
        ],
        parts=[*_when(flights), *_where(flights, airlines, top), *_foreseen(scores)],
    )


def _chosen(frame: DataFrame, month: int, origin: str | None) -> DataFrame:
    chosen = frame.where(F.col("month") == month)
    return chosen if origin is None else chosen.where(F.col("origin") == origin)


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _late_share(frame: DataFrame, *by: str) -> DataFrame:
    return frame.groupBy(*by).agg(
        F.count("*").alias("flights"),
        (100 * F.avg("late")).alias("late_percent"),
        F.avg("arr_delay").alias("delay"),
    )


def _when(flights: DataFrame) -> list[Plot]:
    days = _late_share(flights, "day", "origin").orderBy("day", "origin")
    hours = _late_share(flights.where(F.col("hour") >= 5), "hour").orderBy("hour")
    return [
        Plot("Late flights by day", days, "line", x="day", y="late_percent", by="origin", y_label="late, %"),
        Plot("Late flights by hour of departure", hours, "bar", x="hour", y="late_percent",
             x_label="hour of scheduled departure", y_label="late, %"),
    ]  # fmt: skip


def _where(flights: DataFrame, airlines: DataFrame, top: int) -> list[Plot | Table]:
    named = flights.join(F.broadcast(airlines), on="carrier", how="left")
    carriers = _late_share(named, "carrier", "name").orderBy(F.desc("flights")).limit(top)
    worst = _late_share(flights, "dest").where(F.col("flights") >= 30).orderBy(F.desc("delay")).limit(top)
    formats = {"flights": ",d", "late_percent": ".1f", "delay": ".1f"}
    labels = {"late_percent": "late, %", "delay": "mean delay, min"}
    return [
        Plot("Late flights by airline", carriers, "barh", x="name", y="late_percent", y_label="late, %"),
        Table(f"The {top} airlines with most flights", carriers, formats=formats, labels=labels),
        Table(f"The {top} destinations with the longest delays", worst, "With 30 flights or more.",
              formats=formats, labels=labels),
    ]  # fmt: skip


def _foreseen(scores: DataFrame) -> list[Plot]:
    chance, came = 100 * F.avg("late_probability"), 100 * F.avg("late")
    bins = (
        scores.groupBy(F.least(F.floor(F.col("late_probability") * 10), F.lit(9)).alias("bin"))
        .agg(chance.alias("foreseen"), came.alias("what came"), F.count("*").alias("n"))
        .where(F.col("n") >= 20)
        .withColumn("were it always right", F.col("foreseen"))
    )
    lines = bins.unpivot("foreseen", ["what came", "were it always right"], "line", "late")
    return [
        Plot("What the model foresaw, and what came", lines.orderBy("foreseen"), "line", x="foreseen", y="late", by="line",
             x_label="predicted chance of being late, %", y_label="share that was late, %",
             note="Each point is a tenth of the scale with 20 flights or more."),
    ]  # fmt: skip


if __name__ == "__main__":
    main(delay_report)
