"""Read tables as streams, and process their new rows in micro-batches."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from sparkops.config.state_file import MALFORMED
from sparkops.core.bounded_file import MAX_FACTS, parse_json, read_text
from sparkops.core.version_number import is_number
from sparkops.errors import EngineError, InputError, explain_damage
from sparkops.pipeline.table import MicroBatch, StreamProgress
from sparkops.tables.catalog import Catalog, Location, join_path, to_local_path
from sparkops.tables.session import Session
from sparkops.tables.sources.reading import read_files
from sparkops.tables.sources.unread_files import require_files_are_read
from sparkops.tables.storage import remove_folder, require_writable

if TYPE_CHECKING:
    from pyspark.sql import DataFrame
    from pyspark.sql.streaming.query import StreamingQuery
    from pyspark.sql.types import StructType

    from sparkops.pipeline.stream import OutputMode

# Its warnings are printed at the end of a command.
_log = logging.getLogger("sparkops.project")
CHECKPOINTS: Final = "_streams"
# Seconds between two polls of a query. A signal is handled within this time.
_POLL_INTERVAL: Final = 1.0

# Seconds between two reports of the progress of a stream.
_PROGRESS_INTERVAL: Final = 5.0

BatchFunction = Callable[["DataFrame", MicroBatch], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamCheckpoint:
    """What the checkpoint of a stream records.

    Args:
        name: Name of the stream.
        stream: Id of the stream.
        last_batch: Number of the newest micro-batch that was processed completely; None if there is none.
    """

    name: str
    stream: str
    last_batch: int | None


@dataclass(frozen=True, slots=True)
class TableStreams:
    """The tables of a project as streams.

    Args:
        catalog: Locates tables, and the checkpoints of streams in the warehouse.
        session: Runs the queries.
    """

    catalog: Catalog
    session: Session

    def read(self, table: str) -> DataFrame:
        """Return a table as a streaming frame, with the reader options of the catalog.

        Raises:
            InputError: The table is a source whose columns the catalog does not declare.
            BadData: Spark would leave out some of its files.
        """
        location = self.catalog.locate(table)
        spark = self.session.get()
        if location.name is not None:
            return spark.readStream.options(**location.options).table(location.name)
        if location.kind == "source":
            _require_declared_columns(location)
            require_files_are_read(location)

        def load(options: Mapping[str, str], columns: StructType | None) -> DataFrame:
            reader = spark.readStream.format(location.format).options(**options)
            return (reader if columns is None else reader.schema(columns)).load(location.address)

        if location.kind == "delta":
            return load(location.options, None)
        return read_files(location, spark, (location.address,), load)

    def list_checkpoints(self) -> tuple[StreamCheckpoint, ...]:
        """Return the checkpoints of a local warehouse, by name; none where the warehouse is not local.

        A damaged one is left out, with a warning.
        """
        folder = to_local_path(join_path(self.catalog.warehouse, CHECKPOINTS))
        if folder is None or not folder.is_dir():
            return ()
        paths = sorted(path for path in folder.iterdir() if (path / "metadata").is_file())
        return tuple(checkpoint for path in paths if (checkpoint := _read_checkpoint(path)) is not None)

    def reset(self, name: str) -> None:
        """Remove the checkpoint of a stream, so that its next run reads the stream from the beginning.

        Raises:
            EngineError: The warehouse is not on this machine.
        """
        path = join_path(self.catalog.warehouse, CHECKPOINTS, name)
        if to_local_path(path) is None:
            raise EngineError(
                f"The checkpoint of stream `{name}` is not on this machine: remove {path} there."
            )
        remove_folder(path, self.session)

    def run(
        self,
        frame: DataFrame,
        *,
        name: str,
        output_mode: OutputMode,
        every: str | None,
        process_batch: BatchFunction,
        on_progress: Callable[[StreamProgress], None] = lambda _: None,
    ) -> int | None:
        """Process micro-batches in order. A batch that fails ends the stream, and is repeated by the next run.

        Args:
            frame: The streaming frame.
            name: Name of the stream. Its checkpoint records what was processed.
            output_mode: Output mode of Structured Streaming.
            every: Interval between micro-batches, until interrupted; None processes what is available and ends.
            process_batch: Receives the rows of a micro-batch, and its identity.
            on_progress: Receives how far the stream has read, at most once in five seconds.

        Returns:
            The last version of the Delta table that was processed; None if there was nothing new.

        Raises:
            EngineError: The session is a Spark Connect session.
            TableError: The checkpoint cannot be written.
        """
        if not hasattr(self.session.get(), "_jsparkSession"):
            raise EngineError(
                "Streaming jobs do not run on Spark Connect: start sparkops in a classic Spark session."
            )
        checkpoint = join_path(self.catalog.warehouse, CHECKPOINTS, name)
        require_writable(checkpoint, content=f"the checkpoint of stream `{name}`")
        processor = _BatchProcessor(process_batch)
        writer = frame.writeStream.queryName(name).outputMode(output_mode).foreachBatch(processor.process)
        writer = writer.option("checkpointLocation", checkpoint)
        trigger = writer.trigger(processingTime=every) if every else writer.trigger(availableNow=True)
        query = trigger.start()
        processor.stream.set_result(query.id)
        progress = _ProgressReader(query, on_progress)
        _await(query, processor, progress)
        progress.report()
        return progress.version


class _BatchProcessor:
    """Processes micro-batches in Spark's thread, and stores the error that stops one: Spark reports it only as text."""

    def __init__(self, process_batch: BatchFunction) -> None:
        self.process_batch = process_batch
        self.stream: Future[str] = Future()
        self.error: BaseException | None = None

    def process(self, rows: DataFrame, number: int) -> None:
        try:
            self.process_batch(rows, MicroBatch(stream=self.stream.result(), number=number))
        except BaseException as error:
            self.error = error
            raise


class _ProgressReader:
    """Reports the progress of a query after its micro-batches; what comes too soon after a report is left out.

    Args:
        query: The query.
        listener: Receives the progress.
    """

    def __init__(self, query: StreamingQuery, listener: Callable[[StreamProgress], None]) -> None:
        self.query, self.listener = query, listener
        self.version: int | None = None
        self._pending: StreamProgress | None = None
        self._newest = -1
        self._reported = monotonic()

    def poll(self) -> None:
        """Look at the newest progress, and report it if the last report is some seconds old."""
        self._read()
        if monotonic() - self._reported >= _PROGRESS_INTERVAL:
            self._report_pending()

    def report(self) -> None:
        """Report the newest progress."""
        self._read()
        self._report_pending()

    def _read(self) -> None:
        last = self.query.lastProgress
        facts: dict[str, Any] = json.loads(last.json) if last else {}
        self.version = _find_read_version(facts) if facts else self.version
        # A query without new rows reports its next batch, which it has not executed.
        if "addBatch" in facts.get("durationMs", {}) and facts["batchId"] != self._newest:
            self._newest = facts["batchId"]
            self._pending = _parse_progress(facts)

    def _report_pending(self) -> None:
        if self._pending is not None:
            self.listener(self._pending)
            self._pending, self._reported = None, monotonic()


def _await(query: StreamingQuery, processor: _BatchProcessor, progress: _ProgressReader) -> None:
    """Wait for the end of a query; an interruption stops the query and its current micro-batch."""
    from pyspark.errors import StreamingQueryException

    try:
        # PySpark annotates the seconds as int, and accepts float.
        while not query.awaitTermination(_POLL_INTERVAL):  # type: ignore[arg-type]
            progress.poll()
    except StreamingQueryException:
        if processor.error is not None:
            raise processor.error from None
        raise
    finally:
        query.stop()


def _parse_progress(facts: Mapping[str, Any]) -> StreamProgress:
    """Return the progress that Spark reports as JSON after a micro-batch."""
    sources = facts.get("sources") or [{}]
    metrics = sources[0].get("metrics") or {}
    duration = timedelta(milliseconds=facts["durationMs"].get("triggerExecution", 0))
    return StreamProgress(
        batch=facts["batchId"],
        rows=facts["numInputRows"],
        rows_per_second=facts.get("processedRowsPerSecond"),
        ended=datetime.fromisoformat(facts["timestamp"]) + duration,
        next_version=_find_offset(facts).get("reservoirVersion"),
        files=_find_count(metrics, "numFilesOutstanding"),
        bytes=_find_count(metrics, "numBytesOutstanding"),
    )


def _find_count(metrics: Mapping[str, str], name: str) -> int | None:
    text = metrics.get(name, "")
    return int(text) if is_number(text) else None


def _find_offset(facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return where Delta reads on; it is empty for another source."""
    sources: list[dict[str, Any]] = facts.get("sources", [])
    offset = sources[0]["endOffset"] if sources else None
    return offset if isinstance(offset, dict) else {}


def _find_read_version(facts: Mapping[str, Any]) -> int | None:
    """Return the last version that was processed completely, from the offset of the next read."""
    offset = _find_offset(facts)
    if "reservoirVersion" not in offset:
        return None
    # With a negative index, the offset contains the version after the last one.
    is_next = int(offset.get("index", -1)) < 0
    return max(0, int(offset["reservoirVersion"]) - is_next)


def _read_checkpoint(folder: Path) -> StreamCheckpoint | None:
    commits = folder / "commits"
    numbers = (
        [int(path.name) for path in commits.iterdir() if is_number(path.name)] if commits.is_dir() else []
    )
    try:
        stream = str(parse_json(read_text(folder / "metadata", MAX_FACTS))["id"])
    except (OSError, *MALFORMED) as error:
        _log.warning(
            "The checkpoint %s of a stream is damaged (%s): restore it from a backup, or let the stream begin again: "
            "`sparkops streams reset %s`.",
            folder,
            explain_damage(error),
            folder.name,
        )
        return None
    return StreamCheckpoint(name=folder.name, stream=stream, last_batch=max(numbers, default=None))


def _require_declared_columns(location: Location) -> None:
    if location.ddl is None and location.format != "text":
        raise InputError(
            f"Source `{location.table}` is read as a stream, for which Spark does not infer columns: declare them as "
            f"`tables.{location.table}.schema` in conf/."
        )
