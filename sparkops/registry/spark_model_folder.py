"""Build the folder of a Spark model: saved, compiled, certified and described. Nothing is registered yet."""

from __future__ import annotations

import logging
import math
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparkops.artifact import mlflow_folder
from sparkops.artifact.certify import Case, certify
from sparkops.artifact.facts import ModelFacts, write_facts
from sparkops.artifact.frames import measure_vectors, sample_rows
from sparkops.artifact.model_columns import input_columns
from sparkops.artifact.signature import compiled_signature, spark_signature
from sparkops.batch.benchmark import run_benchmark
from sparkops.config.settings import Settings
from sparkops.errors import ModelError, NotCompiled, SignatureMismatch
from sparkops.pipeline.model import Model
from sparkops.scoring.artifact.file_names import CERTIFICATE, SCORER

if TYPE_CHECKING:
    from mlflow.models import ModelSignature

    from sparkops.compiler import Compilation
    from sparkops.scoring.ir.description import Description
    from sparkops.scoring.ir.field import Field
    from sparkops.scoring.ir.portable_rules import PortableRules

_log = logging.getLogger("sparkops.registry")


def check_trained(model: Model) -> None:
    """Raise if a model cannot be registered: not fitted, without rows, or rows that lack the model's columns."""
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


def read_fields(model: Model) -> tuple[Field, ...]:
    """Return the columns of the example rows, with the lengths of vectors."""
    from sparkops.compiler import fields_from_spark

    return measure_vectors(fields_from_spark(model.example.schema.jsonValue()), model.example)


def build_spark_model_folder(
    model: Model, facts: ModelFacts, folder: Path, settings: Settings, rules: PortableRules
) -> ModelFacts:
    """Write the model's folder, and return the completed facts.

    Args:
        model: The trained model.
        facts: Facts that are known already: name, run, tables, parameters, metrics, gates.
        folder: A new folder on this machine.
        settings: Where Spark runs, and the warehouse that its executors share.
        rules: Row rules of the training tables.
    """
    mlflow_folder.save_spark_model(model.fitted, folder, settings)
    result = _compile(model, folder, settings, rules)
    facts = replace(facts, spark=model.example.sparkSession.version, **result.facts)
    if facts.compiled:
        mlflow_folder.add_scorer_flavor(folder)
    else:
        mlflow_folder.require_pyspark(folder)
        _log.warning("model `%s` is scored by Spark only: %s", facts.name, "; ".join(facts.reasons))
    metadata = {
        "sparkops_run": facts.run_id,
        "training_tables": dict(facts.tables),
        "compiled": facts.compiled,
    }
    mlflow_folder.add_metadata(folder, signature=result.signature, example=result.example, metadata=metadata)
    write_facts(facts, folder)
    return facts


def dry_run_compile(model: Model, settings: Settings) -> Compilation:
    """Save and compile a trained model in a temporary folder, and return the outcome of each stage.

    Args:
        model: What a job returned.
        settings: Where Spark runs, and the warehouse that its executors share.
    """
    from sparkops.compiler import compile_stages, read_session

    check_trained(model)
    with tempfile.TemporaryDirectory(prefix="sparkops-trial-") as work:
        folder = Path(work) / "model"
        if settings.spark.mode == "local" and "://" not in settings.warehouse:
            fitted: Any = model.fitted
            fitted.write().save((folder / mlflow_folder.SPARK_MODEL).as_uri())
        else:
            mlflow_folder.save_spark_model(model.fitted, folder, settings)
        session = read_session(model.example.sparkSession)
        return compile_stages(folder / mlflow_folder.SPARK_MODEL, read_fields(model), session)


@dataclass(frozen=True, slots=True, kw_only=True)
class _CompileResult:
    """Signature, input example and facts of a model after an attempt to compile it."""

    signature: ModelSignature
    example: Mapping[str, Any] | None
    facts: dict[str, Any]


def _compile(model: Model, folder: Path, settings: Settings, rules: PortableRules) -> _CompileResult:
    """Compile and certify the saved model, and write the scorer to its folder."""
    from sparkops.compiler import compile_model, read_session
    from sparkops.scoring.rules.compatibility import keep_supported
    from sparkops.scoring.scorer import Scorer

    fields = read_fields(model)
    try:
        session = read_session(model.example.sparkSession)
        description = compile_model(folder / mlflow_folder.SPARK_MODEL, fields, session)
    except NotCompiled as error:
        return _describe_uncompiled(model, fields, error)
    rules = keep_supported(rules, description.fields)
    if rules.rules:
        description = replace(description, checks=rules)
    cases = _write_scorer(model, description, folder / SCORER)
    scorer = Scorer(description)
    return _CompileResult(
        signature=compiled_signature(scorer, _find_scorable_row(cases)),
        example=_find_input_example(cases),
        facts={
            "compiled": True,
            "parity": len(cases),
            "stages": description.stages,
            "scorer": description.hash,
            "rules": len(rules.rules),
            "left_out": rules.omission_messages(),
            "benchmark": run_benchmark(model, scorer, folder / SCORER, settings),
            "inputs": _select_types(model, [field.name for field in description.fields]),
        },
    )


def _write_scorer(model: Model, description: Description, folder: Path) -> list[Case]:
    """Write the scorer and its certificate, and return the certificate."""
    from sparkops.scoring import save
    from sparkops.scoring.artifact.certificate import dump_cases

    save(description, folder)
    cases = certify(model, description)
    (folder / CERTIFICATE).write_text(dump_cases(cases), "utf-8")
    return cases


def _describe_uncompiled(model: Model, fields: Sequence[Field], error: NotCompiled) -> _CompileResult:
    columns = input_columns(model.fitted) or set(model.example.columns) - {model.label}
    inputs = [field for field in fields if field.name in columns]
    names = [field.name for field in inputs]
    row = sample_rows(model.example, names, 1)[0]
    facts = {
        "compiled": False,
        "reasons": tuple(getattr(error, "reasons", ())) or (str(error),),
        "inputs": _select_types(model, names),
    }
    return _CompileResult(
        signature=spark_signature(inputs), example=row if _has_json_values(row) else None, facts=facts
    )


def _select_types(model: Model, names: Sequence[str]) -> dict[str, str]:
    types = dict(model.example.dtypes)
    return {name: types[name] for name in names}


def _find_scorable_row(cases: Sequence[Case]) -> Mapping[str, Any]:
    """Return a row that the model scores, or any row if it scores none."""
    return next((row for row, answer in cases if isinstance(answer, dict)), cases[0][0])


def _find_input_example(cases: Sequence[Case]) -> Mapping[str, Any] | None:
    """Return a row that the model scores and that JSON can represent exactly."""
    return next((row for row, answer in cases if isinstance(answer, dict) and _has_json_values(row)), None)


def _has_json_values(row: Mapping[str, Any]) -> bool:
    """Return whether JSON has every value of a row: text, a boolean, a list or a finite number, but no null."""
    return all(
        isinstance(value, str | bool | int | list) or (isinstance(value, float) and math.isfinite(value))
        for value in row.values()
    )
