"""Evaluate expectations without Great Expectations, in as few Spark jobs as possible.

One job computes the metrics of all expectations, one more the metrics that depend on those, one more the samples of
failing rows. Some expectations (unique, increasing, distinct values) need one job each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sparkops.checks.execution.aggregate import (
    FailedMetric,
    SparkEvaluationError,
    compute_metrics,
    translate_evaluation_errors,
)
from sparkops.checks.execution.failing_rows import sample_failing_rows
from sparkops.checks.expectations.map_plans import build_row_count_metric, format_row_count_name
from sparkops.checks.expectations.metric_plan import Arguments, MetricPlan, MetricValues
from sparkops.checks.expectations.planners import PLANNERS
from sparkops.checks.results import ExpectationResult, SuiteResult, to_json_value
from sparkops.checks.suite.schema_columns import Columns

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame


def evaluate(frame: DataFrame, expectations: Mapping[int, tuple[str, Arguments]]) -> SuiteResult:
    """Evaluate expectations on a frame.

    Args:
        frame: Rows to check.
        expectations: Types and arguments by position in the suite: the field `native` of CompiledSuite.
    """
    evaluation = _Evaluation(frame)
    evaluation.plan(expectations)
    evaluation.compute()
    evaluation.judge_all()
    return SuiteResult(
        evaluated=frozenset(expectations),
        results=evaluation.results,
        failing_conditions=evaluation.list_failing_conditions(),
        row_count=evaluation.count_rows(),
    )


class _Evaluation:
    """One evaluation of one frame. An expectation that fails to evaluate gets a result with the exception."""

    def __init__(self, frame: DataFrame) -> None:
        self.frame = frame
        self.plans: dict[int, MetricPlan] = {}
        self.results: dict[int, ExpectationResult] = {}
        self.values: dict[str, Any] = {}
        self.own_values: dict[int, MetricValues] = {}

    def plan(self, expectations: Mapping[int, tuple[str, Arguments]]) -> None:
        """Plan what each expectation computes."""
        columns = Columns.of(self.frame.schema)
        for index, (name, arguments) in expectations.items():
            try:
                with translate_evaluation_errors():
                    self.plans[index] = PLANNERS[name].plan(arguments, columns)
            except (SparkEvaluationError, ValueError, TypeError, LookupError) as error:
                self._set_exception(index, str(error))

    def compute(self) -> None:
        """Compute the metrics of all plans, those that depend on them, and those that need a job of their own."""
        metrics = build_row_count_metric(None)
        for plan in self.plans.values():
            metrics.update(plan.metrics)
        self.values = compute_metrics(self.frame, metrics)
        self._compute_dependent()
        for index, plan in list(self.plans.items()):
            if plan.compute_own is not None and self._has_values(index):
                try:
                    with translate_evaluation_errors():
                        self.own_values[index] = plan.compute_own(self.frame)
                except (SparkEvaluationError, ValueError, OverflowError) as error:
                    self._set_exception(index, str(error))

    def judge_all(self) -> None:
        """Judge every expectation. Those with failing rows are judged again, with samples of these rows."""
        for index in list(self.plans):
            if self._has_values(index):
                self._judge(index, [])
        requests = {
            index: (plan.failing_rows, count)
            for index, plan in self.plans.items()
            if plan.failing_rows is not None
            and not self._has_exception(index)
            and (count := self._merge_values(index).get(plan.failing_rows.count) or 0)
        }
        known = {
            index: rows.known_samples(count)
            for index, (rows, count) in requests.items()
            if rows.known_samples
        }
        unknown = {index: request for index, request in requests.items() if index not in known}
        for index, samples in (known | sample_failing_rows(self.frame, unknown)).items():
            if isinstance(samples, str):
                self._set_exception(index, samples)
            else:
                self._judge(index, samples)

    def list_failing_conditions(self) -> dict[int, Column]:
        """Return the conditions of the rows that fail, for each expectation that has one."""
        return {
            index: plan.failing_rows.condition
            for index, plan in self.plans.items()
            if plan.failing_rows is not None and plan.failing_rows.condition is not None
        }

    def count_rows(self) -> int | None:
        """Return the rows of the frame; None if counting them failed."""
        rows = self.values[format_row_count_name(None)]
        return rows if isinstance(rows, int) else None

    def _compute_dependent(self) -> None:
        """Compute the metrics that depend on the first ones, in one job."""
        metrics: dict[str, Column] = {}
        for index, plan in list(self.plans.items()):
            if plan.plan_dependent is None or not self._has_values(index):
                continue
            try:
                dependent = plan.plan_dependent(self.values)
            except (TypeError, ValueError) as error:
                self._set_exception(index, str(error))
                continue
            self.plans[index] = replace(dependent, metrics={**plan.metrics, **dependent.metrics})
            metrics.update(dependent.metrics)
        self.values |= compute_metrics(self.frame, metrics)

    def _has_values(self, index: int) -> bool:
        """Return whether all metrics of an expectation have a value; if not, its result is the exception."""
        for name in self.plans[index].metrics:
            value = self.values[name]
            if isinstance(value, FailedMetric):
                self._set_exception(index, value.message)
                return False
        return not self._has_exception(index)

    def _has_exception(self, index: int) -> bool:
        return index in self.results and self.results[index].exception is not None

    def _merge_values(self, index: int) -> dict[str, Any]:
        return {**self.values, **self.own_values.get(index, {})}

    def _judge(self, index: int, samples: list[Any]) -> None:
        try:
            verdict = self.plans[index].judge(self._merge_values(index), samples)
        except (TypeError, ValueError, ArithmeticError, LookupError) as error:
            self._set_exception(index, str(error))
        else:
            self.results[index] = ExpectationResult(verdict.success, to_json_value(verdict.result))

    def _set_exception(self, index: int, message: str) -> None:
        self.results[index] = ExpectationResult(success=False, exception=message)
