"""OneHotEncoderModel: an index to a one-hot block, of which only the index is held."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from ....batch.columns import Frame, OneHotBlock, VectorColumn
from ....codegen.code_writer import CodeWriter
from ....codegen.row_errors import make_value_refusal
from ....codegen.symbols import OneHot, Vector
from ....ir.description import Step
from ....ir.validation import MAX_SLOTS, int_param, require


@dataclass(frozen=True, slots=True)
class OneHotEncoder:
    """params: categories, keep (an unknown category gets a slot), drop_last."""

    op: str = "one_hot"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Emit the index of the hot slot; an index that is known to be in range needs no code."""
        source = code.assign_scalar(code.get_scalar(step.inputs[0], step.stage))
        categories, keep = int_param(step, "categories", high=MAX_SLOTS), step.params["keep"]
        slots = _count_slots(step)
        require(step, good=slots >= 0)
        index = source.expr
        if source.limit is None or source.limit > categories:
            name = source.field or step.inputs[0]
            refuse = make_value_refusal(name, step.stage, f"is not an index below {categories}")
            hot_slot = code.bind_constant(
                partial(_find_hot_slot, categories=categories, keep=keep, refuse=refuse)
            )
            guard = f" if {index} is not None else None" if source.null else ""
            index = code.assign(f"{hot_slot}({index}){guard}")
            code.add_boundaries(source, [*range(categories + 1), -1.0, -0.5, 0.5])
        block = OneHot(index, np.ones(slots), np.zeros(slots), source.field)
        null = f"{index} is None" if source.null else None
        code.columns[step.outputs[0]] = Vector((block,), null, source.field)

    def run(self, step: Step, frame: Frame) -> None:
        """Find the hot slot of every row."""
        source = frame.get_scalars(step.inputs[0])
        categories, keep = step.params["categories"], step.params["keep"]
        values = source.values.astype(np.float64)
        valid = (values >= 0) & (values < categories)
        null = np.zeros(frame.size, dtype=bool) if source.null is None else source.null
        if not keep:
            frame.refuse(~valid & ~null)
        index = np.where(valid, values, categories).astype(np.int64)
        slots = _count_slots(step)
        block = OneHotBlock(np.minimum(index, slots), np.ones(slots), np.zeros(slots))
        frame.columns[step.outputs[0]] = VectorColumn((block,), source.null)


def _count_slots(step: Step) -> int:
    return int(step.params["categories"]) + bool(step.params["keep"]) - bool(step.params["drop_last"])


def _find_hot_slot(value: float, *, categories: int, keep: bool, refuse: Callable[[float], object]) -> int:
    if 0 <= value < categories:
        return int(value)
    if not keep:
        refuse(value)
    return categories
