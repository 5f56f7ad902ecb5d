"""Sales by shop on one day."""

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from sparkops import job, main


@job(replace=("day", "shop"))
def daily_sales(orders: DataFrame, *, day: date, shop: str | None = None) -> DataFrame:
    """Sum the orders of one day by shop.

    Args:
        day: The day.
        shop: One shop, of which only the rows are replaced; all shops by default.
    """
    selected = orders.where(F.col("day") == day)
    if shop is not None:
        selected = selected.where(F.col("shop") == shop)
    return selected.groupBy("day", "shop").agg(F.count("*").alias("orders"), F.sum("amount").alias("amount"))


if __name__ == "__main__":
    main(daily_sales)
