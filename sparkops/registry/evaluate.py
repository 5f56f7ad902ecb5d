"""Metrics of a fitted model on the held-out rows, by the author's own function."""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sparkops.errors import ModelError
from sparkops.pipeline.model import Model

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@contextmanager
def kept(frame: DataFrame | None) -> Iterator[None]:
    """Keep the held-out rows in memory while several models and metrics read them."""
    if frame is None or frame.is_cached:
        yield
        return
    frame.persist()
    try:
        yield
    finally:
        frame.unpersist()


def measured(model: Model) -> dict[str, float]:
    """Return the metrics of a trained model: those it brought, and those on its held-out rows."""
    if model.evaluate is None:
        return _numbers(model.metrics)
    if model.heldout is None:
        raise ModelError("Model.evaluate needs rows to look at: give Model.heldout too.")
    if model.heldout.isEmpty():
        raise ModelError(
            "Model.heldout has no rows, so no metric can be computed. Check how the job splits its table."
        )
    return {**_numbers(model.metrics), **on_heldout(model, model.fitted)}


def on_heldout(model: Model, fitted: Any) -> dict[str, float]:
    """Return what the author's function says of a fitted model's answers to the held-out rows."""
    if model.evaluate is None or model.heldout is None:
        raise ModelError("A gate with not_worse needs Model.heldout and Model.evaluate.")
    return _numbers(model.evaluate(fitted.transform(model.heldout)))


def _numbers(metrics: Mapping[str, Any]) -> dict[str, float]:
    """Return metrics as floats; anything but a finite number is told by name."""
    for name, value in metrics.items():
        if not isinstance(value, numbers.Real) or not math.isfinite(value):
            raise ModelError(f"Metric `{name}` is {value!r}; a metric must be a finite number.")
    return {str(name): float(value) for name, value in metrics.items()}
