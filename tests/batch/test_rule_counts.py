"""What workers counted, told of a version: the fullest stage of a frame, all frames together."""

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


class Session:
    """A session of this process, whose accumulators are at hand."""

    def __init__(self) -> None:
        self._jsparkSession = None
        self.made: list[Any] = []
        self.sparkContext = self

    def accumulator(self, value: Any, param: Any) -> Any:
        self.made.append(Accumulator(len(self.made), value, param))
        return self.made[-1]


def test_a_frame_is_told_as_its_fullest_stage_saw_it_and_frames_are_added() -> None:
    session, tally = Session(), RuleViolationCounter((rule("a"), rule("b")), "warn")
    frame: Any = SimpleNamespace(sparkSession=session, isStreaming=False)
    assert tally.told() == {}
    for _ in range(2):
        assert tally.of(frame) is not None
    first, second = session.made
    first += Counter({(4, -1): 10, (4, 0): 3})
    first += Counter({(4, -1): 10, (4, 0): 1, (4, 1): 2})
    first += Counter({(5, -1): 20, (5, 0): 4, (5, 1): 2})
    second += Counter({(7, -1): 5, (7, 1): 5})
    told = tally.told()
    assert (told["apply"], told["rules"], told["rows"]) == ("warn", 2, 25)
    assert [(each["rule"], each["rows"]) for each in told["broken"]] == [("a is there", 4), ("b is there", 7)]


def test_what_a_streams_batches_counted_is_summed() -> None:
    session, tally = Session(), RuleViolationCounter((rule("a"),), "count")
    count = tally.of(SimpleNamespace(sparkSession=session, isStreaming=True))  # type: ignore[arg-type]
    assert count is not None
    for broken in ({}, {0: 2}, {0: 1}):
        count(10, broken)
    assert (tally.told()["rows"], tally.told()["broken"][0]["rows"]) == (30, 3)


def test_spark_connect_counts_nothing() -> None:
    tally = RuleViolationCounter((rule("a"),), "warn")
    assert tally.of(SimpleNamespace(sparkSession=SimpleNamespace(), isStreaming=False)) is None  # type: ignore[arg-type]
    assert tally.told() == {}
