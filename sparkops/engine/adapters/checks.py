"""The checkpoints of conf/checks, and the table that keeps their results."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparkops.checks.checks import Checks
from sparkops.checks.outcome import CheckpointOutcome
from sparkops.checks.suite.repeatable import is_repeatable
from sparkops.core.masking import mask_json
from sparkops.engine.adapters.check_pages import CheckPages
from sparkops.engine.adapters.suite_hash import hash_suite
from sparkops.errors import InputError, SparkopsError
from sparkops.pipeline.checks.check import CheckResult, RecordedCheck
from sparkops.pipeline.checks.checkpoint import CheckpointFacts
from sparkops.pipeline.json_values.checks import check_from_json, check_to_json
from sparkops.pipeline.table import MicroBatch
from sparkops.tables import Tables

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_log = logging.getLogger("sparkops.engine")


@dataclass(frozen=True, slots=True)
class SuiteRunner:
    """Implements the port `CheckRunner` with the suites of conf/checks.

    Args:
        checks: The suites and their checkpoints.
        root: The project's folder.
        pages: The pages of checkpoints.
        find_columns: Returns the columns that a table has and keeps, in the JSON form of Delta; None if they are
            unknown.
        session: Returns the Spark session.
    """

    checks: Checks
    root: Path
    pages: CheckPages
    find_columns: Callable[[str], Mapping[str, Any] | None]
    session: Callable[[], SparkSession]

    def hash_suite(self, table: str) -> str | None:
        """Return a hash of the table's suite file, or None if there is none."""
        return hash_suite(self.root, table)

    def is_repeatable(self, table: str) -> bool:
        """Return whether the table has a suite whose result depends on the rows alone: not on time or other tables."""
        suite = self.checks.find_suite(table)
        return suite is not None and is_repeatable(suite)

    def validate(self, table: str) -> None:
        """Refuse a suite that has unknown names or invalid arguments, or does not fit the table's columns."""
        suite = self.checks.find_suite(table)
        if suite is None:
            return
        self.checks.validate(suite)
        columns = self.find_columns(table)
        if self.checks.needs_dry_run(suite, columns):
            self.checks.dry_run(suite, self.session(), columns)

    def run_checkpoint(self, frame: DataFrame, *, table: str, run_id: str) -> CheckpointOutcome | None:
        """Run the table's checkpoint on the frame; return None if the table has no suite."""
        suite = self.checks.find_suite(table)
        return None if suite is None else self.checks.run_checkpoint(suite, frame, table=table, run_id=run_id)

    def write_docs(self, pages: Sequence[CheckpointFacts]) -> None:
        """Write these pages; an error is logged, and the run continues."""
        for page in pages:
            self.pages.write(page)


@dataclass(frozen=True, slots=True)
class CheckHistoryTable:
    """Implements the port `CheckHistory` with a Delta table.

    Args:
        tables: The project's tables.
        name: Name of the history table; None keeps no history.
        secrets: Values that the table does not show.
    """

    tables: Tables
    name: str | None
    secrets: tuple[str, ...] = ()

    def append(
        self,
        results: Sequence[CheckResult],
        *,
        run_id: str,
        job: str,
        versions: Mapping[str, int | None],
        batch: MicroBatch | None = None,
    ) -> None:
        """Append the results exactly once for a run or micro-batch; an error is logged, and the run continues."""
        if self.name is None or not results:
            return
        time = datetime.now(UTC)
        recorded = [
            RecordedCheck(
                time=time,
                run=run_id,
                job=job,
                version=versions.get(table),
                position=position,
                result=check_from_json(mask_json(check_to_json(result), self.secrets)),
            )
            for table, table_results in groupby(results, key=lambda result: result.table)
            for position, result in enumerate(table_results)
        ]
        try:
            self.tables.append_check_results(
                self.name, recorded, run_id=run_id, published=bool(versions), batch=batch
            )
        except Exception as error:  # noqa: BLE001 - whatever fails here, the run keeps its state
            reason = str(error) if isinstance(error, SparkopsError) else f"{type(error).__name__}: {error}"
            _log.warning("the check results were not recorded: %s", reason)

    def read(self, table: str) -> tuple[RecordedCheck, ...]:
        """Return the results of a table's checks, oldest first.

        Raises:
            InputError: The project keeps no history.
        """
        if self.name is None:
            raise InputError(
                "This project keeps no check results: `checks.results` is null. Set it to a table's name in conf/."
            )
        return self.tables.read_check_results(self.name, table)
