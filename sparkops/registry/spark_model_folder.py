"""From a trained model to a finished folder: saved, compiled, certified, measured, judged. Nothing is registered yet."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparkops.artifact import mlflow_folder
from sparkops.artifact.certify import Case, certify
from sparkops.artifact.facts import ModelFacts, write_facts
from sparkops.artifact.frames import sample_rows
from sparkops.artifact.model_columns import input_columns
from sparkops.artifact.signature import compiled_signature, spark_signature
from sparkops.batch.benchmark import run_benchmark
from sparkops.config.settings import Settings
from sparkops.errors import ModelError, NotCompiled, SignatureMismatch
from sparkops.pipeline.model import Model
from sparkops.scoring.artifact.file_names import CERTIFICATE, SCORER

if TYPE_CHECKING:
    from mlflow.models import ModelSignature

    from sparkops.scoring.ir.field import Field
    from sparkops.scoring.ir.portable_rules import PortableRules
import tempfile
from typing import TYPE_CHECKING

from sparkops.artifact.mlflow_folder import SPARK_MODEL, save_spark_model

if TYPE_CHECKING:
    from sparkops.compiler import Compilation

_log = logging.getLogger("sparkops.registry")


def check_trained(model: Model) -> None:
    """Raise when what a job returned cannot be registered: not fitted, no rows, or rows without the model's columns."""
    if not hasattr(model.fitted, "transform") or not hasattr(model.fitted, "write"):
        raise ModelError(
            f"Model.fitted is a {type(model.fitted).__name__}, which can't score and be saved; give what fit() returned."
        )
    missing = sorted((input_columns(model.fitted) or frozenset()) - set(model.example.columns))
    if missing:
        raise SignatureMismatch(f"Model.example lacks columns that the model reads: {', '.join(missing)}.")
    if model.example.isEmpty():
        raise ModelError(
            "Model.example has no rows; give the rows the model was trained on, or a part of them."
        )


def build_spark_model_folder(
    model: Model, facts: ModelFacts, folder: Path, settings: Settings, checks: PortableRules
) -> ModelFacts:
    """Write the model's folder and return the facts with what was found out on the way.

    Args:
        model: The trained model.
        facts: What is known of it: name, run, tables, params, metrics, gates.
        folder: A new folder on this machine.
        settings: Where storage is that Spark's executors share.
        checks: Rules about rows of the tables that it was trained on.
    """
    mlflow_folder.save_spark_model(model.fitted, folder, settings)
    made = _compiled(model, folder, settings, checks)
    facts = replace(facts, spark=model.example.sparkSession.version, **made.facts)
    if facts.compiled:
        mlflow_folder.add_scorer(folder)
    else:
        mlflow_folder.add_spark_requirements(folder)
        _log.warning("model `%s` is scored by Spark only: %s", facts.name, "; ".join(facts.reasons))
    metadata = {
        "sparkops_run": facts.run_id,
        "training_tables": dict(facts.tables),
        "compiled": facts.compiled,
    }
    mlflow_folder.add_metadata(folder, signature=made.signature, example=made.example, metadata=metadata)
    write_facts(facts, folder)
    return facts


def read_fields(model: Model) -> tuple[Field, ...]:
    """Return the columns of the example rows, vectors with their length."""
    from sparkops.compiler import fields_from_spark, with_vector_sizes

    fields = fields_from_spark(model.example.schema.jsonValue())
    vectors = [field.name for field in fields if field.type == "vector"]
    if not vectors:
        return fields
    return with_vector_sizes(
        fields, next(iter(sample_rows(model.example.dropna(subset=vectors), vectors, 1)), {})
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    signature: ModelSignature
    example: Mapping[str, Any] | None
    facts: dict[str, Any]


def _compiled(model: Model, folder: Path, settings: Settings, checks: PortableRules) -> _Made:
    from sparkops.compiler import compile_model
    from sparkops.scoring import save
    from sparkops.scoring.artifact.certificate import dump_cases
    from sparkops.scoring.rules.compatibility import keep_supported
    from sparkops.scoring.scorer import Scorer

    fields = read_fields(model)
    try:
        description = compile_model(folder / mlflow_folder.SPARK_MODEL, fields)
    except NotCompiled as error:
        return _by_spark(model, fields, error)
    rules = keep_supported(checks, description.fields)
    if rules.rules:
        description = replace(description, checks=rules)
    save(description, folder / SCORER)
    cases = certify(model, description)
    (folder / SCORER / CERTIFICATE).write_text(dump_cases(cases), "utf-8")
    scorer = Scorer(description)
    return _Made(
        signature=compiled_signature(scorer, _first(cases)),
        example=_whole(cases),
        facts={
            "compiled": True,
            "parity": len(cases),
            "stages": description.stages,
            "scorer": description.hash,
            "rules": len(rules.rules),
            "left_out": rules.omission_messages(),
            "benchmark": run_benchmark(model, scorer, folder / SCORER, settings),
            "inputs": _types(model, [field.name for field in description.fields]),
        },
    )


def _by_spark(model: Model, fields: Sequence[Field], error: NotCompiled) -> _Made:
    read = input_columns(model.fitted) or set(model.example.columns) - {model.label}
    used = [field for field in fields if field.name in read]
    names = [field.name for field in used]
    rows = sample_rows(model.example, names, 1)
    facts = {
        "compiled": False,
        "reasons": tuple(getattr(error, "reasons", ())) or (str(error),),
        "inputs": _types(model, names),
    }
    return _Made(signature=spark_signature(used), example=rows[0] if _plain(rows[0]) else None, facts=facts)


def _types(model: Model, names: Sequence[str]) -> dict[str, str]:
    types = dict(model.example.dtypes)
    return {name: types[name] for name in names}


def _first(cases: Sequence[Case]) -> Mapping[str, Any]:
    """Return a row that the model scores, or any row where it scores none."""
    return next((row for row, answer in cases if isinstance(answer, dict)), cases[0][0])


def _whole(cases: Sequence[Case]) -> Mapping[str, Any] | None:
    """Return a row without gaps that the model scores: the input example."""
    return next((row for row, answer in cases if isinstance(answer, dict) and _plain(row)), None)


def _plain(row: Mapping[str, Any]) -> bool:
    """Tell whether JSON can hold a row: no gap, no NaN, no infinity, no date."""
    return all(
        isinstance(value, str | bool | int | list) or (isinstance(value, float) and math.isfinite(value))
        for value in row.values()
    )


def compile_dry_run(model: Model, settings: Settings) -> Compilation:
    """Return what becomes of each stage of a model that a job returned.

    Args:
        model: What the job returned.
        settings: Where storage is that Spark's executors share.
    """
    from sparkops.compiler import compile_stages

    check_trained(model)
    with tempfile.TemporaryDirectory(prefix="sparkops-trial-") as work:
        folder = Path(work) / "model"
        if settings.spark.mode == "local" and "://" not in settings.warehouse:
            fitted: Any = model.fitted
            fitted.write().save((folder / SPARK_MODEL).as_uri())
        else:
            save_spark_model(model.fitted, folder, settings)
        return compile_stages(folder / SPARK_MODEL, read_fields(model))
