"""What a training job returns, what it must reach, and what a scoring job is handed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A fitted model, to be certified, measured and registered.

    Args:
        fitted: The fitted model: a `PipelineModel` or any one fitted stage of Spark ML; or a fitted scikit-learn
            estimator, an ONNX model, a Keras model, a PyTorch module, MLflow's `PythonModel`, or the `Path` of a folder
            that some flavor's `save_model` of MLflow wrote.
        example: Rows that hold the columns the model reads, as it was trained on; its types become the signature.
        heldout: Rows that took no part in training; the metrics and the gates are computed on them.
        evaluate: From the scored held-out rows (input columns and prediction columns) to named metrics.
        metrics: Further numbers to log, known already.
        label: The column that holds the truth.
    """

    fitted: Any  # no common class: pyspark.ml.Model, or another library's own
    example: DataFrame
    heldout: DataFrame | None = None
    evaluate: Callable[[DataFrame], Mapping[str, float]] | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    label: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """One condition for taking the alias `champion`.

    Args:
        metric: Name of a metric that `Model.evaluate` returns.
        at_least: Lowest value that passes.
        at_most: Highest value that passes.
        not_worse: Compare with the present champion, scored on the same held-out rows.
        tolerance: How much worse than the champion still passes, in the metric's unit.
        better: Which way is better.
    """

    metric: str
    at_least: float | None = None
    at_most: float | None = None
    not_worse: bool = False
    tolerance: float = 0.0
    better: Literal["higher", "lower"] = "higher"


class ModelVersion(Protocol):
    """A registered model that a job reads: named by the argument, pinned to one version for the run."""

    @property
    def name(self) -> str:
        """Return the registered name."""

    @property
    def version(self) -> int:
        """Return the pinned version."""

    @property
    def way(self) -> object | None:
        """Return how the last frame was scored, and why so, as text tells it; None before the first."""

    def transform(self, frame: DataFrame, *, arrays: bool = False) -> DataFrame:
        """Return the frame with the model's output columns and `model_version`; `arrays` gives vectors as arrays."""
