"""VectorSizeHint: a vector that must not be null; its size was checked when the model was compiled."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ....batch.columns import Frame, VectorColumn
from ....codegen.code_writer import CodeWriter
from ....codegen.row_errors import refuse_missing
from ....ir.description import Step
from ....ir.validation import enum_param, int_param


@dataclass(frozen=True, slots=True)
class VectorSizeHint:
    """params: size, invalid ("error", "skip"). Its output has its input's name."""

    op: str = "vector_size"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Emit one check."""
        size, invalid = int_param(step, "size"), enum_param(step, "invalid", ("error", "skip"))
        source = code.vector(step.inputs[0], step.stage, size)
        if source.null is not None:
            problem = refuse_missing(source.field or step.inputs[0], step.stage, drop=invalid == "skip")
            code.line(f"if {source.null}: {code.constant(problem)}(None)")
        code.columns[step.outputs[0]] = replace(source, null=None)

    def run(self, step: Step, frame: Frame) -> None:
        """Check every row."""
        source = frame.vectors(step.inputs[0])
        if source.null is not None:
            (frame.drop if step.params["invalid"] == "skip" else frame.refuse)(source.null)
        frame.columns[step.outputs[0]] = VectorColumn(source.blocks)
