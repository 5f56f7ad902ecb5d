"""All products of a vector's slots up to a degree, in Spark's own order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from math import comb

import numpy as np

from ....batch.columns import DenseBlock, Frame, VectorColumn
from ....codegen.code_writer import CodeWriter
from ....codegen.symbols import Block, Dense, Scalar, Vector, vector_slots
from ....ir.description import Step
from ....ir.validation import enum_param, int_param, require
from ....kernels.vector_layout import STORED, evaluate_rows, guarded, mark_ambiguous

MAX_SLOTS, MAX_DEGREE, MAX_PRODUCTS = 512, 16, 2**16  # the most of each
_WRITTEN_OUT = 128
Row = Sequence[float]
Terms = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class PolynomialExpansion:
    """params: size, degree, stored (see `storage`). A product stops at its first 0, as Spark's does."""

    op: str = "polynomial"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Write each product from a shorter one; a row that gives NaN or infinity is done again with care."""
        size = int_param(step, "size", low=1, high=MAX_SLOTS + 1)
        degree = int_param(step, "degree", low=1, high=MAX_DEGREE + 1)
        require(step, good=count_products(size, degree) <= MAX_PRODUCTS)
        stored = enum_param(step, "stored", STORED)
        source = code.features(step.inputs[0], step.stage, size)
        if stored == "unknown":
            mark_ambiguous(code, source)
        plan = terms(size, degree)
        again = guarded(source.field or step.inputs[0], step.stage, stored, partial(_careful, plan=plan))
        if len(plan) <= _WRITTEN_OUT:
            blocks = _written(code, source, plan, again)
        else:
            kernel = code.constant(partial(_row, plan=plan, again=again))
            whole_row = code.local(f"{kernel}({code.dense(source)})")
            blocks = (Dense(whole_row, len(plan), source.field),)
        code.columns[step.outputs[0]] = Vector(blocks, None, source.field)

    def run(self, step: Step, frame: Frame) -> None:
        """Multiply in every row."""
        table = frame.features(step.inputs[0]).dense()
        plan = terms(int(step.params["size"]), int(step.params["degree"]))
        made = np.empty((frame.size, len(plan)))
        with np.errstate(all="ignore"):
            for at, (before, slot) in enumerate(plan):
                made[:, at] = table[:, slot] if before < 0 else made[:, before] * table[:, slot]
            rare = np.flatnonzero(~np.isfinite(made.sum(axis=1))).tolist()
        evaluate_rows(frame, made, table, rare, step.params["stored"], partial(_careful, plan=plan))
        frame.columns[step.outputs[0]] = VectorColumn((DenseBlock(made),))


def count_products(size: int, degree: int) -> int:
    """Return how many products there are."""
    return comb(size + degree, degree) - 1


def terms(size: int, degree: int) -> Terms:
    """Return each product as (place of the product that it lengthens, or -1; slot that it is multiplied with).

    Spark takes the powers of the last slot first and lengthens each by the slots before it.
    """
    places: dict[tuple[int, ...], int] = {(): -1}
    found: list[tuple[int, int]] = []

    def lengthen(chain: tuple[int, ...], last: int, left: int) -> None:
        if left and last >= 0:
            for power in range(left + 1):
                lengthen(chain + (last,) * power, last - 1, left - power)
        elif chain:
            places[chain] = len(found)
            found.append((places[chain[:-1]], chain[-1]))

    lengthen((), size - 1, degree)
    return tuple(found)


def _written(code: CodeWriter, source: Vector, plan: Terms, again: Callable[[Row], Row]) -> tuple[Block, ...]:
    values = [code.atom(slot).expr for slot in vector_slots(source)]
    names: list[str] = []
    for before, slot in plan:  # times 1.0: a whole number of the row is no double yet
        names.append(code.local(f"{values[slot]} * {'1.0' if before < 0 else names[before]}"))
    total = code.local(" + ".join(names))
    row, made = f"[{', '.join(values)}]", f"{', '.join(names)},"
    code.line(f"if {total} - {total} != 0.0: {made} = {code.constant(again)}({row})")
    return tuple(Scalar(name, "double", nan=True, field=source.field, scale=0.0) for name in names)


def _careful(values: Row, sparse: bool, *, plan: Terms) -> list[float]:
    """Return the products as Spark takes them: nothing is multiplied with a 0, and a sparse vector has none."""
    made: list[float] = []
    for before, slot in plan:
        base, value = 1.0 if before < 0 else made[before], values[slot]
        skipped = not base or (sparse and not value)
        made.append(0.0 if skipped else base * value)
    return made


def _row(values: Row, *, plan: Terms, again: Callable[[Row], Row]) -> Row:
    made: list[float] = []
    for before, slot in plan:
        made.append(values[slot] * (1.0 if before < 0 else made[before]))
    total = sum(made)
    return made if total - total == 0.0 else again(values)
