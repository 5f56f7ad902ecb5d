"""MLflow's `python_function` flavor of the compiled scorer: loads in plain MLflow, without sparkops and without Spark."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import numpy as np

from ..errors import ModelError
from .artifact.scorer_folder import load
from .batch.cells import to_column
from .batch.columns import Batch
from .rules.rule_monitor import RuleMode
from .scorer import Scorer

RULES = "rules"  # key of `model_config`
DEFAULT: RuleMode = "warn"


class CompiledModel:
    """A scorer behind MLflow's interface: a pandas frame in, a pandas frame with the model's outputs back.

    The rules that the model carries judge each row first; `get_raw_model().broken` holds how many rows broke which.
    """

    def __init__(self, scorer: Scorer) -> None:
        self.scorer = scorer

    def get_raw_model(self) -> Scorer:
        """Return the scorer itself, as MLflow's flavors do."""
        return self.scorer

    def predict(self, frame: Any, params: dict[str, Any] | None = None) -> Any:  # noqa: ARG002 (MLflow's interface)
        """Return one row of outputs for each row of a pandas frame; a row that the model drops has no values."""
        if not hasattr(frame, "columns"):
            raise ModelError(
                f"The model takes a pandas DataFrame with named columns, not {type(frame).__name__}."
            )
        given = {
            field.name: to_column(frame[field.name], field.type)
            for field in self.scorer.fields
            if field.name in frame.columns
        }
        batch = self.scorer.score_batch(given)
        outputs = {output.name: _cells(batch, output.name) for output in self.scorer.outputs}
        return type(frame)(outputs, index=frame.index)


def _cells(batch: Batch, name: str) -> Any:
    """Return one output as pandas takes it: numbers as an array, vectors as lists, None where a row was dropped."""
    values = batch.columns[name]
    if values.ndim == 1 and (values.dtype.kind == "f" or not batch.rejected.any()):
        return values
    cells = np.fromiter(values.tolist(), dtype=object, count=len(values))
    cells[batch.rejected] = None
    return cells


def _load_pyfunc(path: str, model_config: Mapping[str, Any] | None = None) -> CompiledModel:
    """Load the scorer of an artifact: the name and shape that MLflow looks for.

    Args:
        path: The scorer's folder.
        model_config: `{"rules": "refuse"}` refuses rows that break a rule; "warn" (the default) warns of the first and counts
            the rest, "count" only counts, "off" judges none.

    Raises:
        ModelError: It holds something else.
    """
    return CompiledModel(load(Path(path), rules=_apply(model_config or {})))


def _apply(config: Mapping[str, Any]) -> RuleMode:
    given = config.get(RULES, DEFAULT)
    for known in get_args(RuleMode):
        if given == known:
            apply: RuleMode = known
            return apply
    allowed = ", ".join(get_args(RuleMode))
    raise ModelError(
        f"model_config says {RULES}: {given!r}; a model's rules are applied by one of {allowed}."
    )
