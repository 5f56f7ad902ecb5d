"""Orders that name a shop."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from sparkops import job, main


@job
def orders(raw_orders: DataFrame) -> DataFrame:
    """Keep the orders that name a shop."""
    return raw_orders.where(F.col("shop").isNotNull())


if __name__ == "__main__":
    main(orders)
