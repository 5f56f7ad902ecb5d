"""What `sparkops models compile` shows: the stages, the comparison with Spark, and what was written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparkops.cli.display.echo import echo
from sparkops.cli.display.table import print_table
from sparkops.core.wording import format_count
from sparkops.pipeline.json_values.models import model_version_to_json

if TYPE_CHECKING:
    from sparkops.compiler import Compilation
    from sparkops.pipeline.model_version_info import ModelVersionInfo
    from sparkops.registry.external_model import ExternalModel


@dataclass(frozen=True, slots=True)
class CompileResult:
    """What became of a model.

    Args:
        model: The model.
        into: Folder for the scorer.
        mlflow: Folder for the complete MLflow model.
        version: The registered version.
    """

    model: ExternalModel
    into: Path | None
    mlflow: Path | None
    version: ModelVersionInfo | None

    @property
    def is_compiled(self) -> bool:
        """Return whether there is a scorer."""
        return self.model.compilation.description is not None


def print_result(result: CompileResult) -> None:
    """Print the stages and what was written."""
    saved = result.model.saved
    spark = f"Spark {saved.spark_version}" if saved.spark_version else "an unknown version of Spark"
    echo(f"Model    {saved.folder}, saved by {spark}; columns from {saved.columns_source}")
    print_stages(result.model.compilation)
    for line in _describe_result(result):
        echo(line)


def _describe_result(result: CompileResult) -> Iterator[str]:
    description, parity = result.model.compilation.description, result.model.parity
    if description is None:
        if result.version is not None:
            yield from _describe_version(result.version)
        elif result.into or result.mlflow:
            yield "Nothing was written."
        return
    yield f"Reads    {', '.join(f'{field.name} {field.type}' for field in description.fields)}"
    if parity is not None:
        yield (
            f"Spark    {parity.spark_version}: {format_count(parity.rows, 'row')} equal, "
            f"{parity.refused} of them refused by both"
        )
    if result.into is None and result.mlflow is None and result.version is None:
        yield "Scorer   compiles; nothing was written: --into DIR, --mlflow DIR and --register NAME write it"
        return
    if result.into is not None:
        yield f"Scorer   written to {result.into}"
    if result.mlflow is not None:
        yield f"MLflow   model written to {result.mlflow}"
    folder = result.into or result.mlflow
    if folder is not None:
        yield _describe_certificate(result.model, folder)
    if result.version is not None:
        yield from _describe_version(result.version)


def _describe_version(version: ModelVersionInfo) -> Iterator[str]:
    aliases = " ".join(f"@{alias}" for alias in version.aliases) or "no alias"
    scored = "compiled" if version.compiled else "scored by Spark"
    yield f"Version  {version.name}/{version.version}, {aliases}, {scored}"
    if "champion" not in version.aliases:
        yield f"         `sparkops models promote {version.name}/{version.version}` makes it champion"


def _describe_certificate(model: ExternalModel, folder: Path) -> str:
    if not model.cases:
        return f"State    not certified: no row was compared with Spark; `sparkops models certify {folder}` does that"
    return f"State    certified: {format_count(len(model.cases), 'row')} equal to Spark's"


def result_to_json(result: CompileResult) -> dict[str, Any]:
    """Return the result as JSON values."""
    saved, compilation, parity = result.model.saved, result.model.compilation, result.model.parity
    fields = compilation.description.fields if compilation.description else ()
    return {
        "model": str(saved.folder),
        "spark": saved.spark_version,
        "columns_from": saved.columns_source,
        "compiled": result.is_compiled,
        "stages": [
            {
                "stage": stage.class_name,
                "uid": stage.uid,
                "compiled": not stage.reason,
                "reason": stage.reason,
            }
            for stage in compilation.stages
        ],
        "problem": compilation.problem,
        "notes": list(compilation.notes),
        "inputs": {field.name: field.type for field in fields},
        "certificate": None
        if parity is None
        else {"spark": parity.spark_version, "rows": parity.rows, "refused": parity.refused},
        "into": str(result.into) if result.into and result.is_compiled else None,
        "mlflow": str(result.mlflow) if result.mlflow and result.is_compiled else None,
        "version": None if result.version is None else model_version_to_json(result.version),
    }


def print_stages(compilation: Compilation) -> None:
    """Print for each stage whether it compiles."""
    rows = [
        {"number": number, "stage": stage.class_name, "uid": stage.uid, "how": stage.describe()}
        for number, stage in enumerate(compilation.stages, 1)
    ]
    print_table(rows, empty="The model has no stages.")
    if compilation.problem:
        echo(f"Scored by Spark only: {compilation.problem}")
    for note in compilation.notes:
        echo(f"Note     {note}")
