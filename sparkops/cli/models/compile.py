"""`sparkops models compile` and `certify`: from a model that anyone saved to a scorer that is known to agree."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sparkops.cli.display.table import rows_of, table
from sparkops.cli.models.certify import certify_other
from sparkops.cli.project_options import Where, common
from sparkops.errors import InputError
from sparkops.pyfunc.worker.flavor_names import is_other

if TYPE_CHECKING:
    from sparkops.artifact.recheck import Compared, Recheck
    from sparkops.compiler import Compilation


@click.command("compile", short_help="Compile a saved Spark model, anyone's, to a scorer without Spark.")
@click.argument("uri", metavar="MODEL")
@click.option(
    "--into", type=click.Path(path_type=Path), metavar="DIR", help="Write the scorer there; else only tell."
)
@click.option(
    "--schema",
    metavar="COLUMNS",
    help="The model's columns, where nothing in its folder tells them: 'carrier STRING, month INT'.",
)
@common
def compile_model(where: Where, uri: str, into: Path | None, schema: str | None) -> int:
    """Compile MODEL, and tell of each stage whether it compiles: no JVM is started.

    MODEL is a registered model (name, name/3, name@alias, models:/..., runs:/...), a folder that MLflow saved with its
    `spark` flavor, or a folder that Spark ML saved. Exit code 1: some stage is scored by Spark only.
    """
    from sparkops.artifact.compiled_model import check_free, write_compiled
    from sparkops.artifact.logged_model import is_logged, logged
    from sparkops.compiler import compile_stages

    if into is not None:
        check_free(into)
    folder = folder_of(where, uri)
    if not is_logged(folder):
        raise InputError(
            f"{uri} holds a compiled scorer already: name the Spark model that it was compiled from."
        )
    model = logged(folder, schema=schema)
    found = compile_stages(model.saved, model.fields)
    by = f"Spark {model.spark}" if model.spark else "an unknown Spark"
    click.echo(f"Model    {model.saved}, saved by {by}; columns from {model.told_by}")
    tell_stages(found)
    if found.description is None:
        return 1
    click.echo(f"Reads    {', '.join(f'{field.name} {field.type}' for field in found.description.fields)}")
    if into is None:
        click.echo("Scorer   compiles; nothing was written: --into DIR writes it")
        return 0
    write_compiled(found.description, model, into)
    click.echo(f"Scorer   written to {into}")
    click.echo(certificate_line(into, str(into)))
    return 0


@click.command("certify", short_help="Compare a model's scorer with Spark again, this one or another.")
@click.argument("uri", metavar="MODEL")
@click.option(
    "--rows", default=200, show_default=True, type=click.IntRange(0, 100_000), metavar="N", help="Fresh rows."
)
@click.option("--seed", type=int, metavar="NUMBER", help="Makes the same fresh rows again.")
@click.option(
    "--python",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="PATH",
    help="Ask the Spark of that interpreter: one with pyspark of another version; it needs no sparkops.",
)
@common
def certify(where: Where, uri: str, rows: int, seed: int | None, python: Path | None) -> int:
    """Run the certificate of MODEL again: its kept rows by the scorer alone, then those and fresh edge rows by Spark.

    MODEL is a registered model, its folder, or a folder that `models compile --into` wrote, which gets its certificate
    so. Exit code 1: the scorer and Spark differ on some row. Of a model that is no Spark model, its own process is asked.
    """
    from sparkops.artifact.recheck import Recheck, another_spark, this_spark

    folder = folder_of(where, uri)
    if is_other(folder):
        return certify_other(where, uri, folder, rows, seed)
    found = Recheck.of(folder, rows=rows, seed=seed)
    kept = found.kept()
    if found.cases:
        click.echo(f"Kept     {rows_of(len(found.cases))}; {_differ(len(kept))} (no Spark)")
    else:
        click.echo("Kept     no certificate yet")
    if python is not None:
        compared = found.asked(another_spark(python))
    else:
        with where.engine() as engine:
            compared = found.asked(this_spark(engine.session()))
    tell_compared(found, compared)
    for line in (*kept[:5], *compared.told()[:5]):
        click.echo(f"         {line}")
    if kept or compared.differences:
        return 1
    if not compared.answered:
        click.echo("Scorer   not certified: no row was answered")
        return 1
    written = found.write_certificate(compared)
    click.echo("Scorer   certified" + (f": {written}" if written else ""))
    return 0


def tell_compared(found: Recheck, compared: Compared) -> None:
    """Print which Spark was asked, beside the one that trained the model, and how many rows differ."""
    click.echo(f"Spark    {compared.spark}; trained by {found.trained_by or 'an unknown version'}")
    click.echo(
        f"Compared {rows_of(compared.rows)}, {rows_of(len(found.fresh))} fresh (--seed {found.seed}), "
        f"{compared.refused} refused by the scorer; {_differ(len(compared.differences))}"
    )


def tell_stages(found: Compilation) -> None:
    """Print what became of each stage."""
    rows = [
        {"number": number, "stage": stage.class_name, "uid": stage.uid, "how": stage.describe()}
        for number, stage in enumerate(found.stages, 1)
    ]
    table(rows, empty="The model has no stages.")
    if found.problem:
        click.echo(f"Scored by Spark only: {found.problem}")


def certificate_line(folder: Path, model: str) -> str:
    """Return the line that tells whether the scorer of a folder was compared with Spark."""
    from sparkops.scoring.artifact.file_names import CERTIFICATE

    file = folder / CERTIFICATE
    if not file.is_file():
        return f"State    not certified: no row of it was compared with Spark; `sparkops models certify {model}` does"
    with file.open("rb") as lines:
        return f"State    certified: {rows_of(sum(1 for _ in lines))} equal to Spark's"


def folder_of(where: Where, uri: str) -> Path:
    """Return the folder of a model that is named or lies on this machine; only a name needs a project.

    Raises:
        InputError: It is a folder that holds no model.
    """
    from sparkops.artifact.logged_model import is_logged
    from sparkops.scoring.artifact.file_names import DESCRIPTION

    folder = Path(uri).absolute()
    if folder.is_dir() and (is_logged(folder) or (folder / DESCRIPTION).is_file()):
        return folder
    if uri.startswith(("/", "./", "../")):
        why = "holds no model: no MLmodel, and no metadata of Spark ML" if folder.is_dir() else "is not there"
        raise InputError(f"{uri} {why}. Name the folder that MLflow or Spark saved a model in.")
    return where.engine().models.place(uri)


def _differ(count: int) -> str:
    return f"{count or 'no'} difference{'' if count == 1 else 's'}"
