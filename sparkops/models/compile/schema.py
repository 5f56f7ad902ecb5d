"""Columns of a signature, from Spark's words and from MLflow's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
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


def sized(fields: Sequence[Field], row: Mapping[str, Any]) -> tuple[Field, ...]:
    """Return the fields with the length of their vectors, as a row of plain values shows it."""
    return tuple(
        replace(field, size=len(row[field.name])) if field.type == "vector" and row.get(field.name) else field
        for field in fields
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
    if kind.get("type") == "array":
        return f"array<{_spark_type(kind['elementType'])}>"
    return str(kind.get("type"))


def _mlflow_type(item: Mapping[str, Any]) -> str:
    kind = str(item["type"])
    if kind == "array":
        return f"array<{_mlflow_type(item['items'])}>"
    return "vector" if kind == "sparkml vector" else kind
