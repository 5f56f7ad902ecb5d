"""One of several classes, by the raw scores of one classifier a class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import numpy as np

from ...batch.columns import Frame
from ...codegen.code_writer import CodeWriter
from ...codegen.symbols import Scalar, vector_slots
from ...ir.description import Step
from ...ir.validation import int_param, require
from ...kernels import class_decision


@dataclass(frozen=True, slots=True)
class OneVsRest:
    """The first highest score wins; NaN is passed over; class -1 where no score is above minus infinity.

    params: classes; inputs: the raw scores of each class's classifier. What each says for its class is compared.
    """

    op: str = "one_vs_rest"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Write the choice among the classifiers' second scores."""
        require(step, good=int_param(step, "classes", low=1) == len(step.inputs) and not step.outputs[1])
        scores = [vector_slots(code.vector(name, step.stage, 2))[1].expr for name in step.inputs]
        raw = code.local(f"({', '.join(scores)},)")
        choice = code.local(f"{code.constant(_highest)}({raw})")
        class_decision.bind_names(step, code, choice, raw, "")
        code.columns[step.outputs[0]] = Scalar(choice, "double", nan=True)

    def run(self, step: Step, frame: Frame) -> None:
        """Do the same for every row."""
        raw = np.column_stack([frame.vectors(name).slot(1) for name in step.inputs])
        known = np.where(np.isnan(raw), -inf, raw)
        none = known.max(axis=1) == -inf
        choice = np.where(none, -1.0, known.argmax(axis=1))
        class_decision.bind_columns(step, frame, choice, raw, np.zeros((0, 0)))


def _highest(scores: Sequence[float]) -> float:
    best, top = -1, -inf
    for at, score in enumerate(scores):
        if score > top:
            best, top = at, score
    return float(best)
