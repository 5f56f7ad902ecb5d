"""The columns that a model of another flavor reads, with their types and where they have gaps."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import yaml

from sparkops.artifact.frames import sample_rows
from sparkops.batch.frame_scoring import quote_column
from sparkops.compiler.schema import fields_from_spark, with_vector_sizes
from sparkops.errors import ModelError, SignatureMismatch
from sparkops.pipeline.model import Model
from sparkops.pyfunc.registration.mlflow_flavors import detect_flavor
from sparkops.scoring.ir.field import FLOATING_TYPES, TYPES, Field

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame


def read_fields(model: Model) -> tuple[Field, ...]:
    """Return the columns of a row, in the order in which the model reads them.

    A column may hold null where the example or the held-out rows have a gap: pandas makes another type of it there.

    Raises:
        SignatureMismatch: The example lacks a column that the model names.
        ModelError: A column is of a type that a row cannot give.
    """
    names = _names(model)
    typed = {field.name: field for field in fields_from_spark(model.example.schema.jsonValue())}
    strange = [f"`{name}` is {typed[name].type}" for name in names if typed[name].type not in TYPES]
    if strange:
        raise ModelError(
            f"Model.example has columns that a row cannot hold: {', '.join(strange)}. Cast them."
        )
    gaps = {
        name for frame in (model.example, model.heldout) if frame is not None for name in _gaps(frame, names)
    }
    fields = [replace(typed[name], nullable=name in gaps) for name in names]
    vectors = [field.name for field in fields if field.type == "vector"]
    if not vectors:
        return tuple(fields)
    return with_vector_sizes(
        fields, next(iter(sample_rows(model.example.dropna(subset=vectors), vectors, 1)), {})
    )


def _names(model: Model) -> list[str]:
    wanted = _named(model.fitted)
    missing = [name for name in wanted if name not in model.example.columns]
    if missing:
        raise SignatureMismatch(f"Model.example lacks columns that the model reads: {', '.join(missing)}.")
    return wanted or [name for name in model.example.columns if name != model.label]


def _named(fitted: Any) -> list[str]:
    """Return the columns that a model itself names; none where it takes a table as it comes."""
    flavor = detect_flavor(fitted)
    if flavor == "sklearn":
        return [str(name) for name in getattr(fitted, "feature_names_in_", ())]
    if flavor == "onnx":
        inputs = [each.name for each in fitted.graph.input]
        return inputs if len(inputs) > 1 else []
    if flavor == "folder":
        signature = yaml.safe_load((fitted / "MLmodel").read_text("utf-8")).get("signature") or {}
        columns = json.loads(signature.get("inputs") or "[]")
        return [str(each["name"]) for each in columns] if all(each.get("name") for each in columns) else []
    return []


def _gaps(frame: DataFrame, names: Sequence[str]) -> list[str]:
    """Return the columns of a frame that hold a null, or a NaN, which pandas takes for one."""
    from pyspark.sql import functions as F

    kinds = dict(frame.dtypes)
    asked = [name for name in names if name in kinds]

    def gap(name: str) -> Column:
        column = F.col(quote_column(name))
        missing = column.isNull() | F.isnan(column) if kinds[name] in FLOATING_TYPES else column.isNull()
        return F.max(missing.cast("int"))

    found = frame.agg(*(gap(name) for name in asked)).first() if asked else None
    return [] if found is None else [name for name, hit in zip(asked, found, strict=True) if hit]
