"""Words to runs of words."""

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
    cached_function,
    emit_call,
    map_rows,
)


@dataclass(frozen=True, slots=True)
class NGram:
    """params: n (words of a run). A null word is written as `null`."""

    op: str = "ngram"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Write one call."""
        int_param(step, "n", low=1)
        bind_tokens(step, code, emit_call(step, code, cached_function(_runs, step), TOKENS))

    def run(self, step: Step, frame: Frame) -> None:
        """Join the words of every row."""
        bind_token_column(step, frame, map_rows(step, frame, cached_function(_runs, step), []))


def _runs(step: Step) -> TokenFunction:
    n = int(step.params["n"])

    def runs(words: Tokens) -> list[str]:
        plain = ["null" if word is None else word for word in words]
        return [" ".join(plain[at : at + n]) for at in range(len(plain) - n + 1)]

    return runs
