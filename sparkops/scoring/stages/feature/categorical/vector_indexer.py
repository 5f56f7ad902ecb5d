"""VectorIndexerModel: slots that hold few values to the index of their value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from ....batch.columns import DenseBlock, Frame, VectorColumn
from ....codegen.code_writer import CodeWriter
from ....codegen.row_errors import make_unseen_refusal, make_value_refusal
from ....codegen.symbols import Block, Dense, OneHot, Scalar, Vector, list_block_slots
from ....ir.arrays import Numbers
from ....ir.description import Step
from ....ir.validation import enum_param, float_array, require
from ....kernels.vector_layout import (
    ENTRY_COSTS,
    STORED,
    build_slots_expr,
    find_smaller_sparse,
    is_sparse,
    mark_ambiguous,
)

_MAX_UNROLLED = 64
_AMBIGUOUS_ZERO = (
    "was not seen in training: Spark takes it for the first category if it stores the vector sparse, "
    "and for an unseen value otherwise"
)
Table = dict[float, float]
Refuse = Callable[[object], object]


@dataclass(frozen=True, slots=True)
class VectorIndexer:
    """params: invalid ("error", "keep", "skip"), stored (see `vector_layout`).

    arrays: size (1), slots (those with categories), starts (where the values of each slot begin, and where the last
    ends), values (in the order of their index). An unseen 0 of a vector stored sparse counts as the first category.
    """

    op: str = "vector_index"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Emit one look-up for each categorical slot."""
        invalid = enum_param(step, "invalid", ("error", "keep", "skip"))
        stored = enum_param(step, "stored", STORED)
        size, tables = int(float_array(step, "size", 1)[0]), _read_tables(step)
        source = code.get_features(step.inputs[0], step.stage, size)
        if stored == "unknown" and any(0.0 not in table for table in tables.values()):
            mark_ambiguous(code, source)
        name = source.field or step.inputs[0]
        indexers = {
            slot: _SlotIndexer(table, invalid, name, step.stage, stored) for slot, table in tables.items()
        }
        if size <= _MAX_UNROLLED and not source.sparse:
            blocks = _emit_slots(code, source, indexers, stored)
        else:
            kernel = code.bind_constant(partial(_index_row, indexers=indexers))
            slots = build_slots_expr(code, source, stored, code.assign_dense(source))
            blocks = (Dense(code.assign(f"{kernel}({slots})"), size, source.field),)
        code.columns[step.outputs[0]] = Vector(blocks, None, source.field)

    def run(self, step: Step, frame: Frame) -> None:
        """Look up the categorical slots of every row."""
        source = frame.get_features(step.inputs[0])
        rows = source.to_dense()
        result, invalid, stored = rows.copy(), step.params["invalid"], step.params["stored"]
        sparse = _find_sparse_rows(rows, stored, source.sparse_rows)
        for slot, table in _read_tables(step).items():
            index, seen = _look_up(table, rows[:, slot])
            if 0.0 not in table:
                zero = rows[:, slot] == 0.0
                frame.refuse(zero & (stored == "unknown"))
                seen |= zero & sparse
            result[:, slot] = np.where(seen, index, len(table))
            if invalid == "skip":
                frame.drop(~seen)
            elif invalid == "error":
                frame.refuse(~seen)
        frame.columns[step.outputs[0]] = VectorColumn((DenseBlock(result, source.sparse_rows),))


class _SlotIndexer:
    """Finds the index of each value of one slot.

    Args:
        table: Index of each value.
        invalid: What happens to an unseen value.
        name: Field, for messages.
        stage: Stage, for messages.
        stored: How Spark stores the vector.
    """

    __slots__ = (
        "count",
        "find",
        "keeps",
        "refuse_ambiguous",
        "refuse_unseen",
        "stored",
        "table",
        "zero_depends_on_storage",
    )

    def __init__(self, table: Table, invalid: str, name: str, stage: str, stored: str) -> None:
        self.table, self.find, self.count, self.stored = table, table.get, float(len(table)), stored
        self.keeps, self.zero_depends_on_storage = invalid == "keep", 0.0 not in table and stored != "dense"
        self.refuse_unseen: Refuse = make_unseen_refusal(
            name, stage, [repr(value) for value in table], drop=invalid == "skip"
        )
        self.refuse_ambiguous: Refuse = make_value_refusal(name, stage, _AMBIGUOUS_ZERO)

    def find_unseen_index(self, value: float, row: Sequence[float]) -> float:
        """Return the index of an unseen value, or refuse or drop the row."""
        if self.zero_depends_on_storage and value == 0.0:
            sparse = is_sparse(self.stored, row)
            if sparse is None:
                self.refuse_ambiguous(value)
            if sparse:
                return 0.0
        if not self.keeps:
            self.refuse_unseen(value)
        return self.count


def _read_tables(step: Step) -> dict[int, Table]:
    """Return the index of each value for each categorical slot; NaN has none."""
    size = float_array(step, "size", 1)[0]
    chosen = float_array(step, "slots", None)
    values = float_array(step, "values", None)
    starts = float_array(step, "starts", len(chosen) + 1).astype(np.int64).tolist()
    slots = chosen.astype(np.int64).tolist()
    require(step, good=starts[0] == 0 and starts[-1] == len(values) and starts == sorted(starts))
    require(step, good=0 <= size < 2**31 and all(0 <= slot < size for slot in slots))
    require(step, good=len(set(slots)) == len(slots))
    tables = {}
    for slot, first, last in sorted(zip(slots, starts, starts[1:], strict=False)):
        pairs = ((value, float(index)) for index, value in enumerate(values[first:last].tolist()))
        tables[slot] = {value: index for value, index in pairs if value == value}  # noqa: PLR0124
        require(step, good=len(tables[slot]) == last - first)
    return tables


def _emit_slots(
    code: CodeWriter, source: Vector, indexers: dict[int, _SlotIndexer], stored: str
) -> tuple[Block, ...]:
    row = ""
    if any(indexer.zero_depends_on_storage for indexer in indexers.values()):
        parts = [part.expr for block in source.blocks for part in list_block_slots(block)]
        row = code.assign(build_slots_expr(code, source, stored, f"({', '.join(parts)},)"))
    result: list[Block] = []
    start = 0
    for block in source.blocks:
        block_indexers = {
            slot - start: indexer for slot, indexer in indexers.items() if start <= slot < start + block.size
        }
        start += block.size
        indexed = _index_one_hot(block, block_indexers) if isinstance(block, OneHot) else None
        if not block_indexers or indexed is not None:
            result.append(indexed or block)
            continue
        slots = list_block_slots(block)
        result += [
            _emit_look_up(code, part, block_indexers[slot], row or "()") if slot in block_indexers else part
            for slot, part in enumerate(slots)
        ]
    return tuple(result)


def _index_one_hot(block: OneHot, indexers: dict[int, _SlotIndexer]) -> OneHot | None:
    """Return a one-hot block with its values replaced by their indices; None if one of them is unseen."""
    hot, base = block.hot.copy(), block.base.copy()
    for slot, indexer in indexers.items():
        first, second = indexer.table.get(float(hot[slot])), indexer.table.get(float(base[slot]))
        if first is None or second is None:
            return None
        hot[slot], base[slot] = first, second
    return replace(block, hot=hot, base=base)


def _emit_look_up(code: CodeWriter, source: Scalar, indexer: _SlotIndexer, row: str) -> Scalar:
    source = code.assign_scalar(source)
    code.add_boundaries(source, indexer.table)
    index = code.assign(f"{code.bind_constant(indexer.find)}({source.expr})")
    code.add_line(
        f"if {index} is None: {index} = {code.bind_constant(indexer.find_unseen_index)}({source.expr}, {row})"
    )
    limit = int(indexer.count) + indexer.keeps
    return Scalar(index, "double", limit=limit, field=source.field, scale=0.0)


def _index_row(values: Sequence[float], *, indexers: dict[int, _SlotIndexer]) -> list[float]:
    result = list(values)
    for slot, indexer in indexers.items():
        index = indexer.find(values[slot])
        result[slot] = indexer.find_unseen_index(values[slot], values) if index is None else index
    return result


def _look_up(table: Table, values: Numbers) -> tuple[Numbers, Numbers]:
    """Return the index of each value, 0 for an unseen one, and which values are known."""
    if not table:
        return np.zeros(len(values)), np.zeros(len(values), dtype=bool)
    known = np.array(sorted(table))
    codes = np.array([table[value] for value in known.tolist()])
    position = np.minimum(np.searchsorted(known, values), len(known) - 1)
    seen = known[position] == values
    return np.where(seen, codes[position], 0.0), seen


def _find_sparse_rows(rows: Numbers, stored: str, sparse_rows: Numbers | None) -> Numbers:
    if stored == "input" and sparse_rows is not None:
        return sparse_rows
    if stored in ENTRY_COSTS:
        return np.asarray(find_smaller_sparse(stored, np.count_nonzero(rows, axis=1), rows.shape[1]))
    return np.full(len(rows), stored == "sparse")
