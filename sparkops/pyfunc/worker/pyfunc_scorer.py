"""A model of another flavor behind the compiled scorer's face: same rows, same answers' shape, same errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Literal

import numpy as np

from sparkops.errors import ModelError, RowError
from sparkops.pyfunc.worker.flavor_names import flavor_label
from sparkops.pyfunc.worker.manifest import Manifest
from sparkops.pyfunc.worker.worker_process import Answers, Worker
from sparkops.scoring.batch.columns import Batch, VectorColumn
from sparkops.scoring.batch.reader import read_slice, to_columns, value_at
from sparkops.scoring.ir.arrays import Numbers
from sparkops.scoring.ir.description import Output
from sparkops.scoring.ir.row_fields import check_row_fields
from sparkops.scoring.protocol import Answer

CHUNK = 8192
_DTYPES = {
    "double": "float64", "float": "float32", "long": "int64", "integer": "int32", "boolean": "bool",
    "vector": "float64", "string": "object",
}  # fmt: skip


class PyfuncScorer:
    """A model that is asked in a process of its own.

    Args:
        manifest: What rows and answers hold.
        worker: Answers rows.
    """

    def __init__(self, manifest: Manifest, worker: Worker) -> None:
        self.manifest, self._worker = manifest, worker
        self.fields = manifest.fields
        self.outputs: tuple[Output, ...] = manifest.outputs
        self.classes = manifest.classes
        self.version = manifest.hash[:16]
        self.tolerance = manifest.tolerance
        self.reference, self.is_fast = flavor_label(manifest.flavor), False
        self._names = tuple(field.name for field in self.fields)
        self._read = tuple((field.name, field.reader(), field.size or 0) for field in self.fields)

    def close(self) -> None:
        """End the model's process; a later row starts another."""
        self._worker.close()

    def plain(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return a row in the fields' types, as JSON holds it; RowError where it does not fit."""
        if len(row) != len(self._names) or any(name not in row for name in self._names):
            check_row_fields(row, self._names, ())
        return {name: _plain(reader(row[name]), size) for name, reader, size in self._read}

    def columns(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
        """Return rows by column, as a worker takes them."""
        plain = [self.plain(row) for row in rows]
        return {name: [row[name] for row in plain] for name in self._names}

    def output(self, role: str) -> Output | None:
        """Return the output of a role: "prediction", "probability"; None if none."""
        return next((output for output in self.outputs if output.role == role), None)

    def score(self, row: Mapping[str, Any], explain: bool = False) -> dict[str, Any]:
        """Score one row.

        Raises:
            RowError: A field is missing, extra, mistyped or null, or the model's own code refuses the row.
            ModelError: Its process failed; or `explain`, which there is none of.
        """
        if explain:
            raise ModelError(
                f"A model of {flavor_label(self.manifest.flavor)} has no explanation: only a compiled Spark model tells what "
                "each field adds. Score without it."
            )
        got = self._asked(self.columns([row]), 1)
        return {output.name: got[output.name][0] for output in self.outputs}

    @property
    def broken(self) -> Mapping[str, int]:
        """Return nothing: such a model carries no rules."""
        return {}

    def answer(self, row: Mapping[str, Any]) -> Answer:
        """Return the answer for one row, or the word for why there is none."""
        try:
            return self.score(row)
        except RowError:
            return "refused"

    def score_batch(
        self,
        data: Mapping[str, Any] | Sequence[Mapping[str, Any]],
        *,
        extra: Literal["refuse", "ignore"] = "refuse",
    ) -> Batch:
        """Score many rows, as `Scorer.score_batch` does.

        Raises:
            RowError: Of the first row that cannot be scored; its message starts with "Row 3: ", counted from 0.
        """
        columns, size = to_columns(data, self.fields, (), extra)
        parts = [
            self._chunk(self._listed(columns, start, min(start + CHUNK, size)), start)
            for start in range(0, size, CHUNK)
        ]
        joined = {
            output.name: np.concatenate([part[output.name] for part in parts]) if parts else _empty(output)
            for output in self.outputs
        }
        return Batch(joined, np.zeros(size, dtype=bool))

    def _listed(self, columns: Mapping[str, Any], start: int, stop: int) -> dict[str, list[Any]]:
        """Return a slice of the columns as plain values of the fields' types."""
        found = {}
        for field in self.fields:
            column = read_slice(field, columns[field.name], start, stop)
            if column is None:
                raise self._first_bad(columns, range(start, stop))
            values = column.dense() if isinstance(column, VectorColumn) else column.values
            cells = [_plain(value) for value in values.tolist()]
            if column.null is not None:
                cells = [
                    None if gone else cell for cell, gone in zip(cells, column.null.tolist(), strict=True)
                ]
            found[field.name] = cells
        return found

    def _first_bad(self, columns: Mapping[str, Any], rows: range) -> RowError:
        for at in rows:
            row = {field.name: value_at(field, columns[field.name], at) for field in self.fields}
            try:
                self.plain(row)
            except RowError as error:
                return RowError(f"Row {at}: {error}", field=error.field, value=error.value)
        return RowError("Some row holds a value of another type than its field.")

    def _chunk(self, columns: Mapping[str, list[Any]], start: int) -> dict[str, Numbers]:
        size = len(next(iter(columns.values())))
        try:
            got = self._asked(columns, size)
        except RowError as error:
            if size > 1:  # halved, until the first row that is refused stands alone
                middle = size // 2
                halves = [
                    {name: values[part] for name, values in columns.items()}
                    for part in (slice(middle), slice(middle, None))
                ]
                first, second = self._chunk(halves[0], start), self._chunk(halves[1], start + middle)
                return {name: np.concatenate([first[name], second[name]]) for name in first}
            raise RowError(f"Row {start}: {error}") from None
        return {output.name: _array(output, got[output.name]) for output in self.outputs}

    def _asked(self, columns: Mapping[str, list[Any]], rows: int) -> dict[str, list[Any]]:
        got: Answers = self._worker.ask(columns)
        found = {}
        for output in self.outputs:
            if output.name not in got or len(got[output.name][2]) != rows:
                raise ModelError(
                    f"The model answered {', '.join(got) or 'nothing'}, where it was registered with "
                    f"{', '.join(each.name for each in self.outputs)}, one a row. Register it again."
                )
            found[output.name] = got[output.name][2]
        return found


def _plain(value: Any, size: int = 0) -> Any:
    """Return a value as JSON holds it: dates and times as ISO text, vectors as lists."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):  # a wide vector: the slots that are not 0
        return [value.get(at, 0.0) for at in range(size)]
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value


def _array(output: Output, values: list[Any]) -> Numbers:
    if output.type != "string":
        return np.array(values, dtype=_DTYPES[output.type])
    return np.fromiter(values, dtype=object, count=len(values))


def _empty(output: Output) -> Numbers:
    shape = (0, output.size or 0) if output.type == "vector" else (0,)
    return np.empty(shape, dtype=_DTYPES[output.type])
