"""What a checkpoint decided about one frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sparkops.errors import ChecksFailed
from sparkops.pipeline.check import CheckResult

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from sparkops.checks.validation import Validation

REASONS = "_sparkops_reasons"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What may be published, what is held back, and why.

    Args:
        table: Table that was checked.
        run_id: Run that checked it.
        results: One per expectation, in the order of the suite.
        good: Rows that may be published, with the frame's own columns.
        bad: Rows to quarantine, with their reasons in `_sparkops_reasons`; None when there are none.
        blocked: Nothing may be published.
        rows: Rows looked at, where counted.
        quarantined: Rows in `bad`.
        why_blocked: What blocked the table when no single check did.
        validation: What was found, for Data Docs.
        failing: Returns every row that broke an expectation which did not hold, whatever its policy, as it came and with
            its reasons in `_sparkops_reasons`; None when no row is to blame.
    """

    table: str
    run_id: str
    results: tuple[CheckResult, ...]
    good: DataFrame
    bad: DataFrame | None
    blocked: bool
    rows: int | None = None
    quarantined: int = 0
    why_blocked: str = ""
    validation: Validation | None = None
    failing: Callable[[], DataFrame | None] = lambda: None

    @property
    def failed(self) -> tuple[CheckResult, ...]:
        """Return the checks that did not hold and are more than a warning."""
        return tuple(result for result in self.results if not result.success and result.policy != "warn")

    @property
    def warned(self) -> tuple[CheckResult, ...]:
        """Return the checks that did not hold and only warn."""
        return tuple(result for result in self.results if not result.success and result.policy == "warn")

    @property
    def summary(self) -> str:
        """Return one line: `12 checks: 10 passed, 1 warned, 8,255 rows quarantined`."""
        passed = sum(result.success for result in self.results)
        parts = [f"{passed} passed"]
        fatal = sum(result.policy == "fail" for result in self.failed)
        parts += [f"{fatal} failed"] if fatal else []
        parts += [f"{len(self.warned)} warned"] if self.warned else []
        parts += [f"{self.quarantined:,} rows quarantined"] if self.quarantined else []
        parts += ["blocked"] if self.blocked and not fatal else []
        return f"{len(self.results)} check{'' if len(self.results) == 1 else 's'}: {', '.join(parts)}"

    def raise_if_blocked(self) -> None:
        """Raise ChecksFailed with each failed check when nothing may be published."""
        if not self.blocked:
            return
        lines = [f"  - {describe(result)}" for result in self.failed]
        lines += [f"  - {self.why_blocked}"] if self.why_blocked else []
        raise ChecksFailed(
            f"Table `{self.table}` did not pass its checks; nothing was published.\n" + "\n".join(lines)
        )


def describe(result: CheckResult) -> str:
    """Return a result as one line: what was expected, what was found, where it is written."""
    column = result.kwargs.get("column")
    others = [f"{k}={v}" for k, v in result.kwargs.items() if k != "column"]
    about = ", ".join(([str(column)] if column is not None else []) + others)
    where = f" ({result.place})" if result.place else ""
    return f"{result.expectation}({about}): {_finding(result)}{where}"


def _finding(result: CheckResult) -> str:
    if result.success:
        return "held"
    if result.error:
        return f"could not be evaluated: {result.error}"
    if result.unexpected is not None and result.rows is not None:
        some = ", ".join(repr(value) for value in result.samples[:5] if value is not None)
        told = [f"{result.unexpected:,} of {result.rows:,} rows broke it"]
        told += [result.over] if result.over else []
        return ", ".join(told + ([f"such as {some}"] if some else []))
    return f"found {result.observed!r}" if result.observed is not None else "did not hold"
