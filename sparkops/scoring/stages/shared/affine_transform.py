"""Affine transforms of each slot: scalers, ElementwiseProduct and IDF."""

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
from ...codegen.code_writer import CodeWriter, format_float
from ...codegen.symbols import Block, Dense, OneHot, Scalar, Sparse, Vector
from ...ir.arrays import Numbers
from ...ir.description import Step


@dataclass(frozen=True, slots=True)
class AffineTransform:
    """value -> (value - shift) * scale + add, slot by slot, or a constant.

    arrays: any of shift, scale, add and constant (NaN for a slot that is not constant).
    """

    op: str = "rescale"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Emit the arithmetic of each scalar; a one-hot block keeps its two numbers for each slot."""
        # Spark passes the vector on, even if it is null.
        if not step.arrays:
            code.columns[step.outputs[0]] = code.get_vector(step.inputs[0], step.stage)
            return
        sizes = {len(values) for values in step.arrays.values()}
        source = code.get_features(step.inputs[0], step.stage, sizes.pop() if sizes else None)
        blocks: list[Block] = []
        start = 0
        for block in source.blocks:
            numbers = {name: values[start : start + block.size] for name, values in step.arrays.items()}
            if isinstance(block, OneHot):
                blocks.append(
                    replace(block, hot=_apply(block.hot, numbers), base=_apply(block.base, numbers))
                )
            elif isinstance(block, Sparse) and set(numbers) <= {"scale"}:
                blocks.append(_emit_sparse(block, numbers, code))
            elif isinstance(block, Dense | Sparse):
                blocks.append(_emit_dense(block, numbers, code))
            else:
                blocks.append(_emit_scalar(block, numbers, code))
            start += block.size
        code.columns[step.outputs[0]] = Vector(tuple(blocks), None, source.field)

    def run(self, step: Step, frame: Frame) -> None:
        """Transform every row."""
        if not step.arrays:
            frame.columns[step.outputs[0]] = frame.get_vectors(step.inputs[0])
            return
        source = frame.get_features(step.inputs[0])
        blocks: list[VectorBlock] = []
        start = 0
        for block in source.blocks:
            numbers = {name: values[start : start + block.size] for name, values in step.arrays.items()}
            if isinstance(block, OneHotBlock):
                blocks.append(
                    OneHotBlock(block.index, _apply(block.hot, numbers), _apply(block.base, numbers))
                )
            elif isinstance(block, SparseBlock) and set(numbers) <= {"scale"}:
                blocks.append(_scale_sparse(block, numbers))
            elif isinstance(block, DenseBlock | SparseBlock):
                dense = block if isinstance(block, DenseBlock) else DenseBlock(block.to_dense())
                blocks.append(DenseBlock(_apply(dense.values, numbers), dense.sparse))
            else:
                blocks.append(ScalarColumn(_apply(block.values, numbers)))
            start += block.size
        frame.columns[step.outputs[0]] = VectorColumn(tuple(blocks))


def _apply(values: Numbers, numbers: dict[str, Numbers]) -> Numbers:
    result = np.asarray(values, dtype=np.float64)
    result = result - numbers["shift"] if "shift" in numbers else result
    result = result * numbers["scale"] if "scale" in numbers else result
    result = result + numbers["add"] if "add" in numbers else result
    if "constant" in numbers:
        is_constant = ~np.isnan(numbers["constant"]) & ~np.isnan(values)
        result = np.where(is_constant, numbers["constant"], result)
    return np.asarray(result)


def _emit_dense(block: Dense | Sparse, numbers: dict[str, Numbers], code: CodeWriter) -> Dense:
    row = code.assign_dense(Vector((block,)))
    kernel = code.bind_constant(lambda values: _apply(np.array(values), numbers).tolist())
    return Dense(code.assign(f"{kernel}({row})"), block.size, block.field)


def _emit_sparse(block: Sparse, numbers: dict[str, Numbers], code: CodeWriter) -> Sparse:
    if not numbers:
        return block
    scale = code.bind_constant(array("d", numbers["scale"]))
    if (numbers["scale"] == 0.0).any():
        expr = f"{{slot: new for slot, value in {block.expr}.items() if (new := value * {scale}[slot])}}"
    else:
        expr = f"{{slot: value * {scale}[slot] for slot, value in {block.expr}.items()}}"
    scaled = code.assign(expr)
    return replace(block, expr=scaled)


def _scale_sparse(block: SparseBlock, numbers: dict[str, Numbers]) -> SparseBlock:
    if not numbers:
        return block
    values = block.values * numbers["scale"][block.slots]
    nonzero = values != 0.0
    return replace(block, rows=block.rows[nonzero], slots=block.slots[nonzero], values=values[nonzero])


def _emit_scalar(source: Scalar, numbers: dict[str, Numbers], code: CodeWriter) -> Scalar:
    constant = numbers["constant"][0] if "constant" in numbers else np.nan
    if not np.isnan(constant):
        source = code.assign_scalar(source)
        expr = format_float(constant)
        expr = f"({expr} if {source.expr} == {source.expr} else nan)" if source.nan else expr
        return replace(source, expr=expr, atom=False, limit=None, scale=0.0)
    expr, scale, shift = source.expr, source.scale, source.shift
    if "shift" in numbers:
        expr, shift = f"({expr} - {format_float(numbers['shift'][0])})", shift - float(numbers["shift"][0])
    if "scale" in numbers:
        factor = float(numbers["scale"][0])
        expr, scale, shift = f"({expr} * {format_float(factor)})", scale * factor, shift * factor
    if "add" in numbers:
        expr, shift = f"({expr} + {format_float(numbers['add'][0])})", shift + float(numbers["add"][0])
    return replace(
        source,
        expr=expr,
        atom=expr == source.expr and source.atom,
        limit=None,
        nan=True,
        scale=scale,
        shift=shift,
    )
