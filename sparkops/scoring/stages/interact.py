"""All products of one slot of each of several columns, categories one-hot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

import numpy as np

from ...errors import ModelError
from ..code import Code
from ..description import Step
from ..field import NUMBERS, WIDE
from ..form import need
from ..frame import Denses, Frame, Numbers, Scalars, Sparses, Vectors
from ..problem import missing, outside
from ..symbols import Block, Dense, OneHot, Scalar, Sparse, Vector, slots

PRODUCTS = 4096  # the most that a row multiplies
_ONE = ""
Entry = tuple[int | str, str]  # place, known or as an expression, and value; _ONE for a category's 1


@dataclass(frozen=True, slots=True)
class Interact:
    """params: sizes: for each column, how many categories each of its slots has, 0 for a number."""

    op: str = "interact"

    def emit(self, step: Step, code: Code) -> None:
        """Write each product; places that no category points to are 0 and not written."""
        sizes = _sizes(step)
        widths = [sum(max(1, size) for size in column) for column in sizes]
        need(step, good=prod(map(len, sizes)) <= PRODUCTS and prod(widths) < 2**31)
        columns = [
            _entries(step, code, name, column) for name, column in zip(step.inputs, sizes, strict=True)
        ]
        entries = [_joined(chosen, widths) for chosen in product(*columns)]
        code.columns[step.outputs[0]] = Vector(_blocks(code, entries, prod(widths)), None)

    def run(self, step: Step, frame: Frame) -> None:
        """Multiply in every row."""
        sizes = _sizes(step)
        widths = [sum(max(1, size) for size in column) for column in sizes]
        total = prod(widths)
        columns = [_all_entries(frame, name, column) for name, column in zip(step.inputs, sizes, strict=True)]
        found = [_all_joined(chosen, widths, frame.size) for chosen in product(*columns)]
        rows = np.tile(np.arange(frame.size), len(found))
        places = np.concatenate([place for place, _ in found])
        values = np.concatenate([value for _, value in found])
        if total < WIDE:
            table = np.zeros((frame.size, total))
            table[rows, places] = values
            frame.columns[step.outputs[0]] = Vectors((Denses(table),))
            return
        kept = np.flatnonzero(values)
        kept = kept[np.lexsort((places[kept], rows[kept]))]
        part = Sparses(rows[kept], places[kept], values[kept], total, frame.size)
        frame.columns[step.outputs[0]] = Vectors((part,))


def _sizes(step: Step) -> list[list[int]]:
    sizes: Any = step.params.get("sizes")
    good = isinstance(sizes, list) and len(sizes) == len(step.inputs) > 0
    good = good and all(isinstance(column, list) and column for column in sizes)
    need(step, good=good and all(type(size) is int and 0 <= size < 2**31 for c in sizes for size in c))
    found: list[list[int]] = sizes
    return found


def _entries(step: Step, code: Code, name: str, sizes: list[int]) -> list[Entry]:
    column = code.columns.get(name)
    if isinstance(column, Vector):
        parts = slots(code.features(name, step.stage, len(sizes)))
    else:
        parts = (code.scalar(name, step.stage),)
        need(step, good=len(sizes) == 1)
        if parts[0].type not in NUMBERS:
            raise ModelError(f"{step.stage}: column `{name}` is {parts[0].type}, and numbers are needed.")
    entries: list[Entry] = []
    at = 0
    for part, size in zip(map(code.atom, parts), sizes, strict=True):
        if part.null:
            problem = missing(part.field or name, step.stage)
            code.line(f"if {part.expr} is None: {code.constant(problem)}(None)")
        entries.append((_category(step, code, part, size, at), _ONE) if size else (at, part.expr))
        at += max(1, size)
    return entries


def _category(step: Step, code: Code, part: Scalar, size: int, at: int) -> str:
    """Return the expression of a category's place."""
    index = part.expr
    if part.limit is None or part.limit > size:
        code.boundary(part, [0.0, float(size)])
        problem = outside(part.field or part.expr, step.stage, f"is not an index below {size}")
        index = code.local(f"{code.constant(_index)}({index}, {size}, {code.constant(problem)})")
    return f"{at} + int({index})"


def _index(value: float, size: int, problem: Callable[[object], object]) -> int:
    if not 0 <= value < size or value != int(value):
        problem(value)
    return int(value)


def _joined(chosen: Sequence[Entry], widths: Sequence[int]) -> Entry:
    """Return the place and value of one product; Spark multiplies from the last column on."""
    steps = [prod(widths[at + 1 :]) for at in range(len(widths))]
    known = sum(
        place * step for (place, _), step in zip(chosen, steps, strict=True) if isinstance(place, int)
    )
    texts = [
        f"({place}) * {step}"
        for (place, _), step in zip(chosen, steps, strict=True)
        if isinstance(place, str)
    ]
    # times 1.0 first: a whole number of the row is no double yet
    value = " * ".join(["1.0", *(value for _, value in reversed(chosen) if value != _ONE)])
    return (" + ".join([str(known), *texts]) if texts else known), value


def _blocks(code: Code, entries: list[Entry], total: int) -> tuple[Block, ...]:
    if all(isinstance(place, int) for place, _ in entries):
        made = (code.local(value) for _, value in entries)
        return tuple(Scalar(name, "double", nan=True, scale=0.0) for name in made)
    if len(entries) == 1 and entries[0][1] == "1.0" and total <= PRODUCTS:
        return (OneHot(code.local(str(entries[0][0])), np.ones(total), np.zeros(total)),)
    if total < WIDE:
        name = code.local(f"[0.0] * {total}")
        for place, value in entries:
            code.line(f"{name}[{place}] = {value}")
        return (Dense(name, total),)
    pairs = ", ".join(f"({place}, {value})" for place, value in entries)
    return (Sparse(code.local(f"{{at: value for at, value in ({pairs},) if value}}"), total),)


def _all_entries(frame: Frame, name: str, sizes: list[int]) -> list[tuple[Numbers | int, Numbers | None]]:
    column = frame.columns[name]
    if isinstance(column, Scalars):
        frame.refuse(column.null)
        table = column.values.astype(np.float64)[:, None]
    else:
        table = frame.features(name).dense()
    entries: list[tuple[Numbers | int, Numbers | None]] = []
    at = 0
    for slot, size in enumerate(sizes):
        values = table[:, slot]
        if size:
            good = (values >= 0.0) & (values < size) & (values == np.floor(values))
            frame.refuse(~good)
            entries.append((at + np.where(good, values, 0.0).astype(np.int64), None))
        else:
            entries.append((at, values))
        at += max(1, size)
    return entries


def _all_joined(
    chosen: Sequence[tuple[Numbers | int, Numbers | None]], widths: Sequence[int], rows: int
) -> tuple[Numbers, Numbers]:
    place, value = np.zeros(rows, dtype=np.int64), np.ones(rows)
    for at, (own, _) in enumerate(chosen):
        place = place + own * prod(widths[at + 1 :])
    for _, own_value in reversed(chosen):
        value = value if own_value is None else value * own_value
    return place, value
