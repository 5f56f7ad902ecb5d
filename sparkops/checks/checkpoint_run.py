"""One run of a checkpoint: evaluate a suite on a frame, separate rows to quarantine, and decide what is published."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from sparkops.checks.execution.compiled_suite import CompiledSuite
from sparkops.checks.gx.expectation_builder import build_expectations
from sparkops.checks.gx.library import GxLibrary
from sparkops.checks.outcome import CheckpointOutcome
from sparkops.checks.results import (
    ExpectationResult,
    SuiteResult,
    Validation,
    describe_exceeded_threshold,
    to_check_result,
)
from sparkops.checks.suite.column_fit import suggest_column
from sparkops.checks.suite.schema_columns import Columns
from sparkops.checks.suite.suite import Suite
from sparkops.driver.engine_failure import find_failure_in_text
from sparkops.pipeline.checks.check import CheckResult
from sparkops.pipeline.staging import REASONS_COLUMN

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from sparkops.checks.execution.failing_rows import SplitFrame


class CheckpointRun:
    """One run of the checkpoint of a table, on one frame."""

    def __init__(
        self, suite: Suite, compiled: CompiledSuite, frame: DataFrame, run_id: str, library: GxLibrary
    ) -> None:
        self.suite, self.compiled, self.frame, self.run_id = suite, compiled, frame, run_id
        self.library = library

    def decide(self) -> CheckpointOutcome:
        """Evaluate the suite; if rows fail a quarantine expectation, separate them and evaluate the remaining rows.

        The remaining rows may fail another quarantine expectation (a share below `mostly`, for example). Then its rows
        are separated as well, until no further one fails.
        """
        all_positions = range(len(self.suite.expectations))
        first = latest = self._evaluate(self.frame, self._choose_first_positions())
        quarantining: dict[int, ExpectationResult] = {}
        split: SplitFrame | None = None
        while not self._is_over_limit(latest) and (
            new := self._find_newly_failing(latest, quarantining, first)
        ):
            quarantining |= {index: latest.results[index] for index in new}
            split = self._split(quarantining, first)
            latest = self._evaluate(split.good, all_positions)
        missing = [index for index in all_positions if index not in latest.evaluated]
        if missing:
            latest = latest.merge(self._evaluate(self.frame, missing))
        return self._build_outcome(first, latest, quarantining, split)

    def _choose_first_positions(self) -> list[int]:
        """Return the expectations to evaluate on the whole frame: all, or the cheap and the quarantining ones.

        If rows may be separated, an expectation that only Great Expectations evaluates waits for the remaining rows.
        """
        return [
            index
            for index, expectation in enumerate(self.suite.expectations)
            if not self.suite.can_quarantine
            or expectation.policy == "quarantine"
            or index in self.compiled.native
        ]

    def _evaluate(self, frame: DataFrame, positions: Sequence[int]) -> SuiteResult:
        from sparkops.checks.execution.evaluation import evaluate

        native = {index: self.compiled.native[index] for index in positions if index in self.compiled.native}
        others = [index for index in positions if index not in native]
        result = SuiteResult(evaluated=frozenset(positions), results={})
        if native or self.suite.can_quarantine:
            result = result.merge(evaluate(frame, native))
        return result.merge(self._evaluate_with_gx(frame, others)) if others else result

    def _evaluate_with_gx(self, frame: DataFrame, positions: list[int]) -> SuiteResult:
        self.library.ensure_imported()
        from sparkops.checks.gx.checkpoint import run_checkpoint
        from sparkops.checks.gx.unexpected_condition import build_unexpected_condition

        expectations = build_expectations(self.suite)
        checkpoint = run_checkpoint(
            self.suite, {index: expectations[index] for index in positions}, frame, run_id=self.run_id
        )
        for result in checkpoint.results.values():
            # Great Expectations turns every error into a result of the expectation.
            failure = find_failure_in_text(result.exception or "", is_python=True)
            if failure is not None:
                raise failure
        results = {index: self._explain(index, frame, one) for index, one in checkpoint.results.items()}
        separable = [
            index
            for index, result in results.items()
            if self.suite.expectations[index].policy == "quarantine" and not result.exception
        ]
        return SuiteResult(
            evaluated=frozenset(positions),
            results=results,
            failing_conditions={
                index: build_unexpected_condition(expectations[index], checkpoint.engine)
                for index in separable
            },
        )

    def _explain(self, index: int, frame: DataFrame, result: ExpectationResult) -> ExpectationResult:
        """Return a result whose error names the column and the value that Python cannot hold, if it is about one."""
        from sparkops.checks.gx.unrepresentable_dates import explain_unrepresentable_date

        if result.exception is None:
            return result
        kwargs = self.suite.expectations[index].kwargs
        message = explain_unrepresentable_date(frame, kwargs, result.exception)
        return result if message is None else replace(result, exception=message)

    def _is_over_limit(self, latest: SuiteResult) -> bool:
        """Return whether a quarantine expectation failed above its `fail_over`: then no rows are separated."""
        return any(
            self.suite.expectations[index].policy == "quarantine"
            and describe_exceeded_threshold(self.suite, index, result)
            for index, result in latest.results.items()
        )

    def _find_newly_failing(
        self, latest: SuiteResult, quarantining: Mapping[int, ExpectationResult], first: SuiteResult
    ) -> list[int]:
        """Return the quarantine expectations that failed now and whose rows are not separated yet."""
        return [
            index
            for index, result in latest.results.items()
            if self.suite.expectations[index].policy == "quarantine"
            and not result.success
            and result.exception is None
            and index not in quarantining
            and index in first.failing_conditions
        ]

    def _split(self, positions: Iterable[int], first: SuiteResult) -> SplitFrame:
        """Separate the rows that fail some expectations from the others."""
        from sparkops.checks.execution.failing_rows import split_frame

        conditions = {
            self.suite.expectations[index].label: first.failing_conditions[index]
            for index in sorted(positions)
        }
        return split_frame(self.frame, conditions)

    def _build_outcome(
        self,
        first: SuiteResult,
        latest: SuiteResult,
        quarantining: Mapping[int, ExpectationResult],
        split: SplitFrame | None,
    ) -> CheckpointOutcome:
        current = {index: self._check_result(index, latest.results.get(index)) for index in latest.evaluated}
        blocking = [result for result in current.values() if not result.success and result.policy != "warn"]
        # A quarantine expectation is shown as it failed on the whole frame, not as it passed on the remaining rows.
        shown = current | {index: self._check_result(index, result) for index, result in quarantining.items()}
        results = tuple(result for _, result in sorted(shown.items()))
        rows = first.row_count if first.row_count is not None else _count_rows(results)
        quarantined = (first.row_count or 0) - (latest.row_count or 0) if split else 0
        excess = self._describe_excess(rows, quarantined)
        return CheckpointOutcome(
            table=self.suite.table,
            run_id=self.run_id,
            results=results,
            annotated=split.annotated if split and quarantined else None,
            good=split.good if split else self.frame,
            bad=split.bad if split and quarantined else None,
            blocked=bool(blocking) or bool(excess),
            rows=rows,
            quarantined=quarantined,
            block_reason=excess,
            validation=self._build_validation({**latest.results, **quarantining}),
            failing=partial(self._select_failing_rows, first),
        )

    def _build_validation(self, results: Mapping[int, ExpectationResult]) -> Validation:
        return Validation(suite=self.suite, run_id=self.run_id, time=datetime.now(UTC), results=results)

    def _select_failing_rows(self, first: SuiteResult) -> DataFrame | None:
        """Return the rows of the whole frame that fail an expectation that is not met."""
        failed = [
            index
            for index, result in first.results.items()
            if index in first.failing_conditions and not result.success and result.exception is None
        ]
        return self._split(failed, first).bad if failed and REASONS_COLUMN not in self.frame.columns else None

    def _check_result(self, index: int, result: ExpectationResult | None) -> CheckResult:
        """Return a result for the record; the error about a missing column suggests a similar one."""
        check_result = to_check_result(self.suite, index, result)
        if check_result.error is None:
            return check_result
        suggestion = suggest_column(self.suite.expectations[index], Columns.of(self.frame.schema))
        return replace(check_result, error=check_result.error + suggestion)

    def _describe_excess(self, rows: int | None, quarantined: int) -> str:
        """Return the message that too many rows would be quarantined, or an empty string."""
        limit = self.suite.quarantine_limit
        name = limit.find_exceeded(quarantined, rows)
        if name is None or not rows:
            return ""
        key = "quarantine_limit" if name == "share" else "quarantine_limit.rows"
        return (
            f"{quarantined:,} of {rows:,} rows ({quarantined / rows:.1%}) would be quarantined, more than "
            f"`{key}: {limit.format(name)}` allows ({self.suite.place})"
        )


def _count_rows(results: Sequence[CheckResult]) -> int | None:
    """Return the number of rows of the frame as known from results without a row condition, or None."""
    element_counts = [
        result.rows
        for result in results
        if result.rows is not None and not result.kwargs.get("row_condition")
    ]
    observed: list[Any] = [
        result.observed for result in results if result.expectation.startswith("expect_table_row_count")
    ]
    return max([*element_counts, *(count for count in observed if isinstance(count, int))], default=None)
