"""Words without the ones that say little."""

from __future__ import annotations

from dataclasses import dataclass

from ....batch.columns import Frame
from ....codegen.code_writer import CodeWriter
from ....ir.description import Step
from ....ir.validation import token_list_param
from ....jvm.text import lower
from ....text.token_columns import (
    TOKENS,
    TokenFunction,
    Tokens,
    bind_token_column,
    bind_tokens,
    cached_function,
    emit_call,
    map_rows,
)


@dataclass(frozen=True, slots=True)
class StopWordsRemover:
    """params: words (those to remove, null among them), exact (upper and lower case differ). Null words stay."""

    op: str = "remove_words"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Write one call."""
        words = token_list_param(step, "words")
        bind_tokens(step, code, emit_call(step, code, cached_function(_kept, step), TOKENS, words))

    def run(self, step: Step, frame: Frame) -> None:
        """Look every word up."""
        bind_token_column(step, frame, map_rows(step, frame, cached_function(_kept, step), []))


def _kept(step: Step) -> TokenFunction:
    words = step.params["words"]
    if step.params.get("exact"):
        exact = frozenset(words)
        return lambda row: [word for word in row if word not in exact]
    removed = frozenset(map(_low, words))

    def kept(row: Tokens) -> Tokens:
        return [word for word in row if _low(word) not in removed]

    return kept


def _low(word: str | None) -> str | None:
    if word is None:
        return None
    return word.lower() if word.isascii() else lower(word)
