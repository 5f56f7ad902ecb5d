"""Open the scorer of a model by name, version, alias or folder: compiled, or in a process of the model's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sparkops.errors import DamagedModel, ModelError, ParityBroken, RowError, UntrustedModel, as_clause
from sparkops.pyfunc.worker.environment import find_interpreter
from sparkops.pyfunc.worker.flavor_names import is_pyfunc_model, is_scored_by_local_spark
from sparkops.pyfunc.worker.manifest import Manifest, read_manifest, verify_folder
from sparkops.pyfunc.worker.pyfunc_scorer import PyfuncScorer
from sparkops.pyfunc.worker.spark_scorer import SparkRowScorer, to_case_answer
from sparkops.pyfunc.worker.spark_worker import LocalSpark
from sparkops.pyfunc.worker.trust import require_trust
from sparkops.pyfunc.worker.worker_process import WorkerProcess, build_pyfunc_program
from sparkops.pyfunc.worker.worker_settings import WorkerSettings
from sparkops.scoring.artifact.certificate import Difference, compare_answers, read_certificate
from sparkops.scoring.artifact.file_names import CERTIFICATE
from sparkops.scoring.artifact.scorer_folder import load
from sparkops.scoring.locate.model_uri import LocatedModel, find_scorer_folder, locate
from sparkops.scoring.protocol import Case
from sparkops.scoring.rules.rule_monitor import RuleMode
from sparkops.scoring.scorer import Scorer

# Certificate rows that are re-scored on load.
_VERIFIED_ROWS = 25


def open_scorer(
    uri: str | Path,
    *,
    tracking_uri: str | None = None,
    cache: Path | None = None,
    worker_settings: WorkerSettings | None = None,
    rules: RuleMode = "warn",
    outputs: Sequence[str] | None = None,
) -> Scorer | PyfuncScorer | SparkRowScorer:
    """Return the scorer of a model.

    Args:
        uri: A name, version, alias or folder, as `locate` takes it.
        tracking_uri: Location of the registry.
        cache: Folder of what was copied from a server.
        worker_settings: How the process of a model that is not compiled runs.
        rules: What happens to rows that violate one of the model's row rules.
        outputs: Names of the outputs in an answer; None returns those that the model returns by default.

    Raises:
        UnknownName: The model has no such output.
        UntrustedModel: Code would be run that neither the registry nor the user vouches for.
    """
    settings = worker_settings or WorkerSettings()
    located = locate(uri, tracking_uri=tracking_uri, cache=cache)
    scorer = open_located_scorer(replace(located, is_trusted=settings.trust), settings, rules=rules)
    return scorer if outputs is None else scorer.with_outputs(outputs)


def open_located_scorer(
    located: LocatedModel, settings: WorkerSettings, *, rules: RuleMode = "warn"
) -> Scorer | PyfuncScorer | SparkRowScorer:
    """Return the scorer of a folder: the compiled one where there is one, because it runs no code of the folder.

    Raises:
        UntrustedModel: Code would be run that neither the registry nor the user vouches for.
    """
    if not located.has_compiled_scorer:
        if is_pyfunc_model(located.folder):
            return open_pyfunc_scorer(located, settings)
        if is_scored_by_local_spark(located.folder):
            return open_spark_scorer(located, settings, rules=rules)
    return load(find_scorer_folder(located.folder), rules=rules, code=located.trusted_code)


def open_pyfunc_scorer(located: LocatedModel, settings: WorkerSettings) -> PyfuncScorer:
    """Return the scorer of a pyfunc model: its files are verified, and some rows of its certificate are re-scored.

    Raises:
        ModelError: A file is not the registered one, or the model's process fails.
        ParityBroken: The model's answers are not those of its certificate.
    """
    manifest, manifest_hash = _verify(located)
    python = find_interpreter(manifest, settings)
    worker = WorkerProcess(
        located.folder,
        manifest,
        python,
        timeout=settings.timeout,
        manifest_hash=manifest_hash,
        program=build_pyfunc_program(manifest, settings.limits),
    )
    scorer = PyfuncScorer(manifest, worker)
    try:
        reason = _verify_answers(scorer, located.folder)
    except RowError as error:
        reason = f"it refuses a row of its certificate ({error})"
    if reason:
        scorer.close()
        raise ParityBroken(
            f"The model in {located.folder} is not loaded: {as_clause(reason)}. Register it again."
        )
    return scorer


def open_spark_scorer(
    located: LocatedModel, settings: WorkerSettings, *, rules: RuleMode = "warn"
) -> SparkRowScorer:
    """Return the scorer of a Spark model that is not compiled: its files are verified, then a local Spark is started.

    Some rows of its certificate are scored again, so that Spark is warm.

    Raises:
        ModelError: A file is not the registered one, or Spark cannot be started.
        ParityBroken: The answers are not those of the certificate.
    """
    manifest, manifest_hash = _verify(located)
    python = find_interpreter(manifest, settings)
    worker = LocalSpark(located.folder, manifest, python, settings, manifest_hash=manifest_hash)
    scorer = SparkRowScorer(manifest, worker, rules=rules)
    try:
        differences = find_certificate_differences(scorer, located.folder, rows=_VERIFIED_ROWS)
    except ModelError:
        scorer.close()
        raise
    if differences:
        scorer.close()
        raise ParityBroken(
            f"The model in {located.folder} is not loaded: {len(differences)} values differ from its certificate, "
            f"first: {as_clause(str(differences[0]))}. Register it again."
        )
    return scorer


def find_certificate_differences(
    scorer: SparkRowScorer, folder: Path, *, rows: int | None = None
) -> list[Difference]:
    """Return where answers differ from a certificate.

    Args:
        scorer: The scorer.
        folder: The model's folder.
        rows: Number of rows to score, all of them rows that were answered; None scores every row.
    """
    cases = read_certificate(folder / CERTIFICATE)
    if rows is not None:
        cases = _sample_answered(cases, rows)
    unchecked = SparkRowScorer(scorer.manifest, scorer.worker)
    actual = [to_case_answer(answer) for answer in unchecked.score_rows([row for row, _ in cases])]
    rtol, atol = scorer.tolerance
    return compare_answers([answer for _, answer in cases], actual, scorer.outputs, rtol=rtol, atol=atol)


def _sample_answered(cases: Sequence[Case], rows: int) -> list[Case]:
    """Return some of the rows that were answered, spread over all of them."""
    answered = [case for case in cases if isinstance(case[1], dict)]
    return answered[:: max(1, len(answered) // rows)][:rows]


def _verify(located: LocatedModel) -> tuple[Manifest, str | None]:
    """Return the manifest of a folder whose files are the registered ones, and its hash in the registry."""
    if located.version is not None and not located.manifest_hash and not located.is_trusted:
        raise UntrustedModel(
            f"Version {located.version} of `{located.name}` has no manifest hash in the registry, so it cannot be "
            "verified that its files are those that were registered. Register it again; or, if you trust what its "
            "folder holds now, pass --trust (in Python: trust=True)."
        )
    require_trust(located, read_manifest(located.folder))
    manifest_hash = located.manifest_hash or None
    return verify_folder(located.folder, manifest_hash), manifest_hash


def _verify_answers(scorer: PyfuncScorer, folder: Path) -> str:
    """Re-score some answered rows of the certificate in a batch; return how they differ, as a part of a sentence."""
    cases = read_certificate(folder / CERTIFICATE)
    chosen = _sample_answered(cases, _VERIFIED_ROWS)
    try:
        differences = scorer.compare(
            [answer for _, answer in chosen], scorer.answer_batch([row for row, _ in chosen])
        )
    except (KeyError, TypeError) as error:
        raise DamagedModel(f"{folder / CERTIFICATE} is damaged: {error!r}.") from None
    if not differences:
        return ""
    return f"{len(differences)} of {len(chosen)} rows differ from its certificate, first: {differences[0]}"
