"""VectorSizeHint: a vector that must not be null; its size was checked when the model was compiled.

The vectors of a field all have one size, so a row with another one is refused when it is read. Where Spark skips such a
row, reading it drops it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ....batch.columns import Frame, VectorColumn
from ....codegen.code_writer import CodeWriter
from ....codegen.row_errors import make_missing_refusal
from ....ir.description import Step
from ....ir.validation import enum_param, int_param

OP = "vector_size"


@dataclass(frozen=True, slots=True)
class VectorSizeHint:
    """params: size, invalid ("error", "skip"). Its output has its input's name."""

    op: str = OP

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Emit one check."""
        size, invalid = int_param(step, "size"), enum_param(step, "invalid", ("error", "skip"))
        source = code.get_vector(step.inputs[0], step.stage, size)
        if source.null is not None:
            refuse = make_missing_refusal(source.field or step.inputs[0], step.stage, drop=invalid == "skip")
            code.add_line(f"if {source.null}: {code.bind_constant(refuse)}(None)")
        code.columns[step.outputs[0]] = replace(source, null=None)

    def run(self, step: Step, frame: Frame) -> None:
        """Check every row."""
        source = frame.get_vectors(step.inputs[0])
        if source.null is not None:
            (frame.drop if step.params["invalid"] == "skip" else frame.refuse)(source.null)
        frame.columns[step.outputs[0]] = VectorColumn(source.blocks)


def find_fields_skipped_by_size(steps: Sequence[Step]) -> Mapping[str, str]:
    """Return the fields whose vectors of another size Spark skips, each with the stage that does."""
    skipped: dict[str, str] = {}
    computed: set[str] = set()
    for step in steps:
        if step.op == OP and step.params.get("invalid") == "skip" and not computed & set(step.inputs):
            skipped[step.inputs[0]] = step.stage
        computed |= set(step.outputs)
    return skipped


def has_size(value: Any, size: int | None) -> bool:
    """Return False for a vector of another size; True for what is not a vector, which the field itself refuses."""
    if isinstance(value, Mapping):
        numbers = value.get("values")
        if value.get("type") == 0:
            return bool(value.get("size") == size)
        return not isinstance(numbers, Sequence) or len(numbers) == size
    return not hasattr(value, "__len__") or isinstance(value, str) or len(value) == size
