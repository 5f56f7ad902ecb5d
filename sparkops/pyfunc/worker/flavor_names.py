"""Names of MLflow flavors, and which model folders contain a model that is scored in a process of its own."""

from __future__ import annotations

from pathlib import Path

from sparkops.scoring.artifact.file_names import FLAVOR, SPARK_MANIFEST

SPARK = "spark"
_LABELS = {
    SPARK: "Spark",
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


def is_scored_by_local_spark(folder: Path) -> bool:
    """Return whether a model folder contains a Spark model whose rows a local Spark scores."""
    return (folder / SPARK_MANIFEST).is_file()
