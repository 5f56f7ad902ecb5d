"""`sparkops models compile`: compile a saved Spark model to a scorer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sparkops.cli.display.table import print_table
from sparkops.cli.project_options import ProjectOptions, with_project_options
from sparkops.core.wording import format_count
from sparkops.errors import InputError

if TYPE_CHECKING:
    from sparkops.compiler import Compilation


@click.command("compile", short_help="Compile a saved Spark model to a scorer that needs no Spark.")
@click.argument("uri", metavar="MODEL")
@click.option(
    "--into",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write the scorer to this folder; without it, nothing is written.",
)
@click.option(
    "--schema",
    metavar="COLUMNS",
    help="The model's columns, if its folder does not contain them: 'carrier STRING, month INT'.",
)
@with_project_options
def compile_model(project: ProjectOptions, uri: str, into: Path | None, schema: str | None) -> int:
    """Compile MODEL, and show for each stage whether it compiles. No JVM is started.

    MODEL is a registered model (name, name/3, name@alias, models:/..., runs:/...), a folder that MLflow saved with its
    `spark` flavor, or a folder that Spark ML saved. Exit code 1: only Spark can score some stage.
    """
    from sparkops.artifact.compiled_scorer import check_output_folder, write_compiled_scorer
    from sparkops.artifact.saved_spark_model import is_model_folder, read_spark_model
    from sparkops.compiler import compile_stages

    if into is not None:
        check_output_folder(into)
    folder = find_model_folder(project, uri)
    if not is_model_folder(folder):
        raise InputError(
            f"{uri} holds a compiled scorer already: name the Spark model that it was compiled from."
        )
    model = read_spark_model(folder, schema=schema)
    compilation = compile_stages(model.folder, model.fields)
    spark = f"Spark {model.spark_version}" if model.spark_version else "an unknown version of Spark"
    click.echo(f"Model    {model.folder}, saved by {spark}; columns from {model.columns_source}")
    print_stages(compilation)
    if compilation.description is None:
        return 1
    fields = ", ".join(f"{field.name} {field.type}" for field in compilation.description.fields)
    click.echo(f"Reads    {fields}")
    if into is None:
        click.echo("Scorer   compiles; nothing was written: --into DIR writes it")
        return 0
    write_compiled_scorer(compilation.description, model, into)
    click.echo(f"Scorer   written to {into}")
    click.echo(format_certificate(into, str(into)))
    return 0


def print_stages(compilation: Compilation) -> None:
    """Print for each stage whether it compiles."""
    rows = [
        {"number": number, "stage": stage.class_name, "uid": stage.uid, "how": stage.describe()}
        for number, stage in enumerate(compilation.stages, 1)
    ]
    print_table(rows, empty="The model has no stages.")
    if compilation.problem:
        click.echo(f"Scored by Spark only: {compilation.problem}")
    for note in compilation.notes:
        click.echo(f"Note     {note}")


def format_certificate(folder: Path, model: str) -> str:
    """Return the line that says whether the scorer in a folder was compared with Spark."""
    from sparkops.scoring.artifact.file_names import CERTIFICATE

    file = folder / CERTIFICATE
    if not file.is_file():
        return f"State    not certified: no row was compared with Spark; `sparkops models certify {model}` does that"
    with file.open("rb") as lines:
        return f"State    certified: {format_count(sum(1 for _ in lines), 'row')} equal to Spark's"


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
    return project.engine().models.fetch(uri)
