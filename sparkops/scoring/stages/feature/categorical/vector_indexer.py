"""Slots of a vector that hold few values, to the index of their value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from ....batch.columns import DenseBlock, Frame, VectorColumn
from ....codegen.code_writer import CodeWriter
from ....codegen.row_errors import refuse_unseen, refuse_value
from ....codegen.symbols import Block, Dense, OneHot, Scalar, Vector, block_slots
from ....ir.arrays import Numbers
from ....ir.description import Step
from ....ir.validation import enum_param, float_array, require
from ....kernels.vector_layout import STORED, is_sparse, mark_ambiguous

_WRITTEN_OUT = 64
_WHY = "was not seen in training, and Spark takes it for the first category or refuses it as it stores the vector"
Table = dict[float, float]
Problem = Callable[[object], object]


@dataclass(frozen=True, slots=True)
class VectorIndexer:
    """params: invalid ("error", "keep", "skip"), stored (see `storage`).

    arrays: size (1), slots: which hold categories, starts: where the values of each begin and the last ends, values: in
    the order of their index. A 0 that training did not see is the first category in a vector stored sparse.
    """

    op: str = "vector_index"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Write one look-up a slot of categories."""
        invalid, stored = (
            enum_param(step, "invalid", ("error", "keep", "skip")),
            enum_param(step, "stored", STORED),
        )
        size, tables = int(float_array(step, "size", 1)[0]), _tables(step)
        source = code.features(step.inputs[0], step.stage, size)
        if stored == "unknown" and any(0.0 not in table for table in tables.values()):
            mark_ambiguous(code, source)
        name = source.field or step.inputs[0]
        rules = {slot: _Rule(table, invalid, name, step.stage, stored) for slot, table in tables.items()}
        if size <= _WRITTEN_OUT and not source.sparse:
            blocks = _written(code, source, rules)
        else:
            kernel = code.constant(partial(_row, rules=rules))
            blocks = (Dense(code.local(f"{kernel}({code.dense(source)})"), size, source.field),)
        code.columns[step.outputs[0]] = Vector(blocks, None, source.field)

    def run(self, step: Step, frame: Frame) -> None:
        """Look the slots of every row up."""
        table = frame.features(step.inputs[0]).dense()
        made, invalid, stored = table.copy(), step.params["invalid"], step.params["stored"]
        sparse = _sparse_rows(table, stored)
        for slot, places in _tables(step).items():
            index, seen = _find(places, table[:, slot])
            if 0.0 not in places:
                zero = table[:, slot] == 0.0
                frame.refuse(zero & (stored == "unknown"))
                seen |= zero & sparse
            made[:, slot] = np.where(seen, index, len(places))
            if invalid != "keep":
                (frame.drop if invalid == "skip" else frame.refuse)(~seen)
        frame.columns[step.outputs[0]] = VectorColumn((DenseBlock(made),))


class _Rule:
    """What becomes of one slot.

    Args:
        table: Index of each value.
        invalid: What to do with another value.
        name: Field, for messages.
        stage: Stage, for messages.
        stored: How Spark stores the vector.
    """

    __slots__ = ("count", "find", "kept", "problem", "stored", "table", "torn", "unsure")

    def __init__(self, table: Table, invalid: str, name: str, stage: str, stored: str) -> None:
        self.table, self.find, self.count, self.stored = table, table.get, float(len(table)), stored
        self.kept, self.torn = invalid == "keep", 0.0 not in table and stored != "dense"
        self.problem: Problem = refuse_unseen(
            name, stage, [repr(each) for each in table], drop=invalid == "skip"
        )
        self.unsure: Problem = refuse_value(name, stage, _WHY)

    def other(self, value: float, whole: Sequence[float]) -> float:
        """Return the index of a value that is not in the table, or refuse or drop the row."""
        if self.torn and value == 0.0:
            sparse = is_sparse(self.stored, whole)
            if sparse is None:
                self.unsure(value)
            if sparse:
                return 0.0
        if not self.kept:
            self.problem(value)
        return self.count


def _tables(step: Step) -> dict[int, Table]:
    """Return, for each slot of categories, the index of each value; NaN is never found."""
    size, chosen, values = (
        float_array(step, "size", 1)[0],
        float_array(step, "slots", None),
        float_array(step, "values", None),
    )
    starts = float_array(step, "starts", len(chosen) + 1).astype(np.int64).tolist()
    slots = chosen.astype(np.int64).tolist()
    require(step, good=starts[0] == 0 and starts[-1] == len(values) and starts == sorted(starts))
    require(step, good=0 <= size < 2**31 and all(0 <= slot < size for slot in slots))
    require(step, good=len(set(slots)) == len(slots))
    tables = {}
    for slot, first, last in sorted(zip(slots, starts, starts[1:], strict=False)):
        pairs = ((value, float(at)) for at, value in enumerate(values[first:last].tolist()))
        tables[slot] = {value: at for value, at in pairs if value == value}  # noqa: PLR0124
        require(step, good=len(tables[slot]) == last - first)
    return tables


def _written(code: CodeWriter, source: Vector, rules: dict[int, _Rule]) -> tuple[Block, ...]:
    whole = ""
    if any(rule.torn for rule in rules.values()):
        whole = code.local(
            f"({', '.join(part.expr for block in source.blocks for part in block_slots(block))},)"
        )
    made: list[Block] = []
    at = 0
    for block in source.blocks:
        own = {slot - at: rule for slot, rule in rules.items() if at <= slot < at + block.size}
        at += block.size
        kept = _hot(block, own) if isinstance(block, OneHot) else None
        if not own or kept is not None:
            made.append(kept or block)
            continue
        parts = block_slots(block)
        made += [
            _scalar(code, part, own[place], whole or "()") if place in own else part
            for place, part in enumerate(parts)
        ]
    return tuple(made)


def _hot(block: OneHot, rules: dict[int, _Rule]) -> OneHot | None:
    """Return a one-hot part with its numbers looked up; None where one of them is not in a table."""
    hot, base = block.hot.copy(), block.base.copy()
    for slot, rule in rules.items():
        first, second = rule.table.get(float(hot[slot])), rule.table.get(float(base[slot]))
        if first is None or second is None:
            return None
        hot[slot], base[slot] = first, second
    return replace(block, hot=hot, base=base)


def _scalar(code: CodeWriter, source: Scalar, rule: _Rule, whole: str) -> Scalar:
    source = code.atom(source)
    code.add_boundaries(source, rule.table)
    found = code.local(f"{code.constant(rule.find)}({source.expr})")
    code.line(f"if {found} is None: {found} = {code.constant(rule.other)}({source.expr}, {whole})")
    limit = int(rule.count) + rule.kept
    return Scalar(found, "double", limit=limit, field=source.field, scale=0.0)


def _row(values: Sequence[float], *, rules: dict[int, _Rule]) -> list[float]:
    made = list(values)
    for slot, rule in rules.items():
        found = rule.find(values[slot])
        made[slot] = rule.other(values[slot], values) if found is None else found
    return made


def _find(table: Table, values: Numbers) -> tuple[Numbers, Numbers]:
    """Return the index of each value, 0 where there is none, and where there is one."""
    if not table:
        return np.zeros(len(values)), np.zeros(len(values), dtype=bool)
    known = np.array(sorted(table))
    codes = np.array([table[each] for each in known.tolist()])
    at = np.minimum(np.searchsorted(known, values), len(known) - 1)
    seen = known[at] == values
    return np.where(seen, codes[at], 0.0), seen


def _sparse_rows(table: Numbers, stored: str) -> Numbers:
    if stored == "compressed":
        return np.asarray(1.5 * (np.count_nonzero(table, axis=1) + 1.0) < table.shape[1])
    return np.full(len(table), stored == "sparse")
