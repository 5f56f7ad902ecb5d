"""Open the scorer of a model by name, version, alias or folder: compiled, or in a process of the model's own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sparkops.errors import ModelError, ParityBroken, RowError, as_clause
from sparkops.pyfunc.worker.environment import find_interpreter
from sparkops.pyfunc.worker.flavor_names import is_pyfunc_model
from sparkops.pyfunc.worker.manifest import verify_folder
from sparkops.pyfunc.worker.pyfunc_scorer import PyfuncScorer
from sparkops.pyfunc.worker.worker_process import WorkerProcess
from sparkops.pyfunc.worker.worker_settings import WorkerSettings
from sparkops.scoring.artifact.certificate import read_cases
from sparkops.scoring.artifact.file_names import CERTIFICATE
from sparkops.scoring.artifact.scorer_folder import load
from sparkops.scoring.locate.model_uri import LocatedModel, find_scorer_folder, locate
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
) -> Scorer | PyfuncScorer:
    """Return the scorer of a model.

    Args:
        uri: A name, version, alias or folder, as `locate` takes it.
        tracking_uri: Location of the registry.
        cache: Folder of what was copied from a server.
        worker_settings: How the process of a pyfunc model runs.
        rules: What happens to rows that violate one of the model's row rules.
        outputs: Names of the outputs in an answer; None returns those that the model returns by default.

    Raises:
        UnknownName: The model has no such output.
    """
    located = locate(uri, tracking_uri=tracking_uri, cache=cache)
    if is_pyfunc_model(located.folder):
        scorer = open_pyfunc_scorer(located, worker_settings or WorkerSettings())
        return scorer if outputs is None else scorer.with_outputs(outputs)
    return load(find_scorer_folder(located.folder), rules=rules, outputs=outputs)


def open_pyfunc_scorer(located: LocatedModel, settings: WorkerSettings) -> PyfuncScorer:
    """Return the scorer of a pyfunc model: its files are verified, and some rows of its certificate are re-scored.

    Raises:
        ModelError: A file is not the registered one, or the model's process fails.
        ParityBroken: The model's answers are not those of its certificate.
    """
    if located.version is not None and not located.manifest_hash:
        raise ModelError(
            f"Version {located.version} of `{located.name}` has no manifest hash in the registry, so it cannot be "
            "verified that its files are those that were registered. Register it again."
        )
    manifest_hash = located.manifest_hash or None
    manifest = verify_folder(located.folder, manifest_hash)
    python = find_interpreter(manifest, settings)
    worker = WorkerProcess(
        located.folder, manifest, python, timeout=settings.timeout, manifest_hash=manifest_hash
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


def _verify_answers(scorer: PyfuncScorer, folder: Path) -> str:
    """Re-score some answered rows of the certificate in a batch; return how they differ, as a part of a sentence."""
    cases = read_cases((folder / CERTIFICATE).read_text("utf-8"))
    answered = [case for case in cases if isinstance(case[1], dict)]
    chosen = answered[:: max(1, len(answered) // _VERIFIED_ROWS)][:_VERIFIED_ROWS]
    differences = scorer.compare(
        [answer for _, answer in chosen], scorer.answer_batch([row for row, _ in chosen])
    )
    if not differences:
        return ""
    return f"{len(differences)} of {len(chosen)} rows differ from its certificate, first: {differences[0]}"
