"""Words to runs of words."""

from __future__ import annotations

from dataclasses import dataclass

from ....batch.columns import Frame
from ....codegen.code_writer import Code
from ....ir.description import Step
from ....text.token_columns import (
    WORDS,
    Kernel,
    Words,
    bind_all_words,
    bind_words,
    call,
    call_all,
    kernel,
    whole_number,
)


@dataclass(frozen=True, slots=True)
class NGram:
    """params: n (words of a run). A null word is written as `null`."""

    op: str = "ngram"

    def emit(self, step: Step, code: Code) -> None:
        """Write one call."""
        whole_number(step, "n", 1, 2**31 - 1)
        bind_words(step, code, call(step, code, kernel(_runs, step), WORDS))

    def run(self, step: Step, frame: Frame) -> None:
        """Join the words of every row."""
        bind_all_words(step, frame, call_all(step, frame, kernel(_runs, step), []))


def _runs(step: Step) -> Kernel:
    n = int(step.params["n"])

    def runs(words: Words) -> list[str]:
        plain = ["null" if word is None else word for word in words]
        return [" ".join(plain[at : at + n]) for at in range(len(plain) - n + 1)]

    return runs
