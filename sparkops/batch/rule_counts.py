"""Count rows that violate a model's row rules during batch scoring, with Spark accumulators (no extra job or pass)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from sparkops.scoring.ir.portable_rules import PortableRule

if TYPE_CHECKING:
    from pyspark import Accumulator
    from pyspark.sql import DataFrame, SparkSession

ReportCounts = Callable[[int, Mapping[int, int]], None]
"""Called by workers with the number of evaluated rows, and by rule index the number of rows that violate it."""

# Key of the evaluated rows in the counts, where other keys are indexes of rules.
_ROWS = -1


def can_count(spark: SparkSession) -> bool:
    """Return whether workers can send counts to this process; Spark Connect has no accumulators."""
    return hasattr(spark, "_jsparkSession")


class RuleViolationCounter:
    """Violation counts of one model version, frame by frame.

    Spark may compute a frame in several stages, for example once for a count and once for a write. The counts of the
    stage that evaluated the most rows are reported. Micro-batches of a stream are separate stages and are summed. Rows
    that are recomputed within one stage are counted again, in both the violations and the total.

    Args:
        rules: Rules of the version.
        mode: What happens to rows that violate a rule: "refuse", "warn" or "count".
    """

    def __init__(self, rules: tuple[PortableRule, ...], mode: str) -> None:
        self._rules, self._mode = rules, mode
        self._frames: list[Accumulator[Counter[tuple[int, int]]]] = []

    def for_frame(self, frame: DataFrame) -> ReportCounts | None:
        """Return the callback for workers, or None where accumulators are unavailable (Spark Connect)."""
        if not can_count(frame.sparkSession):
            return None
        from pyspark.accumulators import AddingAccumulatorParam

        zero: Counter[tuple[int, int]] = Counter()
        adding = AddingAccumulatorParam(zero)  # type: ignore[type-var] # it adds by +=, as PySpark's own numbers
        accumulator = frame.sparkSession.sparkContext.accumulator(Counter(), adding)
        self._frames.append(accumulator)
        return _make_reporter(accumulator, by_stage=not frame.isStreaming)

    def summarize(self) -> dict[str, Any]:
        """Return totals as JSON values; empty before any row was scored."""
        totals: Counter[int] = Counter()
        for accumulator in self._frames:
            totals.update(_find_largest_stage(accumulator.value))
        if not totals[_ROWS]:
            return {}
        broken = [
            {
                "rule": rule.label,
                "table": rule.table,
                "place": rule.place,
                "mostly": rule.mostly,
                "rows": totals[index],
            }
            for index, rule in enumerate(self._rules)
            if totals[index]
        ]
        return {"apply": self._mode, "rules": len(self._rules), "rows": totals[_ROWS], "broken": broken}


def _find_largest_stage(counts: Mapping[tuple[int, int], int]) -> Counter[int]:
    """Return the counts of the stage that evaluated the most rows."""
    stages: dict[int, Counter[int]] = {}
    # Copied to a list: the accumulator may grow while tasks of a running job report.
    for (stage, index), count in list(counts.items()):
        stages.setdefault(stage, Counter())[index] = count
    return max(stages.values(), key=lambda stage: stage[_ROWS], default=Counter())


def _make_reporter(accumulator: Accumulator[Counter[tuple[int, int]]], *, by_stage: bool) -> ReportCounts:
    """Return the function that workers call.

    It is defined inside a function so that cloudpickle sends its code: workers need no sparkops.
    """
    rows_key = _ROWS

    def report(rows: int, violations: Mapping[int, int]) -> None:
        from collections import Counter

        from pyspark import TaskContext

        context = TaskContext.get() if by_stage else None
        stage = context.stageId() if context else 0
        counts = {rows_key: rows, **violations}
        accumulator.add(Counter({(stage, index): count for index, count in counts.items()}))

    return report
