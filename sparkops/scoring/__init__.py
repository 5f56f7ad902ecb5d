"""What a model does to a row: description, stages and scorer. NumPy and the standard library only."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .field import Field

if TYPE_CHECKING:
    from .artifact import describe, load, save
    from .description import Description, Output, Step
    from .edges import edge_rows
    from .frame import Batch
    from .parity import Difference, agree, check_cases, dump_cases, read_cases
    from .scorer import Answer, Scorer

# Found on first use, so that NumPy is imported only where something is scored.
_HOMES = {
    "Answer": "scorer",
    "Batch": "frame",
    "Description": "description",
    "Difference": "parity",
    "Output": "description",
    "Scorer": "scorer",
    "Step": "description",
    "agree": "parity",
    "check_cases": "parity",
    "describe": "artifact",
    "dump_cases": "parity",
    "edge_rows": "edges",
    "load": "artifact",
    "read_cases": "parity",
    "save": "artifact",
}

__all__ = [
    "Answer",
    "Batch",
    "Description",
    "Difference",
    "Field",
    "Output",
    "Scorer",
    "Step",
    "agree",
    "check_cases",
    "describe",
    "dump_cases",
    "edge_rows",
    "load",
    "read_cases",
    "save",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
