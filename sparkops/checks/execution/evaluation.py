"""Expectations judged without Great Expectations: all that fold in one Spark job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sparkops.checks.execution.aggregate import Failed, SparkRefused, fold, refusals
from sparkops.checks.execution.failing_rows import sample
from sparkops.checks.expectations.map_plans import all_rows, rows_name
from sparkops.checks.expectations.metric_plan import Answers, Asked, Judged
from sparkops.checks.expectations.registry import RULES
from sparkops.checks.expectations.rule import Arguments
from sparkops.checks.results import Found, plain
from sparkops.checks.suite.schema_columns import Columns

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class Native:
    """What was found without Great Expectations.

    Args:
        found: By position in the suite.
        broken: The rows that break an expectation, where a condition can tell.
        rows: Rows of the frame; None where even they could not be counted.
    """

    found: dict[int, Found]
    broken: dict[int, Column]
    rows: int | None


def check(frame: DataFrame, expectations: Mapping[int, tuple[str, Arguments]]) -> Native:
    """Judge expectations on a frame.

    Args:
        frame: Rows to check.
        expectations: Position in the suite to an expectation's type and its arguments, as `compiled` holds them.
    """
    asking = _Asking(frame.schema, expectations)
    checking = _Checking(frame, asking)
    checking.answer(fold(frame, asking.measures()))
    return checking.tell()


class _Asking:
    """What the expectations of one schema ask; one that cannot be evaluated is found so."""

    def __init__(self, schema: Any, expectations: Mapping[int, tuple[str, Arguments]]) -> None:
        self.asked: dict[int, Asked] = {}
        self.found: dict[int, Found] = {}
        columns = Columns.of(schema)
        for index, (kind, arguments) in expectations.items():
            try:
                with refusals():
                    self.asked[index] = RULES[kind].ask(arguments, columns)
            except (SparkRefused, ValueError, TypeError, LookupError) as error:
                self.found[index] = Found(success=False, raised=str(error))

    def measures(self) -> dict[str, Column]:
        """Return all aggregates, the count of all rows first."""
        found = all_rows(None)
        for asked in self.asked.values():
            found.update(asked.measures)
        return found


class _Checking:
    """One check of one frame."""

    def __init__(self, frame: DataFrame, asking: _Asking) -> None:
        self.frame = frame
        self.asked = asking.asked
        self.found = asking.found
        self.answers: dict[str, Any] = {}
        self.own: dict[int, Answers] = {}

    def answer(self, folded: Answers) -> None:
        """Compute what does not fold, or depends on what does."""
        self.answers = dict(folded)
        self._ask_rest()
        for index, asked in list(self.asked.items()):
            if asked.own is not None and self._answered(index):
                self._ask_own(index, asked)

    def tell(self) -> Native:
        """Judge, with samples of the rows that broke something."""
        for index in list(self.asked):
            if self._answered(index):
                self._judge(index, [])
        broken = {index: asked.rows for index, asked in self.asked.items() if asked.rows is not None}
        counts = {
            index: self._of(index).get(rows.count) or 0
            for index, rows in broken.items()
            if self._stands(index)
        }
        known = {
            index: rows.known(counts[index])
            for index, rows in broken.items()
            if counts.get(index) and rows.known
        }
        wanted = {i: (broken[i], count) for i, count in counts.items() if count and i not in known}
        for index, samples in (known | sample(self.frame, wanted)).items():
            if isinstance(samples, str):
                self._raised(index, samples)
            else:
                self._judge(index, samples)
        conditions = {i: rows.condition for i, rows in broken.items() if rows.condition is not None}
        rows = self.answers[rows_name(None)]
        return Native(found=self.found, broken=conditions, rows=rows if isinstance(rows, int) else None)

    def _ask_rest(self) -> None:
        """Ask what depends on the first answers: one more job for all of it."""
        rest: dict[str, Column] = {}
        for index, asked in list(self.asked.items()):
            if asked.rest is None or not self._answered(index):
                continue
            try:
                further = asked.rest(self.answers)
            except (TypeError, ValueError) as error:
                self._raised(index, str(error))
                continue
            self.asked[index] = replace(further, measures={**asked.measures, **further.measures})
            rest.update(further.measures)
        self.answers |= fold(self.frame, rest)

    def _ask_own(self, index: int, asked: Asked) -> None:
        try:
            with refusals():
                self.own[index] = asked.own(self.frame) if asked.own else {}
        except SparkRefused as error:
            self._raised(index, str(error))

    def _answered(self, index: int) -> bool:
        """Tell whether Spark answered all that an expectation folds; what it said instead is found."""
        for name in self.asked[index].measures:
            answer = self.answers[name]
            if isinstance(answer, Failed):
                self._raised(index, answer.message)
                return False
        return self._stands(index)

    def _stands(self, index: int) -> bool:
        return index not in self.found or self.found[index].raised is None

    def _of(self, index: int) -> dict[str, Any]:
        return {**self.answers, **self.own.get(index, {})}

    def _judge(self, index: int, samples: list[Any]) -> None:
        try:
            judged: Judged = self.asked[index].judge(self._of(index), samples)
        except (TypeError, ValueError, ArithmeticError, LookupError) as error:
            self._raised(index, str(error))
        else:
            self.found[index] = Found(judged.success, plain(judged.result))

    def _raised(self, index: int, message: str) -> None:
        self.found[index] = Found(success=False, raised=message)
