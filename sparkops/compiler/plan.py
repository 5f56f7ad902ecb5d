"""The model under construction: its columns, steps and outputs so far."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sparkops.compiler.saved_stage import SavedStage
from sparkops.compiler.session import SessionSettings
from sparkops.scoring.codegen.code_writer import CodeWriter
from sparkops.scoring.codegen.field_reader import read_field
from sparkops.scoring.ir.arrays import Numbers
from sparkops.scoring.ir.description import Output, Step
from sparkops.scoring.ir.field import NUMERIC_TYPES, Field, is_field_type
from sparkops.scoring.stages.registry import STAGES

NEWEST_VERSION = (2**31,)


class CannotCompile(Exception):
    """Why one stage cannot be compiled; the reasons of all stages are reported together as `NotCompiled`."""


def parse_version(metadata: Mapping[str, Any]) -> tuple[int, ...]:
    """Return the version of Spark in the metadata of a saved stage, such as (4, 1); the newest one if there is none."""
    digits = re.match(r"(\d+)\.(\d+)", str(metadata.get("sparkVersion", "")))
    return (int(digits[1]), int(digits[2])) if digits else NEWEST_VERSION


@dataclass(slots=True)
class Plan:
    """A model while it is compiled.

    Each step is also written as row code when it is added. The code shows the sizes of vectors, and a step that does
    not fit its inputs fails while its stage is known.

    Args:
        fields: Columns of the signature by name. A vector of unknown size gets it from the first stage that knows it.
        types: Type of every column so far.
        labels: Original values by column, for columns that hold indices of them.
        bucket_labels: Intervals by column, for columns that hold the numbers of buckets.
        label_columns: Columns that only training needs: labels, and what they are made of.
        steps: Steps so far.
        outputs: Outputs of predictors so far.
        output_steps: Position of the step that makes each of these outputs.
        class_labels: Original labels of the classes by prediction column, for classifiers of an indexed label.
        internal: Columns of steps that Spark does not have.
        missing: Columns that stages name, and that neither the signature nor a stage provides.
        stages: Class names of the stages so far, for the description.
        code: Row code of the steps so far.
        session: Settings of Spark that SQL expressions depend on.
        spark_version: The version of Spark that saved the model; the newest one if it is unknown.
    """

    fields: dict[str, Field]
    types: dict[str, str] = field(default_factory=dict)
    labels: dict[str, tuple[str, ...]] = field(default_factory=dict)
    bucket_labels: dict[str, tuple[str, ...]] = field(default_factory=dict)
    label_columns: set[str] = field(default_factory=set)
    steps: list[Step] = field(default_factory=list)
    outputs: list[Output] = field(default_factory=list)
    output_steps: dict[str, int] = field(default_factory=dict)
    class_labels: dict[str, tuple[str, ...]] = field(default_factory=dict)
    internal: set[str] = field(default_factory=set)
    missing: set[str] = field(default_factory=set)
    stages: list[str] = field(default_factory=list)
    code: CodeWriter = field(default_factory=CodeWriter)
    session: SessionSettings = field(default_factory=SessionSettings)
    spark_version: tuple[int, ...] = NEWEST_VERSION

    def __post_init__(self) -> None:
        self.types = {name: item.type for name, item in self.fields.items()}
        for item in self.fields.values():
            self._declare(item)

    def find_column_type(self, column: str) -> str:
        """Return the type of a column.

        Raises:
            CannotCompile: There is no such column, or a row cannot hold its type.
        """
        if column not in self.types:
            known = ", ".join(self.types)
            raise CannotCompile(
                f"it reads the column `{column}`, which neither the signature nor a stage provides ({known})"
            )
        type_ = self.types[column]
        if not is_field_type(type_):
            raise CannotCompile(f"it reads the column `{column}` of type {type_}")
        return type_

    def require_number_type(self, column: str) -> str:
        """Return the type of a column that must hold numbers."""
        type_ = self.find_column_type(column)
        if type_ not in NUMERIC_TYPES:
            raise CannotCompile(f"it needs numbers in `{column}`, which is {type_}")
        return type_

    def find_vector_size(self, column: str, size: int | None = None) -> int:
        """Return the size of a vector column.

        Args:
            column: Its name.
            size: The size that the stage was fitted with, if it has one; a field of unknown size takes it.

        Raises:
            CannotCompile: It is not a vector, or its size is unknown.
        """
        if self.find_column_type(column) != "vector":
            raise CannotCompile(f"it needs a vector in `{column}`, which is {self.find_column_type(column)}")
        if column not in self.code.columns and column in self.fields and size is not None:
            self.fields[column] = replace(self.fields[column], size=size)
            self._declare(self.fields[column])
        known = self.code.columns.get(column)
        if known is None and column not in self.fields:
            # The output of a stage that could not be compiled.
            return size or 0
        if known is None:
            raise CannotCompile(
                f"the size of the vectors of `{column}` is unknown: give it, as in --schema '{column} VECTOR(5)', or "
                "log the model with an input example"
            )
        return known.size

    def add_step(
        self,
        saved: SavedStage,
        op: str,
        inputs: Sequence[str],
        outputs: Sequence[tuple[str, str]],
        *,
        params: Mapping[str, Any] | None = None,
        arrays: Mapping[str, Numbers] | None = None,
    ) -> None:
        """Add a step, after `replace_column` if an output takes the name of a column that exists.

        Args:
            saved: The stage it comes from.
            op: Operation, a key of `scoring.stages.registry.STAGES`.
            inputs: Columns that it reads.
            outputs: Columns that it makes, with their types; an empty name is a column that is not made.
            params: JSON values of the step.
            arrays: Arrays of the step.

        Raises:
            CannotCompile: An output column exists already.
            ModelError: The step does not fit its inputs.
        """
        for name in inputs:
            if name in self.fields and self.types.get(name) == "vector" and name not in self.code.columns:
                self.find_vector_size(name)
        known = {name.lower(): name for name in self.types}
        for name, type_ in outputs:
            if name in self.types:
                raise CannotCompile(f"its output column `{name}` exists already")
            if name.lower() in known:
                other = known[name.lower()]
                raise CannotCompile(
                    f"its output column `{name}` differs from the column `{other}` only in case"
                )
            if name:
                self.types[name] = type_
        names = tuple(name for name, _ in outputs)
        step = Step(op, str(saved), tuple(inputs), names, params or {}, arrays or {})
        self.steps.append(step)
        # An input is missing if an earlier stage could not be compiled.
        if all(name in self.code.columns for name in step.inputs):
            STAGES[op].emit(step, self.code)

    def replace_column(self, name: str) -> None:
        """Forget a column, so that the next step may compute one of its name, as some stages of Spark do."""
        self.types.pop(name, None)
        self.labels.pop(name, None)
        self.bucket_labels.pop(name, None)

    def require_separate(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Check that the steps of several input and output columns may run one after another; Spark runs them at once.

        Raises:
            CannotCompile: An output has the name of another pair's input.
        """
        if any(target == other for source, target in pairs for other, _ in pairs if other != source):
            raise CannotCompile("it makes columns out of each other")

    def add_output(self, output: Output) -> None:
        """Add an output of a predictor, which the last step computes."""
        self.outputs.append(output)
        self.output_steps[output.name] = len(self.steps) - 1

    def _declare(self, item: Field) -> None:
        """Make a field readable by steps, unless its type or size is unknown."""
        if is_field_type(item.type) and (item.type != "vector" or item.size is not None):
            read_field(item, item.name, self.code)


def find_producer(steps: Sequence[Step], column: str) -> tuple[Step | None, Sequence[Step]]:
    """Return the last step that makes a column and the steps before it; None for a field."""
    for index in range(len(steps) - 1, -1, -1):
        if column in steps[index].outputs:
            return steps[index], steps[:index]
    return None, ()


StageCompiler = Callable[[SavedStage, Plan], None]
"""A function that adds the steps of one stage to a plan."""
