"""The model that a training job returns, its gates, and the model version that a scoring job receives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A fitted model that is to be certified, evaluated and registered.

    Args:
        fitted: The fitted model: a `PipelineModel` or any one fitted stage of Spark ML; or a fitted scikit-learn
            estimator, an ONNX model, a Keras model, a PyTorch module, MLflow's `PythonModel`, or the `Path` of a folder
            written by `save_model` of any MLflow flavor.
        example: Rows with the input columns of the model, as in training; their types become the signature.
        heldout: Rows not used in training; metrics and gates are computed on them.
        evaluate: Function of the scored held-out rows (input and prediction columns) that returns named metrics.
        metrics: Further metrics to log.
        label: Label column.
    """

    # No common base class: pyspark.ml.Model or a class of another library.
    fitted: Any
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
        better: Whether higher or lower values are better.
    """

    metric: str
    at_least: float | None = None
    at_most: float | None = None
    not_worse: bool = False
    tolerance: float = 0.0
    better: Literal["higher", "lower"] = "higher"


class ModelVersion(Protocol):
    """A registered model that a job reads: named by the argument, pinned to one version for a run."""

    @property
    def name(self) -> str:
        """Return the registered name."""

    @property
    def version(self) -> int:
        """Return the pinned version."""

    @property
    def scoring_method(self) -> object | None:
        """Return how the last DataFrame was scored and the reason, as text by `str`; None before the first."""

    def transform(self, frame: DataFrame, *, arrays: bool = False) -> DataFrame:
        """Return the frame with the model's output columns and `model_version`; `arrays` gives vectors as arrays."""
