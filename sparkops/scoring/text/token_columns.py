"""Columns of text and of words: one function of a value, called for a row and for many."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import chain
from typing import Any

import numpy as np

from ...errors import ModelError
from ..batch.columns import DenseBlock, Frame, ScalarColumn, SparseBlock, VectorColumn
from ..codegen.code_writer import CodeWriter, to_dense
from ..codegen.row_errors import refuse_missing
from ..codegen.symbols import Dense, Scalar, Sparse, Vector
from ..ir.description import Step
from ..ir.field import SPARSE_FROM

STRING, TOKENS = "string", "array<string>"
Tokens = list[str | None]
Kernel = Callable[[Any], Any]
Counts = dict[int, float]
_MOST_KNOWN = 40


@dataclass(frozen=True, slots=True, eq=False)
class _Same:
    """A step that equals itself alone: it holds lists and arrays, which have no hash."""

    step: Step

    def __hash__(self) -> int:
        return id(self.step)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.step is self.step


def cached_kernel(make: Callable[[Step], Kernel], step: Step) -> Kernel:
    """Return a step's function, made once: it may hold a table of many words, or remember hashes."""
    return _made(make, _Same(step))


@lru_cache(maxsize=32)
def _made(make: Callable[[Step], Kernel], same: _Same) -> Kernel:
    return make(same.step)


def emit_call(
    step: Step, code: CodeWriter, function: Kernel, kind: str, known: Sequence[str | None] = ()
) -> str:
    """Write a function's call with the step's column, and return the name of its answer; null refuses the row.

    Args:
        step: Its first input is read.
        code: Where it is written.
        function: What is called.
        kind: Type that the column must have.
        known: Words that the step knows, to be tried at the edges.

    Raises:
        ModelError: The column has another type.
    """
    source = code.atom(code.scalar(step.inputs[0], step.stage))
    if source.type != kind:
        raise ModelError(f"{step.stage}: column `{step.inputs[0]}` is {source.type}, and {kind} is needed.")
    if source.null:
        problem = code.constant(refuse_missing(source.field or step.inputs[0], step.stage))
        code.line(f"if {source.expr} is None: {problem}(None)")
    if known and source.field:
        code.known.setdefault(source.field, tuple(word for word in known[:_MOST_KNOWN] if word is not None))
    return code.local(f"{code.constant(function)}({source.expr})")


def map_rows(step: Step, frame: Frame, function: Kernel, instead: Any) -> list[Any]:
    """Return a function's answers for every row of the step's column; null refuses the row.

    Args:
        step: Its first input is read.
        frame: The rows.
        function: What is called.
        instead: What it is called with where a row has null.
    """
    values = frame.scalars(step.inputs[0]).values.tolist()
    frame.refuse(np.fromiter((value is None for value in values), dtype=bool, count=len(values)))
    return [function(instead if value is None else value) for value in values]


def bind_tokens(step: Step, code: CodeWriter, name: str) -> None:
    """Bind the step's output to a name that holds words."""
    field = code.scalar(step.inputs[0], step.stage).field
    code.columns[step.outputs[0]] = Scalar(name, TOKENS, field=field, scale=0.0)


def bind_token_column(step: Step, frame: Frame, lists: Sequence[Tokens]) -> None:
    """Bind the step's output to one list of words a row."""
    frame.columns[step.outputs[0]] = ScalarColumn(np.fromiter(lists, dtype=object, count=len(lists)))


def bind_counts(step: Step, code: CodeWriter, name: str, size: int, field: str | None) -> None:
    """Bind the step's output to a name that holds a dictionary of slots, in order; a short vector is written out."""
    if size < SPARSE_FROM:
        name = code.local(f"{code.constant(partial(to_dense, size=size))}({name})")
        code.columns[step.outputs[0]] = Vector((Dense(name, size, field),), None, field)
    else:
        code.columns[step.outputs[0]] = Vector((Sparse(name, size, field),), None, field)


def bind_count_column(step: Step, frame: Frame, counts: Sequence[Counts], size: int) -> None:
    """Bind the step's output to a dictionary of slots a row."""
    lengths = np.fromiter(map(len, counts), dtype=np.int64, count=len(counts))
    total = int(lengths.sum())
    slots = np.fromiter(chain.from_iterable(counts), dtype=np.int64, count=total)
    values = np.fromiter(chain.from_iterable(each.values() for each in counts), dtype=np.float64, count=total)
    found = SparseBlock(np.repeat(np.arange(len(counts)), lengths), slots, values, size, len(counts))
    block = DenseBlock(found.dense()) if size < SPARSE_FROM else found
    frame.columns[step.outputs[0]] = VectorColumn((block,))
