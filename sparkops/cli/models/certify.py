"""`sparkops models certify`: compare a model's scorer with Spark, or with its own process, again."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from secrets import randbelow
from typing import TYPE_CHECKING

import click

from sparkops.cli.display.echo import echo
from sparkops.cli.models.compile import find_model_folder
from sparkops.cli.project_options import ProjectOptions, with_project_options
from sparkops.core.wording import format_count
from sparkops.errors import InputError
from sparkops.pyfunc.worker.flavor_names import is_pyfunc_model, is_scored_by_local_spark

if TYPE_CHECKING:
    from sparkops.pyfunc.worker.worker_settings import WorkerSettings
    from sparkops.scoring.locate.model_uri import LocatedModel

_MAX_DIFFERENCES = 5


@click.command("certify", short_help="Compare a model's scorer with Spark again, this version or another.")
@click.argument("uri", metavar="MODEL")
@click.option(
    "--rows",
    default=200,
    show_default=True,
    type=click.IntRange(0, 100_000),
    metavar="N",
    help="Number of new rows.",
)
@click.option("--seed", type=int, metavar="NUMBER", help="Seed of the new rows; a random one by default.")
@click.option(
    "--python",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="PATH",
    help="Use the Spark of that interpreter, with pyspark of another version; it needs no sparkops.",
)
@with_project_options
def certify(project: ProjectOptions, uri: str, rows: int, seed: int | None, python: Path | None) -> int:
    """Compare the scorer of MODEL with its certificate, then with Spark on the certificate's rows and new edge rows.

    MODEL is a registered model, its folder, or a folder that `models compile --into` wrote, which receives its
    certificate this way. A model that is not a Spark model is compared with its own process. Exit code 1: some row
    differs.
    """
    folder = find_model_folder(project, uri)
    if is_pyfunc_model(folder):
        return _certify_pyfunc(project, uri, folder, rows, seed)
    if is_scored_by_local_spark(folder):
        return _certify_local_spark(project, uri, folder)
    return _certify_spark_model(project, folder, rows, seed, python)


def _certify_spark_model(
    project: ProjectOptions, folder: Path, rows: int, seed: int | None, python: Path | None
) -> int:
    from sparkops.artifact.parity_check import ParityCheck
    from sparkops.artifact.spark_reference import build_interpreter_reference, build_session_reference

    parity = ParityCheck.for_model(folder, rows=rows, seed=seed)
    certificate_differences = parity.check_certificate()
    if parity.cases:
        count = format_count(len(parity.cases), "row")
        echo(f"Recorded {count}; {_count_differences(certificate_differences)} (no Spark)")
    else:
        echo("Recorded no certificate yet")
    if python is not None:
        compared = parity.compare(build_interpreter_reference(python))
    else:
        with project.engine() as engine:
            compared = parity.compare(build_session_reference(engine.session()))
    echo(f"Spark    {compared.spark_version}; trained by {parity.spark_version or 'an unknown version'}")
    echo(
        f"Compared {format_count(compared.rows, 'row')}, {format_count(len(parity.random_rows), 'row')} new "
        f"(--seed {parity.seed}), {compared.refused} refused by the scorer; "
        f"{_count_differences(compared.differences)}"
    )
    for line in (*certificate_differences[:_MAX_DIFFERENCES], *compared.messages()[:_MAX_DIFFERENCES]):
        echo(f"         {line}")
    if certificate_differences or compared.differences:
        return 1
    if not compared.answered_rows:
        echo("Scorer   not certified: no row was answered")
        return 1
    written = parity.write_certificate(compared)
    echo("Scorer   certified" + (f": {written}" if written else ""))
    return 0


def _certify_pyfunc(project: ProjectOptions, uri: str, folder: Path, rows: int, seed: int | None) -> int:
    """Run the certificate of a model that is not a Spark model again, and score new rows singly and in a batch.

    Args:
        project: The project.
        uri: The model as it was named.
        folder: Its folder.
        rows: Number of new rows.
        seed: Seed of the new rows; None chooses one.
    """
    from sparkops.pyfunc.registration.parity import check_parity
    from sparkops.pyfunc.registration.pyfunc_model_folder import describe_scoring
    from sparkops.pyfunc.worker.manifest import read_manifest
    from sparkops.pyfunc.worker.open_scorer import open_pyfunc_scorer

    located, worker_settings = _locate(project, uri, folder)
    seed = randbelow(10**6) if seed is None else seed
    with closing(open_pyfunc_scorer(located, worker_settings)) as scorer:
        result = check_parity(scorer, located.folder, rows=rows, seed=seed)
    echo(f"Model    {describe_scoring(read_manifest(located.folder))}")
    echo(
        f"Recorded {format_count(result.certificate_rows, 'row')}; {_count_differences(result.certificate_differences)} row by row"
    )
    echo(
        f"Compared {format_count(result.random_rows, 'row')}, new (--seed {seed}); "
        f"{_count_differences(result.batch_differences)} between rows scored singly and in a batch"
    )
    differences = (result.certificate_differences, result.batch_differences)
    for line in (line for lines in differences for line in lines[:_MAX_DIFFERENCES]):
        echo(f"         {line}")
    return 1 if any(differences) else 0


def _certify_local_spark(project: ProjectOptions, uri: str, folder: Path) -> int:
    """Score the certificate of a model that is not compiled again, with a local Spark."""
    from sparkops.pyfunc.worker.open_scorer import find_certificate_differences, open_spark_scorer
    from sparkops.scoring.artifact.certificate import read_cases
    from sparkops.scoring.artifact.file_names import CERTIFICATE

    located, worker_settings = _locate(project, uri, folder)
    with closing(open_spark_scorer(located, worker_settings)) as scorer:
        differences = find_certificate_differences(scorer, located.folder)
    count = len(read_cases((located.folder / CERTIFICATE).read_text("utf-8")))
    echo("Model    not compiled: a local Spark scores its rows")
    echo(f"Recorded {format_count(count, 'row')}; {_count_differences(differences)}")
    for line in differences[:_MAX_DIFFERENCES]:
        echo(f"         {line}")
    return 1 if differences else 0


def _locate(project: ProjectOptions, uri: str, folder: Path) -> tuple[LocatedModel, WorkerSettings]:
    """Return a model with the hash of its manifest, and how its process runs.

    Raises:
        InputError: The URI names no registered version.
    """
    from sparkops.cli.score import build_locating_options
    from sparkops.pyfunc.worker.worker_settings import WorkerSettings
    from sparkops.scoring.locate.model_uri import LocatedModel, locate

    options = build_locating_options(project)
    worker_settings = options.pop("worker_settings", WorkerSettings())
    if Path(uri).is_dir():
        return LocatedModel(folder, folder.name, None), worker_settings
    if uri.startswith(("runs:/", "models:/m-")):
        raise InputError(
            f"{uri} cannot be verified without a registered version: name the model as name, name/3 or name@alias."
        )
    return locate(uri, **options), worker_settings


def _count_differences(differences: Sequence[object]) -> str:
    return format_count(len(differences), "difference") if differences else "no differences"
