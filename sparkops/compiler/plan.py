"""What compilation collects: steps, outputs, and the reasons why a stage cannot be compiled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from sparkops.scoring.codegen.code_writer import Code
from sparkops.scoring.codegen.field_reader import read_field
from sparkops.scoring.ir.description import Output, Step
from sparkops.scoring.ir.field import NUMBERS, TYPES, Field
from sparkops.scoring.stages.registry import STAGES

from .saved_stage import Saved


class Uncompiled(Exception):
    """Why one stage cannot be compiled; gathered, and told all at once as NotCompiled."""


@dataclass(slots=True)
class Plan:
    """A model while it is compiled.

    Args:
        fields: Columns of the signature, by name; a vector without a length gets it from the first stage that knows.
        types: Type of every column so far.
        code: The columns so far, as the row's code has them: sizes of vectors, labels of indices.
    """

    fields: dict[str, Field]
    types: dict[str, str] = field(default_factory=dict)
    labels: dict[str, tuple[str, ...]] = field(default_factory=dict)
    truths: set[str] = field(default_factory=set)
    steps: list[Step] = field(default_factory=list)
    outputs: list[Output] = field(default_factory=list)
    stages: list[str] = field(default_factory=list)
    code: Code = field(default_factory=Code)

    def __post_init__(self) -> None:
        self.types = {name: item.type for name, item in self.fields.items()}
        for item in self.fields.values():
            self._bring(item)

    def kind(self, column: str) -> str:
        """Return the type of a column.

        Raises:
            Uncompiled: There is no such column, or a row cannot give its type.
        """
        if column not in self.types:
            known = ", ".join(self.types)
            raise Uncompiled(
                f"it reads the column `{column}`, which neither the signature nor a stage gives ({known})"
            )
        kind = self.types[column]
        if kind not in TYPES:
            raise Uncompiled(f"it reads the column `{column}` of type {kind}")
        return kind

    def numeric(self, column: str) -> str:
        """Return the type of a column that must hold numbers."""
        kind = self.kind(column)
        if kind not in NUMBERS:
            raise Uncompiled(f"it needs numbers in `{column}`, which is {kind}")
        return kind

    def vector(self, column: str, size: int | None = None) -> int:
        """Return the length of a vector column.

        Args:
            column: Its name.
            size: How long the stage needs it to be, where the stage knows: a field of unknown length takes it.

        Raises:
            Uncompiled: It is no vector, or nothing tells its length.
        """
        if self.kind(column) != "vector":
            raise Uncompiled(f"it needs a vector in `{column}`, which is {self.kind(column)}")
        if column not in self.code.columns and column in self.fields and size is not None:
            self.fields[column] = replace(self.fields[column], size=size)
            self._bring(self.fields[column])
        known = self.code.columns.get(column)
        if known is None and column not in self.fields:
            return size or 0  # a stage that was not compiled makes it
        if known is None:
            raise Uncompiled(f"nothing tells how many slots the vectors of `{column}` have")
        return known.size

    def _bring(self, item: Field) -> None:
        """Let the steps read a field, as far as it is known by now."""
        if item.type in TYPES and (item.type != "vector" or item.size is not None):
            read_field(item, item.name, self.code)

    def add(
        self,
        saved: Saved,
        op: str,
        inputs: Sequence[str],
        outputs: Sequence[tuple[str, str]],
        *,
        params: Mapping[str, Any] | None = None,
        arrays: Mapping[str, np.ndarray[Any, Any]] | None = None,
    ) -> None:
        """Add a step.

        Args:
            saved: The stage it comes from.
            op: Operation.
            inputs: Columns read.
            outputs: Columns made, with their types; an empty name is one that is not made.
            params: Plain values of the step.
            arrays: Numbers of the step.

        Raises:
            Uncompiled: An output column is there already.
            ModelError: The step does not fit the columns before it.
        """
        for name, kind in outputs:
            if name in self.types:
                raise Uncompiled(f"its output column `{name}` is there already")
            if name:
                self.types[name] = kind
        names = tuple(name for name, _ in outputs)
        step = Step(op, str(saved), tuple(inputs), names, params or {}, arrays or {})
        self.steps.append(step)
        if all(name in self.code.columns for name in step.inputs):  # else a stage before it was not compiled
            STAGES[op].emit(step, self.code)
