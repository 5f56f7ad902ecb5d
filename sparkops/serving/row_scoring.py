"""Scoring of the rows of a request: answers in row order, with a reason for each row that has none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sparkops.errors import ModelError, RowError, RowRejected, as_clause
from sparkops.scoring.protocol import ManyRowScorer, RowScorer
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
                score_chunk = (
                    self._score_together if isinstance(self._scorer, ManyRowScorer) else self._score_chunk
                )
                for indices in _split_indices(len(rows.rows)):
                    score_chunk(rows, indices, options, answers)
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

    def _score_together(
        self, rows: RequestRows, indices: range, options: RequestOptions, answers: Answers
    ) -> None:
        """Score rows in one call, which returns the error of each row that has no answer."""
        assert isinstance(self._scorer, ManyRowScorer)
        results: dict[int, Mapping[str, Any] | RowError] = {}
        readable: dict[int, dict[str, Any]] = {}
        for index in indices:
            try:
                readable[index] = self._schema.read_row(rows.rows[index], rows.convert, options.extra)
            except RowError as error:
                results[index] = error
        results.update(zip(readable, self._scorer.score_rows([*readable.values()]), strict=True))
        for index in indices:
            outputs = self._to_outputs(index, results[index], options, answers)
            self._add_answer(answers, rows.rows[index], outputs, options)

    def _to_outputs(
        self, index: int, result: Mapping[str, Any] | RowError, options: RequestOptions, answers: Answers
    ) -> Mapping[str, Any]:
        """Return the outputs of a row; if it has none, note the reason and return nulls.

        Raises:
            RequestError: The row is invalid and the request does not accept that.
        """
        if not isinstance(result, RowError):
            return result
        if isinstance(result, RowRejected):
            answers.rejected[index] = str(result)
        elif options.on_error == "fail":
            raise RequestError(f"Row {index}: {result}", row=index, field=result.field) from result
        else:
            answers.errors[index] = RowProblem(str(result), result.field)
        return self._null_outputs

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
            except RowError as error:
                self._to_outputs(index, error, options, answers)
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
