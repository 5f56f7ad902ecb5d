"""Commits and reads of a Delta table by Spark, which supports every table and operation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

from sparkops.core.column_name import quote_column
from sparkops.errors import TableBusy
from sparkops.tables.backends.protocol import Restore, RowBatch, RowFilter, RowQuery, TableWrite
from sparkops.tables.backends.replaced_slice import ReplacedSlice
from sparkops.tables.backends.spark.commit_settings import use_commit_settings
from sparkops.tables.backends.spark.constraints import explain_violations
from sparkops.tables.catalog import Location
from sparkops.tables.log.commit_info import WriteId
from sparkops.tables.log.delta_log import open_delta_table, read_schema_json, table_exists
from sparkops.tables.schema import needs_mapping
from sparkops.tables.session import Session

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrameWriter


@dataclass(frozen=True, slots=True)
class SparkBackend:
    """Commits of Spark to one table, and reads of it.

    Args:
        location: The table.
        session: Runs them.
    """

    location: Location
    session: Session

    def write(self, request: TableWrite) -> None:
        """Write a frame: Spark copies its rows into files of the table."""
        with explain_violations(request.frame, request.write.table):
            if request.write.mode == "merge" and request.before is not None:
                self._merge(request)
            else:
                self._overwrite_or_append(request)

    def _overwrite_or_append(self, request: TableWrite) -> None:
        write, before, location = request.write, request.before, self.location
        mode = "append" if write.mode in ("append", "merge") else "overwrite"
        options = dict(request.schema_options)
        if request.replaced is not None:
            options |= _build_replace_options(request, request.replaced)
        # A metastore table that is created in another mode loses the options that identify the write.
        if before is None and location.name is not None:
            mode, options = "overwrite", {}
        if before is None and needs_mapping(read_schema_json(request.frame)):
            options["delta.columnMapping.mode"] = "name"
        writer = request.frame.write.format("delta").mode(mode)
        writer = writer.options(**request.write_id.build_writer_options(mode=write.mode), **options)
        if before is None or location.name is not None or "overwriteSchema" in options:
            partition_by = write.partition_by or (before.partition_by if before else ())
            writer = writer.partitionBy(*(name for name in partition_by if name in request.frame.columns))
        if _has_timestamp_partition(request):
            with use_commit_settings(self.session, {}, utc=True):
                self._save(writer)
        else:
            self._save(writer)

    def append_rows(self, batch: RowBatch, write_id: WriteId, *, txn_version: int) -> None:
        """Append rows; the table is created if it does not exist."""
        ddl = ", ".join(f"{quote_column(name)} {type_name}" for name, type_name in batch.columns.items())
        rows = [tuple(row.values()) for row in batch.rows]
        frame = self.session.get().createDataFrame(rows, ddl).coalesce(1)
        # A metastore table that is created by an append loses the options that identify the write.
        is_new = self.location.name is not None and not table_exists(self.location, self.session)
        options = {**write_id.build_writer_options(mode="append"), "txnVersion": str(txn_version)}
        if self.location.name is None:
            options["mergeSchema"] = "true"
        writer = frame.write.format("delta").mode("overwrite" if is_new else "append")
        self._save(writer.options(**options))

    def add_columns(self, columns: Mapping[str, str], *, user_metadata: str) -> None:
        """Add columns to the table, by appending no row."""
        ddl = ", ".join(f"{quote_column(name)} {type_name}" for name, type_name in columns.items())
        empty = self.session.get().createDataFrame([], ddl)
        writer = empty.write.format("delta").mode("append")
        self._save(writer.options(mergeSchema="true", userMetadata=user_metadata))

    def update_rows(self, where: RowFilter, values: Mapping[str, Any], *, user_metadata: str) -> None:
        """Set columns of the rows that match."""
        from pyspark.sql import functions as F

        table = open_delta_table(self.location, self.session)
        condition = _to_condition(where, table.toDF().columns)
        with use_commit_settings(self.session, {"userMetadata": user_metadata}):
            table.update(condition=condition, set={name: F.lit(value) for name, value in values.items()})

    def read_rows(self, query: RowQuery) -> list[dict[str, Any]]:
        """Return rows of the table."""
        from sparkops.driver.collection import collect_nested

        frame = open_delta_table(self.location, self.session).toDF()
        rows = frame.where(_to_condition(query.where, frame.columns))
        names = [name for name in query.columns or frame.columns if name in frame.columns]
        rows = rows.select(*map(quote_column, names))
        if query.limit is not None:
            rows = rows.limit(query.limit)
        if query.count:
            rows = rows.groupBy(*map(quote_column, names)).count()
        return collect_nested(rows)

    def restore(self, request: Restore) -> None:
        """Commit a new version with the rows, columns and properties of an earlier one, or without rows.

        Raises:
            TableBusy: Another writer changed the table at the same time.
        """
        table = open_delta_table(self.location, self.session)
        if table.history(1).collect()[0]["version"] != request.newest:
            raise TableBusy(f"`{self.location.table}` was changed at the same time: run it again.")
        with use_commit_settings(self.session, request.commit_options):
            if request.version is None:
                table.delete()
            else:
                table.restoreToVersion(request.version)

    def _merge(self, request: TableWrite) -> None:
        """Update the rows whose keys are in the table and insert the others; null equals null."""
        from pyspark.sql import functions as F

        keys = [
            F.col(f"old.{quote_column(key)}").eqNullSafe(F.col(f"new.{quote_column(key)}"))
            for key in request.write.by
        ]
        matched = reduce(lambda one, other: one & other, keys)
        options = request.write_id.build_writer_options(mode=request.write.mode)
        utc = _has_timestamp_partition(request)
        with use_commit_settings(self.session, options, utc=utc):
            table = open_delta_table(self.location, self.session).alias("old")
            merge = table.merge(request.frame.alias("new"), matched)
            if request.write.schema_change:
                merge = merge.withSchemaEvolution()
            condition, values = _build_update_condition(request), _build_assignments(request)
            if values is None:
                merge.whenMatchedUpdateAll(condition).whenNotMatchedInsertAll().execute()
            else:
                merge.whenMatchedUpdate(condition, set=values).whenNotMatchedInsert(values=values).execute()

    def _save(self, writer: DataFrameWriter) -> None:
        if self.location.name is not None:
            writer.saveAsTable(self.location.name)
        else:
            writer.save(self.location.address)


def _build_assignments(request: TableWrite) -> dict[str, Column] | None:
    """Return the values that a merge assigns to the columns of the frame; None if it has all columns of the table."""
    from pyspark.sql import functions as F

    names = {name.lower() for name in request.frame.columns}
    fields = request.before.schema["fields"] if request.before else ()
    if all(field["name"].lower() in names for field in fields):
        return None
    quoted = map(quote_column, request.frame.columns)
    return {name: F.col(f"new.{name}") for name in quoted}


def _has_timestamp_partition(request: TableWrite) -> bool:
    names = request.write.partition_by or (request.before.partition_by if request.before else ())
    types = {field.name.lower(): field.dataType.typeName() for field in request.frame.schema.fields}
    return any(types.get(name.lower()) == "timestamp" for name in names)


def _build_update_condition(request: TableWrite) -> Column | None:
    """Return the condition that row `new` is not older than row `old` of its key; None if rows have no order."""
    from pyspark.sql import functions as F

    names = request.write.order_by
    if not names:
        return None
    fields = request.before.schema["fields"] if request.before else ()
    known = {field["name"].lower(): field["name"] for field in fields}
    new, old = [], []
    for number, name in enumerate(names):
        value = F.col(f"new.{quote_column(name)}")
        # The value of a column that the table lacks is null.
        present = known.get(name.lower())
        old_value = F.col(f"old.{quote_column(present)}") if present else F.nullif(value, value)
        new.append(value.alias(f"c{number}"))
        old.append(old_value.alias(f"c{number}"))
    # Spark compares structs field by field, and null is the lowest value of a field.
    return F.struct(*new) >= F.struct(*old)


def _build_replace_options(request: TableWrite, replaced: ReplacedSlice) -> dict[str, str]:
    """Return the writer options that limit an overwrite to the slice."""
    before = request.before
    if before is not None and not replaced.conditions and set(replaced.columns) == set(before.partition_by):
        return {"partitionOverwriteMode": "dynamic"}
    return {"replaceWhere": replaced.build_condition(request.frame)}


def _to_condition(where: RowFilter, columns: list[str]) -> Column:
    from pyspark.sql import functions as F

    condition = F.lit(True)
    for name, value in where.items():
        if name not in columns:
            # A column that the table lacks is null.
            condition = condition & F.lit(value is None)
        elif value is None:
            condition = condition & F.col(quote_column(name)).isNull()
        else:
            condition = condition & (F.col(quote_column(name)) == value)
    return condition
