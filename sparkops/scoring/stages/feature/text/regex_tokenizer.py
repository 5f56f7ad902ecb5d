"""RegexTokenizer: text split by a regular expression of Java."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from .....errors import ModelError
from ....batch.columns import Frame
from ....codegen.code_writer import CodeWriter
from ....ir.description import Step
from ....ir.validation import int_param
from ....jvm.bounded_pattern import Pattern
from ....jvm.regex import translate_regex
from ....jvm.text import count_utf16_units, lower
from ....text.token_columns import (
    STRING,
    bind_token_column,
    bind_tokens,
    cache_function,
    emit_call,
    map_rows,
)
from .tokenizer import drop_trailing_empty

Split = Callable[[str], list[str]]


@dataclass(frozen=True, slots=True)
class RegexTokenizer:
    """Text split by a regular expression of Java.

    params: pattern, gaps (the pattern matches between tokens), lower, shortest (UTF-16 units of a token).
    """

    op: str = "tokenize_by_pattern"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Emit one call."""
        if not isinstance(step.params.get("pattern"), str):
            raise ModelError(f"{step.stage}: pattern is not text.")
        int_param(step, "shortest")
        try:
            tokenize = cache_function(make_tokenizer, step)
        except ModelError as error:
            raise ModelError(f"{step.stage}: {error}") from None
        bind_tokens(step, code, emit_call(step, code, tokenize, STRING))

    def run(self, step: Step, frame: Frame) -> None:
        """Split the text of every row."""
        bind_token_column(step, frame, map_rows(step, frame, cache_function(make_tokenizer, step), ""))


def make_tokenizer(step: Step) -> Split:
    """Return the function that a step applies to a text.

    Raises:
        ModelError: Python is not known to match the pattern as Java does.
    """
    pattern = translate_regex(step.params["pattern"])
    split = _split_at(pattern) if step.params.get("gaps") else _find_all(pattern)
    to_lower, shortest = bool(step.params.get("lower")), int(step.params["shortest"])

    def tokenize(text: str) -> list[str]:
        tokens = split(lower(text) if to_lower else text)
        if not shortest:
            return tokens
        if shortest == 1:
            return [token for token in tokens if token]
        return [token for token in tokens if len(token) >= shortest or count_utf16_units(token) >= shortest]

    return tokenize


def _find_all(pattern: Pattern) -> Split:
    if isinstance(pattern, re.Pattern):
        return pattern.findall
    return lambda text: [match[0] for match in pattern.finditer(text)]


def _split_at(pattern: Pattern) -> Split:
    def split(text: str) -> list[str]:
        return drop_trailing_empty(pattern.split(text))

    return split
