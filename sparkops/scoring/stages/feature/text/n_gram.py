"""NGram: tokens to sequences of n tokens."""

from __future__ import annotations

from dataclasses import dataclass

from ....batch.columns import Frame
from ....codegen.code_writer import CodeWriter
from ....ir.description import Step
from ....ir.validation import int_param
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
class NGram:
    """params: n. A null token is written as `null`."""

    op: str = "ngram"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Emit one call."""
        int_param(step, "n", low=1)
        bind_tokens(step, code, emit_call(step, code, cache_function(_make_joiner, step), TOKENS))

    def run(self, step: Step, frame: Frame) -> None:
        """Join the tokens of every row."""
        bind_token_column(step, frame, map_rows(step, frame, cache_function(_make_joiner, step), []))


def _make_joiner(step: Step) -> TokenFunction:
    n = int(step.params["n"])

    def join(words: Tokens) -> list[str]:
        texts = ["null" if word is None else word for word in words]
        return [" ".join(texts[start : start + n]) for start in range(len(texts) - n + 1)]

    return join
