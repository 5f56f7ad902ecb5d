"""Each slot of a vector shifted and scaled: StandardScaler and MinMaxScaler."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, replace

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
from ...codegen.code_writer import CodeWriter, float_literal
from ...codegen.symbols import Block, Dense, OneHot, Scalar, Sparse, Vector
from ...ir.arrays import Numbers
from ...ir.description import Step


@dataclass(frozen=True, slots=True)
class AffineTransform:
    """value -> (value - shift) * scale + add, slot by slot, or a constant.

    arrays: any of shift, scale, add (None of them: not applied), and constant (NaN where the slot is not constant).
    """

    op: str = "rescale"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Write the arithmetic of each scalar; a one-hot part keeps its two numbers a slot."""
        if not step.arrays:  # Spark hands the vector on, even a null one
            code.columns[step.outputs[0]] = code.vector(step.inputs[0], step.stage)
            return
        sizes = {len(array) for array in step.arrays.values()}
        source = code.features(step.inputs[0], step.stage, sizes.pop() if sizes else None)
        blocks: list[Block] = []
        at = 0
        for block in source.blocks:
            part = {name: array[at : at + block.size] for name, array in step.arrays.items()}
            if isinstance(block, OneHot):
                blocks.append(replace(block, hot=_apply(block.hot, part), base=_apply(block.base, part)))
            elif isinstance(block, Sparse) and set(part) <= {"scale"}:
                blocks.append(_sparse(block, part, code))
            elif isinstance(block, Dense | Sparse):
                blocks.append(_dense(block, part, code))
            else:
                blocks.append(_scalar(block, part, code))
            at += block.size
        code.columns[step.outputs[0]] = Vector(tuple(blocks), None, source.field)

    def run(self, step: Step, frame: Frame) -> None:
        """Do the arithmetic for every row."""
        if not step.arrays:
            frame.columns[step.outputs[0]] = frame.vectors(step.inputs[0])
            return
        source = frame.features(step.inputs[0])
        blocks: list[VectorBlock] = []
        at = 0
        for block in source.blocks:
            part = {name: array[at : at + block.size] for name, array in step.arrays.items()}
            if isinstance(block, OneHotBlock):
                blocks.append(OneHotBlock(block.index, _apply(block.hot, part), _apply(block.base, part)))
            elif isinstance(block, SparseBlock) and set(part) <= {"scale"}:
                blocks.append(_sparses(block, part))
            elif isinstance(block, DenseBlock | SparseBlock):
                table = block.values if isinstance(block, DenseBlock) else block.dense()
                blocks.append(DenseBlock(_apply(table, part)))
            else:
                blocks.append(ScalarColumn(_apply(block.values, part)))
            at += block.size
        frame.columns[step.outputs[0]] = VectorColumn(tuple(blocks))


def _apply(values: Numbers, part: dict[str, Numbers]) -> Numbers:
    result = np.asarray(values, dtype=np.float64)
    result = result - part["shift"] if "shift" in part else result
    result = result * part["scale"] if "scale" in part else result
    result = result + part["add"] if "add" in part else result
    if "constant" in part:
        fixed = ~np.isnan(part["constant"]) & ~np.isnan(values)
        result = np.where(fixed, part["constant"], result)
    return np.asarray(result)


def _dense(block: Dense | Sparse, part: dict[str, Numbers], code: CodeWriter) -> Dense:
    whole = code.dense(Vector((block,)))
    kernel = code.constant(lambda values: _apply(np.array(values), part).tolist())
    return Dense(code.local(f"{kernel}({whole})"), block.size, block.field)


def _sparse(block: Sparse, part: dict[str, Numbers], code: CodeWriter) -> Sparse:
    if not part:
        return block
    scale = code.constant(array("d", part["scale"]))
    if (part["scale"] == 0.0).any():
        text = f"{{at: new for at, value in {block.expr}.items() if (new := value * {scale}[at])}}"
    else:
        text = f"{{at: value * {scale}[at] for at, value in {block.expr}.items()}}"
    scaled = code.local(text)
    return replace(block, expr=scaled)


def _sparses(block: SparseBlock, part: dict[str, Numbers]) -> SparseBlock:
    if not part:
        return block
    values = block.values * part["scale"][block.slots]
    kept = values != 0.0
    return replace(block, rows=block.rows[kept], slots=block.slots[kept], values=values[kept])


def _scalar(source: Scalar, part: dict[str, Numbers], code: CodeWriter) -> Scalar:
    constant = part["constant"][0] if "constant" in part else np.nan
    if not np.isnan(constant):
        source = code.atom(source)
        expr = float_literal(constant)
        expr = f"({expr} if {source.expr} == {source.expr} else nan)" if source.nan else expr
        return replace(source, expr=expr, atom=False, limit=None, scale=0.0)
    expr, scale, shift = source.expr, source.scale, source.shift
    if "shift" in part:
        expr, shift = f"({expr} - {float_literal(part['shift'][0])})", shift - float(part["shift"][0])
    if "scale" in part:
        factor = float(part["scale"][0])
        expr, scale, shift = f"({expr} * {float_literal(factor)})", scale * factor, shift * factor
    if "add" in part:
        expr, shift = f"({expr} + {float_literal(part['add'][0])})", shift + float(part["add"][0])
    return replace(
        source,
        expr=expr,
        atom=expr == source.expr and source.atom,
        limit=None,
        nan=True,
        scale=scale,
        shift=shift,
    )
