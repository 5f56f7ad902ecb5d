"""One pipeline to be scored by Spark and by the compiled scorer, and the list of them all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

Stages = Callable[[], list[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A pipeline that proves a stage.

    Args:
        stage: Short class name of the fitted stage that it proves, as Spark saves it.
        name: What is special about it.
        stages: Makes the pipeline's stages, to be fitted.
        frame: Which frame of `frames.FRAMES` it is fitted on.
        inputs: Columns of the frame that a row holds.
        rows: Most rows at the edges to compare.
        refused: How many of the rows that the scorer refuses Spark is asked about, one by one.
        rtol: Relative tolerance of doubles.
        sparse: Every other vector of a row is given to Spark sparse; False for stages that tell the two apart.
        also: Further stages that it proves, named as `stage` is.
        reason: Why only Spark scores it, as the compiler says it; empty for a compiled one.
    """

    stage: str
    name: str
    stages: Stages
    frame: str = "plain"
    inputs: tuple[str, ...] = ()
    rows: int = 120
    refused: int = 4
    rtol: float = 1e-12
    sparse: bool = True
    also: tuple[str, ...] = ()
    reason: str = ""

    @property
    def proves(self) -> tuple[str, ...]:
        """Return the stages that it proves; `QuantileDiscretizer`, saved as another, is told apart by its name."""
        first = "QuantileDiscretizer" if "QuantileDiscretizer" in self.name else self.stage
        return (first, *self.also)

    def told(self, stage: str) -> str:
        """Return the case as the page says it beside a stage."""
        return self.name if stage == self.proves[0] else f"{self.stage}: {self.name}"

    def __str__(self) -> str:
        return f"{self.stage}: {self.name}"


CASES: list[Case] = []


def case(stage: str, name: str, *, inputs: Sequence[str], **more: Any) -> Callable[[Stages], Stages]:
    """Add the decorated function, which makes a pipeline's stages, to the cases."""

    def keep(stages: Stages) -> Stages:
        CASES.append(Case(stage=stage, name=name, stages=stages, inputs=tuple(inputs), **more))
        return stages

    return keep
