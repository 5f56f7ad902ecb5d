"""A fake scorer that needs no model: it computes answers with a fixed rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sparkops.errors import ModelError, RowError, RowRejected, UnknownName
from sparkops.scoring.ir.description import Output
from sparkops.scoring.ir.field import Field


class TenTimesScorer:
    """Predicts ten times `x`; drops rows where `kind` is "odd", as a stage with `skip` does. Implements `RowScorer`."""

    version = "feedfacefeedface"
    classes = None
    ignored = ()
    reference, is_fast = "Spark", True
    tolerance = (1e-12, 1e-9)

    def __init__(self, factor: float = 10.0) -> None:
        self.factor = factor
        self._chosen: tuple[str, ...] = ("prediction", "probability")
        self.broken: dict[str, int] = {}
        self.fields = (Field("x", "double"), Field("kind", "string"))
        self.outputs: tuple[Output, ...] = (
            Output("prediction", "double", "prediction", "prediction"),
            Output("probability", "vector", "probability", "probability"),
        )

    def score(self, row: Mapping[str, Any], explain: bool = False) -> dict[str, Any]:
        if explain:
            raise ModelError("Only linear models and trees are explained, and this model ends with neither.")
        for name in row:
            if name not in ("x", "kind"):
                raise RowError(f"Field `{name}` is not read by this model.", field=name)
        if not isinstance(row.get("x"), int | float):
            raise RowError(f"Field `x` takes a double, not {row.get('x')!r}.", field="x")
        if row.get("kind") == "odd":
            raise RowRejected("Field `kind`: 'odd' was not seen in training.", field="kind")
        answer = {"prediction": row["x"] * self.factor, "probability": [0.25, 0.75]}
        return {name: answer[name] for name in self._chosen}

    def with_outputs(self, names: Sequence[str]) -> TenTimesScorer:
        unknown = [name for name in names if name not in ("prediction", "probability")]
        if unknown:
            raise UnknownName("output", unknown[0], ["prediction", "probability"])
        chosen = TenTimesScorer(self.factor)
        chosen._chosen = tuple(names)
        chosen.outputs = tuple(output for output in self.outputs if output.name in names)
        return chosen

    def answer(self, row: Mapping[str, Any]) -> Any:
        try:
            return self.score(row)
        except RowRejected:
            return "dropped"
        except RowError:
            return "refused"
