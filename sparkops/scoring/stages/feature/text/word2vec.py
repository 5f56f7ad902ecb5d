"""Word2VecModel: tokens to the mean of their vectors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .....errors import ModelError
from ....batch.columns import DenseBlock, Frame, VectorColumn
from ....codegen.code_writer import CodeWriter
from ....codegen.symbols import Dense, Vector
from ....ir.description import Step
from ....ir.validation import token_list_param
from ....text.token_columns import TOKENS, TokenFunction, Tokens, cache_function, emit_call, map_rows


@dataclass(frozen=True, slots=True)
class Word2Vec:
    """params: words; arrays: vectors (words, size). A token without a vector counts as zeros; no tokens give zeros."""

    op: str = "average_words"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Emit one call."""
        words, vectors = token_list_param(step, "words"), step.arrays.get("vectors")
        if vectors is None or vectors.ndim != 2 or len(vectors) != len(words):  # noqa: PLR2004
            raise ModelError(f"{step.stage}: each word needs a vector.")
        name = emit_call(step, code, cache_function(_make_mean, step), TOKENS, words)
        field = code.get_scalar(step.inputs[0], step.stage).field
        code.columns[step.outputs[0]] = Vector((Dense(name, vectors.shape[1], field),), None, field)

    def run(self, step: Step, frame: Frame) -> None:
        """Compute the mean of every row."""
        means = map_rows(step, frame, cache_function(_make_mean, step), [])
        table = np.array(means, dtype=np.float64).reshape(frame.size, step.arrays["vectors"].shape[1])
        frame.columns[step.outputs[0]] = VectorColumn((DenseBlock(table),))


def _make_mean(step: Step) -> TokenFunction:
    vectors = step.arrays["vectors"]
    index_of = dict(zip(step.params["words"], range(len(vectors)), strict=True))
    zeros = [0.0] * vectors.shape[1]

    def mean(words: Tokens) -> list[float]:
        indices = [index_of[word] for word in words if word in index_of]
        if not indices:
            return zeros
        result: list[float] = (vectors[indices].sum(axis=0, dtype=np.float64) * (1.0 / len(words))).tolist()
        return result

    return mean
