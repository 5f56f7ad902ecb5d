"""The parity certificate of a compiled model: rows with Spark's answers, which the scorer must reproduce."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparkops.artifact.frames import create_frame, read_session_zone, sample_rows, sample_unread, to_python
from sparkops.artifact.spark_answers import (
    align_answers,
    bisect_refused,
    find_analysis_problem,
    select_indexed,
)
from sparkops.core.column_name import quote_column
from sparkops.driver.threads import inherit_job_tags
from sparkops.errors import ModelError, ParityBroken
from sparkops.scoring.artifact.file_names import CERTIFICATE, SCORER

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from sparkops.pipeline.model import Model
    from sparkops.scoring.artifact.certificate import Difference
    from sparkops.scoring.ir.description import Description
    from sparkops.scoring.ir.field import Field
    from sparkops.scoring.protocol import Answer, Case
    from sparkops.scoring.scorer import Scorer

# Rows taken from the training rows, and as many from the held-out rows.
SAMPLE_ROWS = 100
# Rows that the scorer refuses are given to Spark one by one, and a failing Spark job takes 0.3 s.
MAX_REFUSED = 12
# Of them as many at a time.
_THREADS = 4
_INDEX = "_sparkops_row"
# Characters of a row in a message.
_MAX_ROW = 400
_log = logging.getLogger("sparkops.registry")


def certify(model: Model, description: Description) -> list[Case]:
    """Return the certificate of a compiled model: sampled rows and generated edge rows with Spark's answers.

    Raises:
        ParityBroken: Scorer and Spark differ on some row.
    """
    from sparkops.scoring import edge_rows
    from sparkops.scoring.scorer import Scorer

    names = [field.name for field in description.fields]
    frames = [frame for frame in (model.example, model.heldout) if frame is not None]
    rows = [row for frame in frames for row in sample_rows(frame, names, SAMPLE_ROWS)]
    rows += edge_rows(description, rows)
    return compare_with_spark(Scorer(description, raw=True), model.fitted, model.example, rows)


def compare_with_spark(
    scorer: Scorer, fitted: Any, like: DataFrame, rows: Sequence[dict[str, Any]]
) -> list[Case]:
    """Return rows with Spark's answers, all of them equal to the scorer's.

    Of the rows that the scorer refuses, at most `MAX_REFUSED` are compared.

    Args:
        scorer: The compiled scorer.
        fitted: The fitted Spark model.
        like: A frame that has the input columns in their types.
        rows: Rows to score.

    Raises:
        ParityBroken: Scorer and Spark differ on some row, or Spark's analysis refuses all rows.
    """
    from sparkops.scoring.artifact.certificate import compare_answers

    actual = [scorer.answer(row) for row in rows]
    accepted = [index for index, answer in enumerate(actual) if answer != "refused"]
    refused = sample_evenly(find_refused(scorer, rows, actual), MAX_REFUSED)
    columns = [output.column for output in scorer.outputs if output.column is not None]
    spark = FittedAnswers(scorer.fields, columns, fitted, like)
    accepted_rows = [rows[index] for index in accepted] or rows[:1]
    if problem := spark.find_analysis_problem(accepted_rows):
        raise ParityBroken(f"Spark's analysis refuses every row: {problem}")
    expected = dict(zip(accepted, spark.answer_rows(accepted_rows)[: len(accepted)], strict=True))
    expected |= zip(refused, spark.answer_each([rows[index] for index in refused]), strict=True)
    order = sorted(expected)
    differences = compare_answers(
        [expected[index] for index in order], [actual[index] for index in order], scorer.outputs
    )
    if differences:
        raise ParityBroken(_describe_differences(differences, [rows[index] for index in order]))
    _log.info("certificate: %d rows agree, %d of them refused by both", len(order), len(refused))
    return [(rows[index], expected[index]) for index in order]


def _describe_differences(differences: Sequence[Difference], rows: Sequence[dict[str, Any]]) -> str:
    first, count = differences[0], len({difference.index for difference in differences})
    shown = repr(rows[first.index])
    shown = shown if len(shown) <= _MAX_ROW else f"{shown[:_MAX_ROW]}..."
    return (
        f"the compiled scorer and Spark differ on {count} of {len(rows)} rows. First: {first}; row: {shown}"
    )


def verify(model: Path, code: Path | None = None) -> str:
    """Re-score the certificate of a model folder; return why the model is not usable, or an empty string.

    The reason reads as a part of a sentence. No Spark is needed.

    Args:
        model: The folder.
        code: Code of the model's row functions, if it may be run.
    """
    from sparkops.scoring import load
    from sparkops.scoring.artifact.certificate import find_differences, read_certificate

    certificate = model / SCORER / CERTIFICATE
    if not certificate.is_file():
        return f"{certificate} is gone"
    try:
        cases = read_certificate(certificate)
        differences = find_differences(load(model / SCORER, code=code), cases)
    except (ModelError, ValueError) as error:
        return f"its scorer is damaged ({error})"
    if not differences:
        return ""
    return f"{len(differences)} rows differ from its certificate, first: {differences[0]}"


def find_refused(scorer: Scorer, rows: Sequence[Mapping[str, Any]], answers: Sequence[Answer]) -> list[int]:
    """Return the positions of the rows that the scorer refuses, without those on which Spark does not end."""
    return [
        index
        for index, (row, answer) in enumerate(zip(rows, answers, strict=True))
        if answer == "refused" and not scorer.is_endless(row)
    ]


def sample_evenly(indices: list[int], most: int) -> list[int]:
    """Return at most `most` of the indices, evenly spaced."""
    step = max(1, -(-len(indices) // most))
    return indices[::step]


class FittedAnswers:
    """Scores plain rows with a fitted Spark model.

    Args:
        fields: The input columns.
        columns: The output columns.
        fitted: The fitted model.
        like: A frame that has the input columns in their types.
    """

    def __init__(self, fields: Sequence[Field], columns: Sequence[str], fitted: Any, like: DataFrame) -> None:
        self._fields, self._columns, self._fitted, self._like = fields, columns, fitted, like
        self._unread = sample_unread(like, fields)
        self._analyzed: tuple[Sequence[dict[str, Any]], DataFrame] | None = None

    def answer_rows(self, rows: Sequence[dict[str, Any]]) -> list[Answer]:
        """Return an answer for each row: output values, "dropped" or "refused"."""
        return bisect_refused(self._transform, rows)

    def answer_each(self, rows: Sequence[dict[str, Any]]) -> list[Answer]:
        """Return an answer for each row, each scored alone.

        Several are scored at a time: the time of one row is the driver's analysis.
        """

        def answer_alone(row: dict[str, Any]) -> Answer:
            return self.answer_rows([row])[0]

        answer = inherit_job_tags(self._like.sparkSession, answer_alone)
        with ThreadPoolExecutor(_THREADS, thread_name_prefix="sparkops-certify") as executor:
            return list(executor.map(answer, rows))

    def find_analysis_problem(self, rows: Sequence[dict[str, Any]]) -> str:
        """Return why Spark cannot score any rows with these columns; empty if it can, and the analysis is kept."""

        def analyze() -> None:
            self._analyzed = (rows, self._transform_rows(rows))

        return find_analysis_problem(analyze)

    def _transform_rows(self, rows: Sequence[dict[str, Any]]) -> DataFrame:
        if self._analyzed is not None and self._analyzed[0] is rows:
            return self._analyzed[1]
        complete_rows = [{**self._unread, **row} for row in rows]
        frame = create_frame(self._like, self._fields, complete_rows, _INDEX)
        transformed = self._fitted.transform(frame)
        scored: DataFrame = select_indexed(
            transformed, _INDEX, [quote_column(name) for name in self._columns]
        )
        return scored

    def _transform(self, rows: Sequence[dict[str, Any]]) -> list[Answer]:
        collected, zone = self._transform_rows(rows).collect(), read_session_zone(self._like)
        answers = [
            dict(zip(self._columns, (to_python(cell, zone) for cell in row[1:]), strict=True))
            for row in collected
        ]
        return align_answers([row[0] for row in collected], answers, rows, self._transform)
