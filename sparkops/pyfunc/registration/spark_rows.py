"""Prepare a Spark model that is not compiled, so that a local Spark can score its rows.

Its code, fields, outputs and certificate are stored with it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

from sparkops.artifact import mlflow_folder
from sparkops.artifact.certify import FittedAnswers
from sparkops.artifact.frames import sample_rows
from sparkops.artifact.model_columns import AddedColumns, list_added_columns, list_leaf_stages
from sparkops.artifact.stage_code import StageCode, find_stage_code
from sparkops.compiler.schema import fields_from_spark, with_vector_sizes
from sparkops.config.settings import Settings
from sparkops.core.column_name import quote_column
from sparkops.core.type_names import parse_decimal_digits
from sparkops.errors import ModelError, ParityBroken
from sparkops.pipeline.model import Model
from sparkops.pyfunc.worker.environment import PYTHON_VERSION, find_interpreter
from sparkops.pyfunc.worker.flavor_names import SPARK
from sparkops.pyfunc.worker.manifest import Manifest, read_manifest, write_manifest
from sparkops.pyfunc.worker.open_scorer import find_certificate_differences
from sparkops.pyfunc.worker.spark_scorer import SparkRowScorer
from sparkops.pyfunc.worker.spark_worker import LocalSpark
from sparkops.pyfunc.worker.worker_settings import WorkerSettings
from sparkops.scoring.artifact.certificate import dump_cases
from sparkops.scoring.artifact.file_names import CERTIFICATE, CODE, SPARK_MANIFEST
from sparkops.scoring.ir.description import Output
from sparkops.scoring.ir.field import FLOATING_TYPES, Field, is_field_type
from sparkops.scoring.ir.portable_rules import PortableRules
from sparkops.scoring.protocol import Case
from sparkops.scoring.rules.compatibility import keep_supported

# Rows of the certificate: as many from the training rows and from the held-out rows, and variants of one row.
_SAMPLE_ROWS, _VARIANTS = 20, 12
# Rows that are scored singly: the first ones warm the JVM.
_WARM_UP, _MEASURED = 3, 7
# Settings on which answers depend, and the beginnings of others.
_SESSION = ("spark.sql.session.timeZone", "spark.sql.ansi.enabled", "spark.sql.caseSensitive")
_SESSION_PREFIXES = (
    "spark.sql.legacy.",
    "spark.sql.decimalOperations.",
    "spark.sql.timestampType",
    "spark.sql.mapKeyDedupPolicy",
)
_LABEL_NAMES = ("label", "predicted_label")
_log = logging.getLogger("sparkops.registry")


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedRows:
    """How the rows of a model that is not compiled are scored.

    Args:
        outputs: Columns that the model adds by default.
        certified: Rows of the certificate.
        milliseconds: Median time of a row.
        problem: Why no local Spark can score rows; empty if it can.
        rules: Number of row rules.
    """

    outputs: tuple[str, ...] = ()
    certified: int = 0
    milliseconds: float = 0.0
    problem: str = ""
    rules: int = 0


def prepare_row_scoring(
    model: Model, folder: Path, fields: Sequence[Field], settings: Settings, rules: PortableRules
) -> PreparedRows:
    """Write what a local Spark needs to score rows to a model's folder, and try it.

    Whatever prevents that is the result's problem, not an error: Spark still scores tables.

    Args:
        model: The trained model.
        folder: Its folder, with the saved model.
        fields: Columns of the model, structs and their fields included.
        settings: Where the project's code is, and how processes of models run.
        rules: Row rules of the training tables.
    """
    results: tuple[str, ...] = ()
    try:
        code = find_stage_code(model.fitted, settings)
        mlflow_folder.require_pyspark(folder, others=code.requirements)
        if code.files:
            code.copy_to(folder / CODE)
            mlflow_folder.add_code(folder, CODE)
        names = dict.fromkeys(field.name.partition(".")[0] for field in fields)
        read = [quote_column(name) for name in model.example.columns if name in names]
        columns = list_added_columns(model.fitted, model.example.select(*read))
        results = columns.results
        prepared = _build_manifest(model, _find_row_fields(fields), columns, code)
        cases = _answer_rows(model, prepared)
        prepared = _add_sizes(prepared, cases)
        prepared = replace(prepared, rules=keep_supported(rules, prepared.fields))
        (folder / CERTIFICATE).write_text(dump_cases(cases), "utf-8")
        milliseconds = _try_out(write_manifest(prepared, folder), folder, cases, settings)
    except Exception as error:  # noqa: BLE001 - a stage's own code may raise anything
        for name in (SPARK_MANIFEST, CERTIFICATE):
            (folder / name).unlink(missing_ok=True)
        # In case the code of its stages was not found.
        mlflow_folder.require_pyspark(folder)
        reason = str(error).strip() if isinstance(error, ModelError) else repr(error)
        return PreparedRows(outputs=results, problem=reason.partition("\n")[0])
    return PreparedRows(
        outputs=results,
        certified=len(cases),
        milliseconds=milliseconds,
        rules=len(prepared.rules.rules),
    )


def complete_manifest(folder: Path) -> None:
    """Write the manifest of a folder again, after other files of it were written; without a manifest, do nothing."""
    if (folder / SPARK_MANIFEST).is_file():
        write_manifest(read_manifest(folder), folder)


def _find_row_fields(fields: Sequence[Field]) -> tuple[Field, ...]:
    """Return the columns of a row; in place of a struct its fields, by their paths.

    Raises:
        ModelError: A row cannot hold the type of a column.
    """
    names = [field.name for field in fields]
    leaves = [field for field in fields if not any(name.startswith(f"{field.name}.") for name in names)]
    unsupported = [f"`{field.name}` is {field.type}" for field in leaves if not is_field_type(field.type)]
    unsupported += [
        f"the length of `{field.name}` is unknown"
        for field in leaves
        if field.type == "vector" and not field.size
    ]
    if unsupported:
        raise ModelError(f"it reads columns that a row cannot hold: {', '.join(unsupported)}")
    return tuple(leaves)


def _build_manifest(
    model: Model, fields: tuple[Field, ...], columns: AddedColumns, code: StageCode
) -> Manifest:
    """Return the manifest, without the lengths of vectors.

    Raises:
        ModelError: An answer can hold no column that the model adds.
    """
    import pyspark

    types = {field.name: _find_output_type(field.type) for field in fields_from_spark(columns.schema)}
    roles = _find_roles(model.fitted)

    def to_outputs(names: Sequence[str]) -> tuple[Output, ...]:
        return tuple(
            Output(name, types[name], name, roles.get(name, "column")) for name in names if types[name]
        )

    outputs = to_outputs(columns.results)
    if not outputs:
        raise ModelError(
            f"it adds no column that an answer can hold: {', '.join(columns.results) or 'none at all'}"
        )
    omitted = [name for name in columns.results if not types[name]]
    if omitted:
        _log.warning(
            "answers to rows leave out columns of types that they cannot hold: %s", ", ".join(omitted)
        )
    classes = _find_classes(model.fitted)
    if classes and not any(output.role == "label" for output in outputs):
        outputs = (*outputs, _build_label_output(model, outputs))
    major, minor, *_ = pyspark.__version__.split(".")
    return Manifest(
        flavor=SPARK,
        fields=fields,
        outputs=outputs,
        others=to_outputs(columns.others),
        classes=classes,
        python=PYTHON_VERSION,
        requirements=(f"pyspark=={major}.{minor}.*", "numpy", "pyarrow", *code.requirements),
        session=_read_session(model),
    )


def _find_output_type(type_: str) -> str:
    """Return the type of an output; empty if an answer cannot hold it. A decimal is answered as a double."""
    if parse_decimal_digits(type_) is not None:
        return "double"
    return type_ if is_field_type(type_) or type_ == "array<vector>" else ""


def _find_roles(fitted: Any) -> dict[str, str]:
    """Return the role of the columns of the first predictor, and of the labels of its prediction."""
    roles: dict[str, str] = {}
    params = {
        "predictionCol": "prediction",
        "probabilityCol": "probability",
        "rawPredictionCol": "rawPrediction",
    }
    for stage in list_leaf_stages(fitted):
        if not roles and stage.hasParam("predictionCol"):
            roles = {
                str(stage.getOrDefault(param)): role
                for param, role in params.items()
                if stage.hasParam(param) and stage.isDefined(param)
            }
        elif type(stage).__name__ == "IndexToString" and roles.get(stage.getInputCol()) == "prediction":
            roles[stage.getOutputCol()] = "label"
    return roles


def _find_classes(fitted: Any) -> tuple[str, ...] | None:
    """Return the labels by index of their probability, if an earlier stage indexed the label of the first predictor."""
    indexed: dict[str, tuple[str, ...]] = {}
    for stage in list_leaf_stages(fitted):
        if type(stage).__name__ == "StringIndexerModel":
            names = stage.getOutputCols() if stage.isSet("outputCols") else [stage.getOutputCol()]
            unknown = ("__unknown",) if stage.getHandleInvalid() == "keep" else ()
            indexed |= {
                name: (*labels, *unknown) for name, labels in zip(names, stage.labelsArray, strict=True)
            }
        elif (
            stage.hasParam("predictionCol")
            and stage.hasParam("labelCol")
            and stage.hasParam("probabilityCol")
        ):
            return indexed.get(stage.getOrDefault("labelCol"))
    return None


def _build_label_output(model: Model, outputs: Sequence[Output]) -> Output:
    """Return the output of the predicted label under a name that no column has."""
    taken = {name.lower() for name in (*model.example.columns, *(output.name for output in outputs))}
    names = [*_LABEL_NAMES, *(f"{_LABEL_NAMES[-1]}{'_' * count}" for count in range(1, len(taken) + 1))]
    return Output(next(name for name in names if name not in taken), "string", None, "label")


def _read_session(model: Model) -> dict[str, str]:
    conf: Any = model.example.sparkSession.conf
    others = {key: str(value) for key, value in conf.getAll.items() if key.startswith(_SESSION_PREFIXES)}
    return {**others, **{key: str(conf.get(key)) for key in _SESSION}}


def _answer_rows(model: Model, manifest: Manifest) -> list[Case]:
    """Return rows with the answers of the fitted model: sampled rows, and variants with null and NaN."""
    names = [field.name for field in manifest.fields]
    frames = [frame for frame in (model.example, model.heldout) if frame is not None]
    rows = [row for frame in frames for row in sample_rows(frame, names, _SAMPLE_ROWS)]
    variants = [{**rows[0], name: value} for name, value in _list_variants(manifest.fields)]
    columns = [output.column for output in manifest.outputs if output.column is not None]
    answers = FittedAnswers(manifest.fields, columns, model.fitted, model.example)
    variants = variants[:_VARIANTS]
    return [
        *zip(rows, answers.answer_rows(rows), strict=True),
        *zip(variants, answers.answer_each(variants), strict=True),
    ]


def _list_variants(fields: Sequence[Field]) -> list[tuple[str, Any]]:
    nulls = [(field.name, None) for field in fields if field.nullable]
    return nulls + [(field.name, float("nan")) for field in fields if field.type in FLOATING_TYPES]


def _add_sizes(manifest: Manifest, cases: Sequence[Case]) -> Manifest:
    """Return the manifest with the lengths of the vectors of the first answer."""
    answer: Mapping[str, Any] = next((answer for _, answer in cases if isinstance(answer, dict)), {})
    fields = with_vector_sizes([Field(item.name, item.type) for item in manifest.outputs], answer)
    return replace(
        manifest,
        outputs=tuple(
            replace(output, size=field.size) for output, field in zip(manifest.outputs, fields, strict=True)
        ),
    )


def _try_out(manifest: Manifest, folder: Path, cases: Sequence[Case], settings: Settings) -> float:
    """Score the certificate with a local Spark, and return the median time of a row in milliseconds.

    Raises:
        ModelError: The local Spark cannot be started, or its answers differ from those of the fitted model.
    """
    worker_settings = WorkerSettings.from_settings(settings)
    python = find_interpreter(manifest, worker_settings)
    scorer = SparkRowScorer(manifest, LocalSpark(folder, manifest, python, worker_settings))
    try:
        differences = find_certificate_differences(scorer, folder)
        if differences:
            raise ParityBroken(f"a local Spark answers otherwise than the fitted model: {differences[0]}")
        answered = [row for row, answer in cases if isinstance(answer, dict)] or [cases[0][0]]
        times = []
        for count in range(_WARM_UP + _MEASURED):
            start = time.perf_counter()
            scorer.answer(answered[count % len(answered)])
            times.append(time.perf_counter() - start)
        return round(1000 * median(times[_WARM_UP:]), 1)
    finally:
        scorer.close()
