"""The parity certificate: rows with Spark's own answers, every one the scorer's answer too."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sparkops.artifact.sample import framed, plain, sampled
from sparkops.artifact.spark_answers import halved
from sparkops.errors import ParityBroken

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from sparkops.pipeline.model import Model
    from sparkops.scoring.ir.description import Description
    from sparkops.scoring.scorer import Answer, Scorer

Case = tuple[dict[str, Any], "Answer"]

SAMPLED = 100  # rows from the training rows, and as many from the held-out rows
REFUSED = 12  # rows that the scorer refuses and Spark is asked about one by one: a failing job takes 0.3 s
_INDEX = "_sparkops_row"
_log = logging.getLogger("sparkops.registry")


def certified(model: Model, description: Description) -> list[Case]:
    """Return the certificate of a compiled model, or raise `ParityBroken` at a row where scorer and Spark differ."""
    from sparkops.scoring import edge_rows
    from sparkops.scoring.scorer import Scorer

    names = [field.name for field in description.fields]
    frames = [frame for frame in (model.example, model.heldout) if frame is not None]
    rows = [row for frame in frames for row in sampled(frame, names, SAMPLED)]
    rows += edge_rows(description, rows)
    return compared(Scorer(description, raw=True), model.fitted, model.example, rows)


def compared(scorer: Scorer, fitted: Any, like: DataFrame, rows: Sequence[dict[str, Any]]) -> list[Case]:
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
    refused = spread([index for index, answer in enumerate(mine) if answer == "refused"], REFUSED)
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
        return halved(self._transformed, rows)

    def _transformed(self, rows: Sequence[dict[str, Any]]) -> list[Answer]:
        frame = framed(self._like, self._fields, rows, _INDEX)
        got = self._fitted.transform(frame).select(_INDEX, *self._columns).collect()
        found = {row[_INDEX]: {name: plain(row[name]) for name in self._columns} for row in got}
        return [found.get(index, "dropped") for index in range(len(rows))]


def spread(indices: list[int], most: int) -> list[int]:
    """Return at most `most` of the indices, evenly spread."""
    step = max(1, -(-len(indices) // most))
    return indices[::step]
