"""How many rows of the frames that a version scored broke which of its rules, counted by Spark's own accumulators.

The counts come back with the tasks that score: no job is added and no row is read twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from sparkops.scoring.ir.portable_rules import PortableRule

if TYPE_CHECKING:
    from pyspark import Accumulator
    from pyspark.sql import DataFrame, SparkSession

ReportCounts = Callable[[int, Mapping[int, int]], None]
_ROWS = -1  # stands for the rows that were judged, where another number is a rule's place


def can_count(spark: SparkSession) -> bool:
    """Tell whether workers can send counts to this process: Spark Connect has no accumulators."""
    return hasattr(spark, "_jsparkSession")


class RuleViolationCounter:
    """The counts of one version, frame by frame.

    A frame that several of Spark's stages computed (counted first and written then) is told as the stage saw it that
    judged most of its rows. A stream's stages are its batches, and are summed. Rows that one stage computed twice are counted
    twice, and the rows judged with them.

    Args:
        rules: The version's rules.
        apply: What becomes of rows that break one: "refuse", "warn" or "count".
    """

    def __init__(self, rules: tuple[PortableRule, ...], apply: str) -> None:
        self._rules, self._apply = rules, apply
        self._frames: list[Accumulator[Counter[tuple[int, int]]]] = []

    def of(self, frame: DataFrame) -> ReportCounts | None:
        """Return what workers call with the rows that they judged and, by rule, broken; None where nothing counts."""
        if not can_count(frame.sparkSession):
            return None
        from pyspark.accumulators import AddingAccumulatorParam

        zero: Counter[tuple[int, int]] = Counter()
        adding = AddingAccumulatorParam(zero)  # type: ignore[type-var] # it adds by +=, as PySpark's own numbers
        total = frame.sparkSession.sparkContext.accumulator(Counter(), adding)
        self._frames.append(total)
        return _counting(total, apart=not frame.isStreaming)

    def told(self) -> dict[str, Any]:
        """Return the counts so far as JSON values; empty before a row was judged."""
        found: Counter[int] = Counter()
        for total in self._frames:
            found.update(_largest(total.value))
        if not found[_ROWS]:
            return {}
        broken = [
            {
                "rule": rule.label,
                "table": rule.table,
                "place": rule.place,
                "mostly": rule.mostly,
                "rows": found[at],
            }
            for at, rule in enumerate(self._rules)
            if found[at]
        ]
        return {"apply": self._apply, "rules": len(self._rules), "rows": found[_ROWS], "broken": broken}


def _largest(counts: Mapping[tuple[int, int], int]) -> Counter[int]:
    """Return the counts of the stage that judged most rows."""
    stages: dict[int, Counter[int]] = {}
    for (stage, at), count in list(counts.items()):
        stages.setdefault(stage, Counter())[at] = count
    return max(stages.values(), key=lambda stage: stage[_ROWS], default=Counter())


def _counting(total: Accumulator[Counter[tuple[int, int]]], *, apart: bool) -> ReportCounts:
    """Return the function that workers call; one inside a function is sent as it is, so they need no sparkops."""
    rows_at = _ROWS

    def count(rows: int, broken: Mapping[int, int]) -> None:
        from collections import Counter

        from pyspark import TaskContext

        context = TaskContext.get() if apart else None
        stage = context.stageId() if context else 0
        total.add(Counter({(stage, at): number for at, number in {rows_at: rows, **broken}.items()}))

    return count
