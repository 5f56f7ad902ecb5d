"""What became of each stage when a saved model was compiled."""

from __future__ import annotations

from dataclasses import dataclass

from sparkops.errors import NotCompiled
from sparkops.scoring.ir.description import Description


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a saved model.

    Args:
        kind: Short name of its Spark class.
        uid: Spark's id of it.
        reason: Why only Spark scores it; empty where it was compiled.
    """

    kind: str
    uid: str
    reason: str = ""

    @property
    def how(self) -> str:
        """Return how it is scored, in words."""
        return f"scored by Spark: {self.reason}" if self.reason else "compiled"

    def __str__(self) -> str:
        return f"{self.kind} `{self.uid}`"


@dataclass(frozen=True, slots=True)
class Compilation:
    """A saved model, stage by stage.

    Args:
        stages: Every stage in its order, out of pipelines and tuning wrappers.
        description: The compiled model; None where a stage, or the whole, is scored by Spark only.
        trouble: Why the stages, each compiled, do not make one scorer; mostly empty.
    """

    stages: tuple[Stage, ...]
    description: Description | None = None
    trouble: str = ""

    @property
    def reasons(self) -> tuple[str, ...]:
        """Return why the model is scored by Spark only: a sentence for each stage to blame."""
        told = tuple(f"{stage}: {stage.reason}" for stage in self.stages if stage.reason)
        return (*told, self.trouble) if self.trouble else told

    def whole(self) -> Description:
        """Return the compiled model.

        Raises:
            NotCompiled: Stages that only Spark can score; every one is named, with its reason.
        """
        if self.description is None:
            raise NotCompiled("Scored by Spark only: " + "; ".join(self.reasons), reasons=self.reasons)
        return self.description
