"""The results of each expectation of a table over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sparkops.engine.operations.suites import require_suite
from sparkops.errors import UnknownName
from sparkops.pipeline.checks.check import RecordedCheck

if TYPE_CHECKING:
    from sparkops.engine.container import ServiceContainer


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectationHistory:
    """The results of one expectation over time.

    Args:
        results: Its results, oldest first; at least one.
        current: Whether the table's newest run still evaluated it.
    """

    results: tuple[RecordedCheck, ...]
    current: bool

    @property
    def last(self) -> RecordedCheck:
        """Return the newest result."""
        return self.results[-1]

    @property
    def failures(self) -> tuple[RecordedCheck, ...]:
        """Return the failed results, oldest first."""
        return tuple(check for check in self.results if not check.result.success)


def read_expectation_histories(
    container: ServiceContainer, table: str, *, runs: int, expectation: str | None = None
) -> tuple[ExpectationHistory, ...]:
    """Return the history of each expectation of a table, in the order of its suite; removed expectations come last.

    Args:
        container: The services.
        table: The table.
        runs: Number of newest runs to include.
        expectation: A part of the names of the expectations to return; None returns all.

    Raises:
        UnknownName: The table has neither results nor a suite, or no expectation matches.
    """
    checks = container.check_history.read(table)
    if not checks:
        require_suite(container.checks, table)
    histories = group_by_expectation(checks, runs=runs)
    if expectation is None:
        return histories
    selected = tuple(history for history in histories if expectation in history.last.result.expectation)
    if histories and not selected:
        known = sorted({history.last.result.expectation for history in histories})
        raise UnknownName("expectation", expectation, known, where=f"the check history of `{table}`")
    return selected


def group_by_expectation(checks: Sequence[RecordedCheck], *, runs: int) -> tuple[ExpectationHistory, ...]:
    """Group the results of the newest runs by expectation; the same expectation with other arguments is another one."""
    moments = sorted({check.moment for check in checks})[-runs:]
    groups: dict[str, list[RecordedCheck]] = {}
    for check in checks:
        if check.moment in moments:
            key = f"{check.result.expectation}{dict(check.result.kwargs)}"
            groups.setdefault(key, []).append(check)
    histories = [
        ExpectationHistory(results=tuple(group), current=group[-1].moment == moments[-1])
        for group in groups.values()
    ]
    return tuple(sorted(histories, key=lambda history: (not history.current, history.last.position)))


def history_to_json(history: ExpectationHistory) -> dict[str, Any]:
    """Return the history of one expectation as JSON values."""
    last, failures = history.last.result, history.failures
    return {
        "expectation": last.expectation,
        "kwargs": dict(last.kwargs),
        "policy": last.policy,
        "severity": last.severity,
        "place": last.place and str(last.place),
        "asked_still": history.current,
        "runs": len(history.results),
        "failed": len(failures),
        "last_failed": failures[-1].time if failures else None,
        "results": [_check_to_json(check) for check in history.results],
    }


def _check_to_json(check: RecordedCheck) -> dict[str, Any]:
    result = check.result
    return {
        "time": check.time,
        "run": check.run,
        "job": check.job,
        "version": check.version,
        "success": result.success,
        "observed": result.observed,
        "rows": result.rows,
        "unexpected": result.unexpected,
        "error": result.error,
    }
