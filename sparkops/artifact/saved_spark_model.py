"""A Spark model saved by anyone, with MLflow or with Spark ML alone: its files and its input columns."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from sparkops.artifact.facts import read_input_types
from sparkops.artifact.mlmodel import read_mlmodel
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
from sparkops.compiler.sql.select import find_statement_columns
from sparkops.core.bounded_file import MAX_FACTS, hash_file, read_text
from sparkops.errors import DamagedModel, InputError, ModelError
from sparkops.scoring.ir.field import Field


@dataclass(frozen=True, slots=True)
class SavedSparkModel:
    """A saved Spark model with its input columns.

    Args:
        folder: Folder that Spark wrote.
        fields: Columns of a row.
        columns_source: What the columns were read from, for display.
        spark_version: Version of Spark that saved it; empty if unknown.
        example: Rows of the input example in its `MLmodel`; empty if there is none.
        metadata: Metadata that the author gave in its `MLmodel`.
    """

    folder: Path
    fields: tuple[Field, ...]
    columns_source: str
    spark_version: str
    example: tuple[Mapping[str, Any], ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def hash_files(self) -> str:
        """Return a hash of the paths and contents of Spark's files.

        Hidden files, which hold checksums, are not hashed.
        """
        digest = sha256()
        for file in sorted(path for path in self.folder.rglob("[!.]*") if path.is_file()):
            path = file.relative_to(self.folder).as_posix()
            digest.update(f"{path}\0{hash_file(file)}\n".encode())
        return digest.hexdigest()


def is_model_folder(folder: Path) -> bool:
    """Return whether a folder was written by MLflow, or by Spark ML."""
    return (folder / "MLmodel").is_file() or (folder / "metadata").is_dir()


def read_spark_model(folder: Path, *, schema: str | None = None) -> SavedSparkModel:
    """Return the Spark model in a folder.

    Args:
        folder: Folder of an MLflow model with the `spark` flavor, or one that Spark ML saved.
        schema: Columns in Spark's DDL, "carrier STRING, month INT"; takes precedence over what the folder contains.

    Raises:
        ModelError: The folder contains no Spark model.
        InputError: The columns are unknown, or `schema` cannot be read.
    """
    saved = folder
    mlmodel: Mapping[str, Any] = {}
    if (folder / "MLmodel").is_file():
        mlmodel = read_mlmodel(folder)
        saved = _find_spark_flavor_folder(folder, mlmodel)
    version = str(SavedStage.read(saved).metadata.get("sparkVersion", ""))
    rows = _read_input_example(folder, mlmodel)
    fields, source = _read_fields(folder, mlmodel, rows, schema)
    if not fields:
        raise InputError(_format_unknown_columns(folder, saved, mlmodel))
    metadata = mlmodel.get("metadata")
    return SavedSparkModel(
        saved, fields, source, version, tuple(rows), metadata if isinstance(metadata, Mapping) else {}
    )


def _find_spark_flavor_folder(folder: Path, mlmodel: Mapping[str, Any]) -> Path:
    flavor = mlmodel["flavors"].get("spark")
    if not isinstance(flavor, Mapping):
        known = ", ".join(sorted(map(str, mlmodel["flavors"]))) or "none"
        raise ModelError(
            f"The model in {folder} has no `spark` flavor (it has: {known}): only Spark ML is compiled."
        )
    saved = (folder / str(flavor.get("model_data", "sparkml"))).resolve()
    if not saved.is_relative_to(folder.resolve()):
        raise DamagedModel(
            f"The `spark` flavor in {folder / 'MLmodel'} points outside its folder, to {saved}."
        )
    return saved


def _read_fields(
    folder: Path, mlmodel: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], schema: str | None
) -> tuple[tuple[Field, ...], str]:
    """Return the columns from the first source that has them, and that source."""
    if schema is not None:
        return fields_from_ddl(schema), "--schema"
    recorded = fields_from_types(read_input_types(folder))
    if recorded:
        return with_vector_sizes(recorded, rows[0] if rows else {}), "sparkops' own record"
    signature = _read_signature(folder, mlmodel)
    if signature:
        return _complete_types(signature, rows), "MLflow's signature"
    return fields_from_example(rows), "the input example"


def _read_signature(folder: Path, mlmodel: Mapping[str, Any]) -> tuple[Field, ...]:
    """Return the named columns of MLflow's signature, all nullable: the model's stages decide about nulls."""
    inputs = (mlmodel.get("signature") or {}).get("inputs")
    try:
        columns = json.loads(inputs) if inputs else []
        if any(item.get("type") == "tensor" or "name" not in item for item in columns):
            return ()
        return tuple(replace(field, nullable=True) for field in fields_from_mlflow(columns))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamagedModel(f"The signature in {folder / 'MLmodel'} can't be read: {error!r}") from None


def _complete_types(fields: Sequence[Field], rows: Sequence[Mapping[str, Any]]) -> tuple[Field, ...]:
    """Return a signature's columns with types in place of `any`, and lengths of vectors, from the input example."""
    examples = {field.name: field for field in fields_from_example(rows)}
    typed = tuple(examples.get(field.name, field) if field.type == "any" else field for field in fields)
    return with_vector_sizes(typed, rows[0] if rows else {})


def _read_input_example(folder: Path, mlmodel: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of MLflow's input example; empty if there is none, or if it does not consist of rows."""
    info = mlmodel.get("saved_input_example_info") or {}
    file = folder / Path(str(info.get("artifact_path", ""))).name
    if not info or not file.is_file():
        return []
    try:
        example = json.loads(read_text(file, MAX_FACTS))
        if isinstance(example, dict) and isinstance(example.get("data"), list) and "columns" in example:
            return [dict(zip(example["columns"], row, strict=True)) for row in example["data"]]
    except (OSError, TypeError, ValueError, RecursionError):
        return []
    rows = example if isinstance(example, list) else [example]
    return [row for row in rows if isinstance(row, dict)]


def _format_unknown_columns(folder: Path, saved: Path, mlmodel: Mapping[str, Any]) -> str:
    lacks = "neither a signature of named columns nor an input example" if mlmodel else "no signature"
    columns = ", ".join(f"`{name}`" for name in _list_external_columns(saved))
    return (
        f"The model in {folder} has {lacks}, so its columns and their types are unknown. Give them, as in "
        f"--schema 'carrier STRING, month INT' (its stages read: {columns}), or log it again with "
        "mlflow.spark.log_model(..., signature=infer_signature(rows))."
    )


def _list_external_columns(saved: Path) -> list[str]:
    """Return the columns that stages read and that no earlier stage computes."""
    computed: set[str] = set()
    external: dict[str, None] = {}
    for stage in read_stages(saved):
        inputs, outputs = _list_stage_columns(stage)
        external |= dict.fromkeys(name for name in inputs if name not in computed)
        computed |= set(outputs)
    return list(external)


def _list_stage_columns(stage: SavedStage) -> tuple[Sequence[str], Sequence[str]]:
    """Return the columns that a stage reads and those that it computes."""
    if stage.class_name == "SQLTransformer":
        columns = find_statement_columns(str(stage.params.get("statement", "")))
        return columns.read, columns.created
    return _list_param_columns(stage, INPUT_PARAMS), _list_param_columns(stage, OUTPUT_PARAMS)


def _list_param_columns(stage: SavedStage, params: Sequence[str]) -> list[str]:
    values = [stage.params[param] for param in params if stage.params.get(param)]
    return [name for value in values for name in ([value] if isinstance(value, str) else value)]
