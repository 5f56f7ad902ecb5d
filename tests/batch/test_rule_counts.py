"""Violation counts of a version: of a frame, those of its largest stage; frames are summed."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import Any

from pyspark.accumulators import Accumulator

from sparkops.batch.rule_counts import RuleViolationCounter
from sparkops.scoring.ir.conditions import ColumnRef, IsNull, Not, RowRule
from sparkops.scoring.ir.portable_rules import PortableRule


def rule(name: str) -> PortableRule:
    expects = Not(IsNull(ColumnRef(name)))
    return PortableRule(
        label=f"{name} is there", table="t", place="t.yml:2", policy="fail", mostly=1.0, types={name: "long"},
        rule=RowRule(fields=(name,), expects=expects),
    )  # fmt: skip


class FakeSession:
    """A fake of a Spark session that keeps its accumulators in `accumulators`."""

    def __init__(self) -> None:
        self._jsparkSession = None
        self.accumulators: list[Any] = []
        self.sparkContext = self

    def accumulator(self, value: Any, param: Any) -> Any:
        self.accumulators.append(Accumulator(len(self.accumulators), value, param))
        return self.accumulators[-1]


def test_the_counts_of_a_frame_are_those_of_its_largest_stage_and_frames_are_summed() -> None:
    session, counter = FakeSession(), RuleViolationCounter((rule("a"), rule("b")), "warn")
    frame: Any = SimpleNamespace(sparkSession=session, isStreaming=False)
    assert counter.summarize() == {}
    for _ in range(2):
        assert counter.for_frame(frame) is not None
    first, second = session.accumulators
    first += Counter({(4, -1): 10, (4, 0): 3})
    first += Counter({(4, -1): 10, (4, 0): 1, (4, 1): 2})
    first += Counter({(5, -1): 20, (5, 0): 4, (5, 1): 2})
    second += Counter({(7, -1): 5, (7, 1): 5})
    summary = counter.summarize()
    assert (summary["apply"], summary["rules"], summary["rows"]) == ("warn", 2, 25)
    assert [(broken["rule"], broken["rows"]) for broken in summary["broken"]] == [
        ("a is there", 4),
        ("b is there", 7),
    ]


def test_the_micro_batches_of_a_stream_are_summed() -> None:
    session, counter = FakeSession(), RuleViolationCounter((rule("a"),), "count")
    report = counter.for_frame(SimpleNamespace(sparkSession=session, isStreaming=True))  # type: ignore[arg-type]
    assert report is not None
    for violations in ({}, {0: 2}, {0: 1}):
        report(10, violations)
    assert (counter.summarize()["rows"], counter.summarize()["broken"][0]["rows"]) == (30, 3)


def test_nothing_is_counted_with_spark_connect() -> None:
    counter = RuleViolationCounter((rule("a"),), "warn")
    assert counter.for_frame(SimpleNamespace(sparkSession=SimpleNamespace(), isStreaming=False)) is None  # type: ignore[arg-type]
    assert counter.summarize() == {}
