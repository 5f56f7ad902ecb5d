"""Words to the mean of their vectors: Word2VecModel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .....errors import ModelError
from ....batch.columns import Denses, Frame, Vectors
from ....codegen.code_writer import Code
from ....codegen.symbols import Dense, Vector
from ....ir.description import Step
from ....text.token_columns import WORDS, Kernel, Words, call, call_all, kernel, listed_words


@dataclass(frozen=True, slots=True)
class AverageWords:
    """params: words; arrays: vectors (words, size). Words without a vector count, and add 0; no words give zeros."""

    op: str = "average_words"

    def emit(self, step: Step, code: Code) -> None:
        """Write one call."""
        words, vectors = listed_words(step, "words"), step.arrays.get("vectors")
        if vectors is None or vectors.ndim != 2 or len(vectors) != len(words):  # noqa: PLR2004
            raise ModelError(f"{step.stage}: each word needs a vector.")
        name = call(step, code, kernel(_mean, step), WORDS, words)
        field = code.scalar(step.inputs[0], step.stage).field
        code.columns[step.outputs[0]] = Vector((Dense(name, vectors.shape[1], field),), None, field)

    def run(self, step: Step, frame: Frame) -> None:
        """Do the same for every row."""
        found = call_all(step, frame, kernel(_mean, step), [])
        table = np.array(found, dtype=np.float64).reshape(frame.size, step.arrays["vectors"].shape[1])
        frame.columns[step.outputs[0]] = Vectors((Denses(table),))


def _mean(step: Step) -> Kernel:
    vectors = step.arrays["vectors"]
    places = dict(zip(step.params["words"], range(len(vectors)), strict=True))
    zeros = [0.0] * vectors.shape[1]

    def mean(words: Words) -> list[float]:
        found = [places[word] for word in words if word in places]
        if not found:
            return zeros
        summed: list[float] = (vectors[found].sum(axis=0, dtype=np.float64) * (1.0 / len(words))).tolist()
        return summed

    return mean
