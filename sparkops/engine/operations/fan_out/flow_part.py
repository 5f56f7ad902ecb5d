"""A fan-out as a job of a flow: only its runs that are not up to date are executed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sparkops.engine.operations.fan_out.items import FanOutItems, examine_items, list_items
from sparkops.engine.operations.fan_out.request import FanOutRequest
from sparkops.engine.operations.freshness import Freshness, FreshRunFinder
from sparkops.errors import SparkopsError, as_clause
from sparkops.pipeline.fan_out.column_values import ColumnValues
from sparkops.pipeline.graph import Dataset
from sparkops.runs.records.run import Run

if TYPE_CHECKING:
    from sparkops.engine.container import ServiceContainer
    from sparkops.tables.tables import Tables


@dataclass(slots=True)
class FlowFanOut:
    """The fan-out of one job of a flow.

    Its runs are listed once the jobs are done that write the tables from which its values come.

    Args:
        container: The services.
        request: The job and its values.
        tables: Reads the values that are those of columns; None for the tables of the services, which may start Spark.
    """

    container: ServiceContainer
    request: FanOutRequest
    tables: Tables | None = None
    _stale: FanOutItems | None = None

    def examine(self, finder: FreshRunFinder) -> Freshness:
        """Return whether all of its runs are up to date; the run is then the newest one that they are parts of."""
        unreadable = self._find_unreadable()
        if unreadable:
            return Freshness(None, unreadable=unreadable)
        listed = list_items(self.container, self.request, self.tables)
        examined = examine_items(listed, finder, self.request.options.versions)
        self._stale = examined.stale
        fresh, first = examined.fresh, examined.first
        if first is None:
            if fresh is not None and fresh.parent is not None:
                fresh = self.container.project.runs.read(fresh.parent)
            return Freshness(fresh)
        reason = "; ".join(first.reasons)
        if fresh is not None:
            reason = f"{examined.describe()}; {examined.stale.items[0].label}: {reason}"
        return Freshness(None, (reason,) if reason else (), unreadable=first.unreadable)

    def list_stale(self) -> tuple[str, ...]:
        """Return the labels of the runs that were examined and are not up to date."""
        return tuple(item.label for item in self._stale.items) if self._stale is not None else ()

    def run(self) -> Run:
        """Execute its runs: those that were not up to date, or all."""
        # Imported here: a plan of a flow executes nothing.
        from sparkops.engine.operations.fan_out.run_each import execute_items

        listed = self._stale
        if listed is None or not listed.items:
            listed = list_items(self.container, self.request)
        return execute_items(self.container, self.request, listed)

    def _find_unreadable(self) -> dict[Dataset, str]:
        """Return why the tables from which its values come cannot be read, for each that cannot."""
        unreadable: dict[Dataset, str] = {}
        job = self.container.project.find_declared(self.request.job)
        for values in job.each.values():
            if isinstance(values, ColumnValues):
                try:
                    self.container.tables.pin(values.table)
                except SparkopsError as error:
                    unreadable["table", values.table] = as_clause(error)
        return unreadable
