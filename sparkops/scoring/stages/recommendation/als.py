"""ALSModel: the product of the factors of a user and an item, in single precision as Spark computes it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...batch.columns import Frame, ScalarColumn
from ...codegen.code_writer import CodeWriter
from ...codegen.row_errors import Refusal, make_value_refusal
from ...codegen.symbols import Scalar
from ...ir.arrays import Numbers
from ...ir.description import Step
from ...ir.field import NUMERIC_TYPES
from ...ir.validation import enum_param, float_array, require

_INT_RANGE = 2**31


@dataclass(frozen=True, slots=True)
class ALS:
    """params: invalid ("keep": NaN for an unknown id, "skip": the row is dropped); inputs: user, item.

    arrays: users, items, rising ids; user_factors, item_factors (ids, rank). An id is an integer of 32 bits.
    """

    op: str = "recommend"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Emit the checks of both ids, two look-ups and one product."""
        enum_param(step, "invalid", ("keep", "skip"))
        require(step, good=len(step.inputs) == 2)  # noqa: PLR2004
        names = [_emit_look_up(step, code, *pair) for pair in zip(step.inputs, ("user", "item"), strict=True)]
        known = f"{names[0]} is not None and {names[1]} is not None"
        prediction = code.assign(
            f"{code.bind_constant(_multiply)}({names[0]}, {names[1]}) if {known} else nan"
        )
        if step.params["invalid"] == "skip":
            ids = ", ".join(code.get_scalar(name, step.stage).expr for name in step.inputs)
            # True for NaN only.
            code.add_line(
                f"if {prediction} != {prediction}: {code.bind_constant(_make_unknown_refusal(step))}(({ids}))"
            )
        code.columns[step.outputs[0]] = Scalar(prediction, "float", nan=True)

    def run(self, step: Step, frame: Frame) -> None:
        """Look up and multiply the factors of every row."""
        indices = [
            _index_rows(step, frame, *pair) for pair in zip(step.inputs, ("user", "item"), strict=True)
        ]
        factors = [_read_factors(step, side) for side in ("user", "item")]
        total = np.zeros(frame.size, dtype=np.float32)
        known = (indices[0] >= 0) & (indices[1] >= 0)
        rows = [table[index[known]] for table, index in zip(factors, indices, strict=True)]
        products = total[known]
        with np.errstate(all="ignore"):
            for factor in range(factors[0].shape[1]):
                products = products + rows[0][:, factor] * rows[1][:, factor]
        total[known] = products
        total[~known] = np.nan
        if step.params["invalid"] == "skip":
            frame.drop(np.isnan(total))
        frame.columns[step.outputs[0]] = ScalarColumn(total.astype(np.float64))


def _emit_look_up(step: Step, code: CodeWriter, name: str, side: str) -> str:
    """Emit the check of an id; return the name of its factors, which are None for an unknown id."""
    column = code.assign_scalar(code.get_scalar(name, step.stage))
    ids, factors = float_array(step, f"{side}s", None), _read_factors(step, side)
    require(
        step,
        good=len(factors) == len(ids) and column.type in NUMERIC_TYPES and bool((np.diff(ids) > 0).all()),
    )
    code.add_boundaries(column, [-_INT_RANGE, _INT_RANGE - 1, *ids[:3].tolist(), *ids[-1:].tolist()])
    value = column.expr
    conditions = [f"{value} is None"] if column.null else []
    if column.type in ("long", "float", "double"):
        conditions.append(f"not {-_INT_RANGE} <= {value} < {_INT_RANGE}")
    if column.type in ("float", "double"):
        conditions.append(f"{value} % 1.0")
    if conditions:
        refuse = make_value_refusal(column.field or name, step.stage, "is not a 32-bit integer, as ids are")
        code.add_line(f"if {' or '.join(conditions)}: {code.bind_constant(refuse)}({value})")
    known = dict(zip(ids.astype(np.int64).tolist(), range(len(ids)), strict=True))
    index = code.assign(f"{code.bind_constant(known.get)}({value})")
    return code.assign(f"None if {index} is None else {code.bind_constant(factors)}[{index}]")


def _read_factors(step: Step, side: str) -> Numbers:
    """Return (ids, rank) factors of a side, in single precision."""
    factors, users = (step.arrays.get(name, np.zeros(0)) for name in (f"{side}_factors", "user_factors"))
    require(step, good=factors.ndim == users.ndim == 2 and factors.shape[1] == users.shape[1] > 0)  # noqa: PLR2004
    return np.asarray(factors, dtype=np.float32)


def _multiply(user: Numbers, item: Numbers) -> float:
    """Return the sum in Spark's order, rounded to single precision after every step."""
    return float(np.add.accumulate(user * item)[-1])


def _make_unknown_refusal(step: Step) -> Refusal:
    user, item = step.inputs
    text = (
        f"(`{user}`, `{item}`) has a part that was not seen in training, and the model skips rows with that"
    )
    return make_value_refusal(user, step.stage, text, drop=True)


def _index_rows(step: Step, frame: Frame, name: str, side: str) -> Numbers:
    """Return the index of every row's id, -1 for an unknown one; rows without a valid id are refused."""
    column, ids = frame.get_scalars(name), step.arrays[f"{side}s"]
    values = column.values
    with np.errstate(invalid="ignore"):
        valid = (values >= -_INT_RANGE) & (values < _INT_RANGE)
        if values.dtype.kind == "f":
            valid &= values == np.floor(values)
    frame.refuse(~valid if column.null is None else ~valid | column.null)
    ids_of_rows = np.where(valid, values, 0).astype(np.int64)
    position = np.minimum(np.searchsorted(ids, ids_of_rows), max(len(ids) - 1, 0))
    if not len(ids):
        return np.full(frame.size, -1)
    return np.asarray(np.where(ids[position] == ids_of_rows, position, -1))
