"""What compilation collects: steps, outputs, and the reasons why a stage cannot be compiled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sparkops.scoring.description import Output, Step
from sparkops.scoring.field import NUMBERS, TYPES, Field

from .saved import Saved


class Uncompiled(Exception):
    """Why one stage cannot be compiled; gathered, and told all at once as NotCompiled."""


@dataclass(slots=True)
class Plan:
    """A model while it is compiled.

    Args:
        fields: Columns of the signature, by name.
    """

    fields: dict[str, Field]
    types: dict[str, str] = field(default_factory=dict)
    labels: dict[str, tuple[str, ...]] = field(default_factory=dict)
    truths: set[str] = field(default_factory=set)
    steps: list[Step] = field(default_factory=list)
    outputs: list[Output] = field(default_factory=list)
    stages: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.types = {name: item.type for name, item in self.fields.items()}

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
        """
        for name, kind in outputs:
            if name in self.types:
                raise Uncompiled(f"its output column `{name}` is there already")
            if name:
                self.types[name] = kind
        names = tuple(name for name, _ in outputs)
        self.steps.append(Step(op, str(saved), tuple(inputs), names, params or {}, arrays or {}))
