"""Words to the mean of their vectors: Word2VecModel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .....errors import ModelError
from ....batch.columns import DenseBlock, Frame, VectorColumn
from ....codegen.code_writer import CodeWriter
from ....codegen.symbols import Dense, Vector
from ....ir.description import Step
from ....ir.validation import token_list_param
from ....text.token_columns import TOKENS, TokenFunction, Tokens, cached_function, emit_call, map_rows


@dataclass(frozen=True, slots=True)
class Word2Vec:
    """params: words; arrays: vectors (words, size). Words without a vector count, and add 0; no words give zeros."""

    op: str = "average_words"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Write one call."""
        words, vectors = token_list_param(step, "words"), step.arrays.get("vectors")
        if vectors is None or vectors.ndim != 2 or len(vectors) != len(words):  # noqa: PLR2004
            raise ModelError(f"{step.stage}: each word needs a vector.")
        name = emit_call(step, code, cached_function(_mean, step), TOKENS, words)
        field = code.scalar(step.inputs[0], step.stage).field
        code.columns[step.outputs[0]] = Vector((Dense(name, vectors.shape[1], field),), None, field)

    def run(self, step: Step, frame: Frame) -> None:
        """Do the same for every row."""
        found = map_rows(step, frame, cached_function(_mean, step), [])
        table = np.array(found, dtype=np.float64).reshape(frame.size, step.arrays["vectors"].shape[1])
        frame.columns[step.outputs[0]] = VectorColumn((DenseBlock(table),))


def _mean(step: Step) -> TokenFunction:
    vectors = step.arrays["vectors"]
    places = dict(zip(step.params["words"], range(len(vectors)), strict=True))
    zeros = [0.0] * vectors.shape[1]

    def mean(words: Tokens) -> list[float]:
        found = [places[word] for word in words if word in places]
        if not found:
            return zeros
        summed: list[float] = (vectors[found].sum(axis=0, dtype=np.float64) * (1.0 / len(words))).tolist()
        return summed

    return mean
