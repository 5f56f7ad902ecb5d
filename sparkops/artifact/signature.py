"""MLflow signatures of Spark models: types of the input columns and of the outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sparkops.core.type_names import parse_element_type
from sparkops.scoring.ir.field import INTEGER_RANGES

if TYPE_CHECKING:
    from mlflow.models import ModelSignature

    from sparkops.scoring.ir.field import Field
    from sparkops.scoring.scorer import Scorer

_INPUT_TYPES = {
    "string": "string", "boolean": "boolean", "byte": "long", "short": "long", "integer": "long", "long": "long",
    "float": "double", "double": "double", "binary": "binary",
}  # fmt: skip
# Types whose nulls MLflow changes or refuses.
_WITH_NULLS = frozenset((*INTEGER_RANGES, "boolean"))
# MLflow's types of outputs, where its name differs or it has no such type.
_OUTPUT_TYPES = {"date": "datetime", "timestamp": "datetime", "byte": "integer", "short": "integer"}


def build_compiled_signature(scorer: Scorer, example: Mapping[str, Any]) -> ModelSignature:
    """Return the signature of a compiled model.

    pandas represents an integer column with nulls as floats, which MLflow would refuse for a column of integers before
    the model sees it; and its server reads null in a column of booleans as false. Where the model accepts a null, such
    a column is therefore optional and of MLflow's type `any`; the scorer itself validates every value.

    Args:
        scorer: The compiled scorer.
        example: A row that it can score.
    """
    from mlflow.models import ModelSignature
    from mlflow.types.schema import ColSpec, Schema

    inputs = [
        _build_input_column(
            field,
            optional=field.type in _WITH_NULLS
            and isinstance(scorer.answer({**example, field.name: None}), dict),
            is_compiled=True,
        )
        for field in scorer.fields
    ]
    outputs = [ColSpec(_to_output_type(output.type), output.name) for output in scorer.outputs]
    return ModelSignature(inputs=Schema(inputs), outputs=Schema(outputs))


def build_spark_signature(fields: Sequence[Field]) -> ModelSignature:
    """Return the signature of a model that only Spark scores; MLflow's own flavor decides about the outputs."""
    from mlflow.models import ModelSignature
    from mlflow.types.schema import Schema

    inputs = [
        _build_input_column(field, optional=field.nullable and field.type in _WITH_NULLS, is_compiled=False)
        for field in fields
    ]
    return ModelSignature(inputs=Schema(inputs), outputs=None)


def _build_input_column(field: Field, *, optional: bool, is_compiled: bool) -> Any:
    # MLflow's type of vectors takes lists only, which its Spark flavor turns into vectors; the scorer takes every form.
    from mlflow.types.schema import AnyType, ColSpec

    type_ = AnyType() if optional or (is_compiled and field.type == "vector") else _to_input_type(field.type)
    return ColSpec(type_, field.name, required=not optional)


def _to_input_type(type_: str) -> Any:
    """Return MLflow's type of a column; `any` where its own types would change values or refuse some.

    Its `datetime` takes no text, no time zone and no year before 1677 or after 2262, its arrays no nulls; it has no
    decimals.
    """
    from mlflow.types.schema import AnyType, SparkMLVector

    if type_ == "vector":
        return SparkMLVector()
    return _INPUT_TYPES.get(type_) or AnyType()


def _to_output_type(type_: str) -> Any:
    from mlflow.types.schema import Array, DataType

    if type_ == "vector":
        return Array(DataType.double)
    if type_.startswith("decimal("):
        return "double"
    element = parse_element_type(type_)
    return _OUTPUT_TYPES.get(type_, type_) if element is None else _to_array_type(element)


def _to_array_type(element: str) -> Any:
    """Return MLflow's type of arrays of a type; `any` if MLflow has no type for the elements."""
    from mlflow.types.schema import AnyType, Array, DataType

    if element == "vector":
        return Array(Array(DataType.double))
    return Array(DataType[_INPUT_TYPES[element]]) if element in _INPUT_TYPES else AnyType()
