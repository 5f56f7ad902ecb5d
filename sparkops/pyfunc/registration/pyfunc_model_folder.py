"""From a saved model of another flavor to a finished folder: certified, described, sealed. Nothing is registered yet."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparkops.artifact import mlflow_folder
from sparkops.artifact.certify import Case
from sparkops.artifact.facts import ModelFacts, write_facts
from sparkops.pipeline.model import Model
from sparkops.pyfunc.registration.parity import certify_pyfunc_model
from sparkops.pyfunc.registration.prepared_model import PreparedModel
from sparkops.pyfunc.worker.flavor_names import flavor_label
from sparkops.pyfunc.worker.manifest import Manifest, seal_folder
from sparkops.scoring.artifact.certificate import dump_cases
from sparkops.scoring.artifact.file_names import CERTIFICATE
from sparkops.scoring.ir.field import Field

if TYPE_CHECKING:
    from mlflow.models import ModelSignature

_TYPES = {
    "string": "string", "boolean": "boolean", "byte": "integer", "short": "integer", "integer": "integer", "long": "long",
    "float": "float", "double": "double", "date": "datetime", "timestamp": "datetime",
}  # fmt: skip
_WHOLE = ("byte", "short", "integer", "long")


def build_pyfunc_model_folder(
    model: Model, saved: PreparedModel, facts: ModelFacts, folder: Path
) -> ModelFacts:
    """Write the model's folder and return the facts with what was found out on the way.

    Args:
        model: What the job returned.
        saved: Its `fitted`, saved.
        facts: What is known of it: name, run, tables, params, metrics, gates.
        folder: A new folder.
    """
    cases = certify_pyfunc_model(saved, model)
    shutil.copytree(saved.folder, folder)
    (folder / CERTIFICATE).write_text(dump_cases(cases), "utf-8")
    types, manifest = dict(model.example.dtypes), saved.manifest
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
        folder, signature=_signature(folder, manifest), example=_example(cases), metadata=metadata
    )
    write_facts(facts, folder)
    seal_folder(manifest, folder)
    return facts


def describe_scoring(manifest: Manifest) -> str:
    """Return how a model was saved and is scored, as a clause."""
    saved = f", saved by {manifest.saved_as}" if manifest.saved_as else ""
    return (
        f"a model of {flavor_label(manifest.flavor)}{saved}: its own code scores it, in a process of its own"
    )


def _signature(folder: Path, manifest: Manifest) -> ModelSignature:
    """Return the signature that a folder brought, or the one of the fields and of what MLflow's own flavor answers."""
    from mlflow.models import Model as MlflowModel
    from mlflow.models import ModelSignature
    from mlflow.types.schema import ColSpec, Schema

    brought = MlflowModel.load(str(folder)).signature
    if brought is not None:
        return brought
    inputs = [ColSpec(_input(field), field.name, required=not field.nullable) for field in manifest.fields]
    named = [each for each in manifest.outputs if manifest.flavor != "sklearn" or each.role == "prediction"]
    alone = len(named) == 1
    outputs = [ColSpec(_output(each.type), None if alone else each.name) for each in named]
    return ModelSignature(inputs=Schema(inputs), outputs=Schema(outputs))


def _input(field: Field) -> Any:
    from mlflow.types.schema import AnyType, Array, DataType

    if field.type == "vector":
        return Array(DataType.double)
    if field.type.startswith("array<"):
        inner = field.type[6:-1]
        return Array(DataType[_TYPES[inner]]) if inner in _TYPES else AnyType()
    return "double" if field.type in _WHOLE and field.nullable else _TYPES[field.type]


def _output(kind: str) -> Any:
    from mlflow.types.schema import Array, DataType

    return Array(DataType.double) if kind == "vector" else kind


def _example(cases: Sequence[Case]) -> Mapping[str, Any] | None:
    """Return a row without gaps that the model answers."""
    return next((row for row, answer in cases if isinstance(answer, dict) and None not in row.values()), None)
