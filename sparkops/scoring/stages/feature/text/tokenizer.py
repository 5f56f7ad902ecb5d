"""Text to words: Tokenizer and RegexTokenizer."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from .....errors import ModelError
from ....batch.columns import Frame
from ....codegen.code_writer import CodeWriter
from ....ir.description import Step
from ....ir.validation import int_param
from ....jvm.regex import translate_regex
from ....jvm.text import lower, utf16_length
from ....text.token_columns import (
    STRING,
    bind_token_column,
    bind_tokens,
    cached_function,
    emit_call,
    map_rows,
)

Split = Callable[[str], list[str]]


@dataclass(frozen=True, slots=True)
class Tokenize:
    """Lower-cased text, cut at each of Java's white spaces."""

    op: str = "tokenize"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Write one call."""
        bind_tokens(step, code, emit_call(step, code, words, STRING))

    def run(self, step: Step, frame: Frame) -> None:
        """Cut every text."""
        bind_token_column(step, frame, map_rows(step, frame, words, ""))


@dataclass(frozen=True, slots=True)
class TokenizeByPattern:
    """params: pattern (Java's), gaps (it matches what is between words), lower, shortest (UTF-16 units of a word)."""

    op: str = "tokenize_by_pattern"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Write one call."""
        if not isinstance(step.params.get("pattern"), str):
            raise ModelError(f"{step.stage}: pattern is no text.")
        int_param(step, "shortest")
        try:
            cut = cached_function(_by_pattern, step)
        except ModelError as error:
            raise ModelError(f"{step.stage}: {error}") from None
        bind_tokens(step, code, emit_call(step, code, cut, STRING))

    def run(self, step: Step, frame: Frame) -> None:
        """Cut every text."""
        bind_token_column(step, frame, map_rows(step, frame, cached_function(_by_pattern, step), ""))


def words(text: str) -> list[str]:
    """Return lower-cased text, cut at each white space; what is empty at the end is dropped, as Java's `split` does."""
    low = text.lower() if text.isascii() else lower(text)
    for space in "\t\n\x0b\f\r":
        low = low.replace(space, " ")
    return _cut(low.split(" "))


def _cut(found: list[str]) -> list[str]:
    """Drop what is empty at the end, unless there was nothing to split at."""
    if len(found) > 1:
        while found and not found[-1]:
            found.pop()
    return found


def _by_pattern(step: Step) -> Split:
    pattern = translate_regex(step.params["pattern"])
    cut = _between(pattern) if step.params.get("gaps") else pattern.findall
    low, shortest = bool(step.params.get("lower")), int(step.params["shortest"])

    def found(text: str) -> list[str]:
        parts = cut(lower(text) if low else text)
        if not shortest:
            return parts
        if shortest == 1:
            return [part for part in parts if part]
        return [part for part in parts if len(part) >= shortest or utf16_length(part) >= shortest]

    return found


def _between(pattern: re.Pattern[str]) -> Split:
    def between(text: str) -> list[str]:
        return _cut(pattern.split(text))

    return between
