"""Find what Spark cannot evaluate of a suite, on an empty frame with the table's columns, if they are known."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from pyspark.sql import functions as F

from sparkops.checks.execution.aggregate import (
    FailedMetric,
    SparkEvaluationError,
    compute_metrics,
    translate_evaluation_errors,
)
from sparkops.checks.execution.compiled_suite import CompiledSuite
from sparkops.checks.expectations.metric_plan import Arguments, MetricPlan
from sparkops.checks.expectations.planners import PLANNERS
from sparkops.checks.suite.schema_columns import Columns
from sparkops.checks.suite.spark_only import find_unusual_regexes, read_query, read_row_condition
from sparkops.checks.suite.suite import Expectation, Suite
from sparkops.errors import Problem

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

# Classes of errors that may only mean that the columns are unknown.
_UNKNOWN_COLUMN = re.compile(r"\[(?:UNRESOLVED_(?:COLUMN|MAP_KEY|FIELD)|FIELD_NOT_FOUND)")
_SQL_STATE = re.compile(r"\s*SQLSTATE: \w+")
_ERROR_CLASS = re.compile(r"^(?:[\w.]+(?:Exception|Error): )?(?:\[[A-Z_.0-9]+\] )?")
_REGEX_MISTAKE = re.compile(r"^(?:[\w.]+: )*(.*? near index \d+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class DryRun:
    """A suite on a frame without rows.

    Args:
        spark: The session.
        suite: The suite.
        compiled: The suite with its arguments as Great Expectations parsed them.
        schema: The table's columns in JSON, as Delta stores them; None if they are unknown.
    """

    spark: SparkSession
    suite: Suite
    compiled: CompiledSuite
    schema: Mapping[str, Any] | None

    def find_problems(self, *, warnings: bool) -> list[Problem]:
        """Return what cannot be evaluated, with its line; at most one problem for each expectation.

        Args:
            warnings: Whether an expectation with the policy `warn` is reported if only its columns do not fit.
        """
        frame = self._create_empty_frame()
        expectations = dict(enumerate(self.suite.expectations))
        fitting = {
            index
            for index, expectation in expectations.items()
            if self.schema and (warnings or expectation.policy != "warn")
        }
        mistakes = {
            index: next(self._find_mistakes(expectation, frame, must_fit=index in fitting), None)
            for index, expectation in expectations.items()
        }
        messages = {index: mistake for index, mistake in mistakes.items() if mistake is not None}
        native = self.compiled.native
        messages |= _find_misfits(
            frame, {index: native[index] for index in native if index in fitting and index not in messages}
        )
        return [
            Problem(expectation.type, f"`{expectation.type}`: {messages[index]}", expectation.place)
            for index, expectation in expectations.items()
            if index in messages
        ]

    def _create_empty_frame(self) -> DataFrame:
        from pyspark.sql.types import StructType

        if self.schema is None:
            return self.spark.range(0)
        return self.spark.createDataFrame([], StructType.fromJson(dict(self.schema)))

    def _find_mistakes(self, expectation: Expectation, frame: DataFrame, *, must_fit: bool) -> Iterator[str]:
        """Yield the mistakes in regular expressions, conditions and queries."""
        for regex in find_unusual_regexes(expectation):
            if mistake := self._find_regex_mistake(regex):
                yield f"the regular expression {regex!r} is not valid in Java: {mistake}."
        condition, query = read_row_condition(expectation), read_query(expectation)
        if condition is not None:
            mistake = _explain_failure(lambda: frame.where(F.expr(condition)), must_fit=must_fit)
            if mistake:
                yield f"`row_condition` is {condition!r}: {mistake}"
        if query is not None and (mistake := self._find_query_mistake(query, frame, must_fit=must_fit)):
            yield f"the query cannot be evaluated: {mistake}"

    def _find_regex_mistake(self, regex: str) -> str | None:
        """Return why Java does not compile a regular expression; Spark evaluates the constant without a job."""
        try:
            with translate_evaluation_errors():
                self.spark.range(1).select(F.lit("").rlike(regex)).collect()
        except SparkEvaluationError as error:
            # Java's sentence is in the cause of Spark's error.
            cause = getattr(error.__cause__, "_cause", None)
            match = _REGEX_MISTAKE.search(str(cause))
            return match[1] if match else _extract_sentence(str(error)).rstrip(".")
        return None

    def _find_query_mistake(self, query: str, frame: DataFrame, *, must_fit: bool) -> str | None:
        view = f"sparkops_{uuid4().hex}"
        try:
            text = query.format(batch=view)
        except (LookupError, ValueError) as error:
            return f"{{batch}} stands for the table, and other braces are written twice ({error})."
        frame.createOrReplaceTempView(view)
        try:
            return _explain_failure(lambda: self.spark.sql(text), must_fit=must_fit)
        finally:
            self.spark.catalog.dropTempView(view)


def _explain_failure(make: Callable[[], DataFrame], *, must_fit: bool) -> str | None:
    """Return the sentence in which Spark says why it cannot make a frame; None if it can.

    Args:
        make: Returns the frame.
        must_fit: Whether an unknown column is a mistake.
    """
    try:
        with translate_evaluation_errors():
            _ = make().schema
    except SparkEvaluationError as error:
        if not must_fit and _UNKNOWN_COLUMN.search(str(error)):
            return None
        return _extract_sentence(str(error))
    return None


def _find_misfits(frame: DataFrame, expectations: Mapping[int, tuple[str, Arguments]]) -> dict[int, str]:
    """Return why expectations cannot be evaluated on these columns, by position."""
    columns = Columns.of(frame.schema)
    plans: dict[int, MetricPlan] = {}
    messages: dict[int, str] = {}
    for index, (name, arguments) in expectations.items():
        try:
            with translate_evaluation_errors():
                plans[index] = PLANNERS[name].plan(arguments, columns)
        except (SparkEvaluationError, ValueError, TypeError, LookupError) as error:
            messages[index] = _extract_sentence(str(error))
    metrics = {name: metric for plan in plans.values() for name, metric in plan.metrics.items()}
    values = compute_metrics(frame, metrics)
    for index, plan in plans.items():
        failed = [values[name] for name in plan.metrics if isinstance(values[name], FailedMetric)]
        if failed:
            messages[index] = _extract_sentence(failed[0].message)
    return messages


def _extract_sentence(text: str) -> str:
    """Return the first sentence of an error of Spark, without its class and codes."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return (
        _SQL_STATE.sub("", _ERROR_CLASS.sub("", lines[0])).rstrip("; ") if lines else "Spark gave no reason."
    )
