"""A model's description as a graph of ONNX: every number a double, every row with or without an answer."""

from __future__ import annotations

from typing import Any

from sparkops.errors import EngineError, NotExported
from sparkops.onnx.graph_builder import Graph
from sparkops.onnx.graph_context import Work
from sparkops.onnx.inputs import refusal, take_fields
from sparkops.onnx.outputs import give_outputs
from sparkops.onnx.stages.registry import FORMS, why_not
from sparkops.scoring.ir.description import Description

_INSTALL = "pip install 'sparkops[onnx]'"


def to_onnx(description: Description, *, nulls: bool = True, raw: bool = True) -> Any:
    """Return the graph of a model, an `onnx.ModelProto`; nothing is compared yet.

    Each field is an input of N rows, each output of the scorer an output, and `scored` tells the rows that it answers.

    Args:
        description: The compiled model.
        nulls: Whether a row may hold null; without, the caller keeps null away and the graph has fewer inputs.
        raw: Give `rawPrediction` too.

    Raises:
        NotExported: Stages or fields have no exact form; all of them are named.
        EngineError: onnx is not installed.
    """
    reasons = not_exported(description)
    if reasons:
        lines = "".join(f"\n  - {reason}" for reason in reasons)
        raise NotExported(
            f"This model has no exact form in ONNX:{lines}\nThe scorer scores it.", reasons=reasons
        )
    _need_onnx()
    names = [field.name for field in description.fields] + [each.name for each in description.outputs]
    work = Work(Graph(names), description.fields[0].name)
    take_fields(work, description, nulls=nulls)
    for step in description.steps:
        FORMS[step.op](step, work)
    give_outputs(work, description, raw=raw)
    told = {"sparkops.model": description.hash, "sparkops.stages": ", ".join(description.stages)}
    return work.graph.model("sparkops", told)


def not_exported(description: Description) -> tuple[str, ...]:
    """Return each stage and field that has no exact form in ONNX, with the reason."""
    stages = ((step.stage, why_not(step)) for step in description.steps)
    found = [f"{stage}: {why}" for stage, why in stages if why]
    found += [why for why in map(refusal, description.fields) if why]
    found += [] if description.fields else ["it reads no field, so a row of it has no tensor"]
    return tuple(dict.fromkeys(found))


def _need_onnx() -> None:
    try:
        import onnx  # noqa: F401
    except ImportError as error:
        raise EngineError(f"onnx is not installed here: {_INSTALL}.") from error
