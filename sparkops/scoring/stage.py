"""The interface of an operation: generated code for one row, and NumPy for a batch."""

from __future__ import annotations

from typing import Protocol

from .batch.columns import Frame
from .codegen.code_writer import CodeWriter
from .ir.description import Step


class Stage(Protocol):
    """One operation. Its row code and its batch evaluation return the same numbers.

    The docstring of each implementation lists the params and the arrays that its steps have.
    """

    @property
    def op(self) -> str:
        """Return the name that descriptions use."""

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Add the code of a step for one row; raise ModelError if its params, arrays or inputs do not fit."""

    def run(self, step: Step, frame: Frame) -> None:
        """Evaluate a step for a batch."""
