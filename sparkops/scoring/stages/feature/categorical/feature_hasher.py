"""FeatureHasher: numbers, text and booleans of several columns, hashed to the slots of one vector."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .....errors import ModelError
from ....batch.columns import Frame, ScalarColumn
from ....codegen.code_writer import CodeWriter
from ....ir.description import Step
from ....ir.field import FLOATING_TYPES, NUMERIC_TYPES
from ....ir.validation import MAX_SLOTS, int_param
from ....text.murmur3 import HashedSlots, hash_string
from ....text.token_columns import Counts, bind_count_column, bind_counts, cache_function

Adder = Callable[[Counts, Any], None]


@dataclass(frozen=True, slots=True)
class FeatureHasher:
    """params: size (slots), types (of each input), names (of the numeric inputs that are categories).

    A number is added at the hash of its column's name, 1 at the hash of `name=value` of a category; null adds nothing.
    """

    op: str = "hash_features"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Emit one call with all columns."""
        size = int_param(step, "size", low=1, high=MAX_SLOTS + 1)
        types, values = step.params.get("types"), []
        names = step.params.get("names")
        if not isinstance(types, list) or len(types) != len(step.inputs) or not isinstance(names, list):
            raise ModelError(
                f"{step.stage}: `types` must list one type for each column, and `names` the categories."
            )
        for name, type_ in zip(step.inputs, types, strict=True):
            source = code.get_scalar(name, step.stage)
            if source.type != type_ or (type_ not in NUMERIC_TYPES and type_ not in ("string", "boolean")):
                raise ModelError(
                    f"{step.stage}: column `{name}` is {source.type}, and cannot be hashed as {type_}."
                )
            if type_ in FLOATING_TYPES and name in names:
                raise ModelError(
                    f"{step.stage}: column `{name}` is {type_}, which cannot be a category: "
                    "its text differs between versions of Java."
                )
            values.append(source.expr)
        hash_row = code.bind_constant(cache_function(_make_hasher, step))
        bind_counts(step, code, code.assign(f"{hash_row}(({', '.join(values)},))"), size, None)

    def run(self, step: Step, frame: Frame) -> None:
        """Hash every row."""
        columns = [_to_list(frame.get_scalars(name)) for name in step.inputs]
        hash_row = cache_function(_make_hasher, step)
        bind_count_column(
            step, frame, [hash_row(row) for row in zip(*columns, strict=True)], int(step.params["size"])
        )


def _to_list(column: ScalarColumn) -> list[Any]:
    values: list[Any] = column.values.tolist()
    if column.null is None:
        return values
    return [None if is_null else value for value, is_null in zip(values, column.null.tolist(), strict=True)]


def _make_hasher(step: Step) -> Callable[[tuple[Any, ...]], Counts]:
    size, categories = int(step.params["size"]), step.params["names"]
    adders = [
        _make_number_adder(name, size)
        if type_ in NUMERIC_TYPES and name not in categories
        else _make_category_adder(name, type_, size)
        for name, type_ in zip(step.inputs, step.params["types"], strict=True)
    ]

    def hash_row(row: tuple[Any, ...]) -> Counts:
        counts: Counts = {}
        for add, value in zip(adders, row, strict=True):
            if value is not None:
                add(counts, value)
        return {slot: counts[slot] for slot in sorted(counts) if counts[slot]}

    return hash_row


def _make_number_adder(name: str, size: int) -> Adder:
    slot = hash_string(name) % size

    def add(counts: Counts, value: float) -> None:
        counts[slot] = counts.get(slot, 0.0) + value

    return add


def _make_category_adder(name: str, type_: str, size: int) -> Adder:
    slots = HashedSlots(size, f"{name}=")

    def add(counts: Counts, value: Any) -> None:
        text = value if type_ == "string" else str(value).lower() if type_ == "boolean" else str(int(value))
        slot = slots[text]
        counts[slot] = counts.get(slot, 0.0) + 1.0

    return add
