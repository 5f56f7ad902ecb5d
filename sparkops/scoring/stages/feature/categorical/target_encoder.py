"""A category to what training says of the target in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....batch.columns import Frame, ScalarColumn
from ....codegen.code_writer import CodeWriter, float_literal
from ....codegen.row_errors import refuse_value
from ....codegen.symbols import Scalar
from ....ir.description import Step
from ....ir.validation import enum_param, float_array, require

_WHY = "was not seen in training, and the model refuses that"


@dataclass(frozen=True, slots=True)
class TargetEncoder:
    """params: invalid ("error", "keep"); arrays: categories, encodings, unseen (1), null (1, or none where no null was seen)."""

    op: str = "target_encode"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Write one look-up."""
        invalid, table = enum_param(step, "invalid", ("error", "keep")), _table(step)
        source = code.atom(code.scalar(step.inputs[0], step.stage))
        code.add_boundaries(source, [each for each in table if each is not None])
        find = f"{code.constant(table.get)}({source.expr}"
        if invalid == "keep":
            found = code.local(f"{find}, {float_literal(float_array(step, 'unseen', 1)[0])})")
        else:
            found = code.local(f"{find})")
            problem = refuse_value(source.field or step.inputs[0], step.stage, _WHY)
            code.line(f"if {found} is None: {code.constant(problem)}({source.expr})")
        code.columns[step.outputs[0]] = Scalar(found, "double", nan=True, field=source.field, scale=0.0)

    def run(self, step: Step, frame: Frame) -> None:
        """Look every value up."""
        source, table = frame.scalars(step.inputs[0]), _table(step)
        known = np.array(sorted(each for each in table if each is not None))
        codes = np.array([table[each] for each in known.tolist()])
        values = source.values.astype(np.float64)
        at = np.minimum(np.searchsorted(known, values), max(0, len(known) - 1))
        seen = known[at] == values if len(known) else np.zeros(frame.size, dtype=bool)
        found = np.where(seen, codes[at] if len(known) else 0.0, step.arrays["unseen"][0])
        if source.null is not None:
            found = np.where(source.null, table.get(None, step.arrays["unseen"][0]), found)
            seen = np.where(source.null, None in table, seen)
        if step.params["invalid"] == "error":
            frame.refuse(~seen)
        frame.columns[step.outputs[0]] = ScalarColumn(found)


def _table(step: Step) -> dict[float | None, float]:
    categories = float_array(step, "categories", None)
    encodings = float_array(step, "encodings", len(categories))
    float_array(step, "unseen", 1)
    null = float_array(step, "null", None)
    require(step, good=len(null) <= 1 and bool(np.isfinite(categories).all()))
    table: dict[float | None, float] = dict(zip(categories.tolist(), encodings.tolist(), strict=True))
    return table | dict.fromkeys([None] * len(null), float(null[0]) if len(null) else 0.0)
