"""MLflow's signature of a model: its inputs by their types, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlflow.models import ModelSignature

    from sparkops.scoring.ir.field import Field
    from sparkops.scoring.scorer import Scorer

_TYPES = {
    "string": "string", "boolean": "boolean", "byte": "long", "short": "long", "integer": "long", "long": "long",
    "float": "double", "double": "double", "date": "datetime", "timestamp": "datetime", "binary": "binary",
}  # fmt: skip
_DATES = {"date": "datetime", "timestamp": "datetime"}
_WHOLE = ("byte", "short", "integer", "long")


def compiled_signature(scorer: Scorer, example: Mapping[str, Any]) -> ModelSignature:
    """Return the signature of a compiled model.

    An integer column in which the model takes a null is of MLflow's type `any`: pandas hands such a column over as
    floats, which MLflow would refuse before the model sees them. The scorer itself checks every value.

    Args:
        scorer: The compiled scorer.
        example: A row that it scores.
    """
    from mlflow.models import ModelSignature
    from mlflow.types.schema import AnyType, ColSpec, Schema

    inputs = []
    for field in scorer.fields:
        gaps = field.type in _WHOLE and isinstance(scorer.answer({**example, field.name: None}), dict)
        kind = AnyType() if gaps else _input_type(field.type)
        inputs.append(ColSpec(kind, field.name, required=not gaps))
    outputs = [ColSpec(_output_type(output.type), output.name) for output in scorer.outputs]
    return ModelSignature(inputs=Schema(inputs), outputs=Schema(outputs))


def spark_signature(fields: Sequence[Field]) -> ModelSignature:
    """Return the signature of a model that only Spark scores: MLflow's own flavor answers its predictions."""
    from mlflow.models import ModelSignature
    from mlflow.types.schema import AnyType, ColSpec, Schema

    inputs = []
    for field in fields:
        gaps = field.nullable and field.type in _WHOLE
        kind = AnyType() if gaps else _input_type(field.type)
        inputs.append(ColSpec(kind, field.name, required=not gaps))
    return ModelSignature(inputs=Schema(inputs), outputs=None)


def _input_type(kind: str) -> Any:
    from mlflow.types.schema import AnyType, SparkMLVector

    if kind == "vector":
        return SparkMLVector()
    if kind.startswith("decimal"):
        return "double"
    if kind.startswith("array<"):
        return _list_of(kind)
    return _TYPES.get(kind) or AnyType()


def _output_type(kind: str) -> Any:
    from mlflow.types.schema import Array, DataType

    if kind == "vector":
        return Array(DataType.double)
    return _list_of(kind) if kind.startswith("array<") else _DATES.get(kind, kind)


def _list_of(kind: str) -> Any:
    """Return MLflow's type of a list: of vectors a list of lists, of what MLflow has no word for anything."""
    from mlflow.types.schema import AnyType, Array, DataType

    inner = kind[len("array<") : -1]
    if inner == "vector":
        return Array(Array(DataType.double))
    return Array(DataType[_TYPES[inner]]) if inner in _TYPES else AnyType()
