"""The plan of a publication: how checks divided the staged rows of each table. It is made once, and then followed.

An attempt that stops between two commits leaves its plan beside its staged rows. The next attempt follows that plan,
so that neither a nondeterministic frame nor a changed suite divides the rows differently.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sparkops.pipeline.checks.check import CheckResult
from sparkops.pipeline.checks.checkpoint import CheckedExpectation, CheckpointFacts
from sparkops.pipeline.json_values.checks import check_from_json, check_to_json


@dataclass(frozen=True, slots=True, kw_only=True)
class TablePlan:
    """The plan for one table.

    Args:
        table: The table.
        is_divided: Whether the staged rows were divided into good and bad rows. If not, all of them are published.
        checks: Results of the table's checks.
        suite: Hash of the suite that decided, or None if the table has none.
        page: What the page of the checks shows; None if there is no page.
    """

    table: str
    is_divided: bool = False
    checks: tuple[CheckResult, ...] = ()
    suite: str | None = None
    page: CheckpointFacts | None = None


@dataclass(frozen=True, slots=True)
class PublicationPlan:
    """The plans of all tables that one run, or one micro-batch, publishes."""

    tables: tuple[TablePlan, ...]

    @property
    def checks(self) -> tuple[CheckResult, ...]:
        """Return the results of all checks, table by table."""
        return tuple(result for plan in self.tables for result in plan.checks)

    @property
    def pages(self) -> tuple[CheckpointFacts, ...]:
        """Return what the pages of all checks show."""
        return tuple(plan.page for plan in self.tables if plan.page is not None)

    @property
    def suites(self) -> Mapping[str, str | None]:
        """Return the hash of the suite that divided the rows, by table."""
        return {plan.table: plan.suite for plan in self.tables}

    def for_table(self, table: str) -> TablePlan:
        """Return the plan for a table.

        Raises:
            LookupError: The plan does not contain the table.
        """
        for plan in self.tables:
            if plan.table == table:
                return plan
        raise LookupError(table)


def plan_to_json(plan: PublicationPlan) -> dict[str, Any]:
    """Return a plan as JSON values."""
    return {"format": 1, "tables": [_table_plan_to_json(table) for table in plan.tables]}


def plan_from_json(value: Mapping[str, Any]) -> PublicationPlan:
    """Return the plan that `plan_to_json` converted."""
    return PublicationPlan(tuple(map(_table_plan_from_json, value["tables"])))


def find_changed_suites(plan: PublicationPlan, suites: Mapping[str, str | None]) -> Sequence[str]:
    """Return the tables whose suite has changed since the plan was made.

    Args:
        plan: The plan.
        suites: The hash of the present suite, by table.
    """
    return [table for table, suite in plan.suites.items() if suites.get(table) != suite]


def _table_plan_to_json(plan: TablePlan) -> dict[str, Any]:
    return {
        "table": plan.table,
        "divided": plan.is_divided,
        "checks": [check_to_json(result) for result in plan.checks],
        "suite": plan.suite,
        **({} if plan.page is None else {"page": _page_to_json(plan.page)}),
    }


def _table_plan_from_json(value: Mapping[str, Any]) -> TablePlan:
    checks = tuple(map(check_from_json, value["checks"]))
    page = value.get("page")
    return TablePlan(
        table=value["table"],
        is_divided=value["divided"],
        checks=checks,
        suite=value["suite"],
        page=None if page is None else _page_from_json(page, value["table"], checks),
    )


def _page_to_json(page: CheckpointFacts) -> dict[str, Any]:
    """Return what a page shows besides the table and the results, as JSON values."""
    return {
        "run": page.run_id,
        "time": page.time.isoformat(),
        "suite": page.suite,
        "rows": page.rows,
        "quarantined": page.quarantined,
        "expectations": [{"notes": item.notes, "details": item.details} for item in page.expectations],
    }


def _page_from_json(value: Mapping[str, Any], table: str, checks: Sequence[CheckResult]) -> CheckpointFacts:
    expectations = tuple(
        CheckedExpectation(result=result, notes=item["notes"], details=item["details"])
        for result, item in zip(checks, value["expectations"], strict=True)
    )
    return CheckpointFacts(
        table=table,
        run_id=value["run"],
        time=datetime.fromisoformat(value["time"]),
        expectations=expectations,
        suite=value["suite"],
        blocked=False,
        rows=value["rows"],
        quarantined=value["quarantined"],
    )
