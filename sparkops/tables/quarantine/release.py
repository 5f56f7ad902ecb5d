"""Release rows from a quarantine: mark, complete, or discard them. Each step is one commit that names the release.

A row whose `_sparkops_release` is set belongs to that release alone. It is completed when `_sparkops_released` is set,
too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sparkops.core.column_name import quote_column
from sparkops.errors import TableBusy
from sparkops.tables.backends.protocol import RowFilter
from sparkops.tables.backends.selection import run_on_backend
from sparkops.tables.backends.spark.commit_settings import use_commit_settings
from sparkops.tables.catalog import Location
from sparkops.tables.log.commit_info import format_user_metadata
from sparkops.tables.log.delta_log import find_version, open_delta_table
from sparkops.tables.quarantine.quarantine import RELEASE_COLUMN, RELEASE_TIME_COLUMN, RUN_COLUMN
from sparkops.tables.quarantine.repair import KEY_COLUMN, hash_row, repair_rows
from sparkops.tables.quarantine.summary import summarize_quarantine
from sparkops.tables.session import Session

if TYPE_CHECKING:
    from delta.tables import DeltaTable
    from pyspark.sql import DataFrame
    from pyspark.sql.types import StructType

# Maximum number of keys in a condition; more keys are joined.
_MAX_KEYS = 1000


@dataclass(frozen=True, slots=True)
class Releases:
    """The releases of one quarantine.

    Args:
        location: The quarantine, which exists.
        session: Runs the commits that delta-rs cannot make.
    """

    location: Location
    session: Session

    def add_release_columns(self, release: str) -> None:
        """Add the columns of releases to the quarantine, if it lacks them."""
        version = find_version(self.location, self.session)
        names = {field["name"] for field in version.schema["fields"]} if version else set()
        if {RELEASE_COLUMN, RELEASE_TIME_COLUMN} <= names:
            return
        columns = {RELEASE_COLUMN: "string", RELEASE_TIME_COLUMN: "timestamp"}
        metadata = format_user_metadata(release, mode="prepare")
        run_on_backend(
            self.location,
            self.session,
            lambda backend: backend.add_columns(columns, user_metadata=metadata),
        )

    def select_unreleased(
        self, target: StructType, repairs: Mapping[str, str], *, run: str | None
    ) -> DataFrame:
        """Return the rows in quarantine, repaired, with the columns of their table and a key.

        Args:
            target: Columns of the table.
            repairs: A Spark SQL expression on the row's own columns, for each column to repair.
            run: Only rows that this run quarantined.
        """
        from pyspark.sql import functions as F

        rows = self._open_table().toDF().where(F.col(RELEASE_COLUMN).isNull())
        if run is not None:
            rows = rows.where(F.col(RUN_COLUMN) == run)
        return repair_rows(rows, target, repairs)

    def mark(self, rows: DataFrame, release: str, *, count: int) -> None:
        """Mark rows with the id of a release, in one commit.

        Args:
            rows: The rows, with the key of each.
            release: Id of the release.
            count: Number of the rows.

        Raises:
            TableBusy: Another release marked one of them first. All of them stay in the quarantine.
        """
        distinct = rows.select(KEY_COLUMN).distinct()
        keys = [row[KEY_COLUMN] for row in distinct.limit(_MAX_KEYS + 1).collect()]
        if len(keys) > _MAX_KEYS:
            self._mark_by_join(distinct, release)
        else:
            self._mark_by_condition(keys, release)
        if self._count(release) != count:
            self.undo(release)
            raise TableBusy(
                f"`{self.location.table}` was changed at the same moment, and nothing was released: run it again."
            )

    def undo(self, release: str) -> None:
        """Return the rows of an uncompleted release to the quarantine."""
        self._update(
            {RELEASE_COLUMN: release, RELEASE_TIME_COLUMN: None}, {RELEASE_COLUMN: None}, release, "unmark"
        )

    def complete(self, release: str) -> int:
        """Record that the rows of a release are in their table; return their number."""
        values = {RELEASE_TIME_COLUMN: datetime.now(UTC)}
        self._update({RELEASE_COLUMN: release, RELEASE_TIME_COLUMN: None}, values, release, "stamp")
        return self._count(release)

    def discard(self, release: str, *, run: str | None) -> int:
        """Record the rows in quarantine as discarded; return their number."""
        values = {RELEASE_COLUMN: release, RELEASE_TIME_COLUMN: datetime.now(UTC)}
        where: RowFilter = {RELEASE_COLUMN: None} | ({} if run is None else {RUN_COLUMN: run})
        self._update(where, values, release, "discard")
        return self._count(release)

    def _mark_by_condition(self, keys: list[str], release: str) -> None:
        from pyspark.sql import functions as F

        names = [quote_column(name) for name in self._open_table().toDF().columns]
        condition = F.col(RELEASE_COLUMN).isNull() & hash_row(names).isin(keys)
        with use_commit_settings(self.session, _build_commit_options(release)):
            self._open_table().update(condition=condition, set={RELEASE_COLUMN: F.lit(release)})

    def _mark_by_join(self, keys: DataFrame, release: str) -> None:
        from pyspark.sql import functions as F

        names = [f"old.{quote_column(name)}" for name in self._open_table().toDF().columns]
        condition = F.col(f"old.{RELEASE_COLUMN}").isNull() & (
            hash_row(names) == F.col(f"chosen.{KEY_COLUMN}")
        )
        with use_commit_settings(self.session, _build_commit_options(release)):
            merge = self._open_table().alias("old").merge(keys.alias("chosen"), condition)
            merge.whenMatchedUpdate(set={RELEASE_COLUMN: F.lit(release)}).execute()

    def _update(self, where: RowFilter, values: Mapping[str, Any], release: str, step: str) -> None:
        metadata = format_user_metadata(release, mode=step)
        run_on_backend(
            self.location,
            self.session,
            lambda backend: backend.update_rows(where, values, user_metadata=metadata),
        )

    def _count(self, release: str) -> int:
        counts = summarize_quarantine(self.location, self.session).counts
        return sum(group.rows for group in counts if group.release == release)

    def _open_table(self) -> DeltaTable:
        return open_delta_table(self.location, self.session)


def _build_commit_options(release: str) -> dict[str, str]:
    return {"userMetadata": format_user_metadata(release, mode="mark")}
