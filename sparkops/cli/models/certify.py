"""`sparkops models certify`: compare a model's scorer with Spark, or with its own process, again."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from secrets import randbelow
from typing import TYPE_CHECKING, Any

import click

from sparkops.cli.display.echo import echo
from sparkops.cli.models.compile import find_model_folder
from sparkops.cli.project_options import VERSION, ProjectOptions, trust_option, with_project_options
from sparkops.core.wording import format_count
from sparkops.pyfunc.worker.flavor_names import is_pyfunc_model, is_scored_by_local_spark

if TYPE_CHECKING:
    from sparkops.pyfunc.worker.worker_settings import WorkerSettings
    from sparkops.scoring.locate.model_uri import LocatedModel

_MAX_DIFFERENCES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class CertifyOptions:
    """The options of `sparkops models certify`; see their help."""

    rows: int
    seed: int | None
    python: Path | None
    trust: bool


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
@click.option("--seed", type=VERSION, metavar="NUMBER", help="Seed of the new rows; a random one by default.")
@click.option(
    "--python",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="PATH",
    help="Use the Spark of that interpreter, with pyspark of another version; it needs no sparkops.",
)
@trust_option()
@with_project_options
def certify(project: ProjectOptions, uri: str, **values: Any) -> int:
    """Compare the scorer of MODEL with its certificate, then with Spark on the certificate's rows and new edge rows.

    MODEL is a registered model, its folder, or a folder that `models compile --into` wrote, which receives its
    certificate this way. A model that is not a Spark model is compared with its own process. Exit code 1: some row
    differs.
    """
    options = CertifyOptions(**values)
    located, worker_settings = _locate(project, uri, trust=options.trust)
    if not located.has_compiled_scorer:
        if is_pyfunc_model(located.folder):
            return _certify_pyfunc(located, worker_settings, options)
        if is_scored_by_local_spark(located.folder):
            return _certify_local_spark(located, worker_settings)
    return _certify_spark_model(project, located, options)


def _certify_spark_model(project: ProjectOptions, located: LocatedModel, options: CertifyOptions) -> int:
    from sparkops.artifact.parity_check import ParityCheck
    from sparkops.artifact.saved_code import require_no_code
    from sparkops.artifact.spark_reference import build_interpreter_reference, build_session_reference

    parity = ParityCheck.for_model(
        located.folder, rows=options.rows, seed=options.seed, code=located.trusted_code
    )
    if not located.is_trusted and not located.scorer_hash:
        require_no_code(parity.spark_model)
    python = options.python
    certificate_differences = parity.check_certificate()
    if parity.cases:
        count = format_count(len(parity.cases), "row")
        echo(f"Recorded {count}; {_count_differences(certificate_differences)} (no Spark)")
    else:
        echo("Recorded no certificate yet")
    if python is not None:
        compared = parity.compare(build_interpreter_reference(python))
    else:
        with project.open_engine() as engine:
            compared = parity.compare(build_session_reference(engine.session()))
    echo(f"Spark    {compared.spark_version}; trained by {parity.spark_version or 'an unknown version'}")
    echo(
        f"Compared {format_count(compared.rows, 'row')}, {format_count(len(parity.random_rows), 'row')} new "
        f"(--seed {parity.seed}), {compared.refused} refused by the scorer; "
        f"{_count_differences(compared.differences)}"
    )
    for line in (*certificate_differences[:_MAX_DIFFERENCES], *compared.list_messages()[:_MAX_DIFFERENCES]):
        echo(f"         {line}")
    if certificate_differences or compared.differences:
        return 1
    if not compared.answered_rows:
        echo("Scorer   not certified: no row was answered")
        return 1
    written = parity.write_certificate(compared)
    echo("Scorer   certified" + (f": {written}" if written else ""))
    return 0


def _certify_pyfunc(located: LocatedModel, worker_settings: WorkerSettings, options: CertifyOptions) -> int:
    """Run the certificate of a model that is not a Spark model again, and score new rows singly and in a batch."""
    from sparkops.pyfunc.registration.parity import check_parity
    from sparkops.pyfunc.registration.pyfunc_model_folder import describe_scoring
    from sparkops.pyfunc.worker.manifest import read_manifest
    from sparkops.pyfunc.worker.open_scorer import open_pyfunc_scorer

    seed = randbelow(10**6) if options.seed is None else options.seed
    with closing(open_pyfunc_scorer(located, worker_settings)) as scorer:
        result = check_parity(scorer, located.folder, rows=options.rows, seed=seed)
    echo(f"Model    {describe_scoring(read_manifest(located.folder))}")
    echo(
        f"Recorded {format_count(result.certificate_rows, 'row')}; "
        f"{_count_differences(result.certificate_differences)} row by row"
    )
    echo(
        f"Compared {format_count(result.random_rows, 'row')}, new (--seed {seed}); "
        f"{_count_differences(result.batch_differences)} between rows scored singly and in a batch"
    )
    differences = (result.certificate_differences, result.batch_differences)
    for line in (line for lines in differences for line in lines[:_MAX_DIFFERENCES]):
        echo(f"         {line}")
    return 1 if any(differences) else 0


def _certify_local_spark(located: LocatedModel, worker_settings: WorkerSettings) -> int:
    """Score the certificate of a model that is not compiled again, with a local Spark."""
    from sparkops.pyfunc.worker.open_scorer import find_certificate_differences, open_spark_scorer
    from sparkops.scoring.artifact.certificate import read_certificate
    from sparkops.scoring.artifact.file_names import CERTIFICATE

    with closing(open_spark_scorer(located, worker_settings)) as scorer:
        differences = find_certificate_differences(scorer, located.folder)
    count = len(read_certificate(located.folder / CERTIFICATE))
    echo("Model    not compiled: a local Spark scores its rows")
    echo(f"Recorded {format_count(count, 'row')}; {_count_differences(differences)}")
    for line in differences[:_MAX_DIFFERENCES]:
        echo(f"         {line}")
    return 1 if differences else 0


def _locate(project: ProjectOptions, uri: str, *, trust: bool) -> tuple[LocatedModel, WorkerSettings]:
    """Return a model with its hashes in the registry, and how its process runs.

    What a run logged has no hashes in the registry: it is treated like a folder.
    """
    from sparkops.cli.score import build_locating_options
    from sparkops.scoring.locate.model_uri import LocatedModel, parse_model_uri

    worker_settings: WorkerSettings = build_locating_options(project, trust=trust)["worker_settings"]
    folder = find_model_folder(project, uri)
    if folder == Path(uri).absolute() or uri.startswith(("runs:/", "models:/m-")):
        return LocatedModel(folder, folder.name, None, is_trusted=trust), worker_settings
    located = project.open_registry().locate(*parse_model_uri(uri))
    return replace(located, is_trusted=trust), worker_settings


def _count_differences(differences: Sequence[object]) -> str:
    return format_count(len(differences), "difference") if differences else "no differences"
