"""The scorer of a pyfunc model: the interface, answers and errors of the compiled scorer, over a worker process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from datetime import date
from typing import Any, Literal

import numpy as np

from sparkops.errors import ModelError, RowError, UnknownName
from sparkops.pyfunc.worker.flavor_names import format_flavor
from sparkops.pyfunc.worker.manifest import Manifest
from sparkops.pyfunc.worker.worker_process import Answers, Worker
from sparkops.scoring.artifact.certificate import Difference, compare_answers
from sparkops.scoring.batch.columns import Batch, VectorColumn
from sparkops.scoring.batch.pandas_columns import NanMeaning
from sparkops.scoring.batch.reader import get_value, read_slice, to_columns
from sparkops.scoring.batch.tabular_data import read_tabular
from sparkops.scoring.ir.arrays import Numbers
from sparkops.scoring.ir.description import Output
from sparkops.scoring.ir.row_fields import check_row_fields
from sparkops.scoring.protocol import Answer, BatchData

# Rows in one request to the worker.
CHUNK = 8192
_DTYPES = {
    "double": "float64", "float": "float32", "long": "int64", "integer": "int32", "boolean": "bool",
    "vector": "float64", "string": "object",
}  # fmt: skip


class PyfuncScorer:
    """Scores rows with a model in a process of its own; implements `RowScorer`.

    Args:
        manifest: Fields and outputs of the model.
        worker: The process.
    """

    def __init__(self, manifest: Manifest, worker: Worker) -> None:
        self.manifest, self._worker = manifest, worker
        self.fields = manifest.fields
        self.ignored: tuple[str, ...] = ()
        self.outputs: tuple[Output, ...] = manifest.outputs
        self.classes = manifest.classes
        self.version = manifest.hash[:16]
        self.tolerance = manifest.tolerance
        self.reference, self.is_fast = format_flavor(manifest.flavor), False
        self._field_names = tuple(field.name for field in self.fields)
        self._readers = tuple((field.name, field.make_reader(), field.size or 0) for field in self.fields)

    def close(self) -> None:
        """End the model's process; scoring another row starts it again."""
        self._worker.close()

    def with_outputs(self, names: Sequence[str]) -> PyfuncScorer:
        """Return a scorer of the same process whose answers contain these outputs, in this order.

        Raises:
            UnknownName: The model has no such output.
        """
        known = {output.name: output for output in self.manifest.outputs}
        unknown = next((name for name in names if name not in known), None)
        if unknown is not None:
            raise UnknownName("output", unknown, known)
        scorer = copy(self)
        scorer.outputs = tuple(known[name] for name in dict.fromkeys(names))
        return scorer

    def to_json_row(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return a row as JSON values of the fields' types.

        Raises:
            RowError: A field is missing, extra, mistyped or null.
        """
        if len(row) != len(self._field_names) or any(name not in row for name in self._field_names):
            check_row_fields(row, self._field_names, ())
        return {name: to_json_value(reader(row[name]), size) for name, reader, size in self._readers}

    def to_json_columns(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
        """Return rows by column, as the worker takes them."""
        json_rows = [self.to_json_row(row) for row in rows]
        return {name: [row[name] for row in json_rows] for name in self._field_names}

    def find_output(self, role: str) -> Output | None:
        """Return the output of a role ("prediction", "probability"), or None."""
        return next((output for output in self.outputs if output.role == role), None)

    def score(self, row: Mapping[str, Any], explain: bool = False) -> dict[str, Any]:
        """Score one row.

        Raises:
            RowError: A field is missing, extra, mistyped or null, or the model's own code refuses the row.
            ModelError: Its process failed, or `explain` was asked for.
        """
        if explain:
            raise ModelError(
                f"A model of {format_flavor(self.manifest.flavor)} has no explanation: only a compiled Spark model "
                "says what each field adds. Score without it."
            )
        answers = self._request(self.to_json_columns([row]), 1)
        return {output.name: answers[output.name][0] for output in self.outputs}

    @property
    def broken(self) -> Mapping[str, int]:
        """Return no violations: such a model has no row rules."""
        return {}

    def answer(self, row: Mapping[str, Any]) -> Answer:
        """Return the answer for one row, or "refused"."""
        try:
            return self.score(row)
        except RowError:
            return "refused"

    def answer_batch(self, rows: Sequence[Mapping[str, Any]]) -> list[Answer]:
        """Return the answers for rows that the model accepts, scored in one batch."""
        return [row if row is not None else "dropped" for row in self.score_batch(rows).rows()]

    def compare(self, expected: Sequence[Answer], actual: Sequence[Answer]) -> list[Difference]:
        """Return where two lists of answers differ by more than the model's tolerance."""
        rtol, atol = self.tolerance
        return compare_answers(expected, actual, self.outputs, rtol=rtol, atol=atol)

    def score_batch(
        self,
        data: BatchData,
        *,
        extra: Literal["refuse", "ignore"] = "refuse",
        nan: NanMeaning = "nan",
    ) -> Batch:
        """Score many rows, as `Scorer.score_batch` does.

        Raises:
            RowError: A row cannot be scored. The message of the first one starts with its index: "Row 3: ".
        """
        columns, size = to_columns(read_tabular(data, self.fields, nan), self.fields, (), extra)
        chunks = [
            self._score_chunk(self._read_slice(columns, start, min(start + CHUNK, size)), start)
            for start in range(0, size, CHUNK)
        ]
        outputs = {
            output.name: np.concatenate([chunk[output.name] for chunk in chunks])
            if chunks
            else _make_empty_array(output)
            for output in self.outputs
        }
        return Batch(outputs, np.zeros(size, dtype=bool))

    def _read_slice(self, columns: Mapping[str, Any], start: int, stop: int) -> dict[str, list[Any]]:
        """Return a slice of the columns as JSON values of the fields' types."""
        values = {}
        for field in self.fields:
            column = read_slice(field, columns[field.name], start, stop)
            if column is None:
                raise self._find_invalid_row(columns, range(start, stop))
            array = column.to_dense() if isinstance(column, VectorColumn) else column.values
            cells = [to_json_value(value) for value in array.tolist()]
            if column.null is not None:
                nulls = column.null.tolist()
                cells = [None if is_null else cell for cell, is_null in zip(cells, nulls, strict=True)]
            values[field.name] = cells
        return values

    def _find_invalid_row(self, columns: Mapping[str, Any], rows: range) -> RowError:
        for index in rows:
            row = {field.name: get_value(field, columns[field.name], index) for field in self.fields}
            try:
                self.to_json_row(row)
            except RowError as error:
                return error.at_row(index)
        return RowError("Some row holds a value of another type than its field.")

    def _score_chunk(self, columns: Mapping[str, list[Any]], start: int) -> dict[str, Numbers]:
        """Return output arrays; a refused chunk is bisected to find the first row that the model refuses."""
        size = len(next(iter(columns.values())))
        try:
            answers = self._request(columns, size)
        except RowError as error:
            if size == 1:
                raise RowError(f"Row {start}: {error}") from None
            middle = size // 2
            head = {name: values[:middle] for name, values in columns.items()}
            tail = {name: values[middle:] for name, values in columns.items()}
            first, second = self._score_chunk(head, start), self._score_chunk(tail, start + middle)
            return {name: np.concatenate([first[name], second[name]]) for name in first}
        return {output.name: _to_array(output, answers[output.name]) for output in self.outputs}

    def _request(self, columns: Mapping[str, list[Any]], rows: int) -> dict[str, list[Any]]:
        """Return the values of each registered output, one for each row."""
        answers: Answers = self._worker.answer(columns)
        values = {}
        for output in self.outputs:
            if output.name not in answers or len(answers[output.name][2]) != rows:
                raise ModelError(
                    f"The model answered {', '.join(answers) or 'nothing'}, where it was registered with "
                    f"{', '.join(output.name for output in self.outputs)}, one a row. Register it again."
                )
            values[output.name] = answers[output.name][2]
        return values


def to_json_value(value: Any, size: int = 0) -> Any:
    """Return a value for JSON: dates and times as ISO text, vectors as lists.

    Args:
        value: The value of a field; a sparse vector is a dictionary from index to value.
        size: Length of a vector.
    """
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return [value.get(index, 0.0) for index in range(size)]
    if isinstance(value, tuple | list):
        return [to_json_value(item) for item in value]
    return value


def _to_array(output: Output, values: list[Any]) -> Numbers:
    if output.type != "string":
        return np.array(values, dtype=_DTYPES[output.type])
    return np.fromiter(values, dtype=object, count=len(values))


def _make_empty_array(output: Output) -> Numbers:
    shape = (0, output.size or 0) if output.type == "vector" else (0,)
    return np.empty(shape, dtype=_DTYPES[output.type])
