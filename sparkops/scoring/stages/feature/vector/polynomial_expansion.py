"""PolynomialExpansion: all products of slots up to a degree, in Spark's order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from math import comb, isfinite

import numpy as np

from ....batch.columns import DenseBlock, Frame, VectorColumn
from ....codegen.code_writer import CodeWriter
from ....codegen.symbols import Block, Dense, Scalar, Vector, list_slots
from ....ir.description import Step
from ....ir.validation import enum_param, int_param, require
from ....kernels.sums import sum_in_order
from ....kernels.vector_layout import (
    STORED,
    build_slots_expr,
    evaluate_rows,
    make_refusing_function,
    mark_ambiguous,
)

MAX_SLOTS, MAX_DEGREE, MAX_PRODUCTS = 512, 16, 2**16
_MAX_UNROLLED = 128
Row = Sequence[float]
Terms = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class PolynomialExpansion:
    """params: size, degree, stored (see `vector_layout`). As in Spark, nothing is multiplied with a product of 0."""

    op: str = "polynomial"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Emit each product from a shorter one; a row that gives NaN or infinity is evaluated exactly as Spark does."""
        size = int_param(step, "size", low=1, high=MAX_SLOTS + 1)
        degree = int_param(step, "degree", low=1, high=MAX_DEGREE + 1)
        require(step, good=count_products(size, degree) <= MAX_PRODUCTS)
        stored = enum_param(step, "stored", STORED)
        source = code.get_features(step.inputs[0], step.stage, size)
        if stored == "unknown":
            mark_ambiguous(code, source)
        all_terms = enumerate_terms(size, degree)
        evaluate_exactly = make_refusing_function(
            source.field or step.inputs[0], step.stage, stored, partial(_expand_exactly, all_terms=all_terms)
        )
        if len(all_terms) <= _MAX_UNROLLED:
            blocks = _emit_products(code, source, all_terms, evaluate_exactly, stored)
        else:
            kernel = code.bind_constant(
                partial(_expand_row, all_terms=all_terms, evaluate_exactly=evaluate_exactly)
            )
            slots = build_slots_expr(code, source, stored, code.assign_dense(source))
            products = code.assign(f"{kernel}({slots})")
            blocks = (Dense(products, len(all_terms), source.field),)
        code.columns[step.outputs[0]] = Vector(blocks, None, source.field)

    def run(self, step: Step, frame: Frame) -> None:
        """Expand every row."""
        source = frame.get_features(step.inputs[0])
        table = source.to_dense()
        all_terms = enumerate_terms(int(step.params["size"]), int(step.params["degree"]))
        products = np.empty((frame.size, len(all_terms)))
        with np.errstate(all="ignore"):
            for index, (shorter, slot) in enumerate(all_terms):
                products[:, index] = table[:, slot] if shorter < 0 else products[:, shorter] * table[:, slot]
            not_finite = np.flatnonzero(~np.isfinite(products.sum(axis=1))).tolist()
        evaluate_rows(
            frame,
            products,
            source,
            not_finite,
            step.params["stored"],
            partial(_expand_exactly, all_terms=all_terms),
        )
        frame.columns[step.outputs[0]] = VectorColumn((DenseBlock(products, source.sparse_rows),))


def count_products(size: int, degree: int) -> int:
    """Return how many products there are."""
    return comb(size + degree, degree) - 1


def enumerate_terms(size: int, degree: int) -> Terms:
    """Return each product as (index of the product that it extends, or -1; slot that it is multiplied with).

    Spark takes the powers of the last slot first and extends each by the slots before it.
    """
    indices: dict[tuple[int, ...], int] = {(): -1}
    result: list[tuple[int, int]] = []

    def extend(chain: tuple[int, ...], last: int, remaining: int) -> None:
        if remaining and last >= 0:
            for power in range(remaining + 1):
                extend(chain + (last,) * power, last - 1, remaining - power)
        elif chain:
            indices[chain] = len(result)
            result.append((indices[chain[:-1]], chain[-1]))

    extend((), size - 1, degree)
    return tuple(result)


def _emit_products(
    code: CodeWriter, source: Vector, all_terms: Terms, evaluate_exactly: Callable[[Row], Row], stored: str
) -> tuple[Block, ...]:
    values = [code.assign_scalar(slot).expr for slot in list_slots(source)]
    names: list[str] = []
    # Times 1.0: an integer of the row is not a double yet.
    for shorter, slot in all_terms:
        names.append(code.assign(f"{values[slot]} * {'1.0' if shorter < 0 else names[shorter]}"))
    total = code.assign(" + ".join(names))
    row = build_slots_expr(code, source, stored, f"[{', '.join(values)}]")
    products = f"{', '.join(names)},"
    # True for infinity and NaN only.
    code.add_line(f"if {total} - {total} != 0.0: {products} = {code.bind_constant(evaluate_exactly)}({row})")
    return tuple(Scalar(name, "double", nan=True, field=source.field, scale=0.0) for name in names)


def _expand_exactly(values: Row, sparse: bool, *, all_terms: Terms) -> list[float]:
    """Return Spark's products: neither a product of 0 nor a slot that a sparse vector does not store is a factor."""
    products: list[float] = []
    for shorter, slot in all_terms:
        product, value = 1.0 if shorter < 0 else products[shorter], values[slot]
        skipped = not product or (sparse and not value)
        products.append(0.0 if skipped else product * value)
    return products


def _expand_row(values: Row, *, all_terms: Terms, evaluate_exactly: Callable[[Row], Row]) -> Row:
    products: list[float] = []
    for shorter, slot in all_terms:
        products.append(values[slot] * (1.0 if shorter < 0 else products[shorter]))
    total = sum_in_order(products)
    return products if isfinite(total) else evaluate_exactly(values)
