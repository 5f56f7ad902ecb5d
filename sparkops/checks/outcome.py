"""The decision about one frame: which rows are published, which are quarantined, or that nothing is published."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sparkops.core.wording import format_count
from sparkops.pipeline.checks.check import CheckResult, format_expectation
from sparkops.pipeline.checks.checkpoint import CheckedExpectation, CheckpointFacts

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from sparkops.checks.results import Validation

_SAMPLES_SHOWN = 5
# Keys of a result whose values the page shows elsewhere, or that follow from those.
_SHOWN_ELSEWHERE = {"observed_value", "element_count", "partial_unexpected_list"}
_COUNT_PREFIXES = ("unexpected_", "missing_percent")


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointOutcome:
    """What a checkpoint decided.

    Args:
        table: Table that was checked.
        run_id: Run that checked it.
        results: One per expectation, in the order of the suite.
        annotated: Every row, with its reasons in `_sparkops_reasons`; None if no row is to be quarantined.
        good: Rows that may be published, with the frame's own columns.
        bad: Rows to quarantine, with their reasons in `_sparkops_reasons`; None if there are none.
        blocked: Whether nothing may be published.
        rows: Rows of the frame; None if they were not counted.
        quarantined: Rows in `bad`.
        block_reason: Why the table is blocked although no single check blocks it; else empty.
        validation: All results, for Data Docs.
        failing: Returns every row of the frame that failed an expectation that is not met, whatever its policy, with
            its reasons in `_sparkops_reasons`; None if no failure can be attributed to rows.
    """

    table: str
    run_id: str
    results: tuple[CheckResult, ...]
    annotated: DataFrame | None
    good: DataFrame
    bad: DataFrame | None
    blocked: bool
    rows: int | None = None
    quarantined: int = 0
    block_reason: str = ""
    validation: Validation | None = None
    failing: Callable[[], DataFrame | None] = lambda: None

    @property
    def failed(self) -> tuple[CheckResult, ...]:
        """Return the failed checks that are more than a warning."""
        return tuple(result for result in self.results if not result.success and result.policy != "warn")

    @property
    def warned(self) -> tuple[CheckResult, ...]:
        """Return the failed checks that only warn."""
        return tuple(result for result in self.results if not result.success and result.policy == "warn")

    @property
    def page(self) -> CheckpointFacts | None:
        """Return what the page of this decision shows, for a run that publishes; None if there is no page."""
        return None if self.validation is None else _collect_facts(self, self.validation)

    @property
    def summary(self) -> str:
        """Return one line: `12 checks: 10 passed, 1 warned, 8,255 rows quarantined`."""
        passed = sum(result.success for result in self.results)
        fatal = sum(result.policy == "fail" for result in self.failed)
        parts = [f"{passed} passed"]
        parts += [f"{fatal} failed"] if fatal else []
        parts += [f"{len(self.warned)} warned"] if self.warned else []
        parts += [f"{format_count(self.quarantined, 'row')} quarantined"] if self.quarantined else []
        parts += ["blocked"] if self.blocked and not fatal else []
        return f"{format_count(len(self.results), 'check')}: {', '.join(parts)}"


def _collect_facts(outcome: CheckpointOutcome, validation: Validation) -> CheckpointFacts:
    suite = validation.suite
    expectations = tuple(
        CheckedExpectation(
            result=result,
            notes=_format_notes(suite.expectations[index].meta, result.kwargs),
            details=_select_details(validation, index),
        )
        for index, result in enumerate(outcome.results)
    )
    return CheckpointFacts(
        table=outcome.table,
        run_id=outcome.run_id,
        time=validation.time,
        expectations=expectations,
        suite=suite.place.file,
        blocked=outcome.blocked,
        rows=outcome.rows,
        quarantined=outcome.quarantined,
        block_reason=outcome.block_reason,
    )


def _format_notes(meta: Mapping[str, Any], kwargs: Mapping[str, Any]) -> str:
    """Return the description and the notes of an expectation, and the other facts of its `meta`."""
    notes = [kwargs.get("description"), meta.get("notes"), kwargs.get("notes")]
    notes += [f"{name}: {value}" for name, value in meta.items() if name != "notes"]
    return " · ".join(str(note) for note in notes if note)


def _select_details(validation: Validation, index: int) -> dict[str, Any]:
    """Return what a failed result contains besides counts, such as the missing values of a set."""
    result = validation.results.get(index)
    if result is None or result.success:
        return {}
    return {
        key: value
        for key, value in result.result.items()
        if value not in (None, [], {}, 0)
        and key not in _SHOWN_ELSEWHERE
        and not key.startswith(_COUNT_PREFIXES)
    }


def describe(result: CheckResult) -> str:
    """Return a result as one line: the expectation, what was found, and where it is written."""
    place = f" ({result.place})" if result.place else ""
    return f"{format_expectation(result.expectation, result.kwargs)}: {_describe_finding(result)}{place}"


def _describe_finding(result: CheckResult) -> str:
    if result.success:
        return "passed"
    if result.error:
        return f"could not be evaluated: {result.error}"
    if result.unexpected is not None and result.rows is not None:
        samples = [repr(value) for value in result.samples[:_SAMPLES_SHOWN] if value is not None]
        parts = [f"{result.unexpected:,} of {result.rows:,} rows failed"]
        parts += [result.over] if result.over else []
        parts += [f"such as {', '.join(samples)}"] if samples else []
        return ", ".join(parts)
    return f"observed {result.observed!r}" if result.observed is not None else "failed"
