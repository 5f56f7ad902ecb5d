"""`sparkops models compile`: compile a saved Spark model, write it for MLflow, register it."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sparkops.cli.display.echo import echo_json
from sparkops.cli.models.compile_output import CompileResult, print_result, result_to_json
from sparkops.cli.project_options import ProjectOptions, json_option, trust_option, with_project_options
from sparkops.cli.score import read_rows
from sparkops.errors import InputError

if TYPE_CHECKING:
    from sparkops.pipeline.model_version_info import ModelVersionInfo
    from sparkops.registry.external_model import ExternalModel
    from sparkops.registry.registry import Registry

# MLflow allows other characters; sparkops reads `name/3` and `name@alias`.
_RESERVED = frozenset("/@:")


@dataclass(frozen=True, slots=True, kw_only=True)
class CompileOptions:
    """The options of `sparkops models compile`; see their help."""

    into: Path | None
    mlflow: Path | None
    register: str | None
    overwrite: bool
    certify: bool
    python: Path | None
    ansi: bool
    schema: str | None
    example: Path | None
    as_json: bool
    trust: bool

    @property
    def needs_spark(self) -> bool:
        """Return whether the scorer is compared with Spark."""
        return self.certify or self.python is not None or self.register is not None

    def validate(self) -> None:
        """Raise `InputError` if a folder may not be written, or if a name cannot be registered."""
        from sparkops.artifact.compiled_scorer import check_output_folder
        from sparkops.artifact.target_folder import check_target

        if self.overwrite and self.mlflow is None:
            raise InputError("--overwrite goes with --mlflow DIR.")
        if self.into is not None:
            check_output_folder(self.into)
        if self.mlflow is not None:
            check_target(self.mlflow, overwrite=self.overwrite)
        if self.register is not None and (not self.register.strip() or _RESERVED & set(self.register)):
            raise InputError(f"`{self.register}` cannot name a model: a name has none of `/`, `@` and `:`.")


@click.command("compile", short_help="Compile a saved Spark model; write it for MLflow, or register it.")
@click.argument("uri", metavar="MODEL")
@click.option(
    "--into",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write the scorer to this folder.",
)
@click.option(
    "--mlflow",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write a complete MLflow model to this new folder, for `sparkops serve`, `mlflow models serve` and spark_udf.",
)
@click.option("--overwrite", is_flag=True, help="With --mlflow: replace the model that is in the folder.")
@click.option(
    "--register",
    metavar="NAME",
    help="Register a version of this model, compared with Spark, in the project's registry; outside of a project in "
    "that of MLFLOW_TRACKING_URI. The first version becomes champion, later ones challenger.",
)
@click.option(
    "--certify",
    is_flag=True,
    help="Compare the scorer with the Spark of this Python before it is written; --register always does.",
)
@click.option(
    "--python",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="PATH",
    help="Compare it with the Spark of that interpreter instead; it needs no sparkops.",
)
@click.option(
    "--ansi",
    is_flag=True,
    help="The session that trained it had spark.sql.ansi.enabled=true: the default of Spark 4, but not of Spark 3. "
    "Only a SQLTransformer depends on it.",
)
@click.option(
    "--schema",
    metavar="COLUMNS",
    help="The model's columns, if its folder does not contain them: 'carrier STRING, month INT'.",
)
@click.option(
    "--example",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Good rows as JSON lines, - for standard input: the first without null is MLflow's input "
    "example, all are compared with Spark.",
)
@trust_option()
@json_option("lines")
@with_project_options
def compile_model(project: ProjectOptions, uri: str, **values: Any) -> int:
    """Compile MODEL, and show for each stage whether it compiles. Only options write something.

    MODEL is a registered model (name, name/3, name@alias, models:/..., runs:/...), a folder that MLflow saved with its
    `spark` flavor, or a folder that Spark ML saved. A JVM is started only to compare the scorer with Spark.

    Exit code 1: only Spark can score some stage, or its answers differ; then nothing is written. --register without
    --into and --mlflow registers such a model, too, as one that Spark scores.
    """
    from sparkops.artifact.compiled_scorer import write_compiled_scorer

    options = CompileOptions(**values)
    options.validate()
    registry = None if options.register is None else project.open_registry()
    model = _compile(project, uri, options)
    description, version = model.compilation.description, None
    if description is not None and options.into is not None:
        write_compiled_scorer(description, model.saved, options.into, model.cases)
    writes_no_folder = options.into is None and options.mlflow is None
    if description is not None or writes_no_folder:
        version = _write_model(model, options, registry)
    result = CompileResult(model, options.into, options.mlflow, version)
    if options.as_json:
        echo_json(result_to_json(result))
    else:
        print_result(result)
    return 0 if description is not None or version is not None else 1


def _compile(project: ProjectOptions, uri: str, options: CompileOptions) -> ExternalModel:
    """Compile the model, and compare it with Spark if the options say so."""
    from sparkops.artifact.saved_code import require_no_code
    from sparkops.artifact.saved_spark_model import is_model_folder, read_spark_model
    from sparkops.artifact.spark_reference import build_interpreter_reference
    from sparkops.registry.external_model import compare_with_spark, compile_external_model

    folder = find_model_folder(project, uri)
    if not is_model_folder(folder):
        raise InputError(
            f"{uri} holds a compiled scorer already: name the Spark model that it was compiled from."
        )
    saved = read_spark_model(folder, schema=options.schema)
    rows = None if options.example is None else read_rows(str(options.example))
    model = compile_external_model(saved, rows, ansi=options.ansi)
    if model.compilation.description is None or not options.needs_spark:
        return model
    if not options.trust:
        require_no_code(saved.folder)
    return compare_with_spark(model, build_interpreter_reference(options.python or Path(sys.executable)))


def _write_model(
    model: ExternalModel, options: CompileOptions, registry: Registry | None
) -> ModelVersionInfo | None:
    """Write the complete MLflow model where the options say so, and return the version if it was registered."""
    if options.mlflow is None and registry is None:
        return None
    from sparkops.artifact.target_folder import place_folder
    from sparkops.registry.external_model import build_folder
    from sparkops.registry.mlflow_store import import_mlflow

    import_mlflow()
    with tempfile.TemporaryDirectory(prefix="sparkops-model-") as work:
        folder = Path(work) / "model"
        folder.mkdir()
        name = options.register or (options.mlflow or folder).absolute().name
        facts = build_folder(model, name, folder)
        if options.mlflow is not None:
            place_folder(folder, options.mlflow)
        return None if registry is None else registry.register_folder(facts, folder)


def find_model_folder(project: ProjectOptions, uri: str) -> Path:
    """Return the folder of a model, given by its folder or its registered name; only a name needs a project.

    Raises:
        InputError: The folder holds no model.
    """
    from sparkops.artifact.saved_spark_model import is_model_folder
    from sparkops.scoring.artifact.file_names import DESCRIPTION

    folder = Path(uri).absolute()
    if folder.is_dir() and (is_model_folder(folder) or (folder / DESCRIPTION).is_file()):
        return folder
    if uri.startswith(("/", "./", "../")):
        problem = (
            "contains no model: neither MLmodel nor metadata of Spark ML"
            if folder.is_dir()
            else "does not exist"
        )
        raise InputError(f"{uri} {problem}. Name the folder that MLflow or Spark saved a model in.")
    return project.open_registry().fetch(uri)
