"""Words to counts of those in a vocabulary: CountVectorizerModel."""

from __future__ import annotations

from dataclasses import dataclass

from .....errors import ModelError
from ....batch.columns import Frame
from ....codegen.code_writer import CodeWriter
from ....ir.description import Step
from ....ir.validation import token_list_param
from ....text.token_columns import (
    TOKENS,
    Counts,
    TokenFunction,
    Tokens,
    bind_count_column,
    bind_counts,
    cached_function,
    emit_call,
    map_rows,
)
from .hashing_tf import counted


@dataclass(frozen=True, slots=True)
class CountVectorizer:
    """params: words (null among them), binary; arrays: least (1: a count, or below 1 a share of the row's words)."""

    op: str = "count_words"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Write one call."""
        words = token_list_param(step, "words")
        if len(set(words)) != len(words):
            raise ModelError(f"{step.stage}: a word is in the vocabulary twice.")
        if "least" not in step.arrays or step.arrays["least"].shape != (1,):
            raise ModelError(f"{step.stage}: one number says how often a word must come.")
        name = emit_call(step, code, cached_function(_counts, step), TOKENS, words)
        bind_counts(step, code, name, len(words), code.scalar(step.inputs[0], step.stage).field)

    def run(self, step: Step, frame: Frame) -> None:
        """Count in every row."""
        found = map_rows(step, frame, cached_function(_counts, step), [])
        bind_count_column(step, frame, found, len(step.params["words"]))


def _counts(step: Step) -> TokenFunction:
    places = {word: at for at, word in enumerate(step.params["words"])}
    least, binary = float(step.arrays["least"][0]), bool(step.params.get("binary"))

    def counts(words: Tokens) -> Counts:
        found = counted([places[word] for word in words if word in places])
        enough = least if least >= 1.0 else len(words) * least
        if enough > 1.0:
            found = {slot: count for slot, count in found.items() if count >= enough}
        return dict.fromkeys(found, 1.0) if binary else found

    return counts
