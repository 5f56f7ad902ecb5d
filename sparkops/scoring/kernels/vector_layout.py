"""Functions of a vector with NaN or infinity beside zeros: the result depends on how Spark stores the vector.

With a dense vector Spark computes with its zeros, and 0 times infinity is NaN; with a sparse one it skips them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from math import isfinite
from typing import Any

import numpy as np

from ..batch.columns import Frame, VectorColumn
from ..codegen.code_writer import CodeWriter
from ..codegen.row_errors import make_value_refusal
from ..codegen.symbols import Vector
from ..ir.arrays import Numbers
from ..ir.field import SparseSlots

STORED = ("dense", "sparse", "compressed", "compact", "input", "input-zeros", "unknown")
# What a sparse vector needs beside its entries and beyond a dense vector, in units of 4 bytes.
ENTRY_COSTS = {"compressed": 3, "compact": 4}
_AS_INPUT = ("input", "input-zeros")
Row = Sequence[float]
LayoutFunction = Callable[[Row, bool], Row]
_AMBIGUOUS = (
    "beside zeros has no unique answer: it depends on whether Spark stores the vector dense or sparse"
)


def find_smaller_sparse(stored: str, entries: Any, size: int) -> Any:
    """Return whether a compressed vector, or each of several, is stored sparse (Spark: Vector.compressed).

    Args:
        stored: "compressed" as before Spark 4.1: 12 bytes for each entry + 20, against 8 for each slot + 8.
            "compact" as since 4.1: 12 for each entry + 28, against 8 for each slot + 12.
        entries: Number of slots other than 0, or an array of such numbers.
        size: Number of slots.
    """
    return 3 * entries + ENTRY_COSTS[stored] < 2 * size


def is_sparse(stored: str, values: Row) -> bool | None:
    """Return whether Spark stores a vector sparse; None if that is unknown.

    Args:
        stored: One of `STORED`. "dense", "sparse" and "unknown" mean what they say. "input": as the row holds it.
            "input-zeros": the same, but a sparse vector may hold explicit zeros, so its result in Spark is unknown.
            "compressed" and "compact": whichever is smaller, as VectorAssembler decides; see `find_smaller_sparse`.
        values: All slots; `SparseSlots` if the row holds the vector sparse.
    """
    if stored in _AS_INPUT:
        is_input_sparse = isinstance(values, SparseSlots)
        return None if is_input_sparse and stored == "input-zeros" else is_input_sparse
    if stored in ENTRY_COSTS:
        return bool(find_smaller_sparse(stored, sum(1 for value in values if value), len(values)))
    return {"dense": False, "sparse": True}.get(stored)


def evaluate(values: Row, *, stored: str, function: LayoutFunction) -> Row | None:
    """Return the value of a function for a vector; None if it depends on storage that is unknown.

    Args:
        values: All slots.
        stored: See `is_sparse`.
        function: Takes the slots and whether they are stored sparse.
    """
    sparse = is_sparse(stored, values)
    if sparse is not None:
        return function(values, sparse)
    dense, sparse_result = function(values, False), function(values, True)
    return dense if np.array_equal(np.array(dense), np.array(sparse_result), equal_nan=True) else None


def make_refusing_function(
    column: str, stage: str, stored: str, function: LayoutFunction
) -> Callable[[Row], Row]:
    """Return `evaluate` for the code of a row: an ambiguous row is refused."""
    refuse = make_value_refusal(column, stage, _AMBIGUOUS)
    return partial(_evaluate_or_refuse, stored=stored, function=function, refuse=refuse)


def _evaluate_or_refuse(
    values: Row, *, stored: str, function: LayoutFunction, refuse: Callable[[object], object]
) -> Row:
    result = evaluate(values, stored=stored, function=function)
    if result is None:
        refuse(next((value for value in values if not isfinite(value)), 0.0))
        raise AssertionError
    return result


def evaluate_rows(
    frame: Frame,
    result: Numbers,
    source: VectorColumn,
    rows: Iterable[int],
    stored: str,
    function: LayoutFunction,
) -> None:
    """Replace some rows of a result by `evaluate`, in place; refuse the rows that are ambiguous.

    Args:
        frame: Refuses rows.
        result: (rows, slots) result, changed in place.
        source: The vectors.
        rows: Positions of the rows to replace.
        stored: See `is_sparse`.
        function: See `evaluate`.
    """
    refused, table = np.zeros(frame.size, dtype=bool), source.to_dense()
    for row in rows:
        slots = list_slots_of_row(table, row, source.sparse_rows)
        values = evaluate(slots, stored=stored, function=function)
        refused[row] = values is None
        result[row] = np.nan if values is None else values
    frame.refuse(refused)


def build_slots_expr(code: CodeWriter, vector: Vector, stored: str, expr: str) -> str:
    """Return the expression of the slots of a vector.

    Its value is `SparseSlots` if the vector is stored as in the row, and the row holds it sparse.

    Args:
        code: Binds the function.
        vector: The vector.
        stored: See `is_sparse`.
        expr: Expression of all slots.
    """
    variable = code.vector_values.get(vector.field or "") if stored in _AS_INPUT else None
    return expr if variable is None else f"{code.bind_constant(store_like)}({variable}, {expr})"


def store_like(vector: Any, values: Row) -> Row:
    """Return the slots of a vector that is stored like one of the row."""
    return SparseSlots(values) if isinstance(vector, SparseSlots) else values


def list_slots_of_row(table: Numbers, row: int, sparse: Numbers | None) -> Row:
    """Return the slots of one row of a table, `SparseSlots` if the row holds the vector sparse."""
    values: Row = table[row].tolist()
    return SparseSlots(values) if sparse is not None and sparse[row] else values


def mark_ambiguous(code: CodeWriter, vector: Vector) -> None:
    """Record that NaN, infinities and huge numbers in the fields of a vector have no single answer in Spark."""
    fields = [getattr(block, "field", None) for block in vector.blocks]
    code.ambiguous_fields.update(field for field in fields if field is not None)
    if None in fields:
        code.ambiguous_fields.update(code.columns)
