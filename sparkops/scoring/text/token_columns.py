"""Columns of text and of tokens: one function of a value, called for a row and for a batch."""

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
from ..codegen.row_errors import make_missing_refusal
from ..codegen.symbols import Dense, Scalar, Sparse, Vector
from ..ir.description import Step
from ..ir.field import SPARSE_FROM
from ..ir.growth import INPUT, Bound

STRING, TOKENS = "string", "array<string>"
Tokens = list[str | None]
TokenFunction = Callable[[Any], Any]
Counts = dict[int, float]
_MAX_KNOWN_VALUES = 40


@dataclass(frozen=True, slots=True, eq=False)
class _ByIdentity:
    """A step as a cache key, compared by identity: steps contain lists and arrays, which have no hash."""

    step: Step

    def __hash__(self) -> int:
        return id(self.step)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByIdentity) and other.step is self.step


def cache_function(build: Callable[[Step], TokenFunction], step: Step) -> TokenFunction:
    """Return the function of a step, built once, because it may contain a large table or a cache of hashes."""
    return _build(build, _ByIdentity(step))


@lru_cache(maxsize=32)
def _build(build: Callable[[Step], TokenFunction], key: _ByIdentity) -> TokenFunction:
    return build(key.step)


def emit_call(
    step: Step, code: CodeWriter, function: TokenFunction, type_: str, known: Sequence[str | None] = ()
) -> str:
    """Generate the call of a function with the step's input column and return the variable that holds its value.

    The generated code refuses a row where the column is null.

    Args:
        step: Its first input is the argument.
        code: Receives the code.
        function: The function.
        type_: Required type of the column.
        known: Tokens that the step knows, for edge rows.

    Raises:
        ModelError: The column has another type.
    """
    source = code.assign_scalar(code.get_scalar(step.inputs[0], step.stage))
    if source.type != type_:
        raise ModelError(f"{step.stage}: column `{step.inputs[0]}` is {source.type}, and {type_} is needed.")
    if source.null:
        refuse = code.bind_constant(make_missing_refusal(source.field or step.inputs[0], step.stage))
        code.add_line(f"if {source.expr} is None: {refuse}(None)")
    if known and source.field:
        code.known_values.setdefault(
            source.field, tuple(word for word in known[:_MAX_KNOWN_VALUES] if word is not None)
        )
    return code.assign(f"{code.bind_constant(function)}({source.expr})")


def map_rows(step: Step, frame: Frame, function: TokenFunction, substitute: Any) -> list[Any]:
    """Return the value of a function for each row of the step's input column; rows where it is null are refused.

    Args:
        step: Its first input is the argument.
        frame: The rows.
        function: The function.
        substitute: The argument in place of null.
    """
    values = frame.get_scalars(step.inputs[0]).values.tolist()
    frame.refuse(np.fromiter((value is None for value in values), dtype=bool, count=len(values)))
    return [function(substitute if value is None else value) for value in values]


def bind_tokens(step: Step, code: CodeWriter, name: str, bound: Bound | None = None) -> None:
    """Bind the step's output to a variable that holds tokens; by default they are bounded as the input is."""
    field = code.get_scalar(step.inputs[0], step.stage).field
    code.bounds[step.outputs[0]] = bound or code.bounds.get(step.inputs[0], INPUT)
    code.columns[step.outputs[0]] = Scalar(name, TOKENS, field=field, scale=0.0)


def bind_token_column(step: Step, frame: Frame, lists: Sequence[Tokens], bound: Bound | None = None) -> None:
    """Bind the step's output to a list of tokens for each row; by default they are bounded as the input is."""
    frame.bounds[step.outputs[0]] = bound or frame.bounds.get(step.inputs[0], INPUT)
    frame.columns[step.outputs[0]] = ScalarColumn(np.fromiter(lists, dtype=object, count=len(lists)))


def bind_counts(step: Step, code: CodeWriter, name: str, size: int, field: str | None) -> None:
    """Bind the step's output to a variable that holds a sparse vector, in slot order; a short vector is made dense."""
    if size < SPARSE_FROM:
        name = code.assign(f"{code.bind_constant(partial(to_dense, size=size))}({name})")
        code.columns[step.outputs[0]] = Vector((Dense(name, size, field),), None, field)
    else:
        code.columns[step.outputs[0]] = Vector((Sparse(name, size, field),), None, field)


def bind_count_column(step: Step, frame: Frame, counts: Sequence[Counts], size: int) -> None:
    """Bind the step's output to a sparse vector for each row."""
    lengths = np.fromiter(map(len, counts), dtype=np.int64, count=len(counts))
    total = int(lengths.sum())
    slots = np.fromiter(chain.from_iterable(counts), dtype=np.int64, count=total)
    values = np.fromiter(chain.from_iterable(row.values() for row in counts), dtype=np.float64, count=total)
    sparse = SparseBlock(np.repeat(np.arange(len(counts)), lengths), slots, values, size, len(counts))
    block = DenseBlock(sparse.to_dense()) if size < SPARSE_FROM else sparse
    frame.columns[step.outputs[0]] = VectorColumn((block,))
