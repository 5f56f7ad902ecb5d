"""Some slots of a vector: slicers and selectors."""

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
from ...codegen.symbols import Block, Dense, OneHot, Scalar, Vector, block_slot
from ...ir.arrays import Numbers
from ...ir.description import Step
from ...ir.validation import float_array, require

_WRITTEN_OUT = 64
Run = tuple[int, list[int]]


@dataclass(frozen=True, slots=True)
class SlotSelection:
    """arrays: slots, in the order in which they are wanted; none of them twice."""

    op: str = "pick_slots"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Choose among the parts; parts that stand whole are cut down."""
        wanted = [int(at) for at in float_array(step, "slots", None)]
        source = code.features(step.inputs[0], step.stage)
        require(step, good=all(0 <= at < source.size for at in wanted) and len(set(wanted)) == len(wanted))
        runs = _runs(wanted, [block.size for block in source.blocks])
        blocks = [block for at, inner in runs for block in _cut(source.blocks[at], inner, code)]
        code.columns[step.outputs[0]] = Vector(tuple(blocks), None, source.field)

    def run(self, step: Step, frame: Frame) -> None:
        """Choose in every row."""
        source = frame.features(step.inputs[0])
        runs = _runs(step.arrays["slots"].tolist(), [block.size for block in source.blocks])
        parts = tuple(_cut_all(source.blocks[at], inner) for at, inner in runs)
        frame.columns[step.outputs[0]] = VectorColumn(parts or (DenseBlock(np.zeros((frame.size, 0))),))


def _runs(wanted: Sequence[int], sizes: Sequence[int]) -> list[Run]:
    """Return (part, slots within it), one for each run of wanted slots that lie in one part."""
    ends = np.cumsum(sizes)
    places = np.searchsorted(ends, wanted, side="right").tolist()
    pairs = [(place, int(at - ends[place] + sizes[place])) for place, at in zip(places, wanted, strict=True)]
    return [(place, [at for _, at in run]) for place, run in groupby(pairs, key=itemgetter(0))]


def _cut(block: Block, wanted: list[int], code: CodeWriter) -> list[Block]:
    if isinstance(block, Scalar):
        return [block]
    if isinstance(block, OneHot):
        table = code.constant(tuple(_places(wanted, block.size + 1).tolist()))
        index = code.local(f"{table}[{block.index}]")
        return [replace(block, index=index, hot=block.hot[wanted], base=block.base[wanted])]
    if len(wanted) <= _WRITTEN_OUT:
        return [block_slot(block, at) for at in wanted]
    kind = itemgetter(*wanted) if isinstance(block, Dense) else partial(_few, wanted=wanted)
    return [replace(block, expr=code.local(f"{code.constant(kind)}({block.expr})"), size=len(wanted))]


def _few(values: dict[int, float], *, wanted: list[int]) -> dict[int, float]:
    return {at: values[old] for at, old in enumerate(wanted) if old in values}


def _places(wanted: list[int], count: int) -> Numbers:
    """Return the new place of each old slot; the number of new slots where it is not wanted."""
    places = np.full(count, len(wanted), dtype=np.int64)
    places[wanted] = np.arange(len(wanted))
    return places


def _cut_all(part: VectorBlock, wanted: list[int]) -> VectorBlock:
    if isinstance(part, ScalarColumn):
        return part
    if isinstance(part, OneHotBlock):
        places = _places(wanted, part.size + 1)
        return OneHotBlock(places[part.index], part.hot[wanted], part.base[wanted])
    if isinstance(part, DenseBlock):
        return DenseBlock(part.values[:, wanted])
    places = _places(wanted, part.size)[part.slots]
    kept = np.flatnonzero(places < len(wanted))
    order = kept[np.lexsort((places[kept], part.rows[kept]))]
    return SparseBlock(part.rows[order], places[order], part.values[order], len(wanted), part.count)
