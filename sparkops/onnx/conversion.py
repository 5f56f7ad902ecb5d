"""Convert a model's description to an ONNX graph in double precision."""

from __future__ import annotations

from typing import Any

from sparkops.errors import EngineError, NotExported
from sparkops.onnx.graph_builder import GraphBuilder
from sparkops.onnx.graph_context import GraphContext
from sparkops.onnx.inputs import add_inputs, explain_unsupported_field
from sparkops.onnx.outputs import add_outputs
from sparkops.onnx.stages.registry import CONVERTERS, find_unsupported_reason
from sparkops.scoring.ir.description import Description

_INSTALL = "pip install 'sparkops[onnx]'"


def to_onnx(description: Description, *, nulls: bool = True, raw: bool = True) -> Any:
    """Return the graph of a model, an `onnx.ModelProto`; nothing is compared yet.

    Each field is an input of N rows and each output of the scorer an output. `scored` tells which rows have an answer.

    Args:
        description: The compiled model.
        nulls: Whether a row may hold null. Without nulls the graph has fewer inputs, and the caller must not give any.
        raw: Add `rawPrediction` to the outputs.

    Raises:
        NotExported: Some stages or fields have no exact form in ONNX; the message names all of them.
        EngineError: onnx is not installed.
    """
    require_exact_form(description)
    _require_onnx()
    reserved = [field.name for field in description.fields] + [output.name for output in description.outputs]
    context = GraphContext(GraphBuilder(reserved), description.fields[0].name)
    add_inputs(context, description, nulls=nulls)
    for step in description.steps:
        CONVERTERS[step.op](step, context)
    add_outputs(context, description, raw=raw)
    metadata = {"sparkops.model": description.hash, "sparkops.stages": ", ".join(description.stages)}
    return context.graph.build("sparkops", metadata)


def require_exact_form(description: Description) -> None:
    """Check that every stage and field has an exact form in ONNX.

    Raises:
        NotExported: Some have none; the message names them with their reasons.
    """
    reasons = list_unsupported(description)
    if reasons:
        lines = "".join(f"\n  - {reason}" for reason in reasons)
        raise NotExported(
            f"This model has no exact form in ONNX:{lines}\nScore it with the compiled scorer.",
            reasons=reasons,
        )


def list_unsupported(description: Description) -> tuple[str, ...]:
    """Return each stage and field that has no exact form in ONNX, with the reason."""
    step_reasons = ((step.stage, find_unsupported_reason(step)) for step in description.steps)
    reasons = [f"{stage}: {reason}" for stage, reason in step_reasons if reason]
    reasons += [reason for reason in map(explain_unsupported_field, description.fields) if reason]
    reasons += [] if description.fields else ["it reads no field, so a row of it has no tensor"]
    return tuple(dict.fromkeys(reasons))


def _require_onnx() -> None:
    try:
        import onnx  # noqa: F401
    except ImportError as error:
        raise EngineError(f"onnx is not installed here: {_INSTALL}.") from error
