"""Functions of a vector with NaN or infinity beside zeros: the result depends on how Spark stores the vector.

With a dense vector Spark computes with its zeros, and 0 times infinity is NaN; with a sparse one it skips them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np

from ..batch.columns import Frame
from ..codegen.code_writer import CodeWriter
from ..codegen.row_errors import refuse_value
from ..codegen.symbols import Vector
from ..ir.arrays import Numbers

STORED = ("dense", "sparse", "compressed", "compact", "unknown")
# What a sparse vector needs beside its entries and beyond a dense vector, in units of 4 bytes.
ENTRY_COSTS = {"compressed": 3, "compact": 4}
Row = Sequence[float]
LayoutFunction = Callable[[Row, bool], Row]
_AMBIGUOUS = (
    "beside zeros has no unique answer: it depends on whether Spark stores the vector dense or sparse"
)


def is_smaller_sparse(stored: str, entries: Any, size: int) -> Any:
    """Return whether a compressed vector, or each of several, is stored sparse (Spark: Vector.compressed).

    Args:
        stored: "compressed" before Spark 4.1, which counts 12 bytes for an entry and 20 in addition, 8 for a slot and 8 in addition;
            "compact" since then, which counts 28 and 12 bytes in addition.
        entries: Number of slots other than 0, or an array of such numbers.
        size: Number of slots.
    """
    return 3 * entries + ENTRY_COSTS[stored] < 2 * size


def is_sparse(stored: str, values: Row) -> bool | None:
    """Return whether Spark stores a vector sparse; None if that is unknown.

    Args:
        stored: "dense", "sparse", "unknown", or "compressed" or "compact": whichever is smaller, as VectorAssembler decides.
        values: All slots.
    """
    if stored in ENTRY_COSTS:
        return bool(is_smaller_sparse(stored, sum(1 for value in values if value), len(values)))
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


def guarded(column: str, stage: str, stored: str, function: LayoutFunction) -> Callable[[Row], Row]:
    """Return `evaluate` for the code of a row: an ambiguous row is refused."""
    refuse = refuse_value(column, stage, _AMBIGUOUS)
    return partial(_evaluate_or_refuse, stored=stored, function=function, refuse=refuse)


def _evaluate_or_refuse(
    values: Row, *, stored: str, function: LayoutFunction, refuse: Callable[[object], object]
) -> Row:
    result = evaluate(values, stored=stored, function=function)
    if result is None:
        refuse(next((value for value in values if value - value != 0.0), 0.0))
        raise AssertionError
    return result


def evaluate_rows(
    frame: Frame, result: Numbers, table: Numbers, rows: Iterable[int], stored: str, function: LayoutFunction
) -> None:
    """Replace some rows of a result by `evaluate`, in place; refuse the rows that are ambiguous.

    Args:
        frame: Refuses rows.
        result: (rows, slots) result, changed in place.
        table: (rows, slots) vectors.
        rows: Positions of the rows to replace.
        stored: See `is_sparse`.
        function: See `evaluate`.
    """
    refused = np.zeros(frame.size, dtype=bool)
    for row in rows:
        values = evaluate(table[row].tolist(), stored=stored, function=function)
        refused[row] = values is None
        result[row] = np.nan if values is None else values
    frame.refuse(refused)


def mark_ambiguous(code: CodeWriter, vector: Vector) -> None:
    """Record that NaN, infinities and huge numbers in the fields of a vector have no single answer in Spark."""
    fields = [getattr(block, "field", None) for block in vector.blocks]
    code.ambiguous_fields.update(field for field in fields if field is not None)
    if None in fields:
        code.ambiguous_fields.update(code.columns)
