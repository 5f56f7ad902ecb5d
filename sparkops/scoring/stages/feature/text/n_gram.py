"""NGram: tokens to sequences of n tokens."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from .....errors import RowError
from ....batch.columns import Frame
from ....codegen.code_writer import CodeWriter
from ....ir.description import Step
from ....ir.growth import INPUT, MAX_UNITS
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

_NULL = "null"


@dataclass(frozen=True, slots=True)
class NGram:
    """params: n. A null token is written as `null`."""

    op: str = "ngram"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Emit one call."""
        bound = code.bounds.get(step.inputs[0], INPUT) * int_param(step, "n", low=1)
        if not bound.is_small:
            source = code.assign_scalar(code.get_scalar(step.inputs[0], step.stage))
            budget = code.get_row_budget()
            code.add_line(f"{code.bind_constant(partial(_spend, step))}({source.expr}, {budget})")
        tokens = emit_call(step, code, cache_function(_make_joiner, step), TOKENS)
        bind_tokens(step, code, tokens, bound)

    def run(self, step: Step, frame: Frame) -> None:
        """Join the tokens of every row."""
        bound = frame.bounds.get(step.inputs[0], INPUT) * int(step.params["n"])
        if not bound.is_small:
            for words in frame.get_scalars(step.inputs[0]).values.tolist():
                frame.count_units(_spend(step, words, [MAX_UNITS]), step.stage)
        joined = map_rows(step, frame, cache_function(_make_joiner, step), [])
        bind_token_column(step, frame, joined, bound)


def _spend(step: Step, words: Tokens | None, budget: list[int]) -> int:
    """Take the characters of the sequences of a row from its budget before they are made, and return their number.

    Raises:
        RowError: They are too many.
    """
    if words is None:
        return 0
    n = min(int(step.params["n"]), len(words))
    length = n * sum(len(_NULL) if word is None else len(word) + 1 for word in words)
    if length > budget[0]:
        raise RowError(
            f"{step.stage}: sequences of {n:,} of the {len(words):,} tokens of this row make texts of more "
            f"than {MAX_UNITS:,} characters."
        )
    budget[0] -= length
    return length


def _make_joiner(step: Step) -> TokenFunction:
    n = int(step.params["n"])

    def join(words: Tokens) -> list[str]:
        texts = [_NULL if word is None else word for word in words]
        return [" ".join(texts[start : start + n]) for start in range(len(texts) - n + 1)]

    return join
