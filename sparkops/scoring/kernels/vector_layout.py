"""How Spark stores a vector, where its answer depends on that: NaN and infinities beside zeros.

A dense vector does arithmetic on its zeros, and 0 times infinity is NaN; a sparse one leaves them out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

import numpy as np

from ..batch.columns import Frame
from ..codegen.code_writer import CodeWriter
from ..codegen.row_errors import refuse_value
from ..codegen.symbols import Vector
from ..ir.arrays import Numbers

STORED = ("dense", "sparse", "compressed", "unknown")
Row = Sequence[float]
LayoutFunction = Callable[[Row, bool], Row]
_WHY = "beside zeros has no one answer: it depends on whether Spark stores the vector dense or sparse"


def is_sparse(stored: str, values: Row) -> bool | None:
    """Tell whether Spark stores a vector sparse; None when that is not known.

    Args:
        stored: "dense", "sparse", "unknown", or "compressed": whichever takes less room, as VectorAssembler does.
        values: All slots.
    """
    if stored == "compressed":
        return 1.5 * (sum(1 for value in values if value) + 1.0) < len(values)
    return {"dense": False, "sparse": True}.get(stored)


def evaluate(values: Row, *, stored: str, careful: LayoutFunction) -> Row | None:
    """Return what `careful` makes of a vector, stored as it is; None where that is not known and matters.

    Args:
        values: All slots.
        stored: See `is_sparse`.
        careful: Takes the slots, and whether they are stored sparse.
    """
    sparse = is_sparse(stored, values)
    if sparse is not None:
        return careful(values, sparse)
    made, other = careful(values, False), careful(values, True)
    return made if np.array_equal(np.array(made), np.array(other), equal_nan=True) else None


def guarded(column: str, stage: str, stored: str, careful: LayoutFunction) -> Callable[[Row], Row]:
    """Return `held` as a row's code calls it: a row of which it is not known is refused."""
    problem = refuse_value(column, stage, _WHY)
    return partial(_sure, stored=stored, careful=careful, problem=problem)


def _sure(values: Row, *, stored: str, careful: LayoutFunction, problem: Callable[[object], object]) -> Row:
    made = evaluate(values, stored=stored, careful=careful)
    if made is None:
        problem(next((value for value in values if value - value != 0.0), 0.0))
        raise AssertionError
    return made


def evaluate_rows(
    frame: Frame, made: Numbers, table: Numbers, rows: Iterable[int], stored: str, careful: LayoutFunction
) -> None:
    """Put what `held` says into some rows of a table, in place; refuse the rows of which it is not known.

    Args:
        frame: Where rows are refused.
        made: (rows, slots) of the result.
        table: (rows, slots) of the vectors.
        rows: Which rows.
        stored: See `is_sparse`.
        careful: See `held`.
    """
    refused = np.zeros(frame.size, dtype=bool)
    for at in rows:
        found = evaluate(table[at].tolist(), stored=stored, careful=careful)
        refused[at] = found is None
        made[at] = np.nan if found is None else found
    frame.refuse(refused)


def mark_ambiguous(code: CodeWriter, vector: Vector) -> None:
    """Remember that NaN, infinities and huge numbers in these fields have no one answer in Spark: no edges there."""
    fields = [getattr(block, "field", None) for block in vector.blocks]
    code.ambiguous_fields.update(field for field in fields if field is not None)
    if None in fields:
        code.ambiguous_fields.update(code.columns)
