"""Columns of any type to one wide vector by hash: FeatureHasher."""

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
from ....text.token_columns import Counts, bind_count_column, bind_counts, cached_function

Add = Callable[[Counts, Any], None]


@dataclass(frozen=True, slots=True)
class FeatureHasher:
    """params: size (slots), types (of each input), names (of the inputs that are categories, numbers though they be).

    A number adds itself at the hash of its column's name, a category 1 at the hash of `name=value`; null adds nothing.
    """

    op: str = "hash_features"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Write one call with all columns."""
        size = int_param(step, "size", low=1, high=MAX_SLOTS + 1)
        types, values = step.params.get("types"), []
        names = step.params.get("names")
        if not isinstance(types, list) or len(types) != len(step.inputs) or not isinstance(names, list):
            raise ModelError(f"{step.stage}: each column needs a type, and categories have names.")
        for name, kind in zip(step.inputs, types, strict=True):
            source = code.scalar(name, step.stage)
            if source.type != kind or (kind not in NUMERIC_TYPES and kind not in ("string", "boolean")):
                raise ModelError(
                    f"{step.stage}: column `{name}` is {source.type}, and cannot be hashed as {kind}."
                )
            if kind in FLOATING_TYPES and name in names:
                raise ModelError(f"{step.stage}: column `{name}` is {kind}, which is no category.")
            values.append(source.expr)
        hashed = code.constant(cached_function(_hashed, step))
        bind_counts(step, code, code.local(f"{hashed}(({', '.join(values)},))"), size, None)

    def run(self, step: Step, frame: Frame) -> None:
        """Hash every row."""
        columns = [_plain(frame.scalars(name)) for name in step.inputs]
        hashed = cached_function(_hashed, step)
        bind_count_column(
            step, frame, [hashed(row) for row in zip(*columns, strict=True)], int(step.params["size"])
        )


def _plain(column: ScalarColumn) -> list[Any]:
    values: list[Any] = column.values.tolist()
    if column.null is None:
        return values
    return [None if gone else value for value, gone in zip(values, column.null.tolist(), strict=True)]


def _hashed(step: Step) -> Callable[[tuple[Any, ...]], Counts]:
    size, categories = int(step.params["size"]), step.params["names"]
    adds = [
        _number(name, size)
        if kind in NUMERIC_TYPES and name not in categories
        else _category(name, kind, size)
        for name, kind in zip(step.inputs, step.params["types"], strict=True)
    ]

    def hashed(row: tuple[Any, ...]) -> Counts:
        found: Counts = {}
        for add, value in zip(adds, row, strict=True):
            if value is not None:
                add(found, value)
        return {slot: found[slot] for slot in sorted(found) if found[slot]}

    return hashed


def _number(name: str, size: int) -> Add:
    slot = hash_string(name) % size

    def add(found: Counts, value: float) -> None:
        found[slot] = found.get(slot, 0.0) + value

    return add


def _category(name: str, kind: str, size: int) -> Add:
    slots = HashedSlots(size, f"{name}=")

    def add(found: Counts, value: Any) -> None:
        text = value if kind == "string" else str(value).lower() if kind == "boolean" else str(int(value))
        slot = slots[text]
        found[slot] = found.get(slot, 0.0) + 1.0

    return add
