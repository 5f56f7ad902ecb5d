"""TargetEncoderModel: a category to its encoding."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....batch.columns import Frame, ScalarColumn
from ....codegen.code_writer import CodeWriter, format_float
from ....codegen.row_errors import make_value_refusal
from ....codegen.symbols import Scalar
from ....ir.description import Step
from ....ir.validation import enum_param, float_array, require

_UNSEEN = "was not seen in training, and the model refuses that"


@dataclass(frozen=True, slots=True)
class TargetEncoder:
    """params: invalid ("error", "keep").

    arrays: categories, encodings, unseen (1), null (1; empty if training had no null).
    """

    op: str = "target_encode"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Emit one look-up."""
        invalid, table = enum_param(step, "invalid", ("error", "keep")), _read_table(step)
        source = code.assign_scalar(code.get_scalar(step.inputs[0], step.stage))
        code.add_boundaries(source, [category for category in table if category is not None])
        look_up = f"{code.bind_constant(table.get)}({source.expr}"
        if invalid == "keep":
            encoding = code.assign(f"{look_up}, {format_float(float_array(step, 'unseen', 1)[0])})")
        else:
            encoding = code.assign(f"{look_up})")
            refuse = make_value_refusal(source.field or step.inputs[0], step.stage, _UNSEEN)
            code.add_line(f"if {encoding} is None: {code.bind_constant(refuse)}({source.expr})")
        code.columns[step.outputs[0]] = Scalar(encoding, "double", nan=True, field=source.field, scale=0.0)

    def run(self, step: Step, frame: Frame) -> None:
        """Look up the category of every row."""
        source, table = frame.get_scalars(step.inputs[0]), _read_table(step)
        known = np.array(sorted(category for category in table if category is not None))
        codes = np.array([table[category] for category in known.tolist()])
        values = source.values.astype(np.float64)
        index = np.minimum(np.searchsorted(known, values), max(0, len(known) - 1))
        seen = known[index] == values if len(known) else np.zeros(frame.size, dtype=bool)
        encoding = np.where(seen, codes[index] if len(known) else 0.0, step.arrays["unseen"][0])
        if source.null is not None:
            encoding = np.where(source.null, table.get(None, step.arrays["unseen"][0]), encoding)
            seen = np.where(source.null, None in table, seen)
        if step.params["invalid"] == "error":
            frame.refuse(~seen)
        frame.columns[step.outputs[0]] = ScalarColumn(encoding)


def _read_table(step: Step) -> dict[float | None, float]:
    """Return the encoding of every category of training; None is the category of nulls, if training had any."""
    categories = float_array(step, "categories", None)
    encodings = float_array(step, "encodings", len(categories))
    float_array(step, "unseen", 1)
    null = float_array(step, "null", None)
    require(step, good=len(null) <= 1 and bool(np.isfinite(categories).all()))
    table: dict[float | None, float] = dict(zip(categories.tolist(), encodings.tolist(), strict=True))
    if len(null):
        table[None] = float(null[0])
    return table
