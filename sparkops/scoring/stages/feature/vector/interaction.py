"""Interaction: all products of one slot of each of several columns, with categories one-hot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from math import prod
from typing import Any

import numpy as np

from .....errors import ModelError
from ....batch.columns import DenseBlock, Frame, ScalarColumn, SparseBlock, VectorColumn
from ....codegen.code_writer import CodeWriter
from ....codegen.row_errors import make_missing_refusal, make_value_refusal
from ....codegen.symbols import Block, Dense, OneHot, Scalar, Sparse, Vector, list_slots
from ....ir.arrays import Numbers
from ....ir.description import Step
from ....ir.field import NUMERIC_TYPES, SPARSE_FROM
from ....ir.validation import MAX_SLOTS, require
from ....kernels.products import AMBIGUOUS, AmbiguousRow, SlotProducts
from ....kernels.vector_layout import STORED, build_slots_expr, list_slots_of_row, mark_ambiguous

# Maximum number of products of one row; zeros of one-hot categories do not count.
MAX_PRODUCTS = 4096
_ONE = "1.0"
Entry = tuple[int | str, str]
"""A factor or product in the code of a row: its position and the expression of its value.

The position of a factor is one in its column, that of a product one in the output. It is a number where it is constant,
else an expression.
"""
Entries = tuple[Numbers | int, Numbers | None]
"""A factor of all rows: its position in its column and its values; None where each is 1."""


@dataclass(frozen=True, slots=True)
class Interaction:
    """params: sizes (by column: number of categories of each slot, 0 for a number), stored (see `vector_layout`).

    Spark skips the zeros of a vector that it stores sparse, the first category of a slot among them.
    """

    op: str = "interact"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Emit each product; a position whose category is not active stays 0."""
        plan = _read_plan(step)
        columns = [
            _read_scalars(step, code, name, len(counts))
            for name, counts in zip(step.inputs, plan.sizes, strict=True)
        ]
        for name, stored in zip(step.inputs, plan.stored, strict=True):
            if stored == "unknown":
                mark_ambiguous(code, code.get_vector(name, step.stage))
        exact = f"{_emit_exact_function(step, code, plan)}({_build_row_expr(step, code, columns, plan)})"
        if plan.has_sparse_categories:
            blocks = _emit_call(code, exact, plan.total)
        else:
            blocks = _emit_products(step, code, columns, plan, exact)
        code.columns[step.outputs[0]] = Vector(blocks, None)

    def run(self, step: Step, frame: Frame) -> None:
        """Multiply all rows; rows in which skipped zeros may matter are evaluated one by one."""
        plan = _read_plan(step)
        tables = [_read_slots(frame, name) for name in step.inputs]
        pairs = zip(tables, plan.sizes, strict=True)
        columns = [_build_entries(frame, table, counts) for table, counts in pairs]
        with np.errstate(all="ignore"):
            products = [_multiply_rows(factors, plan, frame.size) for factors in product(*columns)]
        block = _to_block(products, frame.size, plan.total)
        to_repair = _find_rows_to_repair(plan, tables, products)
        if to_repair:
            block = DenseBlock(block.values if isinstance(block, DenseBlock) else block.to_dense())
            sparse_rows = [_get_sparse_rows(frame, name) for name in step.inputs]
            _repair(frame, block.values, to_repair, list(zip(tables, sparse_rows, strict=True)), plan)
        frame.columns[step.outputs[0]] = VectorColumn((block,))


def _read_plan(step: Step) -> SlotProducts:
    sizes: Any = step.params.get("sizes")
    stored: Any = step.params.get("stored")
    valid = isinstance(sizes, list) and isinstance(stored, list)
    valid = valid and len(sizes) == len(stored) == len(step.inputs) > 0
    valid = valid and all(isinstance(column, list) and column for column in sizes)
    require(step, good=valid and all(type(size) is int and 0 <= size < 2**31 for c in sizes for size in c))
    require(step, good=all(storage in STORED for storage in stored))
    plan = SlotProducts(tuple(map(tuple, sizes)), tuple(stored))
    require(step, good=prod(map(len, sizes)) <= MAX_PRODUCTS and plan.total <= MAX_SLOTS)
    return plan


def _read_scalars(step: Step, code: CodeWriter, name: str, size: int) -> list[Scalar]:
    """Return the slots of a column, without null."""
    if isinstance(code.columns.get(name), Vector):
        return [code.assign_scalar(slot) for slot in list_slots(code.get_features(name, step.stage, size))]
    scalar = code.assign_scalar(code.get_scalar(name, step.stage))
    require(step, good=size == 1)
    if scalar.type not in NUMERIC_TYPES:
        raise ModelError(f"{step.stage}: column `{name}` is {scalar.type}, and numbers are needed.")
    if scalar.null:
        code.add_line(
            f"if {scalar.expr} is None: "
            f"{code.bind_constant(make_missing_refusal(scalar.field or name, step.stage))}(None)"
        )
    return [scalar]


def _emit_exact_function(step: Step, code: CodeWriter, plan: SlotProducts) -> str:
    """Return the name of the function that evaluates one row exactly as Spark does."""
    names = ", ".join(step.inputs)
    return code.bind_constant(
        partial(_multiply_exactly, plan=plan, refuse=make_value_refusal(names, step.stage, AMBIGUOUS))
    )


def _multiply_exactly(
    columns: Sequence[Sequence[float]], *, plan: SlotProducts, refuse: Callable[[object], object]
) -> dict[int, float]:
    try:
        return plan.multiply_row(columns)
    except AmbiguousRow as error:
        refuse(error.value)
        raise


def _emit_call(code: CodeWriter, exact: str, total: int) -> tuple[Block, ...]:
    products = code.assign(exact)
    if total >= SPARSE_FROM:
        return (Sparse(products, total),)
    return (Dense(code.assign(f"[{products}.get(position, 0.0) for position in range({total})]"), total),)


def _build_row_expr(
    step: Step, code: CodeWriter, columns: Sequence[Sequence[Scalar]], plan: SlotProducts
) -> str:
    """Return the expression of a row's columns."""
    exprs = []
    for name, column, stored in zip(step.inputs, columns, plan.stored, strict=True):
        symbol, expr = code.columns.get(name), _build_tuple_expr(column)
        exprs.append(build_slots_expr(code, symbol, stored, expr) if isinstance(symbol, Vector) else expr)
    return f"({', '.join(exprs)},)"


def _build_tuple_expr(column: Sequence[Scalar]) -> str:
    return f"({', '.join(slot.expr for slot in column)},)"


def _emit_products(
    step: Step, code: CodeWriter, columns: Sequence[Sequence[Scalar]], plan: SlotProducts, exact: str
) -> tuple[Block, ...]:
    """Emit the products; a row with products that are not finite is evaluated exactly if a vector may be sparse."""
    pairs = zip(step.inputs, columns, plan.sizes, strict=True)
    entries = [
        _combine_factors(factors, plan.widths)
        for factors in product(*(_emit_entries(step, code, *pair) for pair in pairs))
    ]
    total = plan.total
    if (
        len(entries) == 1
        and entries[0][1] == _ONE
        and isinstance(entries[0][0], str)
        and total <= MAX_PRODUCTS
    ):
        return (OneHot(code.assign(entries[0][0]), np.ones(total), np.zeros(total)),)
    values = [code.assign(value) for _, value in entries]
    positions = [position if isinstance(position, int) else code.assign(position) for position, _ in entries]
    all_dense = all(stored == "dense" for stored in plan.stored)
    if not all_dense:
        products, total_value = code.new_name(), code.assign(" + ".join(values))
        # True for infinity and NaN only.
        code.add_line(f"if {total_value} - {total_value} != 0.0:")
        code.add_line(f"    {products} = {exact}")
        assignments = (
            f"{value} = {products}.get({position}, 0.0)"
            for value, position in zip(values, positions, strict=True)
        )
        code.lines += [f"    {line}" for line in assignments]
    return _emit_vector(code, positions, values, total)


def _emit_vector(
    code: CodeWriter, positions: Sequence[int | str], values: Sequence[str], total: int
) -> tuple[Block, ...]:
    if all(isinstance(position, int) for position in positions):
        return tuple(Scalar(name, "double", nan=True, scale=0.0) for name in values)
    if total < SPARSE_FROM:
        name = code.assign(f"[0.0] * {total}")
        code.lines += [
            f"{name}[{position}] = {value}" for position, value in zip(positions, values, strict=True)
        ]
        return (Dense(name, total),)
    pairs = ", ".join(f"({position}, {value})" for position, value in zip(positions, values, strict=True))
    return (Sparse(code.assign(f"{{position: value for position, value in ({pairs},) if value}}"), total),)


def _emit_entries(
    step: Step, code: CodeWriter, name: str, slots: Sequence[Scalar], sizes: Sequence[int]
) -> list[Entry]:
    entries: list[Entry] = []
    start = 0
    for slot, size in zip(slots, sizes, strict=True):
        if size > 1:
            entries.append((f"{start} + int({_build_category_expr(step, code, slot, size, name)})", _ONE))
        else:
            entries.append((start, slot.expr))
        start += max(1, size)
    return entries


def _build_category_expr(step: Step, code: CodeWriter, slot: Scalar, size: int, name: str) -> str:
    """Return the expression of a category's index."""
    if slot.limit is not None and slot.limit <= size:
        return slot.expr
    code.add_boundaries(slot, [0.0, float(size)])
    refuse = make_value_refusal(slot.field or name, step.stage, f"is not an index below {size}")
    return code.assign(f"{code.bind_constant(_to_index)}({slot.expr}, {size}, {code.bind_constant(refuse)})")


def _to_index(value: float, size: int, refuse: Callable[[object], object]) -> int:
    if not 0 <= value < size or value != int(value):
        refuse(value)
    return int(value)


def _combine_factors(factors: Sequence[Entry], widths: Sequence[int]) -> Entry:
    """Return the position and value of one product; Spark multiplies from the last column on."""
    strides = [prod(widths[column + 1 :]) for column in range(len(widths))]
    pairs = list(zip((position for position, _ in factors), strides, strict=True))
    known = sum(position * stride for position, stride in pairs if isinstance(position, int))
    texts = [f"({position}) * {stride}" for position, stride in pairs if isinstance(position, str)]
    # The first factor is 1.0, because an integer of the row is not a double yet.
    value = " * ".join([_ONE, *(value for _, value in reversed(factors) if value != _ONE)])
    return (" + ".join([str(known), *texts]) if texts else known), value


def _read_slots(frame: Frame, name: str) -> Numbers:
    column = frame.columns[name]
    if isinstance(column, ScalarColumn):
        frame.refuse(column.null)
        return np.asarray(column.values.astype(np.float64)[:, None])
    return frame.get_features(name).to_dense()


def _build_entries(frame: Frame, table: Numbers, sizes: Sequence[int]) -> list[Entries]:
    entries: list[Entries] = []
    start = 0
    for slot, size in enumerate(sizes):
        values = table[:, slot]
        if size > 1:
            valid = (values >= 0.0) & (values < size) & (values == np.floor(values))
            frame.refuse(~valid)
            entries.append((start + np.where(valid, values, 0.0).astype(np.int64), None))
        else:
            entries.append((start, values))
        start += max(1, size)
    return entries


def _multiply_rows(factors: Sequence[Entries], plan: SlotProducts, rows: int) -> tuple[Numbers, Numbers]:
    position, value = np.zeros(rows, dtype=np.int64), np.ones(rows)
    for column, (index, _) in enumerate(factors):
        position = position + index * prod(plan.widths[column + 1 :])
    for _, factor in reversed(factors):
        value = value if factor is None else value * factor
    return position, value


def _to_block(
    products: Sequence[tuple[Numbers, Numbers]], count: int, total: int
) -> DenseBlock | SparseBlock:
    rows = np.tile(np.arange(count), len(products))
    positions = np.concatenate([position for position, _ in products])
    values = np.concatenate([value for _, value in products])
    if total < SPARSE_FROM:
        table = np.zeros((count, total))
        table[rows, positions] = values
        return DenseBlock(table)
    nonzero = np.flatnonzero(values)
    nonzero = nonzero[np.lexsort((positions[nonzero], rows[nonzero]))]
    return SparseBlock(rows[nonzero], positions[nonzero], values[nonzero], total, count)


def _find_rows_to_repair(
    plan: SlotProducts, tables: Sequence[Numbers], products: Sequence[tuple[Numbers, Numbers]]
) -> list[int]:
    """Return the rows in which skipped zeros may change the products."""
    if all(stored == "dense" for stored in plan.stored):
        return []
    to_repair = np.zeros(len(tables[0]), dtype=bool)
    for _, value in products:
        to_repair |= ~np.isfinite(value)
    for table, sizes, stored in zip(tables, plan.sizes, plan.stored, strict=True):
        categorical = [slot for slot, size in enumerate(sizes) if size > 1]
        if stored != "dense" and categorical:
            to_repair |= (table[:, categorical] == 0.0).any(axis=1)
    return np.flatnonzero(to_repair).tolist()


def _get_sparse_rows(frame: Frame, name: str) -> Numbers | None:
    column = frame.columns[name]
    return column.sparse_rows if isinstance(column, VectorColumn) else None


def _repair(
    frame: Frame,
    result: Numbers,
    rows: Sequence[int],
    tables: Sequence[tuple[Numbers, Numbers | None]],
    plan: SlotProducts,
) -> None:
    """Evaluate some rows exactly, in place; a table has the mask of the vectors that the rows hold sparse."""
    refused = np.zeros(frame.size, dtype=bool)
    for row in rows:
        if frame.refused[row] or frame.dropped[row]:
            continue
        result[row] = 0.0
        try:
            products = plan.multiply_row([list_slots_of_row(table, row, sparse) for table, sparse in tables])
        except AmbiguousRow:
            refused[row] = True
            continue
        result[row, list(products)] = list(products.values())
    frame.refuse(refused)
