"""The inputs of a graph: a tensor for each field, a mask where null is not NaN; and the conversion of rows to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sparkops.onnx.graph_builder import DTYPES
from sparkops.onnx.graph_context import Column, GraphContext, ScalarTensor, VectorTensor, find_dtype
from sparkops.scoring.ir.description import Description, Step
from sparkops.scoring.ir.field import FLOATING_TYPES, NUMERIC_TYPES, Field

Feed = dict[str, np.ndarray[Any, Any]]
# A tensor holds all slots of a vector, its zeros included.
MAX_SLOTS = 2**14
FIELD_TYPES = frozenset((*NUMERIC_TYPES, "string", "boolean", "vector"))


def explain_unsupported_field(field: Field) -> str | None:
    """Return why a field has no exact form as a tensor; None if it has one."""
    if field.type not in FIELD_TYPES:
        return f"field `{field.name}` is of type {field.type}, for which ONNX has no tensor"
    if field.type == "vector" and (field.size or 0) > MAX_SLOTS:
        return f"field `{field.name}` has {field.size} slots, and a tensor holds its zeros too: {MAX_SLOTS} at most"
    return None


def name_null_inputs(description: Description) -> dict[str, str]:
    """Return, for each field that needs one, the name of the input that marks where the field is null.

    A field that is never null needs none. Nor does a real number whose null and NaN all steps treat alike: NaN then
    represents null.
    """
    reserved = {field.name for field in description.fields} | {output.name for output in description.outputs}
    names = {}
    for field in description.fields:
        if field.nullable and not (
            field.type in FLOATING_TYPES and _all_steps_treat_null_as_nan(field.name, description)
        ):
            names[field.name] = add_unused_name(f"{field.name}__null", reserved, suffix="_")
    return names


def add_unused_name(name: str, reserved: set[str], *, suffix: str) -> str:
    """Return a name that is not reserved, with as many suffixes as that takes, and reserve it."""
    while name in reserved:
        name += suffix
    reserved.add(name)
    return name


def add_inputs(context: GraphContext, description: Description, *, nulls: bool) -> None:
    """Add the inputs of all fields, and bind the fields' columns.

    Args:
        context: The graph.
        description: The model.
        nulls: Whether a row may hold null; without nulls there are no masks.
    """
    masks = name_null_inputs(description) if nulls else {}
    for field in description.fields:
        mask = masks.get(field.name)
        size = field.size if field.type == "vector" else 1
        dtype = "double" if field.type == "vector" else find_dtype(field.type)
        context.graph.add_input(field.name, dtype, size, doc=_describe_input(field, mask, nulls=nulls))
        context.columns[field.name] = _build_column(context, field, dtype, mask)
    for name, mask in masks.items():
        doc = f"true where {name} is null; false where it is left out"
        context.graph.add_input(mask, "bool", 1, doc=doc, default=False)


def build_feed(description: Description, rows: Sequence[Mapping[str, Any]], *, nulls: bool = True) -> Feed:
    """Return rows as the inputs of a model's graph: the `input_feed` of onnxruntime.

    Args:
        description: The model.
        rows: Values by field.
        nulls: Whether a row may hold null, as for `add_inputs`.

    Raises:
        RowError: A value is not of its field's type.
    """
    masks = name_null_inputs(description) if nulls else {}
    tensors: Feed = {}
    for field in description.fields:
        read = field.make_reader()
        values = [read(row[field.name]) for row in rows]
        tensors[field.name] = _to_tensor(field, values)
        if field.name in masks:
            tensors[masks[field.name]] = _to_array([value is None for value in values], bool)
    return tensors


def _to_array(values: Sequence[Any], dtype: type) -> np.ndarray[Any, Any]:
    return np.array(values, dtype=dtype).reshape(-1, 1)


def _build_column(context: GraphContext, field: Field, dtype: str, mask: str | None) -> Column:
    if field.type == "vector":
        return VectorTensor(field.name, field.size or 0, mask)
    if field.type != "float":
        return ScalarTensor(field.name, dtype, field.type, mask, has_nan=dtype == "double")
    rounded = context.graph.cast(context.graph.cast(field.name, "float"), "double")
    return ScalarTensor(rounded, dtype, "float", mask, has_nan=True)


def _describe_input(field: Field, mask: str | None, *, nulls: bool) -> str:
    if not field.nullable or not nulls:
        return f"{field.type}, never null"
    return f"{field.type}; null: {f'`{mask}` is true' if mask else 'NaN'}"


def _to_tensor(field: Field, values: Sequence[Any]) -> np.ndarray[Any, Any]:
    if field.type == "vector":
        return _to_matrix(field.size or 0, values)
    null: Any = {"string": "", "double": np.nan, "float": np.nan}.get(field.type, 0)
    filled = [null if value is None else value for value in values]
    return _to_array(filled, object if field.type == "string" else DTYPES[find_dtype(field.type)])


def _to_matrix(size: int, values: Sequence[Any]) -> np.ndarray[Any, Any]:
    table = np.zeros((len(values), size))
    for row, value in zip(table, values, strict=True):
        if isinstance(value, dict):
            row[list(value)] = list(value.values())
        elif value is not None:
            row[:] = value
    return table


def _all_steps_treat_null_as_nan(name: str, description: Description) -> bool:
    """Return whether no step and no output distinguishes null from NaN in a column."""
    is_output = any(output.column == name for output in description.outputs)
    return not is_output and all(
        _treats_null_as_nan(step) for step in description.steps if name in step.inputs
    )


def _treats_null_as_nan(step: Step) -> bool:
    if step.op == "impute":
        return bool(np.isnan(step.arrays["missing"][0]))
    return step.op in ("assemble", "binarize") or (
        step.op == "bucketize" and step.params["invalid"] == "skip"
    )
