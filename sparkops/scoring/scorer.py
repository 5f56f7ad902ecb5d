"""A loaded model that scores rows: one at a time by its own code, many at once by NumPy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from ..errors import RowError, RowRejected
from .batch.columns import Batch, Frame, ScalarColumn, VectorColumn
from .batch.reader import read_slice, to_columns, value_at
from .codegen.code_writer import Column
from .codegen.symbols import Vector
from .explain import Explain, build_explainer
from .ir.arrays import Numbers
from .ir.description import Description, Output
from .ir.field import Field
from .protocol import Answer, ScoreRow
from .row_function import DAMAGED_MODEL_ERRORS, build_score_row, generate_code, raise_damaged_model
from .rules.rule_monitor import RuleMode, RuleMonitor
from .stages.registry import STAGES

__all__ = ["Answer", "Scorer"]

# Rows scored at once: large enough for NumPy, small enough for the processor's cache; fewer where vectors are wide.
CHUNK, SLOTS, _SPARSE = 8192, 2**22, 2**14


class Scorer:
    """A model, scored without Spark.

    Args:
        description: The compiled model.
        raw: Answer `rawPrediction` too.
        rules: What becomes of rows that break a rule which the model carries: "refuse", "warn", "count" or "off".
    """

    __slots__ = (
        "_monitor",
        "_plain",
        "_rows",
        "_why",
        "classes",
        "description",
        "fields",
        "outputs",
        "score",
        "version",
    )  # fmt: skip

    reference, is_fast = "Spark", True
    tolerance = (
        1e-12,
        1e-9,
    )  # Spark's BLAS sums in another order: the same terms may end in other last digits
    score: ScoreRow
    """Score one row: `scorer.score({"carrier": "UA", ...}) -> {"prediction": 1.0, "probability": [...], ...}`.

    Raises RowError when a field is missing, extra, mistyped, null, NaN or unseen where the model refuses that, and
    RowRejected where the model's own `skip` drops the row. `score(row, explain=True)` adds "explanation": a base and
    what each field contributes to the raw score, as `explain.explainer` says; ModelError where a model has none.
    """

    def __init__(self, description: Description, *, raw: bool = False, rules: RuleMode = "off") -> None:
        self.description = description
        self.fields: tuple[Field, ...] = description.fields
        self.outputs: tuple[Output, ...] = tuple(
            output for output in description.outputs if raw or output.role != "rawPrediction"
        )
        self.classes = description.classes
        self.version = description.hash[:16]
        code = generate_code(description)
        self.score = self._plain = build_score_row(code, self.outputs, self.classes, self._explained)
        self._monitor: RuleMonitor | None = None
        if rules != "off" and description.checks and description.checks.rules:
            self._monitor = RuleMonitor(description.checks, self.fields, rules)
            self.score = self._monitor.wrap(self._plain)
        self._why: Explain | None = None
        widest = max((_width(column) for column in code.columns.values()), default=1)
        self._rows = max(16, min(CHUNK, SLOTS // max(1, widest)))

    def output(self, role: str) -> Output | None:
        """Return the output of a role: "prediction", "probability", "rawPrediction", "label"; None if none."""
        return next((output for output in self.outputs if output.role == role), None)

    def _explained(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Score a row and say why; the first call writes the code for it."""
        answer = self._plain(row)
        if self._why is None:
            self._why = build_explainer(self.description)
        answer["explanation"] = self._why(row)
        return answer

    @property
    def broken(self) -> Mapping[str, int]:
        """Return how many rows broke which of the rules that it applies."""
        return self._monitor.broken if self._monitor else {}

    @property
    def rule_counts(self) -> tuple[int, ...]:
        """Return the same for each rule in its turn; empty where it applies none."""
        return tuple(self._monitor.counts) if self._monitor else ()

    def answer(self, row: Mapping[str, Any]) -> Answer:
        """Return the model's answer for one row, whatever its rules say, or the word for why there is none."""
        try:
            return self._plain(row)
        except RowRejected:
            return "dropped"
        except RowError:
            return "refused"

    def score_batch(
        self,
        data: Mapping[str, Any] | Sequence[Mapping[str, Any]],
        *,
        extra: Literal["refuse", "ignore"] = "refuse",
    ) -> Batch:
        """Score many rows.

        Args:
            data: Arrays of one length by column, or rows. Masked entries and None are null.
            extra: What to do with columns that the model does not know.

        Raises:
            RowError: Of the first row that cannot be scored, or that a rule refuses; its message starts with "Row 3: ",
                counted from 0.
        """
        columns, size = to_columns(data, self.fields, self.description.ignored, extra)
        if self._monitor:
            self._monitor.check_batch(columns, size)
        starts = range(0, size, self._rows) if size else range(1)
        parts = [self._chunk(columns, start, min(start + self._rows, size)) for start in starts]
        rejected = np.concatenate([part.rejected for part in parts])
        names = tuple(output.name for output in self.outputs)
        joined = {name: np.concatenate([part.columns[name] for part in parts]) for name in names}
        return Batch(joined, rejected)

    def _chunk(self, columns: Mapping[str, Any], start: int, stop: int) -> Batch:
        frame = Frame(stop - start, {})
        for field in self.fields:
            column = read_slice(field, columns[field.name], start, stop)
            if column is None:
                self._explain(columns, range(start, stop))
                raise RowError(
                    f"Field `{field.name}` holds a value that is no {field.type}.", field=field.name
                )
            frame.columns[field.name] = column
        try:
            with np.errstate(invalid="ignore", over="ignore"):
                for step in self.description.steps:
                    STAGES[step.op].run(step, frame)
        except DAMAGED_MODEL_ERRORS as error:
            raise_damaged_model(error)
        if frame.refused.any():
            at = start + int(np.argmax(frame.refused))
            self._explain(columns, range(at, at + 1))
            raise RowError(f"Row {at} cannot be scored.")
        return Batch({output.name: self._values(output, frame) for output in self.outputs}, frame.dropped)

    def _explain(self, columns: Mapping[str, Any], rows: range) -> None:
        """Raise the error of the first row that has one."""
        for at in rows:
            row = {field.name: value_at(field, columns[field.name], at) for field in self.fields}
            try:
                self._plain(row)
            except RowRejected:
                continue
            except RowError as error:
                raise RowError(f"Row {at}: {error}", field=error.field, value=error.value) from None

    def _values(self, output: Output, frame: Frame) -> Numbers:
        if output.column is None:
            prediction = self.output("prediction")
            assert prediction is not None
            assert prediction.column is not None
            index = frame.scalars(prediction.column).values.astype(np.int64)
            return np.array([*(self.classes or ()), None], dtype=object)[index]  # None of class -1
        column = frame.columns[output.column]
        if isinstance(column, VectorColumn):
            values: Numbers = column.dense()
            if column.null is not None:
                values[column.null] = np.nan
        else:
            values = _plain(column, output)
        if output.type in ("double", "vector") and values.dtype.kind == "f":
            values[frame.dropped] = np.nan
        return values


def _width(column: Column) -> int:
    """Return how many numbers a row of a column may take; a sparse vector takes few of its slots."""
    sparse = isinstance(column, Vector) and column.sparse
    return min(column.size, _SPARSE) if sparse else column.size


def _plain(column: ScalarColumn, output: Output) -> Numbers:
    if output.role == "column" and column.null is not None and column.null.any():
        objects: Numbers = column.values.astype(
            np.float64 if output.type == "double" else column.values.dtype
        )
        objects = objects.astype(object)
        objects[column.null] = None
        return objects
    if output.type == "double":
        values: Numbers = column.values.astype(np.float64)
        if column.null is not None:
            values[column.null] = np.nan
        return values
    return column.values
