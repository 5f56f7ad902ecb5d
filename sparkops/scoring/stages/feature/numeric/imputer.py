"""A number in place of a missing one."""

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
    """arrays: surrogate (1), missing (1: the value that counts as missing, NaN by default)."""

    op: str = "impute"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Write one choice; null, and the missing value, take the surrogate in the column's own type."""
        source = code.atom(code.scalar(step.inputs[0], step.stage))
        v, surrogate, missing = source.expr, _surrogate(step, source.type), float(step.arrays["missing"][0])
        tests = [f"{v} is None"] if source.null else []
        if isnan(missing):
            tests += [f"{v} != {v}"] if source.nan else []
        else:
            tests += [f"{v} == {float_literal(missing)}"]
            code.add_boundaries(source, [missing])
        text = float_literal(surrogate) if source.type in FLOATING_TYPES else repr(int(surrogate))
        expr = f"({text} if {' or '.join(tests)} else {v})" if tests else v
        code.columns[step.outputs[0]] = Scalar(
            code.local(expr) if tests else v,
            source.type,
            nan=(source.nan and not isnan(missing)) or isnan(surrogate),
            field=source.field,
            scale=source.scale,
            shift=source.shift,
        )

    def run(self, step: Step, frame: Frame) -> None:
        """Choose for every row."""
        source = frame.scalars(step.inputs[0])
        missing = step.arrays["missing"][0]
        hit = np.isnan(source.values) if np.isnan(missing) and source.values.dtype.kind == "f" else None
        hit = source.values == missing if hit is None else hit
        hit = hit if source.null is None else hit | source.null
        surrogate = _surrogate(step, step.params["type"])
        whole = step.params["type"] in INTEGER_RANGES
        values = np.where(hit, int(surrogate) if whole else surrogate, source.values)
        frame.columns[step.outputs[0]] = ScalarColumn(values)


def _surrogate(step: Step, kind: str) -> float:
    value = float(step.arrays["surrogate"][0])
    if kind == "float":
        return float(np.float32(value))
    return float(int(value)) if kind in INTEGER_RANGES else value
