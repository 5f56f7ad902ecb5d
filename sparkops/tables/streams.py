"""Tables as streams: what came into one since the last time, micro-batch by micro-batch."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sparkops.errors import EngineError, InputError
from sparkops.pipeline.stream import OutputMode
from sparkops.pipeline.table import MicroBatch
from sparkops.tables.catalog import Catalog, Location, join
from sparkops.tables.session import Session
from sparkops.tables.sources.sources import STRICT
from sparkops.tables.storage import require_writable

if TYPE_CHECKING:
    from pyspark.sql import DataFrame
    from pyspark.sql.streaming.query import StreamingQuery

CHECKPOINTS: Final = "_streams"
_LOOK: Final = 1.0  # seconds between two looks at a query: so long a signal may wait

Each = Callable[["DataFrame", MicroBatch], None]


@dataclass(frozen=True, slots=True)
class Streams:
    """The tables of a project as streams.

    Args:
        catalog: Says where tables stand, and so where the checkpoints of streams do.
        session: Where the queries run.
    """

    catalog: Catalog
    session: Session

    def read(self, table: str) -> DataFrame:
        """Return what comes into a table, as a streaming frame; its options in the catalog are Spark's.

        Raises:
            InputError: It is a source whose columns the catalog does not declare.
        """
        location = self.catalog.locate(table)
        reader = self.session.get().readStream.options(**location.options)
        if location.name is not None:
            return reader.table(location.name)
        reader = reader.format(location.format)
        if location.kind == "source":
            strict = {k: v for k, v in STRICT.get(location.format, {}).items() if k not in location.options}
            reader = reader.schema(_declared(location)).options(**strict)
        return reader.load(location.text)

    def run(
        self, frame: DataFrame, *, name: str, output_mode: OutputMode, every: str | None, each: Each
    ) -> int | None:
        """Hand every micro-batch to `each`, in order; one that fails ends the stream, and comes again the next time.

        Args:
            frame: The streaming frame.
            name: Of the stream: its checkpoint tells how far it was read.
            output_mode: Structured Streaming's.
            every: Look for more at this interval until interrupted; None ends when all that is there was read.
            each: Takes a micro-batch and what it is.

        Returns:
            The last version of a Delta table that was read; None where nothing new was.

        Raises:
            EngineError: The session is one of Spark Connect.
            TableError: The checkpoint cannot be written.
        """
        if not hasattr(self.session.get(), "_jsparkSession"):
            raise EngineError(
                "A streaming job needs a session with a JVM of its own, not one of Spark Connect."
            )
        place = join(self.catalog.warehouse, CHECKPOINTS, name)
        require_writable(place, what=f"the checkpoint of stream `{name}`")
        batches = _Batches(each)
        writer = frame.writeStream.queryName(name).outputMode(output_mode).option("checkpointLocation", place)
        writer = writer.foreachBatch(batches.take)
        trigger = writer.trigger(processingTime=every) if every else writer.trigger(availableNow=True)
        query = trigger.start()
        batches.stream.set_result(query.id)
        _await(query, batches)
        return _reached(query)


class _Batches:
    """Takes micro-batches from Spark's thread; keeps the error that stopped them, which Spark only tells as text."""

    def __init__(self, each: Each) -> None:
        self.each = each
        self.stream: Future[str] = Future()
        self.error: BaseException | None = None

    def take(self, rows: DataFrame, number: int) -> None:
        try:
            self.each(rows, MicroBatch(stream=self.stream.result(), number=number))
        except BaseException as error:
            self.error = error
            raise


def _await(query: StreamingQuery, batches: _Batches) -> None:
    """Wait for the end of a query; whatever interrupts that stops the query, and the batch at work."""
    from pyspark.errors import StreamingQueryException

    try:
        while not query.awaitTermination(_LOOK):  # type: ignore[arg-type]  # seconds, as a float too
            pass
    except StreamingQueryException:
        if batches.error is not None:
            raise batches.error from None
        raise
    finally:
        query.stop()


def _reached(query: StreamingQuery) -> int | None:
    """Return the last version that was read whole, by the offset at which the source goes on."""
    last = query.lastProgress
    sources: list[dict[str, Any]] = json.loads(last.json)["sources"] if last else []
    offset = sources[0]["endOffset"] if sources else None
    if not isinstance(offset, dict) or "reservoirVersion" not in offset:
        return None
    behind = int(offset.get("index", -1)) < 0  # the version named there is the next one
    return max(0, int(offset["reservoirVersion"]) - behind)


def _declared(location: Location) -> str:
    if location.ddl is None:
        raise InputError(
            f"Source `{location.table}` is read as a stream, and Spark infers no columns there: declare them as "
            f"`tables.{location.table}.schema` in conf/."
        )
    return location.ddl
