"""ImputerModel: null and missing values to their surrogate."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan

import numpy as np

from ....batch.columns import Frame, ScalarColumn
from ....codegen.code_writer import CodeWriter, format_float
from ....codegen.symbols import Scalar
from ....ir.description import Step
from ....ir.field import FLOATING_TYPES, INTEGER_RANGES

# Spark casts to double and back. From here on a cast to long gives the largest long.
_LONG_LIMIT = 2.0**63
_LARGEST_LONG = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Imputer:
    """arrays: surrogate (1), missing (1; the value that counts as missing besides null, NaN by default).

    A long is rounded to a double, as in Spark.
    """

    op: str = "impute"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Emit one choice between the value and the surrogate, in the column's own type."""
        source = code.assign_scalar(code.get_scalar(step.inputs[0], step.stage))
        value = source.expr
        surrogate = _read_surrogate(step, source.type)
        missing = float(step.arrays["missing"][0])
        is_long = source.type == "long"
        if is_long:
            value = code.assign(
                f"{value} if {value} is None else float({value})" if source.null else f"float({value})"
            )
        conditions = [f"{value} is None"] if source.null else []
        if isnan(missing):
            conditions += [f"{value} != {value}"] if source.nan else []
        else:
            conditions += [f"{value} == {format_float(missing)}"]
            code.add_boundaries(source, [missing])
        text = format_float(surrogate) if source.type in FLOATING_TYPES else repr(_to_long(surrogate))
        present = f"{code.bind_constant(_to_long)}({value})" if is_long else value
        expr = f"({text} if {' or '.join(conditions)} else {present})" if conditions else present
        code.columns[step.outputs[0]] = Scalar(
            code.assign(expr) if conditions or is_long else value,
            source.type,
            nan=(source.nan and not isnan(missing)) or isnan(surrogate),
            field=source.field,
            scale=source.scale,
            shift=source.shift,
        )

    def run(self, step: Step, frame: Frame) -> None:
        """Choose the value or the surrogate for every row."""
        source = frame.get_scalars(step.inputs[0])
        missing = step.arrays["missing"][0]
        present = source.values
        is_long = step.params["type"] == "long"
        if is_long:
            present = present.astype(np.float64)
        is_nan_missing = np.isnan(missing) and present.dtype.kind == "f"
        is_missing = np.isnan(present) if is_nan_missing else present == missing
        if source.null is not None:
            is_missing = is_missing | source.null
        surrogate = _read_surrogate(step, step.params["type"])
        is_integer = step.params["type"] in INTEGER_RANGES
        if is_long:
            fits = present < _LONG_LIMIT
            present = np.where(fits, np.where(fits, present, 0.0).astype(np.int64), _LARGEST_LONG)
        values = np.where(is_missing, _to_long(surrogate) if is_integer else surrogate, present)
        frame.columns[step.outputs[0]] = ScalarColumn(values)


def _to_long(value: float) -> int:
    return int(value) if value < _LONG_LIMIT else _LARGEST_LONG


def _read_surrogate(step: Step, type_: str) -> float:
    number = float(step.arrays["surrogate"][0])
    if type_ == "float":
        return float(np.float32(number))
    return float(int(number)) if type_ in INTEGER_RANGES else number
