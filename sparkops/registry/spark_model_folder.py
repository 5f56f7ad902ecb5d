"""Build the folder of a Spark model: saved, compiled, certified and described. Nothing is registered yet."""

from __future__ import annotations

import logging
import math
import tempfile
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparkops.artifact import mlflow_folder
from sparkops.artifact.facts import ModelFacts, write_facts
from sparkops.artifact.frames import find_input_type, sample_rows
from sparkops.artifact.model_columns import find_input_columns, is_column_reference
from sparkops.artifact.pipeline_files import save_pipeline
from sparkops.artifact.signature import build_compiled_signature, build_spark_signature
from sparkops.artifact.spark_answers import find_analysis_problem
from sparkops.artifact.stage_code import find_stage_code
from sparkops.batch.benchmark import run_benchmark
from sparkops.batch.executor_scorer import has_remote_executors
from sparkops.config.settings import Settings
from sparkops.core.column_name import quote_column
from sparkops.errors import ModelError, SignatureMismatch
from sparkops.pipeline.model import Model
from sparkops.registry.compile_and_certify import CertifiedCompilation, compile_and_certify
from sparkops.scoring.artifact.file_names import CERTIFICATE, CODE, SCORER
from sparkops.scoring.protocol import Case

if TYPE_CHECKING:
    from mlflow.models import ModelSignature

    from sparkops.compiler import Compilation
    from sparkops.pyfunc.registration.spark_rows import PreparedRows
    from sparkops.scoring.ir.description import Description
    from sparkops.scoring.ir.field import Field
    from sparkops.scoring.ir.portable_rules import PortableRules

_log = logging.getLogger("sparkops.registry")


def check_trained(model: Model) -> None:
    """Raise if a model cannot be registered: not fitted, without rows, or rows that lack the model's columns."""
    if not hasattr(model.fitted, "transform") or not hasattr(model.fitted, "write"):
        raise ModelError(
            f"Model.fitted is a {type(model.fitted).__name__}, which can't score and be "
            "saved; give what fit() returned."
        )
    columns = model.example.columns
    missing = [
        name
        for name in sorted(find_input_columns(model.fitted) or ())
        if not any(is_column_reference(name, column) for column in columns)
    ]
    if missing:
        raise SignatureMismatch(f"Model.example lacks columns that the model reads: {', '.join(missing)}.")
    if model.example.isEmpty():
        raise ModelError(
            "Model.example has no rows; give the rows the model was trained on, or a part of them."
        )


def save_and_certify(model: Model, folder: Path, settings: Settings) -> CertifiedCompilation:
    """Save a trained model in a new folder, compile it, and compare the scorer with Spark.

    Args:
        model: The trained model.
        folder: The folder on this machine.
        settings: Where Spark runs, and the warehouse that its executors share.
    """
    spark = model.example.sparkSession
    local = None if has_remote_executors(spark, settings) else spark
    mlflow_folder.save_spark_model(model.fitted, folder, settings, spark=local)
    return compile_and_certify(model, folder / mlflow_folder.SPARK_MODEL)


def complete_spark_model_folder(
    model: Model,
    certified: CertifiedCompilation,
    facts: ModelFacts,
    folder: Path,
    settings: Settings,
    rules: PortableRules,
) -> ModelFacts:
    """Write the scorer and the description of the model that a folder contains, and return the completed facts.

    Args:
        model: The trained model.
        certified: What became of it.
        facts: Facts that are known already: name, run, tables, parameters, metrics, gates.
        folder: The folder on this machine that the model was saved to.
        settings: Where Spark runs, and the warehouse that its executors share.
        rules: Row rules of the training tables.
    """
    # Imported here because it brings NumPy.
    from sparkops.pyfunc.registration.spark_rows import complete_manifest, prepare_row_scoring

    if certified.compilation.description is None:
        result = _describe_uncompiled(
            model, certified, lambda inputs: prepare_row_scoring(model, folder, inputs, settings, rules)
        )
    else:
        result = _write_compiled(model, certified, folder, settings, rules)
    facts = replace(facts, spark=model.example.sparkSession.version, **result.facts)
    if facts.compiled:
        mlflow_folder.add_scorer_flavor(folder)
        if certified.compilation.require_description().calls_functions:
            _declare_stage_code(model, folder, settings)
    else:
        by = f"a local Spark, about {facts.row_milliseconds:.0f} ms a row" if facts.parity else "Spark only"
        _log.warning("model `%s` is scored by %s: %s", facts.name, by, "; ".join(facts.reasons))
    metadata = {
        "sparkops_run": facts.run_id,
        "training_tables": dict(facts.tables),
        "compiled": facts.compiled,
    }
    mlflow_folder.add_metadata(folder, signature=result.signature, example=result.example, metadata=metadata)
    write_facts(facts, folder)
    complete_manifest(folder)
    return facts


def dry_run_compile(model: Model, settings: Settings) -> Compilation:
    """Save, compile and certify a trained model in a temporary folder, and return the outcome of each stage.

    Args:
        model: What a job returned.
        settings: Where Spark runs, and the warehouse that its executors share.
    """
    check_trained(model)
    with tempfile.TemporaryDirectory(prefix="sparkops-trial-") as work:
        folder, spark = Path(work) / "model", model.example.sparkSession
        if has_remote_executors(spark, settings):
            return save_and_certify(model, folder, settings).compilation
        # Without MLflow, whose import takes seconds.
        save_pipeline(model.fitted, folder, spark)
        return compile_and_certify(model, folder).compilation


@dataclass(frozen=True, slots=True, kw_only=True)
class _CompileResult:
    """Signature, input example and facts of a model after an attempt to compile it."""

    signature: ModelSignature
    example: Mapping[str, Any] | None
    facts: dict[str, Any]


def _write_compiled(
    model: Model, certified: CertifiedCompilation, folder: Path, settings: Settings, rules: PortableRules
) -> _CompileResult:
    """Write the scorer, with the rules that it can evaluate, and measure it."""
    from sparkops.scoring.rules.compatibility import keep_supported
    from sparkops.scoring.scorer import Scorer

    description = certified.compilation.require_description()
    for note in certified.compilation.notes:
        _log.warning("%s", note)
    rules = keep_supported(rules, description.fields)
    if rules.rules:
        description = replace(description, checks=rules)
    write_scorer(description, certified.cases, folder / SCORER)
    code = folder / CODE if description.calls_functions else None
    if code is not None:
        find_stage_code(model.fitted, settings).copy_to(code)
    scorer = Scorer(description)
    read = [field.name for field in description.fields]
    answered = [row for row, answer in certified.cases if isinstance(answer, dict)]
    return _CompileResult(
        signature=build_compiled_signature(scorer, _find_scorable_row(certified.cases)),
        example=_find_input_example(certified.cases),
        facts={
            "compiled": True,
            "parity": len(certified.cases),
            "stages": description.stages,
            "scorer": description.hash,
            "rules": len(rules.rules),
            "left_out": rules.describe_omissions(),
            "benchmark": run_benchmark(model, scorer, answered, folder / SCORER, settings, code),
            "inputs": _select_types(model, read),
            "unread": _select_types(model, [name for name in model.example.columns if name not in read]),
        },
    )


def _declare_stage_code(model: Model, folder: Path, settings: Settings) -> None:
    """Name the code of the model's own stages and their row functions, which the folder contains, to MLflow."""
    code = find_stage_code(model.fitted, settings)
    mlflow_folder.require_packages(folder, code.requirements)
    mlflow_folder.add_code(folder, CODE)


def write_scorer(description: Description, cases: Sequence[Case], folder: Path) -> None:
    """Write the scorer and its certificate."""
    from sparkops.scoring import save
    from sparkops.scoring.artifact.certificate import dump_cases

    save(description, folder)
    (folder / CERTIFICATE).write_text(dump_cases(cases), "utf-8")


def _describe_uncompiled(
    model: Model,
    certified: CertifiedCompilation,
    prepare: Callable[[Sequence[Field]], PreparedRows],
) -> _CompileResult:
    """Return the description of a model that Spark scores: tables in any case, rows if `prepare` finds no problem.

    Args:
        model: The trained model.
        certified: Why it is not compiled, and the columns of the training rows.
        prepare: Prepares the scoring of rows with the fields that the model reads.
    """
    fields, reasons = certified.fields, certified.compilation.reasons
    names = _find_columns_for_spark(model)
    inputs = [field for field in fields if field.name in names]
    row_scoring = prepare(
        [field for field in fields if field.name.partition(".")[0] in names or field.name in names]
    )
    if row_scoring.problem:
        reasons = (*reasons, f"no local Spark scores its rows: {row_scoring.problem}")
    ordered = [field.name for field in inputs]
    row = sample_rows(model.example, ordered, 1)[0]
    facts = {
        "compiled": False,
        "reasons": reasons,
        "inputs": _select_types(model, ordered),
        "outputs": row_scoring.outputs,
        "parity": row_scoring.certified,
        "row_milliseconds": row_scoring.milliseconds,
        "rules": row_scoring.rules,
    }
    return _CompileResult(
        signature=build_spark_signature(inputs), example=row if has_json_values(row) else None, facts=facts
    )


def _find_columns_for_spark(model: Model) -> set[str]:
    """Return the columns that Spark needs to score rows: those that stages read, or all, without an unneeded label."""
    columns, read = model.example.columns, find_input_columns(model.fitted)
    if read is not None:
        names = {column for name in read for column in columns if is_column_reference(name, column)}
        # A stage of a user's own may read more than its parameters say.
        if not _find_problem_of_columns(model, names):
            return names
    others = set(columns) - {model.label}
    return set(columns) if model.label is None or _find_problem_of_columns(model, others) else others


def _find_problem_of_columns(model: Model, names: AbstractSet[str]) -> str:
    """Return why Spark cannot score rows with only these columns; empty if it can."""
    fitted: Any = model.fitted
    columns = [quote_column(name) for name in model.example.columns if name in names]
    return find_analysis_problem(lambda: fitted.transform(model.example.limit(0).select(*columns)))


def _select_types(model: Model, names: Sequence[str]) -> dict[str, str]:
    return {name: find_input_type(model.example, name) for name in names}


def _find_scorable_row(cases: Sequence[Case]) -> Mapping[str, Any]:
    """Return a row that the model scores, or any row if it scores none."""
    return next((row for row, answer in cases if isinstance(answer, dict)), cases[0][0])


def _find_input_example(cases: Sequence[Case]) -> Mapping[str, Any] | None:
    """Return a row that the model scores and that JSON can represent exactly."""
    return next((row for row, answer in cases if isinstance(answer, dict) and has_json_values(row)), None)


def has_json_values(row: Mapping[str, Any]) -> bool:
    """Return whether JSON has every value of a row: text, a boolean, a list or a finite number, but no null."""
    return all(
        isinstance(value, str | bool | int | list) or (isinstance(value, float) and math.isfinite(value))
        for value in row.values()
    )
