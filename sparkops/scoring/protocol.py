"""What everything that scores rows looks like: the compiled scorer, and a model in a process of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol

from .batch.columns import Batch
from .ir.description import Output
from .ir.field import Field

Answer = dict[str, Any] | Literal["dropped", "refused"]


class ScoreRow(Protocol):
    """The function that scores one row; with `explain` its answer contains "explanation"."""

    def __call__(self, row: Mapping[str, Any], explain: bool = False) -> dict[str, Any]:
        """Score a row."""


class RowScorer(Protocol):
    """A model that scores rows."""

    @property
    def fields(self) -> tuple[Field, ...]:
        """Return what a row holds."""

    @property
    def outputs(self) -> tuple[Output, ...]:
        """Return what an answer holds."""

    @property
    def classes(self) -> tuple[str, ...] | None:
        """Return the labels by the index of their probability, where the model tells them."""

    @property
    def version(self) -> str:
        """Return a hash of the model."""

    @property
    def is_fast(self) -> bool:
        """Tell whether a row takes microseconds: less than handing it to a thread is worth."""

    @property
    def reference(self) -> str:
        """Return what its answers must equal, in a word."""

    @property
    def tolerance(self) -> tuple[float, float]:
        """Return how far, relative and absolute, an answer may be from that."""

    @property
    def score(self) -> ScoreRow:
        """Return the function that scores one row."""

    @property
    def broken(self) -> Mapping[str, int]:
        """Return how many rows broke which of the rules that it applies."""

    def answer(self, row: Mapping[str, Any]) -> Answer:
        """Return the answer for one row, or the word for why there is none."""

    def score_batch(
        self,
        data: Mapping[str, Any] | Sequence[Mapping[str, Any]],
        *,
        extra: Literal["refuse", "ignore"] = "refuse",
    ) -> Batch:
        """Score many rows."""
