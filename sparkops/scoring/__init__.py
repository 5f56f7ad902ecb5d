"""Score rows with a compiled model: its description, its stages and its scorer.

The package needs NumPy and the standard library only.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .artifact.certificate import Difference, compare_answers, dump_cases, find_differences, read_cases
    from .artifact.edge_rows import edge_rows
    from .artifact.scorer_folder import describe, load, save
    from .batch.columns import Batch
    from .ir.description import Description, Output, Step
    from .ir.field import Field
    from .scorer import Answer, Scorer

# Found on first use: what lists models needs none of them, and NumPy is imported only where something is scored.
_HOMES = {
    "Answer": "scorer",
    "Batch": "batch.columns",
    "Description": "ir.description",
    "Difference": "artifact.certificate",
    "Field": "ir.field",
    "Output": "ir.description",
    "Scorer": "scorer",
    "Step": "ir.description",
    "compare_answers": "artifact.certificate",
    "find_differences": "artifact.certificate",
    "describe": "artifact.scorer_folder",
    "dump_cases": "artifact.certificate",
    "edge_rows": "artifact.edge_rows",
    "load": "artifact.scorer_folder",
    "read_cases": "artifact.certificate",
    "save": "artifact.scorer_folder",
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
    "compare_answers",
    "describe",
    "dump_cases",
    "edge_rows",
    "find_differences",
    "load",
    "read_cases",
    "save",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
