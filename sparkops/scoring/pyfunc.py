"""MLflow's `python_function` flavor of the compiled scorer, which loads without sparkops and without Spark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

import numpy as np

from ..errors import ModelError
from .artifact.file_names import CODE
from .artifact.scorer_folder import load
from .batch.columns import Batch
from .batch.pandas_columns import NanMeaning
from .rules.rule_monitor import RuleMode
from .scorer import Scorer

RULES, NAN = "rules", "nan"
DEFAULT_CONFIG = {RULES: "warn", NAN: "nan"}
"""The keys of `model_config` with their defaults."""


class CompiledModel:
    """A scorer behind MLflow's interface: from a pandas frame of fields to a pandas frame of outputs.

    Rules of the model are applied before a row is scored; `get_raw_model().broken` has the number of violations by
    rule.

    Args:
        scorer: The scorer.
        nan: What NaN in a floating column of a frame is: the number, or null.
    """

    def __init__(self, scorer: Scorer, nan: NanMeaning = "nan") -> None:
        self.scorer, self.nan = scorer, nan

    def get_raw_model(self) -> Scorer:
        """Return the scorer itself, as MLflow's flavors do."""
        return self.scorer

    def predict(self, frame: Any, params: dict[str, Any] | None = None) -> Any:  # noqa: ARG002 (MLflow's interface)
        """Return one row of outputs for each row of a pandas frame; the outputs of a dropped row are missing."""
        if not hasattr(frame, "columns"):
            raise ModelError(
                f"The model takes a pandas DataFrame with named columns, not {type(frame).__name__}."
            )
        batch = self.scorer.score_batch(frame, extra="ignore", nan=self.nan)
        outputs = {output.name: _to_pandas_column(batch, output.name) for output in self.scorer.outputs}
        # As objects, because pandas would make times of nanoseconds of them, in which null is `NaT`.
        objects = {name: cells for name, cells in outputs.items() if cells.dtype == object}
        columns = type(frame)(objects, index=frame.index, dtype=object)
        return type(frame)({**outputs, **{name: columns[name] for name in objects}}, index=frame.index)


def _to_pandas_column(batch: Batch, name: str) -> Any:
    """Return an output as a pandas column: numbers as an array, vectors as lists.

    Null, and each output of a dropped row, is None, or NaN in an array of numbers.
    """
    values = batch.columns[name]
    if values.ndim == 1 and (values.dtype.kind == "f" or not batch.rejected.any()):
        return values
    cells = np.fromiter(batch.cells(name), dtype=object, count=len(values))
    cells[batch.rejected] = None
    return cells


def _load_pyfunc(path: str, model_config: Mapping[str, Any] | None = None) -> CompiledModel:
    """Load the scorer of an artifact. MLflow calls this function by name.

    Args:
        path: The scorer's folder.
        model_config: `{"rules": MODE}`: "refuse" refuses violating rows, "warn" (the default) logs the first violation
            of each rule and counts the others, "count" only counts, "off" evaluates no rules. `{"nan": "null"}` reads
            NaN in floating columns as null; by default it is NaN.

    Raises:
        ModelError: The configuration has another value, or the folder no valid scorer.
    """
    config = {**DEFAULT_CONFIG, **(model_config or {})}
    rules: RuleMode = _get_option(config, RULES, get_args(RuleMode))
    nan: NanMeaning = _get_option(config, NAN, get_args(NanMeaning))
    # MLflow has put the folder of code on the path of imports already: loading by MLflow runs a model's code.
    folder = Path(path)
    return CompiledModel(load(folder, rules=rules, code=folder.parent / CODE), nan)


def _get_option(config: Mapping[str, Any], key: str, allowed: Sequence[str]) -> Any:
    """Return an option of the configuration, which must be one of the allowed words."""
    value = config[key]
    if value not in allowed:
        raise ModelError(f"model_config says {key}: {value!r}; it is one of {', '.join(allowed)}.")
    return value
