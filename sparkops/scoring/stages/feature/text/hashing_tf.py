"""HashingTF: the items of an array to counts by their hash."""

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
    cache_function,
    emit_call,
    map_rows,
)

ITEMS = frozenset((*NUMERIC_TYPES, "string", "boolean"))


@dataclass(frozen=True, slots=True)
class HashingTF:
    """params: size (slots), binary (1 for any count), type (of the items). The hash of a null item is the seed."""

    op: str = "hash_words"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Emit one call."""
        size, item_type = int_param(step, "size", low=1, high=MAX_SLOTS + 1), step.params.get("type")
        if not isinstance(item_type, str) or item_type not in ITEMS:
            raise ModelError(f"{step.stage}: items of type {item_type} have no hash.")
        name = emit_call(step, code, cache_function(_make_counter, step), f"array<{item_type}>")
        bind_counts(step, code, name, size, code.get_scalar(step.inputs[0], step.stage).field)

    def run(self, step: Step, frame: Frame) -> None:
        """Count the items of every row."""
        bind_count_column(
            step,
            frame,
            map_rows(step, frame, cache_function(_make_counter, step), []),
            int(step.params["size"]),
        )


def _make_counter(step: Step) -> TokenFunction:
    size, item_type = int(step.params["size"]), str(step.params["type"])
    slots = HashedSlots(size)

    def hash_values(items: list[Any]) -> list[int]:
        return [hash_value(item, item_type) % size for item in items]

    hash_items = slots.find_slots if item_type == "string" else hash_values
    if step.params.get("binary"):
        return lambda items: dict.fromkeys(sorted(hash_items(items)), 1.0)
    return lambda items: count_slots(hash_items(items))


def count_slots(slots: list[int]) -> Counts:
    """Return how often each slot occurs, in the order of the slots."""
    ordered = sorted(slots)
    counts = dict.fromkeys(ordered, 1.0)
    if len(counts) < len(ordered):
        for slot, next_slot in pairwise(ordered):
            if slot == next_slot:
                counts[slot] += 1.0
    return counts
