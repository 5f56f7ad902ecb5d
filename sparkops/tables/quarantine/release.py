"""Rows of a quarantine on their way back: marked, stamped, or let go. Each step is one commit that names the release.

A row whose `_sparkops_release` is set belongs to that release alone; one with `_sparkops_released` too is done with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sparkops.errors import TableBusy
from sparkops.tables.backends.deltars.release_columns import columns_here, release_here, waiting_here
from sparkops.tables.backends.spark.merge import marked
from sparkops.tables.catalog import Location
from sparkops.tables.log.commit_info import note
from sparkops.tables.log.delta_log import delta_table, tip
from sparkops.tables.quarantine.quarantine import RELEASE_COLUMN, RELEASED_COLUMN, RUN_COLUMN
from sparkops.tables.quarantine.repair import KEY, key, repaired
from sparkops.tables.quarantine.summary import held
from sparkops.tables.session import Session
from sparkops.tables.write.replaced_slice import quoted

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame
    from pyspark.sql.types import StructType

_FEW = 1000  # rows that a condition may name; more are joined


@dataclass(frozen=True, slots=True)
class Releases:
    """The releases of one quarantine.

    Args:
        location: Of the quarantine, which is there.
        session: Where the commits run.
    """

    location: Location
    session: Session

    def prepare(self, release: str) -> None:
        """Give the quarantine its release columns, where it has none yet."""
        found = tip(self.location, self.session)
        names = {field["name"] for field in found.schema["fields"]} if found else set()
        if {RELEASE_COLUMN, RELEASED_COLUMN} <= names:
            return
        if columns_here(self.location, release):
            return
        nothing = self.session.get().createDataFrame(
            [], f"{RELEASE_COLUMN} STRING, {RELEASED_COLUMN} TIMESTAMP"
        )
        writer = nothing.write.format("delta").mode("append")
        writer = writer.options(mergeSchema="true", userMetadata=note(release, mode="prepare"))
        if self.location.name is not None:
            writer.saveAsTable(self.location.name)
        else:
            writer.save(self.location.text)

    def waiting(self, target: StructType, repairs: Mapping[str, str], *, run: str | None) -> DataFrame:
        """Return the rows that still wait, repaired, with a table's columns and a key each.

        Args:
            target: The table's columns.
            repairs: Column to a Spark SQL expression on the row's own columns.
            run: Only what this run held back.
        """
        return repaired(self._table().toDF().where(_waiting(run)), target, repairs)

    def mark(self, rows: DataFrame, release: str, *, count: int) -> None:
        """Give rows to a release, in one commit.

        Args:
            rows: With the key of each.
            release: Its id.
            count: How many they are.

        Raises:
            TableBusy: Another release was quicker to take one of them; all wait again.
        """
        chosen = rows.select(KEY).distinct()
        few = [row[KEY] for row in chosen.limit(_FEW + 1).collect()]
        if len(few) > _FEW:
            self._merge(chosen, release)
        else:
            names = [quoted(name) for name in self._table().toDF().columns]
            self._update(_waiting(None) & key(names).isin(few), {RELEASE_COLUMN: release}, release, "mark")
        if self._count(release) != count:
            self.unmark(release)
            raise TableBusy(
                f"`{self.location.table}` was changed at the same moment, and nothing was released: run it again."
            )

    def _merge(self, chosen: DataFrame, release: str) -> None:
        """Mark more rows than a condition should name."""
        from pyspark.sql import functions as F

        names = [f"old.{quoted(name)}" for name in self._table().toDF().columns]
        same = F.col(f"old.{RELEASE_COLUMN}").isNull() & (key(names) == F.col(f"chosen.{KEY}"))
        with self.session.settings, marked(self.session.get(), _note(release, "mark")):
            merging = self._table().alias("old").merge(chosen.alias("chosen"), same)
            merging.whenMatchedUpdate(set={RELEASE_COLUMN: F.lit(release)}).execute()

    def unmark(self, release: str) -> None:
        """Let a release's rows wait again."""
        if not release_here(self.location, release, "unmark", {RELEASE_COLUMN: None}):
            self._update(_open(release), {RELEASE_COLUMN: None}, release, "unmark")

    def stamp(self, release: str) -> int:
        """Say of a release's rows that they are done with; return how many they are."""
        values = {RELEASED_COLUMN: datetime.now(UTC)}
        if not release_here(self.location, release, "stamp", values):
            self._update(_open(release), values, release, "stamp")
        return self._count(release)

    def discard(self, release: str, *, run: str | None) -> int:
        """Say of the rows that wait that nobody wants them; return how many they are."""
        values = {RELEASE_COLUMN: release, RELEASED_COLUMN: datetime.now(UTC)}
        if not waiting_here(self.location, release, "discard", values, run=run):
            self._update(_waiting(run), values, release, "discard")
        return self._count(release)

    def _update(self, rows: Column, values: Mapping[str, Any], release: str, step: str) -> None:
        from pyspark.sql import functions as F

        columns = {name: F.lit(value) for name, value in values.items()}
        with self.session.settings, marked(self.session.get(), _note(release, step)):
            self._table().update(condition=rows, set=columns)

    def _count(self, release: str) -> int:
        counts = held(self.location, self.session).counts
        return sum(each.rows for each in counts if each.release == release)

    def _table(self) -> Any:
        return delta_table(self.location, self.session)


def _note(release: str, step: str) -> dict[str, str]:
    return {"userMetadata": note(release, mode=step)}


def _waiting(run: str | None) -> Column:
    from pyspark.sql import functions as F

    free = F.col(RELEASE_COLUMN).isNull()
    return free if run is None else free & (F.col(RUN_COLUMN) == run)


def _open(release: str) -> Column:
    """Return the rows that a release has chosen and is not done with."""
    from pyspark.sql import functions as F

    return (F.col(RELEASE_COLUMN) == release) & F.col(RELEASED_COLUMN).isNull()
