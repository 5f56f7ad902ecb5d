"""CountVectorizerModel: tokens to the counts of those in a vocabulary."""

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
    cache_function,
    emit_call,
    map_rows,
)
from .hashing_tf import count_slots


@dataclass(frozen=True, slots=True)
class CountVectorizer:
    """params: words (the vocabulary; a word may be null), binary (1 for any count).

    arrays: least (1): the minimum count of a word; below 1, its minimum share of the words.
    """

    op: str = "count_words"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Emit one call."""
        words = token_list_param(step, "words")
        if len(set(words)) != len(words):
            raise ModelError(f"{step.stage}: a word is in the vocabulary twice.")
        if "least" not in step.arrays or step.arrays["least"].shape != (1,):
            raise ModelError(
                f"{step.stage}: `least` must be one number, the minimum count or share of a word."
            )
        name = emit_call(step, code, cache_function(_make_counter, step), TOKENS, words)
        bind_counts(step, code, name, len(words), code.get_scalar(step.inputs[0], step.stage).field)

    def run(self, step: Step, frame: Frame) -> None:
        """Count the tokens of every row."""
        counts = map_rows(step, frame, cache_function(_make_counter, step), [])
        bind_count_column(step, frame, counts, len(step.params["words"]))


def _make_counter(step: Step) -> TokenFunction:
    indices = {word: index for index, word in enumerate(step.params["words"])}
    min_count, binary = float(step.arrays["least"][0]), bool(step.params.get("binary"))

    def count_tokens(words: Tokens) -> Counts:
        counts = count_slots([indices[word] for word in words if word in indices])
        threshold = min_count if min_count >= 1.0 else len(words) * min_count
        if threshold > 1.0:
            counts = {slot: count for slot, count in counts.items() if count >= threshold}
        return dict.fromkeys(counts, 1.0) if binary else counts

    return count_tokens
