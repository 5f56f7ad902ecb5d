"""The results of checks, kept run after run, and what they tell of each expectation."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING

from sparkops.errors import InputError, SparkopsError, UnknownName
from sparkops.pipeline.check import CheckResult, RecordedCheck
from sparkops.pipeline.table import MicroBatch
from sparkops.place import Place

if TYPE_CHECKING:
    from sparkops.checks.outcome import Outcome
    from sparkops.checks.suite.suite import Suite
    from sparkops.engine.engine import Engine
    from sparkops.tables import Tables

log = logging.getLogger("sparkops.engine")


@dataclass(frozen=True, slots=True)
class KeptChecks:
    """The history of checks.

    Args:
        tables: The project's tables.
        name: Of the table that holds it; None keeps nothing.
    """

    tables: Tables
    name: str | None

    def keep(
        self,
        results: Sequence[CheckResult],
        *,
        run_id: str,
        job: str,
        versions: Mapping[str, int | None],
        batch: MicroBatch | None = None,
    ) -> None:
        """Keep the results once for a run or micro-batch; what goes wrong with that is a warning, and the run goes on."""
        if self.name is None or not results:
            return
        now = datetime.now(UTC)
        kept = [
            RecordedCheck(
                time=now, run=run_id, job=job, version=versions.get(table), position=number, result=one
            )
            for table, those in groupby(results, key=lambda result: result.table)
            for number, one in enumerate(those)
        ]
        try:
            self.tables.keep_checks(self.name, kept, run_id=run_id, published=bool(versions), batch=batch)
        except (SparkopsError, OSError) as error:
            log.warning("the results of the checks were not kept: %s", error)

    def of(self, table: str) -> tuple[RecordedCheck, ...]:
        """Return what is kept about a table, oldest first.

        Raises:
            InputError: The project keeps none.
        """
        if self.name is None:
            raise InputError(
                "No results of checks are kept here: `checks.results` is null. Give it a table's name in conf/."
            )
        return self.tables.kept_checks(self.name, table)


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What became of one expectation, run after run.

    Args:
        kept: Its results, oldest first; at least one.
        current: The newest run of the table still asked it.
    """

    kept: tuple[RecordedCheck, ...]
    current: bool

    @property
    def last(self) -> RecordedCheck:
        """Return its newest result."""
        return self.kept[-1]

    @property
    def failed(self) -> tuple[RecordedCheck, ...]:
        """Return the results of it that did not hold, oldest first."""
        return tuple(each for each in self.kept if not each.result.success)


def past(engine: Engine, table: str, *, runs: int, expectation: str | None = None) -> tuple[Past, ...]:
    """Return what became of each expectation about a table, in the order of its suite; those no longer asked come last.

    Args:
        engine: The project.
        table: The table.
        runs: How many of the newest runs.
        expectation: A part of the names of the expectations that are meant; None means all.

    Raises:
        UnknownName: No such table has checks, or no such expectation was kept.
    """
    shop = engine.workshop
    kept = shop.history.of(table)
    if not kept and shop.checks.suite(table) is None:
        advice = f"Write conf/checks/{table}.yml to give `{table}` one."
        raise UnknownName("suite", table, sorted(shop.checks.suites()), where="conf/checks", advice=advice)
    found = by_expectation(kept, runs=runs)
    chosen = tuple(
        each for each in found if expectation is None or expectation in each.last.result.expectation
    )
    if found and not chosen:
        known = sorted({each.last.result.expectation for each in found})
        raise UnknownName("expectation", str(expectation), known, where=f"the checks kept of `{table}`")
    return chosen


def by_expectation(kept: Sequence[RecordedCheck], *, runs: int) -> tuple[Past, ...]:
    """Return the results of the newest runs by expectation; one with other arguments is another one."""
    moments = sorted({each.moment for each in kept})[-runs:]
    grouped: dict[str, list[RecordedCheck]] = {}
    for each in kept:
        if each.moment in moments:
            grouped.setdefault(f"{each.result.expectation}{dict(each.result.kwargs)}", []).append(each)
    found = [Past(kept=tuple(those), current=those[-1].moment == moments[-1]) for those in grouped.values()]
    return tuple(sorted(found, key=lambda each: (not each.current, each.last.position)))


def graded(outcome: Outcome, suite: Suite) -> Outcome:
    """Return an outcome whose results tell the severity that the suite gives each expectation."""
    said: dict[tuple[str, Place | None], str | None] = {
        (one.type, one.place): one.severity for one in suite.expectations
    }
    results = (replace(one, severity=said.get((one.expectation, one.place))) for one in outcome.results)
    return replace(outcome, results=tuple(results))
