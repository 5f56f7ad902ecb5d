"""The result of compiling a saved model: what became of each stage, and the description if all were compiled."""

from __future__ import annotations

from dataclasses import dataclass

from sparkops.errors import NotCompiled
from sparkops.scoring.ir.description import Description


@dataclass(frozen=True, slots=True)
class StageOutcome:
    """Whether one stage of a saved model was compiled.

    Args:
        class_name: Class name of the stage without its package.
        uid: Spark's id of the stage.
        reason: Why only Spark can score it; empty if it was compiled.
    """

    class_name: str
    uid: str
    reason: str = ""

    def describe(self) -> str:
        """Return `compiled`, or `scored by Spark` with the reason."""
        return f"scored by Spark: {self.reason}" if self.reason else "compiled"

    def __str__(self) -> str:
        return f"{self.class_name} `{self.uid}`"


@dataclass(frozen=True, slots=True)
class Compilation:
    """The outcome for all stages of a saved model.

    Args:
        stages: Every stage in order, those inside pipelines and tuning models included.
        description: The compiled model; None if some stage, or the model as a whole, is scored by Spark only.
        problem: Why the stages, each compiled, do not make one scorer, or why it is not used; usually empty.
        notes: What a user should know of a compiled model, one sentence each.
    """

    stages: tuple[StageOutcome, ...]
    description: Description | None = None
    problem: str = ""
    notes: tuple[str, ...] = ()

    @property
    def reasons(self) -> tuple[str, ...]:
        """Return why the model is scored by Spark only, one sentence for each cause."""
        stages = tuple(f"{stage}: {stage.reason}" for stage in self.stages if stage.reason)
        return (*stages, self.problem) if self.problem else stages

    def require_description(self) -> Description:
        """Return the compiled model.

        Raises:
            NotCompiled: Only Spark can score some stages; the message names each of them with its reason.
        """
        if self.description is None:
            raise NotCompiled("Scored by Spark only: " + "; ".join(self.reasons), reasons=self.reasons)
        return self.description
