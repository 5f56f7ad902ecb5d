"""Which models are of another flavor than Spark's, and what a flavor is called."""

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


def flavor_label(flavor: str) -> str:
    """Return how a flavor of MLflow is called in a sentence."""
    return _LABELS.get(flavor, flavor)


def is_pyfunc_model(folder: Path) -> bool:
    """Tell whether a model's folder holds a model of another flavor than Spark's."""
    return (folder / FLAVOR).is_file()
