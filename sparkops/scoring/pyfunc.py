"""MLflow's `python_function` flavor of the compiled scorer, which loads without sparkops and without Spark."""

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

# Key of `model_config`.
RULES = "rules"
DEFAULT: RuleMode = "warn"


class CompiledModel:
    """A scorer behind MLflow's interface: from a pandas frame of fields to a pandas frame of outputs.

    Rules of the model are applied before a row is scored; `get_raw_model().broken` has the number of violations by
    rule.
    """

    def __init__(self, scorer: Scorer) -> None:
        self.scorer = scorer

    def get_raw_model(self) -> Scorer:
        """Return the scorer itself, as MLflow's flavors do."""
        return self.scorer

    def predict(self, frame: Any, params: dict[str, Any] | None = None) -> Any:  # noqa: ARG002 (MLflow's interface)
        """Return one row of outputs for each row of a pandas frame; the outputs of a dropped row are missing."""
        if not hasattr(frame, "columns"):
            raise ModelError(
                f"The model takes a pandas DataFrame with named columns, not {type(frame).__name__}."
            )
        columns = {
            field.name: to_column(frame[field.name], field.type)
            for field in self.scorer.fields
            if field.name in frame.columns
        }
        batch = self.scorer.score_batch(columns)
        outputs = {output.name: _cells(batch, output.name) for output in self.scorer.outputs}
        return type(frame)(outputs, index=frame.index)


def _cells(batch: Batch, name: str) -> Any:
    """Return an output as a pandas column: numbers as an array, vectors as lists, None for dropped rows."""
    values = batch.columns[name]
    if values.ndim == 1 and (values.dtype.kind == "f" or not batch.rejected.any()):
        return values
    cells = np.fromiter(values.tolist(), dtype=object, count=len(values))
    cells[batch.rejected] = None
    return cells


def _load_pyfunc(path: str, model_config: Mapping[str, Any] | None = None) -> CompiledModel:
    """Load the scorer of an artifact. MLflow calls this function by name.

    Args:
        path: The scorer's folder.
        model_config: `{"rules": MODE}`: "refuse" refuses violating rows, "warn" (the default) logs the first violation
            of each rule and counts the others, "count" only counts, "off" evaluates no rules.

    Raises:
        ModelError: The configuration has another mode, or the folder no valid scorer.
    """
    return CompiledModel(load(Path(path), rules=_rule_mode(model_config or {})))


def _rule_mode(config: Mapping[str, Any]) -> RuleMode:
    value = config.get(RULES, DEFAULT)
    for mode in get_args(RuleMode):
        if value == mode:
            rule_mode: RuleMode = mode
            return rule_mode
    allowed = ", ".join(get_args(RuleMode))
    raise ModelError(
        f"model_config says {RULES}: {value!r}; a model's rules are applied by one of {allowed}."
    )
