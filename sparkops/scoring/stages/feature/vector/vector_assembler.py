"""VectorAssembler: scalars and vectors to one vector."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import nan

import numpy as np

from .....errors import ModelError
from ....batch.columns import DenseBlock, Frame, ScalarColumn, VectorBlock, VectorColumn
from ....codegen.code_writer import CodeWriter
from ....codegen.row_errors import make_missing_refusal
from ....codegen.symbols import Block, Dense, Scalar, Vector, list_slots
from ....ir.description import Step
from ....ir.field import NUMERIC_TYPES

_MAX_UNROLLED = 64


@dataclass(frozen=True, slots=True)
class VectorAssembler:
    """params: invalid. `error` refuses null everywhere and NaN in scalars; `keep` makes NaN of null."""

    op: str = "assemble"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Emit the checks; the vector is the list of its blocks."""
        blocks: list[Block] = []
        for name in step.inputs:
            column = code.columns.get(name)
            if isinstance(column, Vector):
                blocks += _emit_vector(step, code, name, column)
            else:
                blocks.append(_emit_scalar(step, code, name))
        code.columns[step.outputs[0]] = Vector(tuple(blocks))

    def run(self, step: Step, frame: Frame) -> None:
        """Check every row, and list the blocks."""
        blocks: list[VectorBlock] = []
        for name in step.inputs:
            column = frame.columns[name]
            if isinstance(column, ScalarColumn):
                blocks.append(_check_scalars(step, frame, column))
            else:
                blocks += _check_vectors(step, frame, column)
        frame.columns[step.outputs[0]] = VectorColumn(tuple(blocks))


def _emit_scalar(step: Step, code: CodeWriter, name: str) -> Scalar:
    column = code.get_scalar(name, step.stage)
    if (
        column.type not in NUMERIC_TYPES
        and column.type != "boolean"
        and not column.type.startswith("decimal(")
    ):
        raise ModelError(f"{step.stage}: column `{name}` is {column.type}, and numbers are needed.")
    column = code.assign_scalar(column) if column.null or column.nan else column
    invalid, value = step.params["invalid"], column.expr
    expr = f"float({value})" if column.type == "long" else value
    if invalid == "keep":
        if column.null:
            expr = code.assign(f"nan if {value} is None else {expr}")
        return replace(
            column,
            expr=expr,
            type="double",
            null=False,
            nan=column.nan or column.null,
            atom=expr.isidentifier(),
        )
    conditions = ([f"{value} is None"] if column.null else []) + (
        [f"{value} != {value}"] if column.nan else []
    )
    if conditions:
        refuse = make_missing_refusal(column.field or name, step.stage, drop=invalid == "skip")
        code.add_line(f"if {' or '.join(conditions)}: {code.bind_constant(refuse)}({value})")
    return replace(column, expr=expr, type="double", null=False, nan=False, atom=expr.isidentifier())


def _emit_vector(step: Step, code: CodeWriter, name: str, column: Vector) -> tuple[Block, ...]:
    invalid = step.params["invalid"]
    if column.null is None:
        return column.blocks
    if invalid != "keep":
        refuse = make_missing_refusal(column.field or name, step.stage, drop=invalid == "skip")
        code.add_line(f"if {column.null}: {code.bind_constant(refuse)}(None)")
        return column.blocks
    if column.size > _MAX_UNROLLED:
        nans = code.bind_constant([nan] * column.size)
        row = code.assign_dense(column)
        return (Dense(code.assign(f"{nans} if {column.null} else {row}"), column.size, column.field),)
    return tuple(
        Scalar(code.assign(f"nan if {column.null} else {slot.expr}"), "double", nan=True, field=column.field)
        for slot in list_slots(column)
    )


def _check_scalars(step: Step, frame: Frame, column: ScalarColumn) -> ScalarColumn:
    invalid = step.params["invalid"]
    values = column.values.astype(np.float64)
    if invalid == "keep":
        return ScalarColumn(values if column.null is None else np.where(column.null, np.nan, values))
    (frame.drop if invalid == "skip" else frame.refuse)(column.find_missing())
    return ScalarColumn(values)


def _check_vectors(step: Step, frame: Frame, column: VectorColumn) -> tuple[VectorBlock, ...]:
    invalid = step.params["invalid"]
    null = column.null
    if null is None:
        return column.blocks
    if invalid != "keep":
        (frame.drop if invalid == "skip" else frame.refuse)(null)
        return column.blocks
    return (DenseBlock(np.where(null[:, None], np.nan, column.to_dense())),)
