"""The engine's methods for tables: list, read, restore, check and score them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sparkops.engine.has_container import HasContainer
    from sparkops.engine.operations.check import TableCheck
    from sparkops.pipeline.table import Commit, TableInfo
    from sparkops.runs.records.run import Run


class TableMethods:
    """Methods of `Engine` about tables. Spark is started only where a table needs it."""

    def tables(self: HasContainer) -> tuple[TableInfo, ...]:
        """Return the catalog's tables; local tables are read without Spark."""
        from sparkops.tables.listing import list_tables

        return list_tables(self.project.settings, self.session)

    def history(self: HasContainer, table: str, *, limit: int = 20) -> tuple[Commit, ...]:
        """Return a table's versions, newest first."""
        return self.container.tables.read_history(table, limit)

    def preview(
        self: HasContainer, table: str, *, rows: int = 10, at: int | None = None
    ) -> list[dict[str, Any]]:
        """Return the first rows of a table."""
        return list(self.container.tables.preview(table, rows, at=at))

    def restore(self: HasContainer, table: str, version: int) -> int:
        """Publish an earlier version of a table again; return the new version."""
        return self.container.tables.restore(table, version).version

    def check(self: HasContainer, table: str, *, at: int | None = None, again: bool = False) -> TableCheck:
        """Run a table's checkpoint on a version, by default the newest.

        The result of an earlier check of the version is returned, unless it shall be computed `again`.
        """
        from sparkops.engine.operations.check import check_table

        return check_table(self.container, table, at=at, again=again)

    def score_table(
        self: HasContainer,
        model: str,
        table: str,
        *,
        into: str,
        where: Mapping[str, str] | None = None,
        at: int | None = None,
    ) -> Run:
        """Score a table by a registered model in Spark, as a run with its own record.

        Args:
            model: `name`, `name/3` or `name@alias`.
            table: Table to read.
            into: Table to write; with `where`, only the slice of it that the scored rows belong to is replaced.
            where: The value, as text, that a row must have, by column.
            at: Version of the table.
        """
        from sparkops.engine.operations.scoring import TableScoring, score_table

        scoring = TableScoring(table=table, into=into, where=where or {}, at=at)
        return score_table(self.container, model, scoring)
