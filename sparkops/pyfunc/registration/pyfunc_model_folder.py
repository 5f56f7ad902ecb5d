"""Build the folder of a pyfunc model: its certificate, its facts and its manifest. Nothing is registered yet."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparkops.artifact import mlflow_folder
from sparkops.artifact.facts import ModelFacts, write_facts
from sparkops.core.type_names import parse_element_type
from sparkops.pipeline.model import Model
from sparkops.pyfunc.registration.parity import certify_pyfunc_model
from sparkops.pyfunc.registration.prepared_model import PreparedModel
from sparkops.pyfunc.worker.flavor_names import format_flavor
from sparkops.pyfunc.worker.manifest import Manifest, write_manifest
from sparkops.scoring.artifact.certificate import dump_cases
from sparkops.scoring.artifact.file_names import CERTIFICATE
from sparkops.scoring.ir.field import INTEGER_RANGES, Field
from sparkops.scoring.protocol import Case

if TYPE_CHECKING:
    from mlflow.models import ModelSignature

_MLFLOW_TYPES = {
    "string": "string", "boolean": "boolean", "byte": "integer", "short": "integer", "integer": "integer",
    "long": "long", "float": "float", "double": "double", "timestamp": "datetime",
}  # fmt: skip


def build_pyfunc_model_folder(
    model: Model, prepared: PreparedModel, facts: ModelFacts, folder: Path
) -> ModelFacts:
    """Write the model's folder, and return the completed facts.

    Args:
        model: What the job returned.
        prepared: Its `fitted`, as it was saved.
        facts: Facts that are known already: name, run, tables, parameters, metrics, gates.
        folder: A new folder.
    """
    cases = certify_pyfunc_model(prepared, model)
    shutil.copytree(prepared.folder, folder)
    (folder / CERTIFICATE).write_text(dump_cases(cases), "utf-8")
    types, manifest = dict(model.example.dtypes), prepared.manifest
    facts = replace(
        facts,
        compiled=False,
        flavor=manifest.flavor,
        reasons=(describe_scoring(manifest),),
        parity=len(cases),
        inputs={field.name: types[field.name] for field in manifest.fields},
        spark=model.example.sparkSession.version,
    )
    metadata = {"sparkops_run": facts.run_id, "training_tables": dict(facts.tables), "compiled": False}
    mlflow_folder.add_metadata(
        folder,
        signature=_build_signature(folder, manifest),
        example=_find_input_example(cases),
        metadata=metadata,
    )
    write_facts(facts, folder)
    write_manifest(manifest, folder)
    return facts


def describe_scoring(manifest: Manifest) -> str:
    """Return how a model was saved and is scored, as a clause."""
    saved_as = f", saved by {manifest.saved_as}" if manifest.saved_as else ""
    return f"a model of {format_flavor(manifest.flavor)}{saved_as}: its own code scores it, in a process of its own"


def _build_signature(folder: Path, manifest: Manifest) -> ModelSignature:
    """Return the signature that the folder has, or one of the fields and of what MLflow's own flavor returns."""
    from mlflow.models import Model as MlflowModel
    from mlflow.models import ModelSignature
    from mlflow.types.schema import ColSpec, Schema

    existing = MlflowModel.load(str(folder)).signature
    if existing is not None:
        return existing
    inputs = [
        ColSpec(_to_input_type(field), field.name, required=not field.nullable) for field in manifest.fields
    ]
    # MLflow's scikit-learn flavor returns only the prediction.
    returned = [
        output for output in manifest.outputs if manifest.flavor != "sklearn" or output.role == "prediction"
    ]
    is_unnamed = len(returned) == 1
    outputs = [
        ColSpec(_to_output_type(output.type), None if is_unnamed else output.name) for output in returned
    ]
    return ModelSignature(inputs=Schema(inputs), outputs=Schema(outputs))


def _to_input_type(field: Field) -> Any:
    from mlflow.types.schema import AnyType, Array, DataType

    if field.type == "vector":
        return Array(DataType.double)
    element = parse_element_type(field.type)
    if element is not None:
        return Array(DataType[_MLFLOW_TYPES[element]]) if element in _MLFLOW_TYPES else AnyType()
    # pandas represents an integer column with nulls as floats.
    if field.type in INTEGER_RANGES and field.nullable:
        return "double"
    # MLflow would turn dates into times, and has no decimals.
    return _MLFLOW_TYPES.get(field.type) or AnyType()


def _to_output_type(type_: str) -> Any:
    from mlflow.types.schema import Array, DataType

    return Array(DataType.double) if type_ == "vector" else type_


def _find_input_example(cases: Sequence[Case]) -> Mapping[str, Any] | None:
    """Return a row without nulls that the model answers."""
    return next((row for row, answer in cases if isinstance(answer, dict) and None not in row.values()), None)
