"""StopWordsRemover: tokens without stop words."""

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
    cache_function,
    emit_call,
    map_rows,
)


@dataclass(frozen=True, slots=True)
class StopWordsRemover:
    """params: words (the stop words; one may be null), exact (upper and lower case differ)."""

    op: str = "remove_words"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Emit one call."""
        stop_words = token_list_param(step, "words")
        bind_tokens(step, code, emit_call(step, code, cache_function(_make_filter, step), TOKENS, stop_words))

    def run(self, step: Step, frame: Frame) -> None:
        """Filter the tokens of every row."""
        bind_token_column(step, frame, map_rows(step, frame, cache_function(_make_filter, step), []))


def _make_filter(step: Step) -> TokenFunction:
    stop_words = step.params["words"]
    if step.params.get("exact"):
        exact_words = frozenset(stop_words)
        return lambda row: [word for word in row if word not in exact_words]
    lower_stop_words = frozenset(map(_to_lower, stop_words))

    def keep(row: Tokens) -> Tokens:
        return [word for word in row if _to_lower(word) not in lower_stop_words]

    return keep


def _to_lower(word: str | None) -> str | None:
    if word is None:
        return None
    return word.lower() if word.isascii() else lower(word)
