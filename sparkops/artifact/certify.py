"""The parity certificate: rows with Spark's own answers, every one the scorer's answer too."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sparkops.artifact.frames import create_frame, sample_rows, to_plain
from sparkops.artifact.spark_answers import bisect_refused
from sparkops.errors import ParityBroken

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from sparkops.pipeline.model import Model
    from sparkops.scoring.ir.description import Description
    from sparkops.scoring.scorer import Answer, Scorer
from pathlib import Path

from sparkops.errors import ModelError
from sparkops.scoring.artifact.file_names import CERTIFICATE, SCORER

Case = tuple[dict[str, Any], "Answer"]

SAMPLE_ROWS = 100  # rows from the training rows, and as many from the held-out rows
MAX_REFUSED = (
    12  # rows that the scorer refuses and Spark is asked about one by one: a failing job takes 0.3 s
)
_INDEX = "_sparkops_row"
_log = logging.getLogger("sparkops.registry")


def certify(model: Model, description: Description) -> list[Case]:
    """Return the certificate of a compiled model, or raise `ParityBroken` at a row where scorer and Spark differ."""
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
    """Return rows with Spark's answers where the scorer gives the same, or raise `ParityBroken`.

    Args:
        scorer: The compiled scorer.
        fitted: The fitted model.
        like: A frame with the input columns in their types.
        rows: What both are asked for.
    """
    from sparkops.scoring.artifact.certificate import compare_answers

    spark = _Spark(scorer, fitted, like)
    mine = [scorer.answer(row) for row in rows]
    taken = [index for index, answer in enumerate(mine) if answer != "refused"]
    refused = evenly_spaced([index for index, answer in enumerate(mine) if answer == "refused"], MAX_REFUSED)
    theirs = dict(zip(taken, spark.answers([rows[index] for index in taken]), strict=True))
    theirs |= {index: spark.answers([rows[index]])[0] for index in refused}
    asked = sorted(theirs)
    differences = compare_answers(
        [theirs[index] for index in asked], [mine[index] for index in asked], scorer.outputs
    )
    if differences:
        first = differences[0]
        raise ParityBroken(
            f"The compiled scorer and Spark differ on {len(differences)} of {len(asked)} rows, so nothing was "
            f"registered. First: {first}; row: {rows[asked[first.index]]}."
        )
    _log.info("certificate: %d rows agree, %d of them refused by both", len(asked), len(refused))
    return [(rows[index], theirs[index]) for index in asked]


class _Spark:
    """What Spark answers to rows, told in the scorer's words."""

    def __init__(self, scorer: Scorer, fitted: Any, like: DataFrame) -> None:
        self._fields, self._fitted, self._like = scorer.fields, fitted, like
        self._columns = [output.column for output in scorer.outputs if output.column is not None]

    def answers(self, rows: Sequence[dict[str, Any]]) -> list[Answer]:
        """Return an answer for each row, halving what Spark refuses as a whole until each row stands alone."""
        return bisect_refused(self._transformed, rows)

    def _transformed(self, rows: Sequence[dict[str, Any]]) -> list[Answer]:
        frame = create_frame(self._like, self._fields, rows, _INDEX)
        got = self._fitted.transform(frame).select(_INDEX, *self._columns).collect()
        found = {row[_INDEX]: {name: to_plain(row[name]) for name in self._columns} for row in got}
        return [found.get(index, "dropped") for index in range(len(rows))]


def evenly_spaced(indices: list[int], most: int) -> list[int]:
    """Return at most `most` of the indices, evenly spread."""
    step = max(1, -(-len(indices) // most))
    return indices[::step]


def verify(model: Path) -> str:
    """Return why a compiled model is not ready, as a part of a sentence; empty when it is."""
    from sparkops.scoring import load
    from sparkops.scoring.artifact.certificate import find_differences, read_cases

    certificate = model / SCORER / CERTIFICATE
    if not certificate.is_file():
        return f"{certificate} is gone"
    try:
        differences = find_differences(load(model / SCORER), read_cases(certificate.read_text("utf-8")))
    except (ModelError, ValueError) as error:
        return f"its scorer is damaged ({error})"
    return (
        f"{len(differences)} rows differ from its certificate, first: {differences[0]}" if differences else ""
    )
