"""A model's process that is none: it answers by a rule, and tells what it was asked."""

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


class Doubling:
    """Answers twice `x`; refuses rows where `kind` is "odd", all of them at once, as scikit-learn does."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.closed = 0

    def ask(self, columns: Columns) -> Answers:
        self.asked.append({name: list(values) for name, values in columns.items()})
        if "odd" in columns["kind"]:
            raise RowError("The model refuses this: ValueError: odd")
        doubled = [2 * x for x in columns["x"]]
        return {
            "prediction": ("double", None, doubled),
            "probability": ("vector", 2, [[0.25, 0.75]] * len(doubled)),
        }

    def close(self) -> None:
        self.closed += 1
