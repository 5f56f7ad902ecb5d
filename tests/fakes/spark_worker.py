"""A fake of a local Spark: it computes answers with a fixed rule and records the requests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sparkops.errors import RowError
from sparkops.pyfunc.worker.manifest import Manifest
from sparkops.pyfunc.worker.spark_worker import Row, RowCells
from sparkops.scoring.ir.description import Output
from sparkops.scoring.ir.field import Field

MANIFEST = Manifest(
    flavor="spark",
    fields=(
        Field("x", "double"),
        Field("n", "integer", nullable=False),
        Field("price", "decimal(20,2)"),
        Field("day", "date"),
        Field("v", "vector", size=2),
    ),
    outputs=(
        Output("prediction", "double", "prediction", "prediction"),
        Output("probability", "vector", "probability", "probability", 2),
        Output("label", "string", None, "label"),
    ),
    others=(Output("day_after", "date", "day_after", "column"), Output("n2", "integer", "n2", "column")),
    classes=("small", "large"),
    python="3.11",
    requirements=(),
    hash="feedfacefeedfacefeed",
)


class FixedWorker:
    """Predicts 1 for a positive `x`, null for null; refuses a negative `x` and drops a row without a day. Implements `SparkWorker`."""

    def __init__(self) -> None:
        self.requests: list[list[Row]] = []
        self.closed = 0

    def transform(self, rows: Sequence[Row], columns: Sequence[str]) -> list[RowCells]:
        self.requests.append(list(rows))
        if any(row["x"] is not None and row["x"] < 0 for row in rows):
            raise RowError("A stage of the model refuses this row: ValueError: negative.")
        return [None if row["day"] is None else [_cell(row, name) for name in columns] for row in rows]

    def close(self) -> None:
        self.closed += 1


def _cell(row: Row, name: str) -> Any:
    x = row["x"]
    return {
        "prediction": None if x is None else float(x > 0),
        "probability": None if x is None else [0.25, 0.75],
        "day_after": row["day"],
        "n2": None if x is None else row["n"],
    }[name]
