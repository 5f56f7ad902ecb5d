"""Words without the ones that say little."""

from __future__ import annotations

from dataclasses import dataclass

from ....batch.columns import Frame
from ....codegen.code_writer import Code
from ....ir.description import Step
from ....jvm.text import lower
from ....text.token_columns import (
    WORDS,
    Kernel,
    Words,
    bind_all_words,
    bind_words,
    call,
    call_all,
    kernel,
    listed_words,
)


@dataclass(frozen=True, slots=True)
class RemoveWords:
    """params: words (those to remove, null among them), exact (upper and lower case differ). Null words stay."""

    op: str = "remove_words"

    def emit(self, step: Step, code: Code) -> None:
        """Write one call."""
        words = listed_words(step, "words")
        bind_words(step, code, call(step, code, kernel(_kept, step), WORDS, words))

    def run(self, step: Step, frame: Frame) -> None:
        """Look every word up."""
        bind_all_words(step, frame, call_all(step, frame, kernel(_kept, step), []))


def _kept(step: Step) -> Kernel:
    words = step.params["words"]
    if step.params.get("exact"):
        exact = frozenset(words)
        return lambda row: [word for word in row if word not in exact]
    removed = frozenset(map(_low, words))

    def kept(row: Words) -> Words:
        return [word for word in row if _low(word) not in removed]

    return kept


def _low(word: str | None) -> str | None:
    if word is None:
        return None
    return word.lower() if word.isascii() else lower(word)
