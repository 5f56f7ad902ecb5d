"""LocalLDAModel: the share of each topic in a document."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from ...batch.columns import DenseBlock, Frame, VectorColumn
from ...codegen.code_writer import CodeWriter
from ...codegen.row_errors import Refusal, make_endless_refusal
from ...codegen.symbols import Dense, Vector
from ...ir.description import Step
from ...ir.validation import float_array, require
from ...kernels.topic_inference import TopicModel


@dataclass(frozen=True, slots=True)
class LDA:
    """arrays: weights (words, topics), prior (topics), start (topics); see `TopicModel`.

    A document without words has the share 0 of every topic.
    """

    op: str = "topics"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Emit one call: the iteration is the same as for a batch."""
        model = _read_model(step)
        source = code.get_features(step.inputs[0], step.stage, len(model.weights))
        refuse = make_endless_refusal(source.field or step.inputs[0], step.stage)
        infer = code.bind_constant(_make_inference(model, refuse))
        shares = code.assign(f"{infer}({code.assign_sparse(source)})")
        code.columns[step.outputs[0]] = Vector((Dense(shares, len(model.prior)),))

    def run(self, step: Step, frame: Frame) -> None:
        """Infer the topics of every row."""
        model = _read_model(step)
        entries = frame.get_features(step.inputs[0]).to_sparse(frame.size)
        nonzero = entries.values != 0.0
        rows, words, counts = entries.rows[nonzero], entries.slots[nonzero], entries.values[nonzero]
        documents, lengths = np.unique(rows, return_counts=True)
        shares = np.zeros((frame.size, len(model.prior)))
        failed = np.zeros(frame.size, dtype=bool)
        if len(documents):
            shares[documents], failed[documents] = model.infer(lengths, words, counts)
        frame.refuse(failed)
        frame.columns[step.outputs[0]] = VectorColumn((DenseBlock(shares),))


def _read_model(step: Step) -> TopicModel:
    weights = float_array(step, "weights", None, None)
    require(step, good=weights.size > 0)
    topics = weights.shape[1]
    return TopicModel(weights, float_array(step, "prior", topics), float_array(step, "start", topics))


def _make_inference(model: TopicModel, refuse: Refusal) -> Callable[[Mapping[int, float]], list[float]]:
    """Return the function from a document, counts by word index, to the share of each topic."""
    zeros = [0.0] * len(model.prior)

    def infer(document: Mapping[int, float]) -> list[float]:
        entries = {word: count for word, count in document.items() if count}
        if not entries:
            return zeros
        words, counts = np.array(list(entries)), np.array(list(entries.values()))
        shares, failed = model.infer(np.array([len(words)]), words, counts)
        if failed[0]:
            refuse(min(entries.values()))
        result: list[float] = shares[0].tolist()
        return result

    return infer
