"""Load a model that is to be served, and check it before any request."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sparkops.errors import ParityBroken, as_clause
from sparkops.pyfunc.worker.open_scorer import open_located_scorer
from sparkops.pyfunc.worker.worker_settings import WorkerSettings
from sparkops.scoring.locate.model_uri import find_scorer_folder, locate
from sparkops.scoring.protocol import ManyRowScorer, RowScorer
from sparkops.scoring.rules.rule_monitor import RuleMode
from sparkops.scoring.scorer import Scorer
from sparkops.serving.health import MAX_CHECKED_ROWS, Health, read_certificate
from sparkops.serving.service import Service


def load_service(
    uri: str | Path,
    *,
    tracking_uri: str | None = None,
    cache: Path | None = None,
    worker_settings: WorkerSettings | None = None,
    rules: RuleMode = "warn",
) -> Service:
    """Load a model, check its certificate, and return the service for `create_app`.

    Args:
        uri: `models:/name@alias`, `models:/name/3` or a folder.
        tracking_uri: URI of the registry.
        cache: Folder for models copied from a tracking server.
        worker_settings: Process settings of a model of another library.
        rules: What happens to rows that violate a rule of the model.

    Raises:
        ParityBroken: The scorer disagrees with its certificate.
        UntrustedModel: Code would be run that neither the registry nor the user vouches for.
    """
    settings = worker_settings or WorkerSettings()
    located = locate(uri, tracking_uri=tracking_uri, cache=cache)
    model = replace(located, is_trusted=settings.trust)
    scorer = open_located_scorer(model, settings, rules=rules)
    folder = find_scorer_folder(model.folder) if isinstance(scorer, Scorer) else model.folder
    health = Health(scorer, read_certificate(folder), max_rows=_count_checked_rows(scorer))
    if reason := health.find_problem():
        raise ParityBroken(
            f"The model in {model.folder} is not served: {as_clause(reason)}. Register it again."
        )
    version = "" if model.version is None else str(model.version)
    return Service(scorer, health=health, name=model.name, version=version)


def _count_checked_rows(scorer: RowScorer) -> int:
    """Return the number of rows that a readiness check scores: few where a row is a job of Spark."""
    return 1 if isinstance(scorer, ManyRowScorer) else MAX_CHECKED_ROWS
