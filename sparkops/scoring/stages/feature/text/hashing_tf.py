"""Words, or other values of a list, to counts by hash: HashingTF."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from .....errors import ModelError
from ....batch.columns import Frame
from ....codegen.code_writer import CodeWriter
from ....ir.description import Step
from ....ir.field import NUMERIC_TYPES
from ....ir.validation import MAX_SLOTS, int_param
from ....text.murmur3 import HashedSlots, hash_value
from ....text.token_columns import (
    Counts,
    TokenFunction,
    bind_count_column,
    bind_counts,
    cached_function,
    emit_call,
    map_rows,
)

ITEMS = frozenset((*NUMERIC_TYPES, "string", "boolean"))


@dataclass(frozen=True, slots=True)
class HashingTF:
    """params: size (slots), binary (1 for any count), type (of the list's items). A null item hashes to the seed."""

    op: str = "hash_words"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Write one call."""
        size, kind = int_param(step, "size", low=1, high=MAX_SLOTS + 1), step.params.get("type")
        if not isinstance(kind, str) or kind not in ITEMS:
            raise ModelError(f"{step.stage}: items of type {kind} have no hash.")
        name = emit_call(step, code, cached_function(_counts, step), f"array<{kind}>")
        bind_counts(step, code, name, size, code.scalar(step.inputs[0], step.stage).field)

    def run(self, step: Step, frame: Frame) -> None:
        """Count in every row."""
        bind_count_column(
            step, frame, map_rows(step, frame, cached_function(_counts, step), []), int(step.params["size"])
        )


def _counts(step: Step) -> TokenFunction:
    size, kind = int(step.params["size"]), str(step.params["type"])
    slots = HashedSlots(size)

    def values(items: list[Any]) -> list[int]:
        return [hash_value(item, kind) % size for item in items]

    hashed = slots.slots_of if kind == "string" else values
    if step.params.get("binary"):
        return lambda items: dict.fromkeys(sorted(hashed(items)), 1.0)
    return lambda items: counted(hashed(items))


def counted(slots: list[int]) -> Counts:
    """Return how often each slot comes, in the order of the slots."""
    ordered = sorted(slots)
    found = dict.fromkeys(ordered, 1.0)
    if len(found) < len(ordered):
        for slot, after in pairwise(ordered):
            if slot == after:
                found[slot] += 1.0
    return found
