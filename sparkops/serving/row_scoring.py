"""Scoring of the rows of a request: answers in row order, with a reason for each row that has none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sparkops.errors import ModelError, RowError, RowRejected, as_clause
from sparkops.scoring.protocol import RowScorer
from sparkops.serving.request_error import RequestError
from sparkops.serving.request_options import RequestOptions
from sparkops.serving.request_rows import InputSchema, RequestRows

# Rows that a model in a process of its own scores at once.
_CHUNK = 1000


@dataclass(frozen=True, slots=True)
class RowProblem:
    """Why a row has no answer: a reason, and the field if it is one field."""

    reason: str
    field: str | None = None


@dataclass(slots=True)
class Answers:
    """The answers to the rows of a request.

    Args:
        predictions: Outputs of each row; null for the rows below.
        rejected: Reason for each row that the model itself drops.
        errors: Problem of each invalid row, where the request accepts them.
        extra: Number of rows by name of a field that the model does not know.
    """

    predictions: list[Mapping[str, Any]] = field(default_factory=list)
    rejected: dict[int, str] = field(default_factory=dict)
    errors: dict[int, RowProblem] = field(default_factory=dict)
    extra: dict[str, int] = field(default_factory=dict)


class RowScoring:
    """Scores the rows of requests.

    Args:
        scorer: The model.
        schema: Its fields.
    """

    def __init__(self, scorer: RowScorer, schema: InputSchema) -> None:
        self._scorer, self._schema = scorer, schema
        self._field_count = len(schema.names)
        self._null_outputs: dict[str, Any] = {output.name: None for output in scorer.outputs}

    @property
    def schema(self) -> InputSchema:
        """Return the fields of the model."""
        return self._schema

    def score(self, rows: RequestRows, options: RequestOptions) -> Answers:
        """Score all rows.

        Raises:
            RequestError: A row is invalid and the request does not accept that, or the model's process failed.
        """
        answers = Answers()
        try:
            if self._scorer.is_fast or options.explain:
                self._score_each(rows, range(len(rows.rows)), options, answers)
            else:
                for indices in _split_indices(len(rows.rows)):
                    self._score_chunk(rows, indices, options, answers)
        except ModelError as error:
            # A model that is not Spark's is scored in a process of its own, which raises this.
            raise RequestError(str(error), status=503) from error
        return answers

    def _score_chunk(
        self, rows: RequestRows, indices: range, options: RequestOptions, answers: Answers
    ) -> None:
        """Score rows together; if one of them is invalid, one by one."""
        values = [rows.rows[index] for index in indices]
        try:
            batch = self._scorer.score_batch(
                [self._schema.read_row(row, rows.convert, options.extra) for row in values]
            )
        except RowError:
            self._score_each(rows, indices, options, answers)
            return
        for index, row, outputs in zip(indices, values, batch.rows(), strict=True):
            if outputs is None:
                answers.rejected[index] = "The model skips this row."
            self._add_answer(answers, row, outputs or self._null_outputs, options)

    def _score_each(
        self, rows: RequestRows, indices: range, options: RequestOptions, answers: Answers
    ) -> None:
        explain, convert, read_row = options.explain, rows.convert, self._schema.read_row
        score = self._score_and_explain if explain else self._scorer.score
        empty = {**self._null_outputs, "explanation": None} if explain else self._null_outputs
        for index in indices:
            values = rows.rows[index]
            try:
                outputs = score(read_row(values, convert, options.extra))
            except RowRejected as error:
                answers.rejected[index] = str(error)
                outputs = empty
            except RowError as error:
                if options.on_error == "fail":
                    raise RequestError(f"Row {index}: {error}", row=index, field=error.field) from error
                answers.errors[index] = RowProblem(str(error), error.field)
                outputs = empty
            self._add_answer(answers, values, outputs, options)

    def _add_answer(
        self, answers: Answers, values: Any, outputs: Mapping[str, Any], options: RequestOptions
    ) -> None:
        """Add the outputs of a row, and count or pass back its extra fields."""
        if options.extra == "pass" or len(values) > self._field_count:
            extra = self._schema.find_extra(values)
            for name in extra:
                answers.extra[name] = answers.extra.get(name, 0) + 1
            if options.extra == "pass":
                outputs = {**outputs, "extra": extra}
        answers.predictions.append(outputs)

    def _score_and_explain(self, row: Mapping[str, Any]) -> dict[str, Any]:
        try:
            return self._scorer.score(row, explain=True)
        except ModelError as error:
            raise RequestError(f"{as_clause(error)}. Remove `explain`.") from error


def _split_indices(count: int) -> Iterator[range]:
    for start in range(0, count, _CHUNK):
        yield range(start, min(start + _CHUNK, count))
