"""The checkpoints of conf/checks, and the table that keeps their results."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparkops.checks.checks import Checks
from sparkops.checks.outcome import GateOutcome
from sparkops.errors import InputError, SparkopsError
from sparkops.pipeline.check import CheckResult, RecordedCheck
from sparkops.pipeline.table import MicroBatch
from sparkops.tables import Tables

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

log = logging.getLogger("sparkops.engine")


@dataclass(frozen=True, slots=True)
class SuiteRunner:
    """Implements the port `CheckRunner` with the suites of conf/checks.

    Args:
        checks: The suites and their checkpoints.
        root: The project's folder.
    """

    checks: Checks
    root: Path

    def identity(self, table: str) -> str | None:
        """Return a hash of the table's suite file, or None if there is none."""
        path = self.root / "conf" / "checks" / f"{table}.yml"
        return hashlib.sha256(path.read_bytes()).hexdigest()[:16] if path.is_file() else None

    def validate(self, table: str) -> None:
        """Refuse a suite with names or arguments that Great Expectations does not know."""
        suite = self.checks.suite(table)
        if suite is not None:
            self.checks.validate(suite)

    def run_checkpoint(self, frame: DataFrame, *, table: str, run_id: str) -> GateOutcome | None:
        """Run the table's checkpoint on the frame; return None if the table has no suite."""
        suite = self.checks.suite(table)
        return None if suite is None else self.checks.gate(suite, frame, table=table, run_id=run_id)

    def write_docs(self, outcomes: Sequence[Any]) -> None:
        """Write the Data Docs of these results."""
        for outcome in outcomes:
            self.checks.write_docs(outcome)


@dataclass(frozen=True, slots=True)
class CheckHistoryTable:
    """Implements the port `CheckHistory` with a Delta table.

    Args:
        tables: The project's tables.
        name: Name of the history table; None keeps no history.
    """

    tables: Tables
    name: str | None

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
                result=result,
            )
            for table, table_results in groupby(results, key=lambda result: result.table)
            for position, result in enumerate(table_results)
        ]
        try:
            self.tables.append_check_results(
                self.name, recorded, run_id=run_id, published=bool(versions), batch=batch
            )
        except (SparkopsError, OSError) as error:
            log.warning("the check results were not recorded: %s", error)

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
