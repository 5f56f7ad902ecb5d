"""Selection of slots of a vector, by index: VectorSlicer and the fitted selectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from operator import itemgetter

import numpy as np

from ...batch.columns import (
    DenseBlock,
    Frame,
    OneHotBlock,
    ScalarColumn,
    SparseBlock,
    VectorBlock,
    VectorColumn,
)
from ...codegen.code_writer import CodeWriter
from ...codegen.symbols import Block, Dense, OneHot, Scalar, Vector, get_block_slot
from ...ir.arrays import Numbers
from ...ir.description import Step
from ...ir.validation import float_array, require

_MAX_UNROLLED = 64
Run = tuple[int, list[int]]


@dataclass(frozen=True, slots=True)
class SlotSelection:
    """arrays: slots, each once, in the order of the output."""

    op: str = "pick_slots"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Select among the blocks; a block that is one expression is reduced."""
        selected = [int(slot) for slot in float_array(step, "slots", None)]
        source = code.get_features(step.inputs[0], step.stage)
        require(
            step,
            good=all(0 <= slot < source.size for slot in selected) and len(set(selected)) == len(selected),
        )
        runs = _find_runs(selected, [block.size for block in source.blocks])
        blocks = [
            block for index, inner in runs for block in _select_block(source.blocks[index], inner, code)
        ]
        code.columns[step.outputs[0]] = Vector(tuple(blocks), None, source.field)

    def run(self, step: Step, frame: Frame) -> None:
        """Select in every row."""
        source = frame.get_features(step.inputs[0])
        runs = _find_runs(step.arrays["slots"].tolist(), [block.size for block in source.blocks])
        parts = tuple(_select_column(source.blocks[index], inner) for index, inner in runs)
        frame.columns[step.outputs[0]] = VectorColumn(parts or (DenseBlock(np.zeros((frame.size, 0))),))


def _find_runs(selected: Sequence[int], sizes: Sequence[int]) -> list[Run]:
    """Return (block, slots within it) for each run of adjacent slots in one block."""
    ends = np.cumsum(sizes)
    blocks = np.searchsorted(ends, selected, side="right").tolist()
    pairs = [
        (block, int(slot - ends[block] + sizes[block])) for block, slot in zip(blocks, selected, strict=True)
    ]
    return [(block, [slot for _, slot in run]) for block, run in groupby(pairs, key=itemgetter(0))]


def _select_block(block: Block, selected: list[int], code: CodeWriter) -> list[Block]:
    if isinstance(block, Scalar):
        return [block]
    if isinstance(block, OneHot):
        table = code.bind_constant(tuple(_renumber_slots(selected, block.size + 1).tolist()))
        index = code.assign(f"{table}[{block.index}]")
        return [replace(block, index=index, hot=block.hot[selected], base=block.base[selected])]
    if len(selected) <= _MAX_UNROLLED:
        return [get_block_slot(block, slot) for slot in selected]
    select = itemgetter(*selected) if isinstance(block, Dense) else partial(_select_sparse, selected=selected)
    return [
        replace(block, expr=code.assign(f"{code.bind_constant(select)}({block.expr})"), size=len(selected))
    ]


def _select_sparse(values: dict[int, float], *, selected: list[int]) -> dict[int, float]:
    return {new: values[old] for new, old in enumerate(selected) if old in values}


def _renumber_slots(selected: list[int], count: int) -> Numbers:
    """Return the new index of each old slot; the number of new slots for one that is not selected."""
    indices = np.full(count, len(selected), dtype=np.int64)
    indices[selected] = np.arange(len(selected))
    return indices


def _select_column(block: VectorBlock, selected: list[int]) -> VectorBlock:
    if isinstance(block, ScalarColumn):
        return block
    if isinstance(block, OneHotBlock):
        indices = _renumber_slots(selected, block.size + 1)
        return OneHotBlock(indices[block.index], block.hot[selected], block.base[selected])
    if isinstance(block, DenseBlock):
        return DenseBlock(block.values[:, selected], block.sparse)
    indices = _renumber_slots(selected, block.size)[block.slots]
    order = np.flatnonzero(indices < len(selected))
    order = order[np.lexsort((indices[order], block.rows[order]))]
    return SparseBlock(block.rows[order], indices[order], block.values[order], len(selected), block.count)
