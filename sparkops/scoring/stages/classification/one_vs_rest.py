"""OneVsRestModel: the class whose classifier gives the largest raw score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import numpy as np

from ...batch.columns import Frame
from ...codegen.code_writer import CodeWriter
from ...codegen.symbols import Scalar, list_slots
from ...ir.description import Step
from ...ir.validation import int_param, require
from ...kernels import class_decision


@dataclass(frozen=True, slots=True)
class OneVsRest:
    """The first class with the largest score, without NaN; -1 if no score is above minus infinity.

    params: classes; inputs: for each class, the raw scores of its classifier: (rest, class). The second ones are
    compared.
    """

    op: str = "one_vs_rest"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Emit the choice among the classifiers' second scores."""
        require(step, good=int_param(step, "classes", low=1) == len(step.inputs) and not step.outputs[1])
        scores = [list_slots(code.get_vector(name, step.stage, 2))[1].expr for name in step.inputs]
        raw = code.assign(f"({', '.join(scores)},)")
        index = code.assign(f"{code.bind_constant(_argmax)}({raw})")
        class_decision.bind_names(step, code, index, raw, probability="")
        code.columns[step.outputs[0]] = Scalar(index, "double", nan=True)

    def run(self, step: Step, frame: Frame) -> None:
        """Classify every row."""
        raw = np.column_stack([frame.get_vectors(name).get_slot(1) for name in step.inputs])
        numbers = np.where(np.isnan(raw), -inf, raw)
        has_no_score = numbers.max(axis=1) == -inf
        index = np.where(has_no_score, -1.0, numbers.argmax(axis=1))
        class_decision.bind_columns(step, frame, index, raw, np.zeros((0, 0)))


def _argmax(scores: Sequence[float]) -> float:
    best, largest = -1, -inf
    for index, score in enumerate(scores):
        if score > largest:
            best, largest = index, score
    return float(best)
