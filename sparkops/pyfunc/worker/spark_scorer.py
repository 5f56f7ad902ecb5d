"""The scorer of a Spark model that is not compiled, which a local Spark scores.

It has the interface, answers and errors of the compiled scorer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any, Literal

import numpy as np

from sparkops.core.type_names import parse_element_type
from sparkops.errors import ModelError, RowError, RowRejected, UnknownName
from sparkops.pyfunc.worker.manifest import Manifest
from sparkops.pyfunc.worker.pyfunc_scorer import to_json_value
from sparkops.pyfunc.worker.spark_worker import RowCells, SparkWorker
from sparkops.scoring.batch.columns import Batch
from sparkops.scoring.batch.pandas_columns import NanMeaning
from sparkops.scoring.batch.reader import get_value, to_columns
from sparkops.scoring.batch.tabular_data import read_tabular
from sparkops.scoring.ir.arrays import Numbers
from sparkops.scoring.ir.description import Output
from sparkops.scoring.ir.field import INTEGER_RANGES, Field
from sparkops.scoring.ir.row_fields import check_row_fields
from sparkops.scoring.protocol import Answer, BatchData
from sparkops.scoring.rules.rule_monitor import RuleMode, RuleMonitor

# Rows in one job of Spark.
CHUNK = 1000
_DROPPED = "A stage of the model drops this row."


class SparkRowScorer:
    """Scores rows with a local Spark in a process of its own; implements `RowScorer` and `ManyRowScorer`.

    Args:
        manifest: Fields and outputs of the model.
        worker: The process.
        rules: What happens to rows that violate a rule of the model: "refuse", "warn", "count" or "off".
    """

    reference, is_fast = "Spark", False
    tolerance = (1e-12, 1e-9)

    def __init__(self, manifest: Manifest, worker: SparkWorker, *, rules: RuleMode = "off") -> None:
        self.manifest, self.worker = manifest, worker
        self.fields = manifest.fields
        self.ignored: tuple[str, ...] = ()
        self.outputs: tuple[Output, ...] = manifest.outputs
        self.classes = manifest.classes
        self.version = manifest.hash[:16]
        self._prediction = next((item.name for item in manifest.outputs if item.role == "prediction"), "")
        self._field_names = tuple(field.name for field in self.fields)
        self._readers = tuple((field.name, _make_json_reader(field)) for field in self.fields)
        self._monitor: RuleMonitor | None = None
        self._check_row: Callable[..., Any] = _accept
        if rules != "off" and manifest.rules.rules:
            self._monitor = RuleMonitor(manifest.rules, self.fields, rules)
            self._check_row = self._monitor.wrap(_accept)

    def close(self) -> None:
        """End the local Spark; scoring another row starts it again."""
        self.worker.close()

    def with_outputs(self, names: Sequence[str]) -> SparkRowScorer:
        """Return a scorer of the same process whose answers contain these outputs, in this order.

        Raises:
            UnknownName: The model computes no such column.
        """
        known = {output.name: output for output in (*self.manifest.outputs, *self.manifest.others)}
        unknown = next((name for name in names if name not in known), None)
        if unknown is not None:
            raise UnknownName("output", unknown, known)
        scorer = copy(self)
        scorer.outputs = tuple(known[name] for name in dict.fromkeys(names))
        return scorer

    @property
    def broken(self) -> Mapping[str, int]:
        """Return the number of rows that violated a rule, by label of the rule."""
        return self._monitor.broken if self._monitor else {}

    def score(self, row: Mapping[str, Any], explain: bool = False) -> dict[str, Any]:
        """Score one row.

        Raises:
            RowRejected: A stage drops the row.
            RowError: A field is missing, extra or mistyped, or a stage or a rule refuses the row.
            ModelError: The local Spark failed, or `explain` was asked for.
        """
        if explain:
            raise ModelError(
                "A model that a local Spark scores has no explanation: only a compiled model says what "
                "each field adds. Score without it."
            )
        answer = self.score_rows([row])[0]
        if isinstance(answer, RowError):
            raise answer
        return answer

    def score_rows(self, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any] | RowError]:
        """Return the answer to each row, or the error of a row that has none; `RowRejected` if a stage drops it.

        Raises:
            ModelError: The local Spark failed.
        """
        answers: list[dict[str, Any] | RowError] = []
        json_rows: dict[int, dict[str, Any]] = {}
        for index, row in enumerate(rows):
            try:
                json_rows[index] = self._to_json_row(row)
                answers.append(RowRejected(_DROPPED))
            except RowError as error:
                answers.append(error)
        for index, cells in zip(json_rows, self._score_json_rows([*json_rows.values()]), strict=True):
            if isinstance(cells, RowError):
                answers[index] = cells
            elif cells is not None:
                answers[index] = self._to_answer(cells)
        return answers

    def answer(self, row: Mapping[str, Any]) -> Answer:
        """Return the answer for one row, or why there is none: "dropped" or "refused"."""
        return to_case_answer(self.score_rows([row])[0])

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
        answers: list[dict[str, Any] | None] = []
        for start in range(0, size, CHUNK):
            rows = [
                {field.name: get_value(field, columns[field.name], index) for field in self.fields}
                for index in range(start, min(start + CHUNK, size))
            ]
            for index, answer in enumerate(self.score_rows(rows), start):
                if isinstance(answer, RowError) and not isinstance(answer, RowRejected):
                    raise answer.at_row(index)
                answers.append(None if isinstance(answer, RowError) else answer)
        return _build_batch(self.outputs, answers)

    def _to_json_row(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return a row as JSON values of the fields' types.

        Raises:
            RowError: A field is missing, extra, mistyped or null, or a rule refuses the row.
        """
        if len(row) != len(self._field_names) or any(name not in row for name in self._field_names):
            check_row_fields(row, self._field_names, ())
        self._check_row(row)
        return {name: reader(row[name]) for name, reader in self._readers}

    def _score_json_rows(self, rows: list[dict[str, Any]]) -> list[RowCells | RowError]:
        """Return the cells of each row; refused rows are bisected until each of them is alone."""
        if not rows:
            return []
        columns = [output.column for output in self.outputs if output.column is not None]
        if self._needs_prediction:
            columns.append(self._prediction)
        try:
            return [*self.worker.transform(rows, columns)]
        except RowError as error:
            if len(rows) == 1:
                return [error]
        middle = len(rows) // 2
        return [*self._score_json_rows(rows[:middle]), *self._score_json_rows(rows[middle:])]

    @property
    def _needs_prediction(self) -> bool:
        """Return whether an output is a label, which Spark has no column for."""
        return any(output.column is None for output in self.outputs)

    def _to_answer(self, cells: list[Any]) -> dict[str, Any]:
        values = iter(cells)
        answer = {
            output.name: None if output.column is None else _to_value(output.type, next(values))
            for output in self.outputs
        }
        if self._needs_prediction:
            label = self._label(cells[-1])
            answer |= {output.name: label for output in self.outputs if output.column is None}
        return answer

    def _label(self, prediction: float | None) -> str | None:
        """Return the label of a predicted class; None if there is none."""
        classes = self.classes or ()
        is_known = prediction is not None and 0 <= prediction < len(classes)
        return classes[int(prediction)] if is_known and prediction is not None else None


def to_case_answer(answer: dict[str, Any] | RowError) -> Answer:
    """Return an answer, "dropped" or "refused"."""
    if isinstance(answer, RowRejected):
        return "dropped"
    return "refused" if isinstance(answer, RowError) else answer


def _accept(row: Mapping[str, Any], explain: bool = False) -> dict[str, Any]:  # noqa: ARG001 - a `ScoreRow`
    return {}


def _make_json_reader(field: Field) -> Callable[[Any], Any]:
    """Return the function that converts a value of a row to JSON; it raises RowError for a value of another type."""
    read = field.make_reader()
    if field.type.startswith("decimal"):
        return partial(_format_decimal, read)
    if field.type == "vector":
        return partial(_to_json_vector, read, field.size or 0)
    return lambda value: to_json_value(read(value))


def _format_decimal(read: Callable[[Any], float | None], value: Any) -> str | None:
    """Return a decimal with all of its digits."""
    if read(value) is None:
        return None
    number = value.item() if hasattr(value, "item") else value
    return str(
        number
        if isinstance(number, Decimal)
        else Decimal(number if isinstance(number, str) else repr(number))
    )


def _to_json_vector(read: Callable[[Any], Any], size: int, value: Any) -> Any:
    vector = read(value)
    if isinstance(vector, dict):
        return {"size": size, "indices": [*vector], "values": [*vector.values()]}
    return None if vector is None else [*vector]


def _to_value(type_: str, cell: Any) -> Any:
    """Return a cell of an answer in JSON as a Python value: dates and times are ISO text there."""
    if cell is None:
        return None
    element = parse_element_type(type_)
    if element is not None:
        return [_to_value(element, item) for item in cell]
    if type_ == "date":
        return date.fromisoformat(cell)
    return datetime.fromisoformat(cell) if type_ == "timestamp" else cell


def _build_batch(outputs: Sequence[Output], answers: Sequence[dict[str, Any] | None]) -> Batch:
    """Return answers as columns; None for a row that was dropped."""
    rejected = np.fromiter((answer is None for answer in answers), dtype=bool, count=len(answers))
    columns: dict[str, Numbers] = {}
    nulls: dict[str, Numbers] = {}
    for output in outputs:
        cells = [None if answer is None else answer[output.name] for answer in answers]
        columns[output.name], null = _to_column(output, cells)
        if null is not None and (null & ~rejected).any():
            nulls[output.name] = null
    return Batch(columns, rejected, nulls)


def _to_column(output: Output, cells: list[Any]) -> tuple[Numbers, Numbers | None]:
    """Return cells as an array, and where they are null if the array has NaN there and not None."""
    null = np.fromiter((cell is None for cell in cells), dtype=bool, count=len(cells))
    if output.type in ("double", "float"):
        return np.array([np.nan if cell is None else cell for cell in cells], dtype=np.float64), null
    sizes = {len(cell) for cell in cells if cell is not None} if output.type == "vector" else set()
    if output.type == "vector" and (len(sizes) == 1 or not cells):
        size = sizes.pop() if sizes else output.size or 0
        filled = [[np.nan] * size if cell is None else cell for cell in cells]
        return np.array(filled, dtype=np.float64).reshape(len(cells), size), null
    if not null.any() and (output.type in INTEGER_RANGES or output.type == "boolean"):
        return np.array(cells, dtype=bool if output.type == "boolean" else np.int64), None
    return np.fromiter(cells, dtype=object, count=len(cells)), None
