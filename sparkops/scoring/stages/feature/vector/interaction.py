"""All products of one slot of each of several columns, categories one-hot."""

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
from ....codegen.row_errors import refuse_missing, refuse_value
from ....codegen.symbols import Block, Dense, OneHot, Scalar, Sparse, Vector, vector_slots
from ....ir.arrays import Numbers
from ....ir.description import Step
from ....ir.field import NUMERIC_TYPES, SPARSE_FROM
from ....ir.validation import require
from ....kernels.products import AMBIGUOUS, AmbiguousRow, SlotProducts
from ....kernels.vector_layout import mark_ambiguous

MAX_PRODUCTS = 4096  # the most that a row multiplies
_ONE = "1.0"
Entry = tuple[int | str, str]  # place, known or as an expression, and value
Entries = tuple[Numbers | int, Numbers | None]


@dataclass(frozen=True, slots=True)
class Interaction:
    """params: sizes: for each column, how many categories each of its slots has, 0 for a number; stored: see `storage`.

    Spark passes over the zeros of a vector that it stores sparse, and over the first category of a slot there too.
    """

    op: str = "interact"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Write each product; places that no category points to are 0 and not written."""
        plan = _plan(step)
        columns = [
            _column(step, code, name, len(own)) for name, own in zip(step.inputs, plan.sizes, strict=True)
        ]
        for name, stored in zip(step.inputs, plan.stored, strict=True):
            if stored == "unknown":
                mark_ambiguous(code, code.vector(name, step.stage))
        again = _again(step, code, plan)
        if plan.has_sparse_categories:
            blocks = _called(code, columns, again, plan.total)
        else:
            blocks = _written(step, code, columns, plan, again)
        code.columns[step.outputs[0]] = Vector(blocks, None)

    def run(self, step: Step, frame: Frame) -> None:
        """Multiply in every row; rows where zeros are passed over are done again, one by one."""
        plan = _plan(step)
        tables = [_table(frame, name) for name in step.inputs]
        pairs = zip(tables, plan.sizes, strict=True)
        columns = [_entries(frame, table, own) for table, own in pairs]
        with np.errstate(all="ignore"):
            found = [_joined_all(chosen, plan, frame.size) for chosen in product(*columns)]
        part = _part(found, frame.size, plan.total)
        rare = _rare(plan, tables, found)
        if rare:
            part = DenseBlock(part.values if isinstance(part, DenseBlock) else part.dense())
            _repair(frame, part.values, rare, tables, plan)
        frame.columns[step.outputs[0]] = VectorColumn((part,))


def _plan(step: Step) -> SlotProducts:
    sizes: Any = step.params.get("sizes")
    stored: Any = step.params.get("stored")
    good = isinstance(sizes, list) and isinstance(stored, list)
    good = good and len(sizes) == len(stored) == len(step.inputs) > 0
    good = good and all(isinstance(column, list) and column for column in sizes)
    require(step, good=good and all(type(size) is int and 0 <= size < 2**31 for c in sizes for size in c))
    require(step, good=all(word in ("dense", "sparse", "compressed", "unknown") for word in stored))
    plan = SlotProducts(tuple(map(tuple, sizes)), tuple(stored))
    require(step, good=prod(map(len, sizes)) <= MAX_PRODUCTS and plan.total < 2**31)
    return plan


def _column(step: Step, code: CodeWriter, name: str, size: int) -> list[Scalar]:
    """Return the slots of a column, without null."""
    if isinstance(code.columns.get(name), Vector):
        return [code.atom(part) for part in vector_slots(code.features(name, step.stage, size))]
    found = code.atom(code.scalar(name, step.stage))
    require(step, good=size == 1)
    if found.type not in NUMERIC_TYPES:
        raise ModelError(f"{step.stage}: column `{name}` is {found.type}, and numbers are needed.")
    if found.null:
        code.line(
            f"if {found.expr} is None: {code.constant(refuse_missing(found.field or name, step.stage))}(None)"
        )
    return [found]


def _again(step: Step, code: CodeWriter, plan: SlotProducts) -> str:
    """Return the name of the function that multiplies one row with care."""
    names = ", ".join(step.inputs)
    return code.constant(partial(_careful, plan=plan, problem=refuse_value(names, step.stage, AMBIGUOUS)))


def _careful(
    columns: Sequence[Sequence[float]], *, plan: SlotProducts, problem: Callable[[object], object]
) -> dict[int, float]:
    try:
        return plan.row(columns)
    except AmbiguousRow as why:
        problem(why.value)
        raise


def _called(
    code: CodeWriter, columns: Sequence[Sequence[Scalar]], again: str, total: int
) -> tuple[Block, ...]:
    made = code.local(f"{again}({_rows(columns)})")
    if total >= SPARSE_FROM:
        return (Sparse(made, total),)
    return (Dense(code.local(f"[{made}.get(at, 0.0) for at in range({total})]"), total),)


def _rows(columns: Sequence[Sequence[Scalar]]) -> str:
    return f"({', '.join(_listed(column) for column in columns)},)"


def _listed(column: Sequence[Scalar]) -> str:
    return f"({', '.join(part.expr for part in column)},)"


def _written(
    step: Step, code: CodeWriter, columns: Sequence[Sequence[Scalar]], plan: SlotProducts, again: str
) -> tuple[Block, ...]:
    """Write out the products; a vector that may be stored sparse has its row done again where they are not finite."""
    pairs = zip(step.inputs, columns, plan.sizes, strict=True)
    entries = [
        _joined(chosen, plan.widths) for chosen in product(*(_places(step, code, *pair) for pair in pairs))
    ]
    total = plan.total
    if (
        len(entries) == 1
        and entries[0][1] == _ONE
        and isinstance(entries[0][0], str)
        and total <= MAX_PRODUCTS
    ):
        return (OneHot(code.local(entries[0][0]), np.ones(total), np.zeros(total)),)
    values = [code.local(value) for _, value in entries]
    places = [place if isinstance(place, int) else code.local(place) for place, _ in entries]
    sure = all(word == "dense" for word in plan.stored)
    if not sure:
        found, sum_ = code.new_name(), code.local(" + ".join(values))
        code.line(f"if {sum_} - {sum_} != 0.0:")
        code.line(f"    {found} = {again}({_rows(columns)})")
        pairs_ = (f"{value} = {found}.get({place}, 0.0)" for value, place in zip(values, places, strict=True))
        code.lines += [f"    {line}" for line in pairs_]
    return _laid(code, places, values, total)


def _laid(
    code: CodeWriter, places: Sequence[int | str], values: Sequence[str], total: int
) -> tuple[Block, ...]:
    if all(isinstance(place, int) for place in places):
        return tuple(Scalar(name, "double", nan=True, scale=0.0) for name in values)
    if total < SPARSE_FROM:
        name = code.local(f"[0.0] * {total}")
        code.lines += [f"{name}[{place}] = {value}" for place, value in zip(places, values, strict=True)]
        return (Dense(name, total),)
    pairs = ", ".join(f"({place}, {value})" for place, value in zip(places, values, strict=True))
    return (Sparse(code.local(f"{{at: value for at, value in ({pairs},) if value}}"), total),)


def _places(
    step: Step, code: CodeWriter, name: str, parts: Sequence[Scalar], sizes: Sequence[int]
) -> list[Entry]:
    entries: list[Entry] = []
    at = 0
    for part, size in zip(parts, sizes, strict=True):
        if size > 1:
            entries.append((f"{at} + int({_category(step, code, part, size, name)})", _ONE))
        else:
            entries.append((at, part.expr))
        at += max(1, size)
    return entries


def _category(step: Step, code: CodeWriter, part: Scalar, size: int, name: str) -> str:
    """Return the expression of a category's index."""
    if part.limit is not None and part.limit <= size:
        return part.expr
    code.add_boundaries(part, [0.0, float(size)])
    problem = refuse_value(part.field or name, step.stage, f"is not an index below {size}")
    return code.local(f"{code.constant(_index)}({part.expr}, {size}, {code.constant(problem)})")


def _index(value: float, size: int, problem: Callable[[object], object]) -> int:
    if not 0 <= value < size or value != int(value):
        problem(value)
    return int(value)


def _joined(chosen: Sequence[Entry], widths: Sequence[int]) -> Entry:
    """Return the place and value of one product; Spark multiplies from the last column on."""
    steps = [prod(widths[at + 1 :]) for at in range(len(widths))]
    pairs = list(zip((place for place, _ in chosen), steps, strict=True))
    known = sum(place * step for place, step in pairs if isinstance(place, int))
    texts = [f"({place}) * {step}" for place, step in pairs if isinstance(place, str)]
    # times 1.0 first: a whole number of the row is no double yet
    value = " * ".join([_ONE, *(value for _, value in reversed(chosen) if value != _ONE)])
    return (" + ".join([str(known), *texts]) if texts else known), value


def _table(frame: Frame, name: str) -> Numbers:
    column = frame.columns[name]
    if isinstance(column, ScalarColumn):
        frame.refuse(column.null)
        return np.asarray(column.values.astype(np.float64)[:, None])
    return frame.features(name).dense()


def _entries(frame: Frame, table: Numbers, sizes: Sequence[int]) -> list[Entries]:
    entries: list[Entries] = []
    at = 0
    for slot, size in enumerate(sizes):
        values = table[:, slot]
        if size > 1:
            good = (values >= 0.0) & (values < size) & (values == np.floor(values))
            frame.refuse(~good)
            entries.append((at + np.where(good, values, 0.0).astype(np.int64), None))
        else:
            entries.append((at, values))
        at += max(1, size)
    return entries


def _joined_all(chosen: Sequence[Entries], plan: SlotProducts, rows: int) -> tuple[Numbers, Numbers]:
    place, value = np.zeros(rows, dtype=np.int64), np.ones(rows)
    for at, (own, _) in enumerate(chosen):
        place = place + own * prod(plan.widths[at + 1 :])
    for _, own_value in reversed(chosen):
        value = value if own_value is None else value * own_value
    return place, value


def _part(found: Sequence[tuple[Numbers, Numbers]], count: int, total: int) -> DenseBlock | SparseBlock:
    rows = np.tile(np.arange(count), len(found))
    places = np.concatenate([place for place, _ in found])
    values = np.concatenate([value for _, value in found])
    if total < SPARSE_FROM:
        table = np.zeros((count, total))
        table[rows, places] = values
        return DenseBlock(table)
    kept = np.flatnonzero(values)
    kept = kept[np.lexsort((places[kept], rows[kept]))]
    return SparseBlock(rows[kept], places[kept], values[kept], total, count)


def _rare(
    plan: SlotProducts, tables: Sequence[Numbers], found: Sequence[tuple[Numbers, Numbers]]
) -> list[int]:
    """Return the rows in which a vector's zeros, passed over, may count."""
    if all(word == "dense" for word in plan.stored):
        return []
    rare = np.zeros(len(tables[0]), dtype=bool)
    for _, value in found:
        rare |= ~np.isfinite(value)
    for table, sizes, stored in zip(tables, plan.sizes, plan.stored, strict=True):
        named = [slot for slot, size in enumerate(sizes) if size > 1]
        if stored != "dense" and named:
            rare |= (table[:, named] == 0.0).any(axis=1)
    return np.flatnonzero(rare).tolist()


def _repair(
    frame: Frame, made: Numbers, rows: Sequence[int], tables: Sequence[Numbers], plan: SlotProducts
) -> None:
    """Do some rows again, in place."""
    refused = np.zeros(frame.size, dtype=bool)
    for at in rows:
        if frame.refused[at] or frame.dropped[at]:
            continue
        made[at] = 0.0
        try:
            found = plan.row([table[at].tolist() for table in tables])
        except AmbiguousRow:
            refused[at] = True
            continue
        made[at, list(found)] = list(found.values())
    frame.refuse(refused)
