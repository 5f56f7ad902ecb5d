"""Facts of the run that a page shows: parameters, code, input versions with their check results, models."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sparkops.pipeline.checks.check import CheckResult
from sparkops.pipeline.json_values.checks import check_from_json
from sparkops.pipeline.table import Pin
from sparkops.reports.lineage.origin import PageLineage


@dataclass(frozen=True, slots=True)
class ParameterFact:
    """A parameter of the run and the origin of its value."""

    name: str
    value: Any
    origin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedTable:
    """Check results of one version of one table.

    Args:
        table: Name in the catalog.
        results: One result per expectation.
        version: Delta version that was published after the checkpoint.
        run_id: Run that checked it.
        quarantined: Number of rows that were quarantined.
        docs: Link from the page to the table's page of Data Docs.
    """

    table: str
    results: tuple[CheckResult, ...]
    version: int | None = None
    run_id: str = ""
    quarantined: int | None = None
    docs: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """Facts of the run that produced the report.

    Args:
        job: The job's name.
        run_id: The run's id.
        env: Environment of the configuration.
        code: Version of the code, as a short text.
        started: When the run began; shown in UTC.
        as_of: Time as of which the tables were read; None if no time was requested.
        params: Parameters, in the order of the declaration.
        inputs: Versions of the tables that were read.
        checks: Check results of the tables that were read.
        models: Names and versions of the models that were read.
        origins: What led to the page; None if that is not known.
    """

    job: str
    run_id: str
    env: str = ""
    code: str = ""
    started: datetime | None = None
    as_of: datetime | None = None
    params: tuple[ParameterFact, ...] = ()
    inputs: tuple[Pin, ...] = ()
    checks: tuple[CheckedTable, ...] = ()
    models: tuple[tuple[str, int], ...] = ()
    origins: PageLineage | None = None


def build_checked_table(
    table: str,
    results: Iterable[CheckResult | Mapping[str, Any]],
    *,
    version: int | None = None,
    run_id: str = "",
    quarantined: int | None = None,
    docs: str | None = None,
) -> CheckedTable:
    """Return the results that are about one table; they may be the JSON of a run's record."""
    parsed = (item if isinstance(item, CheckResult) else check_from_json(item) for item in results)
    return CheckedTable(
        table=table,
        results=tuple(result for result in parsed if result.table == table),
        version=version,
        run_id=run_id,
        quarantined=quarantined,
        docs=docs,
    )
