"""Conditions under which a flow runs a job: on a metric, or on the checks, of another job's newest run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on the newest run of another job.

    Args:
        job: Name of the other job, which a flow runs first.
        metric: Name of one of its metrics.
        at_least: Lowest value of the metric for which the condition holds.
        at_most: Highest value.
        checks: `passed` if all checks of its tables have to pass, `failed` if one has to fail.
    """

    job: str
    metric: str | None = None
    at_least: float | None = None
    at_most: float | None = None
    checks: Literal["passed", "failed"] | None = None

    def find_problems(self) -> list[str]:
        """Return what is wrong with the declaration."""
        name = f"Condition({self.job!r})"
        if not isinstance(self.job, str) or not self.job:
            return [f"{name} names no job"]
        if (self.metric is None) == (self.checks is None):
            return [f'{name} is about a metric= or about checks="passed" or "failed": give one of them']
        if self.checks is not None and self.checks not in ("passed", "failed"):
            return [f'{name}: checks={self.checks!r} is neither "passed" nor "failed"']
        has_bound = self.at_least is not None or self.at_most is not None
        if self.checks is not None and has_bound:
            return [f"{name}: at_least= and at_most= are for a metric="]
        if self.metric is not None and not has_bound:
            return [f"{name}: metric={self.metric!r} is compared with nothing: give at_least= or at_most="]
        return []

    def __str__(self) -> str:
        """Return the condition in words."""
        if self.metric is None:
            return f"checks of `{self.job}` {self.checks}"
        return f"`{self.metric}` of `{self.job}` {self.describe_bounds()}"

    def describe_bounds(self) -> str:
        """Return the bounds of the metric in words."""
        bounds = {"at least": self.at_least, "at most": self.at_most}
        return " and ".join(f"{word} {value:g}" for word, value in bounds.items() if value is not None)


def find_condition_problems(conditions: Iterable[object], job: str) -> list[str]:
    """Return what is wrong with the conditions of a job."""
    problems: list[str] = []
    for condition in conditions:
        if not isinstance(condition, Condition):
            problems.append(
                f'when= takes Condition(...), as in when=Condition("train", metric="auc", at_least=0.8); '
                f"not {condition!r}"
            )
            continue
        problems += condition.find_problems()
        if condition.job == job:
            problems.append("when= has a condition on the job itself")
    return problems
