"""A Spark model that anyone logged with MLflow, or saved by itself: where it lies and which columns it reads."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from sparkops.artifact.facts import read_input_types
from sparkops.artifact.model_columns import INPUT_PARAMS, OUTPUT_PARAMS
from sparkops.compiler.pipeline_stages import read_stages
from sparkops.compiler.saved_stage import SavedStage
from sparkops.compiler.schema import (
    fields_from_ddl,
    fields_from_example,
    fields_from_mlflow,
    fields_from_types,
    with_vector_sizes,
)
from sparkops.errors import InputError, ModelError
from sparkops.scoring.ir.field import Field


@dataclass(frozen=True, slots=True)
class SavedSparkModel:
    """A saved Spark model with the columns of its rows.

    Args:
        saved: Folder that Spark wrote.
        fields: Columns of a row.
        told_by: Where the columns are known from, in words.
        spark: Version of Spark that saved it.
    """

    saved: Path
    fields: tuple[Field, ...]
    told_by: str
    spark: str


def is_model_folder(folder: Path) -> bool:
    """Tell whether a folder is MLflow's of a model, or one that Spark ML saved."""
    return (folder / "MLmodel").is_file() or (folder / "metadata").is_dir()


def read_spark_model(folder: Path, *, schema: str | None = None) -> SavedSparkModel:
    """Return the Spark model in a folder.

    Args:
        folder: A folder of MLflow with the `spark` flavor, or one that Spark ML saved.
        schema: Columns as Spark writes them, "carrier STRING, month INT"; they go before what the folder says.

    Raises:
        ModelError: There is no Spark model in it.
        InputError: Nothing tells the columns, or `schema` cannot be read.
    """
    saved = folder
    model: Mapping[str, Any] = {}
    if (folder / "MLmodel").is_file():
        model = _model(folder)
        saved = _spark_flavor(folder, model)
    version = str(SavedStage.read(saved).metadata.get("sparkVersion", ""))
    fields, told_by = _fields(folder, model, schema)
    if not fields:
        raise InputError(_nothing_tells(folder, saved, model))
    return SavedSparkModel(saved, fields, told_by, version)


def _model(folder: Path) -> Mapping[str, Any]:
    try:
        model = yaml.safe_load((folder / "MLmodel").read_text("utf-8"))
    except (ValueError, yaml.YAMLError) as error:
        raise ModelError(f"{folder / 'MLmodel'} can't be read: {error}") from None
    if not isinstance(model, Mapping) or not isinstance(model.get("flavors"), Mapping):
        raise ModelError(f"{folder / 'MLmodel'} names no flavors: it is not MLflow's.")
    return model


def _spark_flavor(folder: Path, model: Mapping[str, Any]) -> Path:
    flavor = model["flavors"].get("spark")
    if not isinstance(flavor, Mapping):
        known = ", ".join(sorted(map(str, model["flavors"]))) or "none"
        raise ModelError(
            f"The model in {folder} has no `spark` flavor (it has: {known}): only Spark ML is compiled."
        )
    saved = (folder / str(flavor.get("model_data", "sparkml"))).resolve()
    if not saved.is_relative_to(folder.resolve()):
        raise ModelError(f"The `spark` flavor in {folder / 'MLmodel'} points outside its folder, to {saved}.")
    return saved


def _fields(folder: Path, model: Mapping[str, Any], schema: str | None) -> tuple[tuple[Field, ...], str]:
    """Return the columns from the first place that tells them, and the place."""
    if schema is not None:
        return fields_from_ddl(schema), "--schema"
    rows = _example(folder, model)
    known = fields_from_types(read_input_types(folder))
    if known:
        return with_vector_sizes(known, rows[0] if rows else {}), "sparkops' own record"
    signature = _signature(folder, model)
    if signature:
        return _filled(signature, rows), "MLflow's signature"
    return fields_from_example(rows), "the input example"


def _signature(folder: Path, model: Mapping[str, Any]) -> tuple[Field, ...]:
    """Return the columns of MLflow's signature; a null in a column is for the model's stages to refuse."""
    inputs = (model.get("signature") or {}).get("inputs")
    try:
        columns = json.loads(inputs) if inputs else []
        if any(item.get("type") == "tensor" or "name" not in item for item in columns):
            return ()  # of a tensor, or of columns without names
        return tuple(replace(field, nullable=True) for field in fields_from_mlflow(columns))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"The signature in {folder / 'MLmodel'} can't be read: {error!r}") from None


def _filled(fields: Sequence[Field], rows: Sequence[Mapping[str, Any]]) -> tuple[Field, ...]:
    """Return a signature's columns, with what only the input example tells: types of `any`, lengths of vectors."""
    seen = {field.name: field for field in fields_from_example(rows)}
    typed = tuple(seen.get(field.name, field) if field.type == "any" else field for field in fields)
    return with_vector_sizes(typed, rows[0] if rows else {})


def _example(folder: Path, model: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of MLflow's input example; none where there is none, or it is of no rows."""
    info = model.get("saved_input_example_info") or {}
    file = folder / Path(str(info.get("artifact_path", ""))).name
    if not info or not file.is_file():
        return []
    try:
        found = json.loads(file.read_text("utf-8"))
    except ValueError:
        return []
    if isinstance(found, dict) and isinstance(found.get("data"), list) and "columns" in found:
        return [dict(zip(found["columns"], row, strict=True)) for row in found["data"]]
    rows = found if isinstance(found, list) else [found]
    return [row for row in rows if isinstance(row, dict)]


def _nothing_tells(folder: Path, saved: Path, model: Mapping[str, Any]) -> str:
    where = (
        "has neither a signature of named columns nor an input example" if model else "is bare of a signature"
    )
    read = ", ".join(f"`{name}`" for name in _read(saved))
    return (
        f"The model in {folder} {where}, so nothing tells its columns and their types. Say them, as in "
        f"--schema 'carrier STRING, month INT' (its stages read: {read}), or log it again with "
        "mlflow.spark.log_model(..., signature=infer_signature(rows))."
    )


def _read(saved: Path) -> list[str]:
    """Return the columns that stages read and no stage before them makes."""
    made: set[str] = set()
    found: dict[str, None] = {}
    for stage in read_stages(saved):
        found |= dict.fromkeys(name for name in _named(stage, INPUT_PARAMS) if name not in made)
        made |= set(_named(stage, OUTPUT_PARAMS))
    return list(found)


def _named(stage: SavedStage, params: Sequence[str]) -> list[str]:
    values = [stage.params[param] for param in params if stage.params.get(param)]
    return [name for value in values for name in ([value] if isinstance(value, str) else value)]
