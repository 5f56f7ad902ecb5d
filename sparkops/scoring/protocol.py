"""The interface of scorers: the compiled scorer, and a model in a process of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

from ..errors import RowError

# Whoever only names these types, such as the registry, needs no NumPy.
if TYPE_CHECKING:
    from .batch.columns import Batch
    from .batch.pandas_columns import NanMeaning
    from .ir.description import Output
    from .ir.field import Field

BatchData = Mapping[str, Any] | Sequence[Mapping[str, Any]] | Any
"""Columns by name, rows, or a DataFrame or Arrow data of another library."""
Answer = dict[str, Any] | Literal["dropped", "refused"]
Case = tuple[dict[str, Any], Answer]
"""A row and the reference's answer to it, as a certificate holds them."""


class ScoreRow(Protocol):
    """The function that scores one row; with `explain` the answer contains "explanation"."""

    def __call__(self, row: Mapping[str, Any], explain: bool = False) -> dict[str, Any]:
        """Score a row."""


class ModelInterface(Protocol):
    """What the rows and the answers of a model contain."""

    @property
    def fields(self) -> tuple[Field, ...]:
        """Return the fields of a row."""

    @property
    def ignored(self) -> tuple[str, ...]:
        """Return the names of other fields that a row may have."""

    @property
    def outputs(self) -> tuple[Output, ...]:
        """Return the outputs in an answer."""

    @property
    def classes(self) -> tuple[str, ...] | None:
        """Return the labels by index of their probability, if the model has them."""

    @property
    def version(self) -> str:
        """Return a hash of the model."""


class ReferenceTolerance(Protocol):
    """The system that answers must agree with, and how closely."""

    @property
    def reference(self) -> str:
        """Return the name of the system that answers are compared with."""

    @property
    def tolerance(self) -> tuple[float, float]:
        """Return the relative and the absolute tolerance of the comparison."""


class OutputSelection(Protocol):
    """The choice of what an answer contains."""

    def with_outputs(self, names: Sequence[str]) -> RowScorer:
        """Return a scorer of the same model whose answers contain these outputs.

        Raises:
            UnknownName: The model has no such output.
        """


class RowScorer(ModelInterface, ReferenceTolerance, OutputSelection, Protocol):
    """A model that scores rows."""

    @property
    def is_fast(self) -> bool:
        """Return whether a row takes microseconds, less than it costs to pass it to a thread."""

    @property
    def score(self) -> ScoreRow:
        """Return the function that scores one row."""

    @property
    def broken(self) -> Mapping[str, int]:
        """Return the number of rows that violated a rule, by label of the rule."""

    def answer(self, row: Mapping[str, Any]) -> Answer:
        """Return the answer for one row, or why there is none."""

    def score_batch(
        self,
        data: BatchData,
        *,
        extra: Literal["refuse", "ignore"] = "refuse",
        nan: NanMeaning = "nan",
    ) -> Batch:
        """Score many rows."""


@runtime_checkable
class ManyRowScorer(Protocol):
    """A scorer to which a request costs more than a row, so that rows are better scored together."""

    def score_rows(self, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any] | RowError]:
        """Return the answer to each row, or the error of a row that has none."""
