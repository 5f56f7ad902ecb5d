"""What a case compared: its rows by what is special about them, and the settings and storage that they covered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import isinf, isnan
from typing import Any

from parity.case import Case
from parity.spark_reference import inner_stages, input_columns
from sparkops.scoring import Answer

_NEAR = 1e-9
VALUE_KINDS = ("null", "NaN", "infinite", "boundary", "unseen", "empty", "sparse")


@dataclass(slots=True)
class CaseResult:
    """What was compared for one case.

    Args:
        case: The case.
        rows: Rows that Spark and the scorer both answered, the scorer one by one and as a batch.
        refused: Rows that both refused, of those that Spark scored.
        dropped: Rows that both dropped.
        value_kinds: Number of rows with each kind of value.
        modes: For each stage of the pipeline, its values of `handleInvalid`.
        storage: For each stage, how Spark stored the vectors that it read: dense, sparse.
        differences: What differed.
    """

    case: Case
    rows: int = 0
    refused: int = 0
    dropped: int = 0
    value_kinds: Counter[str] = field(default_factory=Counter)
    modes: dict[str, set[str]] = field(default_factory=dict)
    storage: dict[str, set[str]] = field(default_factory=dict)
    differences: list[str] = field(default_factory=list)

    def add_stages(self, fitted: Any, storage: Mapping[str, set[str]]) -> None:
        """Record the settings of each stage, and how the vectors that it read were stored."""
        for stage in inner_stages(fitted):
            name = type(stage).__name__
            if stage.hasParam("handleInvalid"):
                self.modes.setdefault(name, set()).add(stage.getOrDefault("handleInvalid"))
            for column in input_columns(stage) & set(storage):
                self.storage.setdefault(name, set()).update(storage[column])

    def add_row(
        self,
        row: Mapping[str, Any],
        answer: Answer,
        edges: Mapping[str, set[float]],
        known: Mapping[str, Sequence[Any]],
    ) -> None:
        """Count one row.

        Args:
            row: The row.
            answer: The scorer's answer.
            edges: Thresholds of the model by field.
            known: Values that the model knows by field.
        """
        self.rows += 1
        self.refused += answer == "refused"
        self.dropped += answer == "dropped"
        self.value_kinds.update(
            {
                kind
                for name, value in row.items()
                for kind in value_kinds(value, edges.get(name, set()), known.get(name))
            }
        )


def value_kinds(value: Any, edges: set[float], known: Sequence[Any] | None) -> Iterator[str]:
    """Yield what is special about a value of a row."""
    if value is None:
        yield "null"
    elif isinstance(value, list):
        yield from _list_kinds(value)
    elif isinstance(value, str):
        if not value.strip():
            yield "empty"
        if known is not None and value not in known:
            yield "unseen"
    elif isinstance(value, int | float):
        yield from _number_kinds(value, edges)


def _list_kinds(values: Sequence[Any]) -> Iterator[str]:
    if not values:
        yield "empty"
    for item in values:
        yield from value_kinds(item, set(), None)
    if any(isinstance(item, float) for item in values) and values.count(0.0) * 2 > len(values):
        yield "sparse"


def _number_kinds(value: float, edges: set[float]) -> Iterator[str]:
    if isnan(value):
        yield "NaN"
    elif isinf(value):
        yield "infinite"
    elif any(abs(value - edge) <= _NEAR * abs(edge) for edge in edges):
        yield "boundary"
