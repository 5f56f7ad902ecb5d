"""The input fields of a pyfunc model: names in the model's order, types, and whether they may be null."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sparkops.artifact.frames import read_frame_fields
from sparkops.artifact.mlmodel import read_mlmodel
from sparkops.core.column_name import quote_column
from sparkops.errors import ModelError, SignatureMismatch
from sparkops.pipeline.model import Model
from sparkops.pyfunc.registration.mlflow_flavors import detect_flavor
from sparkops.scoring.ir.field import FLOATING_TYPES, Field, is_field_type

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame


def read_fields(model: Model) -> tuple[Field, ...]:
    """Return the columns of a row, in the order in which the model reads them.

    A column is nullable if the example or the held-out rows have a null in it: pandas then gives it another type.

    Raises:
        SignatureMismatch: The example lacks a column that the model names.
        ModelError: A column has a type that a row cannot have.
    """
    names = _choose_input_names(model)
    read = model.example.select(*map(quote_column, names))
    typed = {field.name: field for field in read_frame_fields(read)}
    unsupported = [f"`{name}` is {typed[name].type}" for name in names if not is_field_type(typed[name].type)]
    if unsupported:
        raise ModelError(
            f"Model.example has columns that a row cannot hold: {', '.join(unsupported)}. Cast them."
        )
    frames = [frame for frame in (model.example, model.heldout) if frame is not None]
    nullable = {name for frame in frames for name in _find_columns_with_nulls(frame, names)}
    return tuple(replace(typed[name], nullable=name in nullable) for name in names)


def _choose_input_names(model: Model) -> list[str]:
    names = _read_names(model.fitted)
    missing = [name for name in names if name not in model.example.columns]
    if missing:
        raise SignatureMismatch(f"Model.example lacks columns that the model reads: {', '.join(missing)}.")
    return names or [name for name in model.example.columns if name != model.label]


def _read_names(fitted: Any) -> list[str]:
    """Return the input columns that the model itself names; empty if it takes any table."""
    flavor = detect_flavor(fitted)
    if flavor == "sklearn":
        return [str(name) for name in getattr(fitted, "feature_names_in_", ())]
    if flavor == "onnx":
        inputs = [graph_input.name for graph_input in fitted.graph.input]
        return inputs if len(inputs) > 1 else []
    if flavor == "folder":
        signature = read_mlmodel(fitted).get("signature") or {}
        columns = json.loads(signature.get("inputs") or "[]")
        return (
            [str(column["name"]) for column in columns]
            if all(column.get("name") for column in columns)
            else []
        )
    return []


def _find_columns_with_nulls(frame: DataFrame, names: Sequence[str]) -> list[str]:
    """Return the columns of a frame that have a null, or a NaN, which pandas does not tell from a null."""
    from pyspark.sql import functions as F

    types = dict(frame.dtypes)
    columns = [name for name in names if name in types]

    def build_null_flag(name: str) -> Column:
        column = F.col(quote_column(name))
        missing = column.isNull() | F.isnan(column) if types[name] in FLOATING_TYPES else column.isNull()
        return F.max(missing.cast("int"))

    flags = frame.agg(*(build_null_flag(name) for name in columns)).first() if columns else None
    return [] if flags is None else [name for name, flag in zip(columns, flags, strict=True) if flag]
