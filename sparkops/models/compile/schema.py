"""Columns of a signature, from Spark's words and from MLflow's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sparkops.scoring.field import Field

_VECTOR_CLASS = "org.apache.spark.ml.linalg.VectorUDT"


def fields_from_spark(schema: Mapping[str, Any]) -> tuple[Field, ...]:
    """Return the fields of `frame.schema.jsonValue()`.

    A type that a row cannot give keeps its name; it is refused only where a stage reads it.
    """
    return tuple(
        Field(item["name"], _spark_type(item["type"]), bool(item["nullable"])) for item in schema["fields"]
    )


def fields_from_mlflow(columns: Sequence[Mapping[str, Any]]) -> tuple[Field, ...]:
    """Return the fields of `signature.inputs.to_dict()`."""
    return tuple(
        Field(str(item["name"]), _mlflow_type(item), not item.get("required", True)) for item in columns
    )


def _spark_type(kind: Any) -> str:
    if isinstance(kind, str):
        return kind
    if kind.get("class") == _VECTOR_CLASS:
        return "vector"
    return str(kind.get("type"))


def _mlflow_type(item: Mapping[str, Any]) -> str:
    kind = str(item["type"])
    return "vector" if kind == "sparkml vector" else kind
