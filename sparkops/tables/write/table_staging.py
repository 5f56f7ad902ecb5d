"""Stage frames for tables: with the rows and values that a reader of the table will find after the write."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sparkops.pipeline.staging import StagedPart
from sparkops.pipeline.write import Write
from sparkops.tables.log.delta_log import find_version, read_schema_json
from sparkops.tables.schema import require_storable
from sparkops.tables.staging.stage import Staging
from sparkops.tables.write.publish import prepare_frame

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


class TableStaging(Staging):
    """The staged frames of a project; see `Staging`."""

    __slots__ = ()

    def stage(
        self,
        frame: DataFrame,
        part: StagedPart,
        *,
        partition_by: Sequence[str] = (),
        write: Write | None = None,
    ) -> DataFrame:
        """Write a frame once and return a frame that reads it.

        The rows and values are those that a reader of the table will find: of a merge with `order_by`, the newest of
        each key.

        Args:
            frame: The rows.
            part: Name of the staged frame.
            partition_by: Columns that the files are split by; those of the write, if it is given.
            write: How the rows are written; None if only their values are needed.

        Raises:
            TableError: The columns cannot be stored, or the warehouse cannot be written to.
        """
        write = write or Write(table=part.table, partition_by=tuple(partition_by))
        before = find_version(self.catalog.locate(part.table), self.session)
        require_storable(
            read_schema_json(frame), part.table, is_mapped=before is not None and before.is_mapped
        )
        stored = prepare_frame(frame, write, before)
        return super().stage(stored, part, partition_by=write.partition_by)
