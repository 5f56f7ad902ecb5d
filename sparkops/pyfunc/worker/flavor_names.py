"""Names of MLflow flavors, and which model folders contain a pyfunc model: one that is not a Spark model."""

from __future__ import annotations

from pathlib import Path

from sparkops.scoring.artifact.file_names import FLAVOR

_LABELS = {
    "sklearn": "scikit-learn",
    "onnx": "ONNX",
    "keras": "Keras",
    "tensorflow": "TensorFlow",
    "pytorch": "PyTorch",
    "python_function": "a Python function",
}


def format_flavor(flavor: str) -> str:
    """Return the name of an MLflow flavor for display."""
    return _LABELS.get(flavor, flavor)


def is_pyfunc_model(folder: Path) -> bool:
    """Return whether a model folder contains a model of another flavor than Spark's."""
    return (folder / FLAVOR).is_file()
