"""Decide whether the condition of a job holds, by the record of the run that it is about."""

from __future__ import annotations

from typing import NamedTuple

from sparkops.core.wording import format_count
from sparkops.pipeline.condition import Condition
from sparkops.runs.records.run import Run


class ConditionResult(NamedTuple):
    """Whether a condition holds, and why, as a clause."""

    holds: bool
    reason: str


def evaluate_condition(condition: Condition, run: Run | None) -> ConditionResult:
    """Return whether a condition holds for the newest run of its job that ended; None if there is none.

    What is not known does not hold.
    """
    if run is None:
        return ConditionResult(
            False, f"`{condition.job}` has no run that the condition could be about: {condition}"
        )
    if condition.metric is not None:
        return _evaluate_metric(condition, condition.metric, run)
    return _evaluate_checks(condition, run)


def _evaluate_metric(condition: Condition, metric: str, run: Run) -> ConditionResult:
    value = run.metrics.get(metric)
    if value is None:
        known = ", ".join(f"`{name}`" for name in sorted(run.metrics)) or "none"
        return ConditionResult(
            False, f"run {run.id} of `{condition.job}` has no metric `{metric}` (it has {known})"
        )
    low, high = condition.at_least, condition.at_most
    # A value that is no number fulfils neither comparison.
    holds = (low is None or value >= low) and (high is None or value <= high)
    expected = condition.describe_bounds() if holds else f"not {condition.describe_bounds()}"
    return ConditionResult(holds, f"`{metric}` of `{condition.job}` is {value:g}, {expected} (run {run.id})")


def _evaluate_checks(condition: Condition, run: Run) -> ConditionResult:
    if not run.checks:
        return ConditionResult(False, f"run {run.id} of `{condition.job}` has no checks")
    failed = sum(not check["success"] for check in run.checks)
    total = format_count(len(run.checks), "check")
    text = f"{failed} of {total} of `{condition.job}` failed (run {run.id})"
    return ConditionResult((failed == 0) == (condition.checks == "passed"), text)
