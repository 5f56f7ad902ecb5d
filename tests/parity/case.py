"""A parity case: one pipeline that is scored by Spark and by the compiled scorer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

Stages = Callable[[], list[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A pipeline that verifies a stage.

    Args:
        stage: Class name of the fitted stage that it verifies, as Spark saves it.
        name: What is special about it.
        stages: Returns the stages of the pipeline, to be fitted.
        frame: Name of the frame in `frames.FRAMES` that it is fitted on.
        inputs: Columns of the frame that a row holds.
        rows: Largest number of edge rows.
        refused: Number of rows refused by the scorer that Spark scores, too, one by one.
        rtol: Relative tolerance of doubles.
        sparse: Hold every other vector as a sparse one, for Spark and for the scorer.
        also: Further stages that it verifies, named as `stage` is.
        reason: Why only Spark scores it, a part of the compiler's reason; empty if it is compiled.
    """

    stage: str
    name: str
    stages: Stages
    frame: str = "scalars"
    inputs: tuple[str, ...] = ()
    rows: int = 120
    refused: int = 4
    rtol: float = 1e-12
    sparse: bool = True
    also: tuple[str, ...] = ()
    reason: str = ""

    @property
    def verifies(self) -> tuple[str, ...]:
        """Return the stages that it verifies; `QuantileDiscretizer` is saved as a Bucketizer."""
        first = "QuantileDiscretizer" if "QuantileDiscretizer" in self.name else self.stage
        return (first, *self.also)

    def describe(self, stage: str) -> str:
        """Return the case as the page of stages names it beside a stage."""
        return self.name if stage == self.verifies[0] else f"{self.stage}: {self.name}"

    def __str__(self) -> str:
        return f"{self.stage}: {self.name}"


def case(stage: str, name: str, *, inputs: Sequence[str], **options: Any) -> Callable[[Stages], Case]:
    """Return a decorator that makes a `Case` of a function that returns a pipeline's stages.

    Args:
        stage: Class name of the fitted stage that it verifies, as Spark saves it.
        name: What is special about it.
        inputs: Columns of the frame that a row holds.
        options: Further fields of `Case`.
    """

    def make_case(stages: Stages) -> Case:
        return Case(stage=stage, name=name, stages=stages, inputs=tuple(inputs), **options)

    return make_case
