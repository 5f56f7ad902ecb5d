"""The decision about one frame: what may be published, what is set apart, what blocks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from sparkops.checks.checked import Checked
from sparkops.checks.execution.compiled_suite import Compiled
from sparkops.checks.gx.expectation_builder import build
from sparkops.checks.gx.library import Library
from sparkops.checks.outcome import REASONS, Outcome
from sparkops.checks.results import Found, over_limit, result_of
from sparkops.checks.suite.column_fit import hint
from sparkops.checks.suite.schema_columns import Columns
from sparkops.checks.suite.suite import Suite
from sparkops.checks.validation import Validation
from sparkops.pipeline.check import CheckResult

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from sparkops.checks.split import Split


class Gate:
    """One decision about one frame."""

    def __init__(
        self, suite: Suite, compiled: Compiled, frame: DataFrame, run_id: str, library: Library
    ) -> None:
        self.suite, self.compiled, self.frame, self.run_id = suite, compiled, frame, run_id
        self.library = library

    def decide(self) -> Outcome:
        """Check the frame; where rows break a quarantine expectation, set them apart and check all on the rest."""
        everything = range(len(self.suite.expectations))
        first = checked = self._check(self.frame, self._at_once())
        held: dict[int, Found] = {}
        parts: Split | None = None
        while not self._passed(checked) and (fresh := self._to_hold(checked, held, first)):
            held |= {index: checked.found[index] for index in fresh}
            parts = self._apart(held, first)
            checked = self._check(parts.good, everything)
        others = [index for index in everything if index not in checked.looked_at]
        checked = checked.joined(self._check(self.frame, others)) if others else checked
        return self._outcome(first, checked, held, parts)

    def _at_once(self) -> list[int]:
        """Return what is judged first: all that costs one job, and what may set rows apart."""
        return [
            index
            for index, expectation in enumerate(self.suite.expectations)
            if not self.suite.quarantines
            or expectation.policy == "quarantine"
            or index in self.compiled.native
        ]

    def _check(self, frame: DataFrame, positions: Sequence[int]) -> Checked:
        from sparkops.checks.execution.evaluation import check

        native = {index: self.compiled.native[index] for index in positions if index in self.compiled.native}
        others = [index for index in positions if index not in native]
        told = check(frame, native) if native or self.suite.quarantines else None
        checked = Checked(
            looked_at=frozenset(positions),
            found=told.found if told else {},
            broken=told.broken if told else {},
            rows=told.rows if told else None,
        )
        return checked.joined(self._by_library(frame, others)) if others else checked

    def _by_library(self, frame: DataFrame, positions: list[int]) -> Checked:
        """Check what only Great Expectations can judge."""
        self.library.wait()
        from sparkops.checks.gx.checkpoint import run_checkpoint
        from sparkops.checks.gx.unexpected_condition import breaks

        made = build(self.suite)
        told = run_checkpoint(self.suite, {i: made[i] for i in positions}, frame, run_id=self.run_id)
        apart = [
            index
            for index, found in told.found.items()
            if self.suite.expectations[index].policy == "quarantine" and not found.raised
        ]
        return Checked(
            looked_at=frozenset(positions),
            found=told.found,
            broken={index: breaks(made[index], told.engine) for index in apart},
        )

    def _passed(self, checked: Checked) -> bool:
        """Tell whether more rows broke a quarantine expectation than it allows: then nothing is set apart."""
        return any(
            self.suite.expectations[index].policy == "quarantine" and over_limit(self.suite, index, found)
            for index, found in checked.found.items()
        )

    def _to_hold(self, checked: Checked, held: Mapping[int, Found], first: Checked) -> list[int]:
        """Return the quarantine expectations that failed now and hold no rows back yet."""
        return [
            index
            for index, found in checked.found.items()
            if self.suite.expectations[index].policy == "quarantine"
            and not found.success
            and found.raised is None
            and index not in held
            and index in first.broken
        ]

    def _apart(self, broken: Iterable[int], first: Checked) -> Split:
        from sparkops.checks.split import split

        return split(self.frame, {self.suite.expectations[i].label: first.broken[i] for i in sorted(broken)})

    def _outcome(
        self, first: Checked, checked: Checked, held: Mapping[int, Found], parts: Split | None
    ) -> Outcome:
        now = {index: self._result(index, checked.found.get(index)) for index in checked.looked_at}
        still = [result for result in now.values() if not result.success and result.policy != "warn"]
        shown = now | {index: self._result(index, found) for index, found in held.items()}
        results = tuple(value for _, value in sorted(shown.items()))
        rows = first.rows if first.rows is not None else _rows(results)
        quarantined = (first.rows or 0) - (checked.rows or 0) if parts else 0
        why = self._over_limit(rows, quarantined)
        found = {**checked.found, **held}
        return Outcome(
            table=self.suite.table,
            run_id=self.run_id,
            results=results,
            good=parts.good if parts else self.frame,
            bad=parts.bad if parts and quarantined else None,
            blocked=bool(still) or bool(why),
            rows=rows,
            quarantined=quarantined,
            why_blocked=why,
            validation=Validation(suite=self.suite, run_id=self.run_id, time=datetime.now(UTC), found=found),
            failing=partial(self._failing, first),
        )

    def _failing(self, first: Checked) -> DataFrame | None:
        """Return the rows of the whole frame that broke what did not hold."""
        found = {index: first.found[index] for index in first.broken if index in first.found}
        broken = [index for index, each in found.items() if not each.success and each.raised is None]
        return self._apart(broken, first).bad if broken and REASONS not in self.frame.columns else None

    def _result(self, index: int, found: Found | None) -> CheckResult:
        """Return a result; one that names a column that is not there tells a near one."""
        result = result_of(self.suite, index, found)
        if result.error is None:
            return result
        near = hint(self.suite.expectations[index], Columns.of(self.frame.schema))
        return replace(result, error=result.error + near)

    def _over_limit(self, rows: int | None, quarantined: int) -> str:
        allowed = self.suite.quarantine_allowed
        part = allowed.passed(quarantined, rows)
        if part is None or not rows:
            return ""
        name = "quarantine_limit" if part == "share" else "quarantine_limit.rows"
        return (
            f"{quarantined:,} of {rows:,} rows ({quarantined / rows:.1%}) would be quarantined, more than "
            f"`{name}: {allowed.told(part)}` allows ({self.suite.place})"
        )


def _rows(results: tuple[CheckResult, ...]) -> int | None:
    whole = [r.rows for r in results if r.rows is not None and not r.kwargs.get("row_condition")]
    counted: list[Any] = [r.observed for r in results if r.expectation.startswith("expect_table_row_count")]
    return max([*whole, *(n for n in counted if isinstance(n, int))], default=None)
