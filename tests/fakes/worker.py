"""A fake of a pyfunc model's process: it computes answers with a fixed rule and records the requests."""

from __future__ import annotations

from typing import Any

from sparkops.errors import RowError
from sparkops.pyfunc.worker.manifest import Manifest
from sparkops.pyfunc.worker.worker_process import Answers, Columns
from sparkops.scoring.ir.description import Output
from sparkops.scoring.ir.field import Field

MANIFEST = Manifest(
    flavor="sklearn",
    fields=(Field("x", "double", nullable=False), Field("n", "integer"), Field("kind", "string")),
    outputs=(
        Output("prediction", "double", "prediction", "prediction"),
        Output("probability", "vector", "probability", "probability", 2),
    ),
    python="3.11",
    requirements=(),
    hash="feedfacefeedfacefeed",
)


class DoublingWorker:
    """Returns twice `x`; refuses all rows of a request if `kind` is "odd" in one of them, as scikit-learn does.

    Implements `Worker`.
    """

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.closed = 0

    def answer(self, columns: Columns) -> Answers:
        self.requests.append({name: list(values) for name, values in columns.items()})
        if "odd" in columns["kind"]:
            raise RowError("The model refuses this: ValueError: odd")
        doubled = [2 * x for x in columns["x"]]
        return {
            "prediction": ("double", None, doubled),
            "probability": ("vector", 2, [[0.25, 0.75]] * len(doubled)),
        }

    def close(self) -> None:
        self.closed += 1
