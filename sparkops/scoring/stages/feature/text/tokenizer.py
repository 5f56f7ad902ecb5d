"""Tokenizer: lower-cased text, split at white space."""

from __future__ import annotations

from dataclasses import dataclass

from ....batch.columns import Frame
from ....codegen.code_writer import CodeWriter
from ....ir.description import Step
from ....jvm.text import lower
from ....text.token_columns import STRING, bind_token_column, bind_tokens, emit_call, map_rows


@dataclass(frozen=True, slots=True)
class Tokenizer:
    """Lower-cased text, split at each of Java's white spaces."""

    op: str = "tokenize"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Emit one call."""
        bind_tokens(step, code, emit_call(step, code, tokenize, STRING))

    def run(self, step: Step, frame: Frame) -> None:
        """Split the text of every row."""
        bind_token_column(step, frame, map_rows(step, frame, tokenize, ""))


def tokenize(text: str) -> list[str]:
    """Return lower-cased text, split at each white space as Java's `split` does."""
    low = text.lower() if text.isascii() else lower(text)
    for space in "\t\n\x0b\f\r":
        low = low.replace(space, " ")
    return drop_trailing_empty(low.split(" "))


def drop_trailing_empty(parts: list[str]) -> list[str]:
    """Remove empty parts at the end, as Java's `split` does, unless there is only one part."""
    if len(parts) > 1:
        while parts and not parts[-1]:
            parts.pop()
    return parts
