"""From what a person calls a model to what scores it: the compiled scorer, or a process of the model's own."""

from __future__ import annotations

from pathlib import Path

from sparkops.errors import ModelError, ParityBroken, RowError
from sparkops.pyfunc.worker.environment import WorkerSettings, find_interpreter
from sparkops.pyfunc.worker.flavor_names import is_pyfunc_model
from sparkops.pyfunc.worker.manifest import verify_folder
from sparkops.pyfunc.worker.pyfunc_scorer import PyfuncScorer
from sparkops.pyfunc.worker.worker_process import WorkerProcess
from sparkops.scoring.artifact.certificate import compare_answers, read_cases
from sparkops.scoring.artifact.file_names import CERTIFICATE
from sparkops.scoring.artifact.scorer_folder import load
from sparkops.scoring.locate.model_uri import LocatedModel, find_scorer_folder, locate
from sparkops.scoring.rules.rule_monitor import RuleMode
from sparkops.scoring.scorer import Answer, Scorer

_ASKED = 25  # rows of the certificate at every loading


def open_scorer(
    uri: str | Path,
    *,
    tracking_uri: str | None = None,
    cache: Path | None = None,
    running: WorkerSettings | None = None,
    rules: RuleMode = "warn",
) -> Scorer | PyfuncScorer:
    """Return the scorer of a model by its name, version, alias or folder.

    Args:
        uri: As `scoring.uri.locate` takes it.
        tracking_uri: Where the registry is.
        cache: Keeps what was copied from a server.
        running: How a model that is no Spark model runs.
        rules: What becomes of rows that break a rule which the model carries.
    """
    found = locate(uri, tracking_uri=tracking_uri, cache=cache)
    if is_pyfunc_model(found.folder):
        return open_pyfunc_scorer(found, running or WorkerSettings())
    return load(find_scorer_folder(found.folder), rules=rules)


def open_pyfunc_scorer(found: LocatedModel, running: WorkerSettings) -> PyfuncScorer:
    """Return a model's scorer, its process started and asked for a few rows of its certificate.

    Raises:
        ModelError: A file is not what was registered, or its process fails.
        ParityBroken: It answers otherwise than when it was registered.
    """
    if found.version is not None and not found.seal:
        raise ModelError(
            f"Version {found.version} of `{found.name}` has no seal in the registry, so nothing says that its files are "
            "those that were registered. Register it again."
        )
    manifest = verify_folder(found.folder, found.seal or None)
    python = find_interpreter(manifest, running)
    worker = WorkerProcess(found.folder, manifest, python, timeout=running.timeout, sealed=found.seal or None)
    scorer = PyfuncScorer(manifest, worker)
    try:
        reason = _differing(scorer, found.folder)
    except RowError as error:
        reason = f"it refuses a row of its certificate ({error})"
    if reason:
        scorer.close()
        raise ParityBroken(f"The model in {found.folder} is not loaded: {reason}. Register it again.")
    return scorer


def _differing(scorer: PyfuncScorer, folder: Path) -> str:
    """Return how a batch of the certificate's answered rows differs from it, as a part of a sentence."""
    cases = read_cases((folder / CERTIFICATE).read_text("utf-8"))
    answered = [case for case in cases if isinstance(case[1], dict)]
    asked = answered[:: max(1, len(answered) // _ASKED)][:_ASKED]
    got = scorer.score_batch([row for row, _ in asked]).rows()
    rtol, atol = scorer.tolerance
    actual: list[Answer] = [row if row is not None else "dropped" for row in got]
    found = compare_answers([answer for _, answer in asked], actual, scorer.outputs, rtol=rtol, atol=atol)
    return (
        f"{len(found)} of {len(asked)} rows differ from its certificate, first: {found[0]}" if found else ""
    )
