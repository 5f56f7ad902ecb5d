"""A loaded model that scores rows: one at a time by generated code, batches by NumPy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from ..errors import EndlessRow, RowError, RowRejected, UnknownName
from .batch.columns import Batch, Frame, ScalarColumn, VectorColumn
from .batch.pandas_columns import NanMeaning
from .batch.reader import get_value, read_slice, to_columns
from .batch.tabular_data import read_tabular
from .codegen.code_writer import Column
from .codegen.symbols import Vector
from .explain import Explain, build_explainer
from .ir.arrays import Numbers
from .ir.description import Description, Output
from .ir.field import Field
from .ir.selection import find_prediction_column, select_outputs
from .protocol import Answer, BatchData, ScoreRow
from .row_code import bind_functions
from .row_function import DAMAGED_MODEL_ERRORS, build_score_row, generate_code, raise_damaged_model
from .rules.rule_monitor import RuleMode, RuleMonitor
from .stages.feature.vector.vector_size_hint import find_fields_skipped_by_size, has_size
from .stages.registry import STAGES

__all__ = ["Answer", "Scorer"]

# Rows that are scored at once: enough for NumPy to be efficient, few enough for the processor's cache.
_MAX_CHUNK_ROWS = 8192
_MAX_CHUNK_SLOTS = 2**22
# A sparse vector is assumed to take the memory of at most so many slots, because few are filled. A vector of more than
# `_WIDE` slots is not: a step that makes it dense must fit in memory.
_SPARSE_WIDTH = 2**14
_WIDE = 2**20
# Numbers of the vectors that a batch returns: 4 GiB.
_MAX_OUTPUT_SLOTS = 2**29


class Scorer:
    """A model, scored without Spark.

    Args:
        description: The compiled model.
        raw: Include `rawPrediction` in answers.
        rules: What happens to rows that violate a rule of the model: "refuse", "warn", "count" or "off".
        outputs: Names of the outputs in an answer: outputs of the model, `rawPrediction` included, or columns of its
            steps. A row then needs only the fields that these read. None returns all except `rawPrediction`.

    Raises:
        UnknownName: The model computes no such column.
    """

    __slots__ = (
        "_chunk_rows",
        "_complete",
        "_explain_row",
        "_monitor",
        "_prediction",
        "_rules",
        "_score_row",
        "_skipped_by_size",
        "classes",
        "description",
        "fields",
        "outputs",
        "score",
        "version",
    )  # fmt: skip

    # Of the protocol `RowScorer`.
    reference, is_fast = "Spark", True
    # Relative and absolute. Spark's BLAS sums in another order, which may change the last digits.
    tolerance = (1e-12, 1e-9)
    score: ScoreRow
    """Score one row: `scorer.score({"carrier": "UA", ...}) -> {"prediction": 1.0, "probability": [...], ...}`.

    Raises RowError where a field is missing, unknown or of the wrong type, or has null, NaN or an unseen value that the
    model refuses; RowRejected where the model's own `skip` drops the row. `score(row, explain=True)` adds
    "explanation", see `explain.build_explainer`, and raises ModelError where the model has none.
    """

    def __init__(
        self,
        description: Description,
        *,
        raw: bool = False,
        rules: RuleMode = "off",
        outputs: Sequence[str] | None = None,
    ) -> None:
        description = bind_functions(description)
        # With all outputs, for `with_outputs`.
        self._complete, self._rules = description, rules
        self.version = description.hash[:16]
        if outputs is None:
            chosen = tuple(item for item in description.outputs if raw or item.role != "rawPrediction")
        else:
            chosen = _choose_outputs(description, outputs)
            description = select_outputs(description, chosen)
        self.description, self.outputs = description, chosen
        self.fields: tuple[Field, ...] = description.fields
        self.classes, self._prediction = description.classes, find_prediction_column(self._complete)
        code = generate_code(description)
        self.score = self._score_row = build_score_row(
            code, replace(description, outputs=chosen), self._prediction, self._score_and_explain
        )
        self._monitor: RuleMonitor | None = None
        if rules != "off" and description.checks and description.checks.rules:
            self._monitor = RuleMonitor(description.checks, self.fields, rules)
            self.score = self._monitor.wrap(self._score_row)
        self._explain_row: Explain | None = None
        self._skipped_by_size = find_fields_skipped_by_size(description.steps)
        widest = max((_estimate_width(column) for column in code.columns.values()), default=1)
        self._chunk_rows = max(16, min(_MAX_CHUNK_ROWS, _MAX_CHUNK_SLOTS // max(1, widest)))

    @property
    def ignored(self) -> tuple[str, ...]:
        """Return the columns of the signature that the model does not read; a row may contain them."""
        return self.description.ignored

    def with_outputs(self, names: Sequence[str]) -> Scorer:
        """Return a scorer of the same model whose answers contain these outputs, in this order.

        Raises:
            UnknownName: The model computes no such column.
        """
        return Scorer(self._complete, rules=self._rules, outputs=names)

    def find_output(self, role: str) -> Output | None:
        """Return the output of a role: "prediction", "probability", "rawPrediction", "label"; None if there is none."""
        return next((output for output in self.outputs if output.role == role), None)

    def _score_and_explain(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Score a row and explain the answer; the first call generates the code of explanations."""
        answer = self._score_row(row)
        try:
            if self._explain_row is None:
                self._explain_row = build_explainer(self.description)
            answer["explanation"] = self._explain_row(row)
        except DAMAGED_MODEL_ERRORS as error:
            raise_damaged_model(error)
        return answer

    @property
    def broken(self) -> Mapping[str, int]:
        """Return the number of rows that violated a rule, by label of the rule."""
        return self._monitor.broken if self._monitor else {}

    @property
    def rule_counts(self) -> tuple[int, ...]:
        """Return the number of violations of each rule, in order; empty where no rules are applied."""
        return tuple(self._monitor.counts) if self._monitor else ()

    def answer(self, row: Mapping[str, Any]) -> Answer:
        """Return the answer for one row without applying rules, or why there is none: "dropped" or "refused"."""
        try:
            return self._score_row(row)
        except RowRejected:
            return "dropped"
        except RowError:
            return "refused"

    def is_endless(self, row: Mapping[str, Any]) -> bool:
        """Return whether Spark's computation would not end for a row, so that the row must not be given to Spark."""
        try:
            self._score_row(row)
        except EndlessRow:
            return True
        except RowError:
            return False
        return False

    def score_batch(
        self,
        data: BatchData,
        *,
        extra: Literal["refuse", "ignore"] = "refuse",
        nan: NanMeaning = "nan",
    ) -> Batch:
        """Score many rows.

        Args:
            data: Columns of one length by name, or rows; a DataFrame of pandas or polars; a table or record batch of
                Arrow, or other data with Arrow's PyCapsule interface. Masked entries, None and `pd.NA` are null. A
                column of vectors may be a matrix, a sparse matrix of SciPy, or sequences.
            extra: Whether unknown columns are refused or ignored.
            nan: What NaN in a floating column of pandas is: the number, or null.

        Raises:
            RowError: For the first row that cannot be scored, or that a rule refuses; its message starts with the
                number of the row, counted from 0: "Row 3: ".
        """
        tabular = read_tabular(data, self.fields, nan)
        columns, size = to_columns(tabular, self.fields, self.description.ignored, extra)
        if self._monitor:
            self._monitor.check_batch(columns, size)
        self._require_output_limit(size)
        starts = range(0, size, self._chunk_rows) if size else range(1)
        parts = [self._score_chunk(columns, start, min(start + self._chunk_rows, size)) for start in starts]
        return Batch.concatenate(parts)

    def _require_output_limit(self, size: int) -> None:
        """Raise `RowError` if the vectors of the outputs of some rows do not fit in memory."""
        slots = sum(output.size or 0 for output in self.outputs if output.type == "vector")
        if size * slots > _MAX_OUTPUT_SLOTS:
            raise RowError(
                f"The outputs of {size:,} rows have {size * slots:,} numbers, and at most {_MAX_OUTPUT_SLOTS:,} are "
                "returned at once: score fewer rows, or choose other outputs."
            )

    def _score_chunk(self, columns: Mapping[str, Any], start: int, stop: int) -> Batch:
        frame = Frame(stop - start, {})
        for field in self.fields:
            values = columns[field.name]
            if field.name in self._skipped_by_size:
                column = _read_vectors_of_size(field, values[start:stop])
            else:
                column = read_slice(field, values, start, stop)
            if column is None:
                self._raise_first_error(columns, range(start, stop))
                raise RowError(
                    f"Field `{field.name}` holds a value that is not of type {field.type}.", field=field.name
                )
            frame.columns[field.name] = column
        try:
            with np.errstate(invalid="ignore", over="ignore"):
                for step in self.description.steps:
                    STAGES[step.op].run(step, frame)
        except DAMAGED_MODEL_ERRORS as error:
            raise_damaged_model(error)
        if frame.refused.any():
            index = start + int(np.argmax(frame.refused))
            self._raise_first_error(columns, range(index, index + 1))
            raise RowError(f"Row {index} cannot be scored.")
        try:
            return self._build_batch(frame)
        except DAMAGED_MODEL_ERRORS as error:
            raise_damaged_model(error)

    def _build_batch(self, frame: Frame) -> Batch:
        columns, nulls = {}, {}
        for output in self.outputs:
            columns[output.name], null = self._read_output(output, frame)
            if null is not None:
                nulls[output.name] = null
        return Batch(columns, frame.dropped, nulls)

    def _raise_first_error(self, columns: Mapping[str, Any], rows: range) -> None:
        """Score rows one by one and raise the first error."""
        for index in rows:
            row = {field.name: get_value(field, columns[field.name], index) for field in self.fields}
            try:
                self._score_row(row)
            except RowRejected:
                continue
            except RowError as error:
                raise error.at_row(index) from None

    def _read_output(self, output: Output, frame: Frame) -> tuple[Numbers, Numbers | None]:
        """Return an output's values, and where they are null if they do not contain None."""
        if output.column is None:
            return self._find_labels(frame), None
        column = frame.columns[output.column]
        null = column.null if column.null is not None and column.null.any() else None
        if isinstance(column, VectorColumn):
            values: Numbers = column.to_dense()
        elif null is not None and not _is_floating(column, output):
            return _insert_none(column.values, null), None
        else:
            values = column.values.astype(np.float64) if output.type == "double" else column.values
        if values.dtype.kind == "f":
            values[frame.dropped] = np.nan
            if null is not None:
                # A copy, because another column may have the same block and other nulls.
                values = np.where(null if values.ndim == 1 else null[:, None], np.nan, values)
        return values, null

    def _find_labels(self, frame: Frame) -> Numbers:
        """Return the label of each predicted class; None where there is no prediction."""
        column = frame.get_scalars(self._prediction)
        index = column.values.astype(np.int64)
        if column.null is not None:
            index[column.null] = -1
        # Class -1 selects the None at the end.
        return np.array([*(self.classes or ()), None], dtype=object)[index]


def _choose_outputs(description: Description, names: Sequence[str]) -> tuple[Output, ...]:
    """Return the named outputs, each once; a column that is no output of the model gets the role "column"."""
    known = {output.name: output for output in description.outputs}
    if not set(names) <= set(known):
        columns = generate_code(description).columns
        computed = [name for step in reversed(description.steps) for name in step.outputs if name]
        known |= {name: _to_output(name, columns[name]) for name in computed if name not in known}
    for name in names:
        if name not in known:
            advice = "Name outputs of the model, or other columns that it computes."
            raise UnknownName("output", name, known, advice=advice)
    return tuple(known[name] for name in dict.fromkeys(names))


def _to_output(name: str, column: Column) -> Output:
    if isinstance(column, Vector):
        return Output(name, "vector", name, "column", column.size)
    return Output(name, column.type, name, "column")


def _read_vectors_of_size(field: Field, values: Any) -> ScalarColumn | VectorColumn | None:
    """Return vectors as a column; one of another size is null, which its step drops."""
    vectors = [vector if has_size(vector, field.size) else None for vector in values]
    return read_slice(replace(field, nullable=True), vectors, 0, len(vectors))


def _estimate_width(column: Column) -> int:
    """Return the number of slots that a row of a column takes in memory, estimated for sparse vectors."""
    is_sparse = isinstance(column, Vector) and column.sparse
    return min(column.size, _SPARSE_WIDTH) if is_sparse and column.size <= _WIDE else column.size


def _is_floating(column: ScalarColumn, output: Output) -> bool:
    return output.type == "double" or column.values.dtype.kind == "f"


def _insert_none(values: Numbers, null: Numbers) -> Numbers:
    """Return integers, booleans or objects as objects, with None where they are null."""
    objects: Numbers = values.astype(object)
    objects[null] = None
    return objects
