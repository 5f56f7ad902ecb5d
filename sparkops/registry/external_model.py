"""A model that sparkops did not train: compile it, compare it with Spark, and build the folder that is registered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparkops.artifact import mlflow_folder
from sparkops.artifact.facts import ModelFacts, write_facts
from sparkops.artifact.parity_check import ParityCheck, ParityResult
from sparkops.artifact.saved_spark_model import SavedSparkModel
from sparkops.artifact.signature import build_compiled_signature, build_spark_signature
from sparkops.artifact.spark_flavor import write_spark_flavor
from sparkops.artifact.spark_reference import SparkReference, to_json_value
from sparkops.compiler import Compilation, compile_stages
from sparkops.compiler.session import SessionSettings
from sparkops.core.type_names import SIMPLE_STRINGS, parse_element_type
from sparkops.core.wording import format_count
from sparkops.errors import InputError, RowError
from sparkops.registry.compile_and_certify import require_columns
from sparkops.registry.spark_model_folder import has_json_values, write_scorer
from sparkops.scoring import Scorer, edge_rows, save
from sparkops.scoring.artifact.file_names import SCORER
from sparkops.scoring.batch.cells import from_json
from sparkops.scoring.ir.row_fields import flatten_structs
from sparkops.scoring.protocol import Case

if TYPE_CHECKING:
    from mlflow.models import ModelSignature

    from sparkops.scoring.ir.description import Description
    from sparkops.scoring.ir.field import Field

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalModel:
    """A saved Spark model after an attempt to compile it.

    Args:
        saved: The saved model.
        compilation: The outcome for each stage; the description is None if scorer and Spark differ.
        example: Rows to score, as plain values; the first without a null becomes the input example.
        parity: The comparison with Spark; None if there was none.
    """

    saved: SavedSparkModel
    compilation: Compilation
    example: tuple[Row, ...] = ()
    parity: ParityResult | None = None

    @property
    def cases(self) -> tuple[Case, ...]:
        """Return the certificate; empty without a comparison."""
        cases = self.parity.cases if self.parity else ()
        return tuple((to_json_value(row), answer) for row, answer in cases)


def compile_external_model(
    saved: SavedSparkModel, rows: Sequence[Row] | None = None, *, ansi: bool = False
) -> ExternalModel:
    """Compile a saved model. No JVM is started.

    Args:
        saved: The saved model.
        rows: Rows of JSON values that the model accepts; by default those rows of the input example in its `MLmodel`
            that the scorer accepts.
        ansi: Whether it is known that the session of its training was in ANSI mode, the default of Spark 4.

    Raises:
        InputError: The scorer refuses one of `rows`.
    """
    session = SessionSettings.of_saved_model(saved.spark_version, ansi=ansi)
    compilation = require_columns(compile_stages(saved.folder, saved.fields, session))
    description = compilation.description
    if description is None:
        return ExternalModel(
            saved=saved, compilation=compilation, example=_to_rows(rows, saved, saved.fields)
        )
    scorer, example = Scorer(description), _to_rows(rows, saved, description.fields)
    if rows is None:
        example = tuple(row for row in example if isinstance(scorer.answer(row), dict))
    for number, row in enumerate(example, 1):
        try:
            scorer.score(row)
        except RowError as error:
            raise InputError(f"Row {number} of --example: {error}") from error
    return ExternalModel(saved=saved, compilation=compilation, example=example)


def compare_with_spark(model: ExternalModel, reference: SparkReference, *, rows: int = 200) -> ExternalModel:
    """Return the model with Spark's answers to its example, to edge rows and to random rows.

    If they differ from the scorer's, or if Spark answers no row, it is not a compiled model any more: only Spark scores
    it.

    Args:
        model: A compiled model.
        reference: The Spark that answers.
        rows: Number of random rows.
    """
    description = model.compilation.require_description()
    check = ParityCheck.for_description(description, model.saved, model.example, rows=rows)
    parity = check.compare(reference)
    problem = ""
    if parity.differences:
        count = len({difference.index for difference in parity.differences})
        problem = (
            f"the compiled scorer and Spark {parity.spark_version} differ on {count} of {parity.rows} rows. "
            f"First: {parity.list_messages()[0]}"
        )
    elif not parity.answered_rows:
        problem = f"Spark {parity.spark_version} answers none of {format_count(parity.rows, 'row')}"
    if problem:
        return replace(model, compilation=replace(model.compilation, description=None, problem=problem))
    return replace(model, parity=parity)


def build_folder(model: ExternalModel, name: str, folder: Path) -> ModelFacts:
    """Write the model's folder for MLflow and sparkops, and return the facts about it.

    Args:
        model: The model. If it is not compiled, MLflow's own `spark` flavor scores it.
        name: Registered name, or a name for display.
        folder: A new folder.
    """
    write_spark_flavor(model.saved, folder)
    description = model.compilation.description
    if description is None:
        signature = build_spark_signature(model.saved.fields)
        mlflow_folder.require_pyspark(folder, model.saved.spark_version)
    else:
        signature = _write_compiled(model, description, folder)
    facts = _collect_facts(model, name)
    metadata = {**model.saved.metadata, "compiled": facts.compiled, "source": dict(facts.source)}
    example = next(filter(has_json_values, model.example), None)
    mlflow_folder.add_metadata(folder, signature=signature, example=example, metadata=metadata)
    write_facts(facts, folder)
    return facts


def _write_compiled(model: ExternalModel, description: Description, folder: Path) -> ModelSignature:
    """Write the scorer, with its certificate if there is one, and return the signature."""
    if model.cases:
        write_scorer(description, model.cases, folder / SCORER)
    else:
        save(description, folder / SCORER)
    mlflow_folder.add_scorer_flavor(folder)
    scorer = Scorer(description)
    candidates: list[Row] = [*model.example, *edge_rows(description, ())]
    scorable = (row for row in candidates if isinstance(scorer.answer(row), dict))
    return build_compiled_signature(scorer, next(scorable, candidates[0] if candidates else {}))


def _collect_facts(model: ExternalModel, name: str) -> ModelFacts:
    saved, description = model.saved, model.compilation.description
    read = saved.fields if description is None else description.fields
    names = {field.name for field in read}
    return ModelFacts(
        name=name,
        run_id="",
        compiled=description is not None,
        reasons=model.compilation.reasons if description is None else (),
        parity=len(model.cases),
        inputs={field.name: _find_spark_type(field.type) for field in read},
        unread={
            field.name: _find_spark_type(field.type) for field in saved.fields if field.name not in names
        },
        spark=saved.spark_version,
        stages=() if description is None else description.stages,
        scorer="" if description is None else description.hash,
        source={
            "folder": str(saved.folder.absolute()),
            "sha256": saved.hash_files(),
            "columns": saved.columns_source,
        },
    )


def _to_rows(
    rows: Sequence[Row] | None, saved: SavedSparkModel, fields: Sequence[Field]
) -> tuple[dict[str, Any], ...]:
    """Return rows of JSON values as plain values of the fields; what is not a field is left out."""
    types = {field.name: field.type for field in fields}
    flat = (flatten_structs(row, tuple(types)) for row in (saved.example if rows is None else rows))
    return tuple(
        {name: from_json(value, types[name]) for name, value in row.items() if name in types} for row in flat
    )


def _find_spark_type(type_: str) -> str:
    """Return the type of a field as `DataFrame.dtypes` has it."""
    element = parse_element_type(type_)
    if element is not None:
        return f"array<{_find_spark_type(element)}>"
    return SIMPLE_STRINGS.get(type_, type_)
