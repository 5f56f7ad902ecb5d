"""The tables of a project: read at a version, staged, published, inspected, restored."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import nullcontext
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sparkops.config.settings import Settings
from sparkops.errors import SparkopsError, TableError, VersionGone
from sparkops.pipeline.checks.check import RecordedCheck
from sparkops.pipeline.checks.quarantine_summary import QuarantineSummary
from sparkops.pipeline.staging import QUARANTINE_SUFFIX, StagedPart
from sparkops.pipeline.table import Commit, MicroBatch, Pin, PublishedVersion, TableInfo, VersionChange
from sparkops.pipeline.write import Write
from sparkops.tables.backends.protocol import OpenFiles
from sparkops.tables.catalog import Catalog
from sparkops.tables.check_history import append_results, read_results
from sparkops.tables.distinct_values import DistinctReader, DistinctValues
from sparkops.tables.error_messages.spark_errors import explain_error
from sparkops.tables.inspect import Inspector
from sparkops.tables.listing import describe_table
from sparkops.tables.log.commit_info import WriteId
from sparkops.tables.log.retention import VersionRetention
from sparkops.tables.quarantine.quarantine import append_rejected, clear_quarantine
from sparkops.tables.quarantine.release import Releases
from sparkops.tables.quarantine.summary import summarize_quarantine
from sparkops.tables.read import pin_copy, pin_table, read_pinned
from sparkops.tables.schema import Columns
from sparkops.tables.session import Session
from sparkops.tables.staging.plan_file import PlanFiles
from sparkops.tables.streams import TableStreams
from sparkops.tables.version_copies import VersionCopies
from sparkops.tables.write.empty_frame import count_removed
from sparkops.tables.write.publish import Publication, find_published, publish_frame
from sparkops.tables.write.requirements import require_delta
from sparkops.tables.write.restore import require_restorable, restore_table
from sparkops.tables.write.table_staging import TableStaging

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

    from sparkops.tables.compare.replayed_table import ReplayedTables


class Tables:
    """The tables of a project.

    Args:
        spark: The session, or a function that returns it and is called only where Spark is needed. With None,
            operations that need Spark are refused.
        settings: The project's settings.
    """

    def __init__(self, spark: SparkSession | Callable[[], SparkSession] | None, settings: Settings) -> None:
        self._session = Session(spark)
        self._catalog = Catalog(settings)
        self._cache = settings.state / "sources"
        self._inspector = Inspector(self._catalog, self._session, self._cache)

    def pin(self, name: str, *, at: int | None = None, as_of: datetime | None = None) -> Pin:
        """Return the newest version of a table, version `at`, or the version of a moment.

        Raises:
            UnknownName: There is no such table or version.
            VersionGone: Its log or files were removed, and it has no copy.
        """
        try:
            return pin_table(self._catalog, self._session, name, at=at, as_of=as_of)
        except VersionGone:
            copy = pin_copy(self._catalog, self._session, name, at) if at is not None else None
            if copy is None:
                raise
            return copy

    def require_version(self, name: str, version: int) -> None:
        """Refuse a version that the table itself no longer has, even if it has a copy.

        Raises:
            UnknownName: There is no such table or version.
            VersionGone: Its log or files were removed.
        """
        pin_table(self._catalog, self._session, name, at=version)

    def read(self, pin: Pin) -> DataFrame:
        """Return a table at its pin.

        Raises:
            VersionGone: The pinned version or one of its files was removed, or the table was created again.
        """
        return read_pinned(self._catalog, self._session, pin, cache=self._cache)

    def read_distinct(self, pin: Pin, column: str, *, limit: int) -> DistinctValues:
        """Return the distinct values of a column of a table at its pin, without Spark where delta-rs can read them.

        Raises:
            InputError: There is no such column, or it has more values than the limit.
        """
        return DistinctReader(self._catalog, self._session, self._cache).read(pin, column, limit=limit)

    @property
    def staging(self) -> TableStaging:
        """Return the store of staged frames."""
        return TableStaging(self._catalog, self._session)

    @property
    def plans(self) -> PlanFiles:
        """Return the store of publication plans, which are saved beside the staged frames."""
        return PlanFiles(self.staging, self._session)

    def publish(
        self,
        frame: DataFrame,
        write: Write,
        *,
        run_id: str,
        values: Mapping[str, Any] | None = None,
        staged: StagedPart | None = None,
        batch: MicroBatch | None = None,
    ) -> PublishedVersion:
        """Publish a frame exactly once for a run, or for a micro-batch of a stream.

        Args:
            frame: The rows.
            write: Table and mode.
            run_id: The run. A retry finds its commit and writes nothing.
            values: The run's parameters, which define the slice of a `replace`.
            staged: The staged part that the frame reads, whose files can become the table's; None for any other frame.
            batch: The micro-batch of a stream, if the frame is one.
        """
        publication = Publication(
            frame=frame,
            write=write,
            write_id=WriteId(run_id, batch),
            parameters=values or {},
            staged_folder=self.staging.find_local_folder(staged) if staged else None,
            open_files=self._open_files(write, run_id, staged),
        )
        return publish_frame(self._catalog.locate(write.table), self._session, publication)

    def _open_files(self, write: Write, run_id: str, staged: StagedPart | None = None) -> OpenFiles | None:
        """Return the function that opens the files of a frame to commit them unchanged; None if Spark writes the table.

        Without a staged part, the function writes temporary files first.
        """
        if self._catalog.settings.commits == "spark":
            return None
        staging = self.staging
        if staged is not None:
            return lambda _: nullcontext(staging.find_local_folder(staged))
        part = StagedPart(run_id, write.table)
        return lambda frame: staging.temporary_files(frame, part, partition_by=write.partition_by)

    @property
    def replayed(self) -> ReplayedTables:
        """Return what compares replayed rows with the tables."""
        # Imported here, because it imports pyspark, which listing jobs and planning a flow do not need.
        from sparkops.tables.compare.replayed_table import ReplayedTables

        return ReplayedTables(self._catalog, self._session)

    def count_removed(self, write: Write, values: Mapping[str, Any]) -> int:
        """Return the number of rows that publishing a frame without rows would remove.

        Args:
            write: Table and mode.
            values: The run's parameters, which define the slice of a `replace`.
        """
        return count_removed(self._catalog.locate(write.table), self._session, write, values)

    def require_writable(self, table: str) -> None:
        """Refuse to write to a read-only source, before anything is computed."""
        require_delta(self._catalog.locate(table))

    def find_published(
        self, table: str, run_id: str, batch: MicroBatch | None = None
    ) -> PublishedVersion | None:
        """Return the version that a run, or a micro-batch of a stream, published into a table, or None."""
        return find_published(self._catalog.locate(table), self._session, WriteId(run_id, batch))

    def quarantine(
        self,
        frame: DataFrame,
        *,
        table: str,
        run_id: str,
        batch: MicroBatch | None = None,
        replace: bool = False,
    ) -> PublishedVersion:
        """Append rejected rows to the table's quarantine exactly once for a run, or for a micro-batch.

        With `replace` they replace all rows of the quarantine, as the table is overwritten.
        """
        location = self._catalog.locate(self.get_quarantine_name(table))
        open_files = self._open_files(Write(table=location.table), run_id)
        write_id = WriteId(run_id, batch)
        return append_rejected(
            location, self._session, frame, write_id=write_id, open_files=open_files, replace=replace
        )

    def clear_quarantine(self, table: str, *, run_id: str, batch: MicroBatch | None = None) -> None:
        """Remove all rows of a table's quarantine exactly once for a run or micro-batch that overwrites the table."""
        location = self._catalog.locate(self.get_quarantine_name(table))
        clear_quarantine(location, self._session, write_id=WriteId(run_id, batch))

    def get_quarantine_name(self, table: str) -> str:
        """Return the name of a table's quarantine, which is a table, too."""
        return table + QUARANTINE_SUFFIX

    def append_check_results(
        self,
        history: str,
        checks: Sequence[RecordedCheck],
        *,
        run_id: str,
        published: bool,
        batch: MicroBatch | None = None,
    ) -> None:
        """Append check results to the table `history`, exactly once for a run, or for a micro-batch."""
        location, write_id = self._catalog.locate(history), WriteId(run_id, batch)
        append_results(location, self._session, checks, write_id=write_id, published=published)

    def read_check_results(self, history: str, table: str) -> tuple[RecordedCheck, ...]:
        """Return the results in the table `history` about a table's checks, oldest first."""
        return read_results(self._catalog.locate(history), self._session, table)

    def summarize_quarantine(self, table: str, *, run: str | None = None, rows: int = 0) -> QuarantineSummary:
        """Return the summary of a table's quarantine: counts, and the first rows in it."""
        location = self._catalog.locate(self.get_quarantine_name(table))
        return summarize_quarantine(location, self._session, run=run, rows=rows)

    def get_releases(self, table: str) -> Releases:
        """Return the releases of a table's quarantine."""
        return Releases(self._catalog.locate(self.get_quarantine_name(table)), self._session)

    @property
    def streams(self) -> TableStreams:
        """Return the tables as streams."""
        return TableStreams(self._catalog, self._session)

    def list(self) -> tuple[TableInfo, ...]:
        """Return the facts of every table of the catalog and of a local warehouse, by name."""
        return tuple(self.describe(name) for name in self._catalog.list_names())

    def describe(self, name: str) -> TableInfo:
        """Return the facts of a table that a list shows."""
        return describe_table(self._catalog, self._session, name)

    def read_schema(self, name: str, *, at: int | None = None) -> Columns:
        """Return the column names and types of a table."""
        return self._inspector.read_schema(name, at=at)

    def find_schema_json(self, name: str, *, at: int | None = None) -> Mapping[str, Any] | None:
        """Return the schema JSON in the log of a table, without Spark; None where the log is not on this machine."""
        return self._inspector.find_schema_json(name, at=at)

    def read_history(self, name: str, limit: int | None = 20) -> tuple[Commit, ...]:
        """Return the commits of a table, newest first."""
        return self._inspector.read_history(name, limit)

    def find_change(self, name: str, identity: str, before: int, after: int) -> VersionChange | None:
        """Return the rows between two versions of a table of that identity, as far as its log on this machine tells."""
        return self._inspector.find_change(name, identity, before, after)

    def find_columns(self, name: str, identity: str, version: int) -> Columns | None:
        """Return the columns of a version of a table of that identity; None where its log is not on this machine."""
        return self._inspector.find_columns(name, identity, version)

    def count(self, name: str, *, at: int | None = None) -> int:
        """Return the number of rows of a table, from its log where that has it."""
        return self._inspector.count(name, at=at)

    def preview(self, name: str, rows: int = 10, *, at: int | None = None) -> tuple[dict[str, Any], ...]:
        """Return the first rows of a table."""
        return self._inspector.preview(name, rows, at=at)

    def read_arrow(
        self, name: str, version: int | None = None, *, limit: int, committed: bool = False
    ) -> pa.Table:
        """Return the first rows of a table without Spark.

        Args:
            name: The table.
            version: Its version; None for the newest.
            limit: Largest number of rows.
            committed: Whether only rows of files are read that the commit of the version added.

        Raises:
            TableError: Only Spark can read it.
            VersionGone: Files of the version were removed.
        """
        return self._inspector.read_arrow(name, version, limit=limit, committed=committed)

    def restore(
        self, name: str, version: int | None, *, run_id: str | None = None, newest: int | None = None
    ) -> PublishedVersion:
        """Commit a new version of a table that equals an old one; exactly once for a run.

        Args:
            name: The table.
            version: The old version; None removes all rows.
            run_id: The run that restores it; None outside of a run.
            newest: The version that is replaced; None for any.

        Raises:
            VersionGone: The log or files of the old version were removed.
            UnknownName: There is no such table or version.
            TableBusy: Another writer changed the table.
        """
        location = self._inspector.locate_delta(name)

        def require_version() -> None:
            if version is not None:
                self.require_version(name, version)

        return restore_table(
            location, self._session, version, run_id=run_id, newest=newest, require_version=require_version
        )

    def require_restorable(
        self, name: str, version: int | None, *, identity: str, run_id: str, newest: int
    ) -> None:
        """Refuse a table that a run cannot restore, before anything is changed.

        A table that the run restored already is accepted.

        Args:
            name: The table.
            version: The old version; None to remove all rows.
            identity: Delta's id of the table.
            run_id: The run that restores it.
            newest: The version that is replaced.

        Raises:
            TableError: The table was created again.
            VersionGone: The log or files of the old version were removed.
            UnknownName: There is no such table.
            TableBusy: Another writer changed the table.
        """
        location = self._inspector.locate_delta(name)

        def require_version() -> None:
            # The restored version may have another id: some writers give a table a new one.
            if self.pin(name).identity != identity:
                raise TableError(
                    f"Table `{name}` was created again since the rollback was planned, so its versions are others. "
                    "`sparkops tables restore` restores the other tables."
                )
            if version is not None:
                self.require_version(name, version)

        require_restorable(
            location, self._session, run_id=run_id, newest=newest, require_version=require_version
        )

    def examine_versions(
        self, name: str, identity: str, versions: Collection[int]
    ) -> Mapping[int, VersionRetention] | None:
        """Return, for each version of a table of that identity, whether and until when it can be read.

        A version with a copy can be read.

        Returns:
            None where the table's log is not on this machine.
        """
        return self._inspector.examine_versions(name, identity, versions)

    @property
    def copies(self) -> VersionCopies:
        """Return the copies of versions that are to outlive VACUUM."""
        return VersionCopies(self._catalog, self._session)

    def explain(self, error: BaseException) -> SparkopsError | None:
        """Return the error to show for an error of Spark, Delta or the file system; None for any other error."""
        return explain_error(error)
