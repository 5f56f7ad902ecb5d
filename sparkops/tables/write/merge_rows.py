"""The rows of a merge: one for each key, the newest by the columns `order_by`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sparkops.core.column_name import quote_column
from sparkops.errors import BadData
from sparkops.pipeline.write import Write

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame
    from pyspark.sql.types import StructField

_RANK, _NUMBER, _COUNT = "_sparkops_rank", "_sparkops_number", "_sparkops_count"


def keep_newest(frame: DataFrame, write: Write) -> DataFrame:
    """Return the rows with the greatest values of `order_by` of each key; equal rows are one row.

    Null is the lowest value. Different rows of a key stay if all of them have its greatest order; `require_unique_keys`
    refuses them.
    """
    if write.mode != "merge" or not write.order_by:
        return frame
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    order = [F.col(quote_column(name)).desc_nulls_last() for name in write.order_by]
    window = Window.partitionBy(*map(quote_column, write.by)).orderBy(*order)
    ranked = frame.withColumn(_RANK, F.rank().over(window)).where(F.col(_RANK) == 1)
    equal = Window.partitionBy(*map(_to_comparable, frame.schema.fields)).orderBy(F.lit(1))
    numbered = ranked.withColumn(_NUMBER, F.row_number().over(equal)).where(F.col(_NUMBER) == 1)
    return numbered.select(*map(quote_column, frame.columns))


def _to_comparable(field: StructField) -> Column:
    """Return the values of a column, as text where Spark cannot compare them."""
    from pyspark.sql import functions as F

    column, type_name = F.col(quote_column(field.name)), field.dataType.simpleString()
    options = dict.fromkeys(("timestampFormat", "timestampNTZFormat"), "yyyy-MM-dd'T'HH:mm:ss.SSSSSS")
    if "map<" in type_name or "variant" in type_name:
        return F.to_json(F.struct(column), {"ignoreNullFields": "false", **options})
    return column


def require_unique_keys(frame: DataFrame, write: Write) -> None:
    """Refuse a frame to merge that has several rows with one key, because either could win. Null equals null.

    Raises:
        BadData: There is such a key; the message contains it.
    """
    from pyspark.sql import functions as F

    from sparkops.driver.collection import collect_rows

    names = [quote_column(key) for key in write.by]
    counts = frame.groupBy(*names).agg(F.count("*").alias(_COUNT))
    for key in collect_rows(counts.where(F.col(_COUNT) > 1).limit(1)):
        rows = key.pop(_COUNT)
        raise BadData(_explain_duplicate(write, key, rows))


def _explain_duplicate(write: Write, key: Mapping[str, Any], rows: int) -> str:
    keys = ", ".join(quote_column(name) for name in write.by)
    if write.order_by:
        order = ", ".join(quote_column(name) for name in write.order_by)
        return (
            f"Table `{write.table}` is merged on {keys}, and the frame has {rows:,} different rows with the "
            f"key {key} and the same greatest {order}, so that none of them is the newest: keep one of them, "
            "or add a column to `order_by`."
        )
    return (
        f"Table `{write.table}` is merged on {keys}, and the frame has {rows:,} rows with the key "
        f"{key}: keep one row per key, or name the column that orders them, as in "
        '`order_by="updated_at"`, and the newest row is kept.'
    )
