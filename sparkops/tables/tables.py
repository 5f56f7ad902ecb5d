"""The project's tables: read at a version, staged, published, listed, restored."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sparkops.config.settings import Settings
from sparkops.errors import SparkopsError
from sparkops.pipeline.check import RecordedCheck
from sparkops.pipeline.quarantine_summary import QuarantineSummary
from sparkops.pipeline.table import Commit, MicroBatch, Pin, PublishedVersion, TableInfo
from sparkops.pipeline.write import Write
from sparkops.tables import inspect, read
from sparkops.tables.backends.deltars.commit_files import Files
from sparkops.tables.catalog import QUARANTINE, Catalog
from sparkops.tables.check_history.history import append as append_results
from sparkops.tables.check_history.history import read as read_results
from sparkops.tables.error_messages.translation import explain
from sparkops.tables.log.commit_info import Mark
from sparkops.tables.quarantine.quarantine import quarantine
from sparkops.tables.quarantine.release import Releases
from sparkops.tables.quarantine.summary import held
from sparkops.tables.session import Session
from sparkops.tables.staging import stage
from sparkops.tables.streams import Streams
from sparkops.tables.write.publish import find, publish, require_delta

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


class Tables:
    """The tables of a project.

    Args:
        spark: The session, or what returns it: called only where Spark is needed. None: what needs it is refused.
        settings: The project's settings.
    """

    def __init__(self, spark: SparkSession | Callable[[], SparkSession] | None, settings: Settings) -> None:
        self._session = Session(spark)
        self._catalog = Catalog(settings)
        self._cache = settings.state / "sources"

    def pin(self, name: str, *, at: int | None = None, as_of: datetime | None = None) -> Pin:
        """Return the version of a table that is meant: the newest, `at`, or the one of a moment.

        Raises:
            UnknownName: There is no such table or version.
            VersionGone: Its log or files were cleaned away.
        """
        return read.pin(self._catalog, self._session, name, at=at, as_of=as_of)

    def read(self, pin: Pin) -> DataFrame:
        """Return a table at its pin.

        Raises:
            VersionGone: What was pinned is no longer there.
        """
        return read.read(self._catalog, self._session, pin, cache=self._cache)

    def stage(
        self, frame: DataFrame, *, table: str, run_id: str, partition_by: Sequence[str] = ()
    ) -> DataFrame:
        """Compute a frame once and return what reads the result back, split by the columns of the table's partitions."""
        return stage.stage(
            self._catalog, self._session, frame, table=table, run_id=run_id, partition_by=partition_by
        )

    def staged(self, table: str, run_id: str) -> DataFrame | None:
        """Return what an earlier attempt of the run staged whole, or None."""
        return stage.staged(self._catalog, self._session, table=table, run_id=run_id)

    def discard(self, run_id: str) -> None:
        """Remove what a run staged."""
        stage.discard(self._catalog, self._session, run_id)

    def publish(
        self,
        frame: DataFrame,
        write: Write,
        *,
        run_id: str,
        values: Mapping[str, Any] | None = None,
        staged: bool = False,
        batch: MicroBatch | None = None,
    ) -> PublishedVersion:
        """Publish a frame exactly once for a run, or for a micro-batch of a stream.

        Args:
            frame: The rows.
            write: Table and mode.
            run_id: Marks the commit; a retry finds it and writes nothing.
            values: The run's parameters: they name the slice of a `replace`.
            staged: The frame is all that the run staged for the table, so its files can become the table's own.
            batch: The micro-batch that the frame is.
        """
        location = self._catalog.locate(write.table)
        mark, files = Mark(run_id, batch), self._files(write, run_id, staged=staged)
        return publish(location, self._session, frame, write, mark=mark, values=values or {}, files=files)

    def _files(self, write: Write, run_id: str, *, staged: bool = False) -> Files | None:
        """Return what gives the files of a frame, to be adopted; None where Spark is to write them."""
        if self._catalog.settings.commits == "spark":
            return None
        if staged:
            return lambda _: nullcontext(stage.place_of(self._catalog, table=write.table, run_id=run_id))
        by = write.partition_by
        return lambda frame: stage.files(
            self._catalog, frame, table=write.table, run_id=run_id, partition_by=by
        )

    def require_writable(self, table: str) -> None:
        """Refuse a read-only source where a table is to be written, before anything is computed."""
        require_delta(self._catalog.locate(table))

    def published(self, table: str, run_id: str) -> PublishedVersion | None:
        """Return what a run already published into a table, or None."""
        return find(self._catalog.locate(table), self._session, Mark(run_id))

    def quarantine(
        self, frame: DataFrame, *, table: str, run_id: str, batch: MicroBatch | None = None
    ) -> PublishedVersion:
        """Append rejected rows to the table's quarantine exactly once for a run, or for a micro-batch."""
        location = self._catalog.locate(self.quarantine_name(table))
        files = self._files(Write(table=location.table), run_id)
        return quarantine(location, self._session, frame, mark=Mark(run_id, batch), files=files)

    def quarantine_name(self, table: str) -> str:
        """Return the name of a table's quarantine, itself a table."""
        return table + QUARANTINE

    def keep_checks(
        self,
        history: str,
        kept: Sequence[RecordedCheck],
        *,
        run_id: str,
        published: bool,
        batch: MicroBatch | None = None,
    ) -> None:
        """Append results of checks to the table `history`, exactly once for a run, or for a micro-batch."""
        mark, location = Mark(run_id, batch), self._catalog.locate(history)
        append_results(location, self._session, kept, mark=mark, published=published)

    def kept_checks(self, history: str, table: str) -> tuple[RecordedCheck, ...]:
        """Return what the table `history` holds about the checks of a table, oldest first."""
        return read_results(self._catalog.locate(history), self._session, table)

    def held(self, table: str, *, run: str | None = None, rows: int = 0) -> QuarantineSummary:
        """Return what stands in a table's quarantine: counts, and the first rows that still wait."""
        return held(self._catalog.locate(self.quarantine_name(table)), self._session, run=run, rows=rows)

    def releases(self, table: str) -> Releases:
        """Return the way back of a table's quarantined rows."""
        return Releases(self._catalog.locate(self.quarantine_name(table)), self._session)

    @property
    def streams(self) -> Streams:
        """Return the tables as streams."""
        return Streams(self._catalog, self._session)

    def list(self) -> tuple[TableInfo, ...]:
        """Return every table of the catalog and of a local warehouse, by name."""
        return tuple(self.info(name) for name in self._catalog.names())

    def info(self, name: str) -> TableInfo:
        """Return one line of the list."""
        return inspect.info(self._catalog, self._session, name)

    def schema(self, name: str, *, at: int | None = None) -> tuple[tuple[str, str], ...]:
        """Return column names and types."""
        return inspect.schema(self._catalog, self._session, name, at=at, cache=self._cache)

    def told(self, name: str, *, at: int | None = None) -> Mapping[str, Any] | None:
        """Return Delta's own JSON of a table's columns; no Spark. None where no log on this machine tells them."""
        return inspect.told(self._catalog, name, at=at)

    def history(self, name: str, limit: int | None = 20) -> tuple[Commit, ...]:
        """Return a table's commits, newest first."""
        return inspect.commits(self._catalog, self._session, name, limit)

    def count(self, name: str, *, at: int | None = None) -> int:
        """Return a table's number of rows, from its log where that says it."""
        return inspect.count(self._catalog, self._session, name, at=at, cache=self._cache)

    def preview(self, name: str, rows: int = 10, *, at: int | None = None) -> tuple[dict[str, Any], ...]:
        """Return the first rows of a table."""
        return inspect.preview(self._catalog, self._session, name, rows, at=at, cache=self._cache)

    def restore(self, name: str, version: int) -> PublishedVersion:
        """Make a new version of a table that equals an old one."""
        return inspect.restore(self._catalog, self._session, name, version)

    def explain(self, error: BaseException) -> SparkopsError | None:
        """Return what an error of Spark, Delta or the file system means, or None when it is not theirs."""
        return explain(error)
