"""What one family of operations must know: its form, its row code and its batch."""

from __future__ import annotations

from typing import Protocol

from .batch.columns import Frame
from .codegen.code_writer import CodeWriter
from .ir.description import Step


class Stage(Protocol):
    """One operation, written for a row and run for many; both give the same numbers."""

    @property
    def op(self) -> str:
        """Return the name that descriptions use."""

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Write the step's code for one row; a step of the wrong form raises."""

    def run(self, step: Step, frame: Frame) -> None:
        """Do the step for many rows."""
