"""Alternating least squares: the product of a user's and an item's factors, in single precision as Spark holds them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...batch.columns import Frame, ScalarColumn
from ...codegen.code_writer import CodeWriter
from ...codegen.row_errors import Refusal, refuse_value
from ...codegen.symbols import Scalar
from ...ir.arrays import Numbers
from ...ir.description import Step
from ...ir.field import NUMERIC_TYPES
from ...ir.validation import enum_param, float_array, require

_INTEGER = 2**31


@dataclass(frozen=True, slots=True)
class ALS:
    """params: invalid ("keep": NaN of an unknown id, "skip": the row is dropped); inputs: user, item.

    arrays: users, items, rising ids; user_factors, item_factors (ids, rank). An id is a whole number of 32 bits.
    """

    op: str = "recommend"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Write the checks of both ids, two look-ups and one sum."""
        enum_param(step, "invalid", ("keep", "skip"))
        require(step, good=len(step.inputs) == 2)  # noqa: PLR2004
        names = [_look_up(step, code, *pair) for pair in zip(step.inputs, ("user", "item"), strict=True)]
        known = f"{names[0]} is not None and {names[1]} is not None"
        found = code.local(f"{code.constant(_product)}({names[0]}, {names[1]}) if {known} else nan")
        if step.params["invalid"] == "skip":
            ids = ", ".join(code.scalar(name, step.stage).expr for name in step.inputs)
            code.line(f"if {found} != {found}: {code.constant(_unknown(step))}(({ids}))")
        code.columns[step.outputs[0]] = Scalar(found, "float", nan=True)

    def run(self, step: Step, frame: Frame) -> None:
        """Look up and multiply for every row."""
        both = [_place(step, frame, *pair) for pair in zip(step.inputs, ("user", "item"), strict=True)]
        factors = [_factors(step, side) for side in ("user", "item")]
        total = np.zeros(frame.size, dtype=np.float32)
        known = (both[0] >= 0) & (both[1] >= 0)
        rows = [table[place[known]] for table, place in zip(factors, both, strict=True)]
        some = total[known]
        with np.errstate(all="ignore"):
            for at in range(factors[0].shape[1]):
                some = some + rows[0][:, at] * rows[1][:, at]
        total[known] = some
        total[~known] = np.nan
        if step.params["invalid"] == "skip":
            frame.drop(np.isnan(total))
        frame.columns[step.outputs[0]] = ScalarColumn(total.astype(np.float64))


def _look_up(step: Step, code: CodeWriter, name: str, side: str) -> str:
    """Write the check of an id; the name of its factors, None where it is unknown."""
    column = code.atom(code.scalar(name, step.stage))
    ids, factors = float_array(step, f"{side}s", None), _factors(step, side)
    require(
        step,
        good=len(factors) == len(ids) and column.type in NUMERIC_TYPES and bool((np.diff(ids) > 0).all()),
    )
    code.add_boundaries(column, [-_INTEGER, _INTEGER - 1, *ids[:3].tolist(), *ids[-1:].tolist()])
    v = column.expr
    tests = [f"{v} is None"] if column.null else []
    if column.type in ("long", "float", "double"):
        tests.append(f"not {-_INTEGER} <= {v} < {_INTEGER}")
    if column.type in ("float", "double"):
        tests.append(f"{v} % 1.0")
    if tests:
        problem = refuse_value(column.field or name, step.stage, "is no whole number of 32 bits, as ids are")
        code.line(f"if {' or '.join(tests)}: {code.constant(problem)}({v})")
    known = dict(zip(ids.astype(np.int64).tolist(), range(len(ids)), strict=True))
    place = code.local(f"{code.constant(known.get)}({v})")
    return code.local(f"None if {place} is None else {code.constant(factors)}[{place}]")


def _factors(step: Step, side: str) -> Numbers:
    """Return (ids, rank) factors of a side, in single precision."""
    found, users = (step.arrays.get(name, np.zeros(0)) for name in (f"{side}_factors", "user_factors"))
    require(step, good=found.ndim == users.ndim == 2 and found.shape[1] == users.shape[1] > 0)  # noqa: PLR2004
    return np.asarray(found, dtype=np.float32)


def _product(user: Numbers, item: Numbers) -> float:
    """Return the sum in Spark's order, rounded to single precision after every step."""
    return float(np.add.accumulate(user * item)[-1])


def _unknown(step: Step) -> Refusal:
    user, item = step.inputs
    why = f"(`{user}`, `{item}`) has a part that was not seen in training, and the model skips rows with that"
    return refuse_value(user, step.stage, why, drop=True)


def _place(step: Step, frame: Frame, name: str, side: str) -> Numbers:
    """Return where the factors of every row's id are; -1 of an unknown one. Other numbers are refused."""
    column, ids = frame.scalars(name), step.arrays[f"{side}s"]
    values = column.values
    with np.errstate(invalid="ignore"):
        good = (values >= -_INTEGER) & (values < _INTEGER)
        if values.dtype.kind == "f":
            good &= values == np.floor(values)
    frame.refuse(~good if column.null is None else ~good | column.null)
    whole = np.where(good, values, 0).astype(np.int64)
    at = np.minimum(np.searchsorted(ids, whole), max(len(ids) - 1, 0))
    if not len(ids):
        return np.full(frame.size, -1)
    return np.asarray(np.where(ids[at] == whole, at, -1))
