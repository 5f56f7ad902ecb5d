"""ImputerModel: null and missing values to their surrogate."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan

import numpy as np

from ....batch.columns import Frame, ScalarColumn
from ....codegen.code_writer import CodeWriter, float_literal
from ....codegen.symbols import Scalar
from ....ir.description import Step
from ....ir.field import FLOATING_TYPES, INTEGER_RANGES


@dataclass(frozen=True, slots=True)
class Imputer:
    """arrays: surrogate (1), missing (1; the value that counts as missing besides null, NaN by default)."""

    op: str = "impute"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Emit one choice between the value and the surrogate, in the column's own type."""
        source = code.atom(code.scalar(step.inputs[0], step.stage))
        value, surrogate, missing = (
            source.expr,
            _read_surrogate(step, source.type),
            float(step.arrays["missing"][0]),
        )
        conditions = [f"{value} is None"] if source.null else []
        if isnan(missing):
            conditions += [f"{value} != {value}"] if source.nan else []
        else:
            conditions += [f"{value} == {float_literal(missing)}"]
            code.add_boundaries(source, [missing])
        text = float_literal(surrogate) if source.type in FLOATING_TYPES else repr(int(surrogate))
        expr = f"({text} if {' or '.join(conditions)} else {value})" if conditions else value
        code.columns[step.outputs[0]] = Scalar(
            code.local(expr) if conditions else value,
            source.type,
            nan=(source.nan and not isnan(missing)) or isnan(surrogate),
            field=source.field,
            scale=source.scale,
            shift=source.shift,
        )

    def run(self, step: Step, frame: Frame) -> None:
        """Choose the value or the surrogate for every row."""
        source = frame.scalars(step.inputs[0])
        missing = step.arrays["missing"][0]
        is_missing = (
            np.isnan(source.values) if np.isnan(missing) and source.values.dtype.kind == "f" else None
        )
        is_missing = source.values == missing if is_missing is None else is_missing
        is_missing = is_missing if source.null is None else is_missing | source.null
        surrogate = _read_surrogate(step, step.params["type"])
        is_integer = step.params["type"] in INTEGER_RANGES
        values = np.where(is_missing, int(surrogate) if is_integer else surrogate, source.values)
        frame.columns[step.outputs[0]] = ScalarColumn(values)


def _read_surrogate(step: Step, type_: str) -> float:
    number = float(step.arrays["surrogate"][0])
    if type_ == "float":
        return float(np.float32(number))
    return float(int(number)) if type_ in INTEGER_RANGES else number
