"""A registered model's scorer, opened by the settings of the project around."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sparkops.engine.engine import Engine

if TYPE_CHECKING:
    from sparkops.scoring.protocol import RowScorer
    from sparkops.scoring.rules.rule_monitor import Apply


def load_scorer(uri: str, *, tracking_uri: str | None = None, rules: Apply | None = None) -> RowScorer:
    """Return the scorer of a registered model, with no Spark, MLflow or pandas in this process.

    A model that is no Spark model is scored in a process of its own, which has what it needs.

    Args:
        uri: `models:/name@champion`, `models:/name/3`, or the folder of a model.
        tracking_uri: The registry; by default that of the project around the present folder.
        rules: What becomes of a row that breaks a rule which the model carries: "refuse" it, "warn" once a rule and count,
            only "count" (`scorer.broken`), or "off"; by default what that project's `models.rules` says, else "warn".

    Raises:
        UnknownName: No such model, alias or version.
        NotCompiled: The model is scored by Spark only.
        ModelError: A file of the model is not the one that was registered.
    """
    from sparkops.pyfunc.worker.open_scorer import open_scorer

    if tracking_uri is not None or (Path(uri).is_dir() and not uri.startswith("models:")):
        return open_scorer(uri, tracking_uri=tracking_uri, rules=rules or "warn")
    from sparkops.pyfunc.worker.process_settings import Running
    from sparkops.registry.store import cache, registry_uri

    settings = Engine().settings
    return open_scorer(
        uri,
        tracking_uri=registry_uri(settings),
        cache=cache(settings),
        running=Running.of(settings),
        rules=rules or settings.models.rules,
    )
