"""Merge a frame into a table on its keys, once for a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import reduce
from typing import TYPE_CHECKING

from sparkops.errors import BadData
from sparkops.pipeline.write import Write
from sparkops.tables.catalog import Location
from sparkops.tables.log.delta_log import delta_table
from sparkops.tables.session import Session
from sparkops.tables.write.replaced_slice import quoted

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

# A merge or an update takes no options of its own: it is marked by settings of the session.
_SETTINGS = {
    "txnAppId": "spark.databricks.delta.write.txnAppId",
    "txnVersion": "spark.databricks.delta.write.txnVersion",
    "userMetadata": "spark.databricks.delta.commitInfo.userMetadata",
}


def merge(
    location: Location, session: Session, frame: DataFrame, write: Write, marks: Mapping[str, str]
) -> None:
    """Update the rows whose keys stand in the table and insert the others.

    Args:
        location: Where the table stands.
        session: Its settings carry the marks for the time of the merge.
        frame: The rows.
        write: Its `by` are the keys; null equals null.
        marks: `txnAppId`, `txnVersion` and `userMetadata` of the commit.
    """
    from pyspark.sql import functions as F

    keys = [F.col(f"old.{quoted(k)}").eqNullSafe(F.col(f"new.{quoted(k)}")) for k in write.by]
    matched = reduce(lambda one, other: one & other, keys)
    with session.settings, marked(session.get(), marks):
        merging = delta_table(location, session).alias("old").merge(frame.alias("new"), matched)
        if write.schema_change:
            merging = merging.withSchemaEvolution()
        merging.whenMatchedUpdateAll().whenNotMatchedInsertAll().execute()


def require_unique(frame: DataFrame, write: Write) -> None:
    """Refuse a frame in which a merge key stands twice: either row could win.

    Raises:
        BadData: It shows one such key.
    """
    from pyspark.sql import functions as F

    names = [quoted(key) for key in write.by]
    twice = frame.groupBy(*names).agg(F.count("*").alias("_rows")).where(F.col("_rows") > 1).first()
    if twice is not None:
        facts = twice.asDict()
        count = facts.pop("_rows")
        raise BadData(
            f"Table `{write.table}` is merged on {', '.join(names)}, and the frame has {count:,} rows with the key "
            f"{facts}: keep one row a key."
        )


@contextmanager
def marked(spark: SparkSession, marks: Mapping[str, str]) -> Iterator[None]:
    """Set the marks for a while, and leave the session as it was."""
    before: dict[str, str | None] = {_SETTINGS[m]: spark.conf.get(_SETTINGS[m], None) for m in marks}
    try:
        for mark, value in marks.items():
            spark.conf.set(_SETTINGS[mark], value)
        yield
    finally:
        for setting, old in before.items():
            if old is None:
                spark.conf.unset(setting)
            else:
                spark.conf.set(setting, old)
