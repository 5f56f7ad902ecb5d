"""Open the scorer of a registered model, with the settings of the project that contains the working folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sparkops.scoring.protocol import RowScorer
    from sparkops.scoring.rules.rule_monitor import RuleMode


def load_scorer(
    uri: str,
    *,
    tracking_uri: str | None = None,
    rules: RuleMode | None = None,
    outputs: Sequence[str] | None = None,
    trust: bool = False,
) -> RowScorer:
    """Return the scorer of a registered model. Scoring a Spark model needs no Spark, MLflow or pandas in this process.

    A model that is not a Spark model is scored in a process of its own, which has the packages that it needs.

    Args:
        uri: `models:/name@champion`, `models:/name/3`, or the folder of a model.
        tracking_uri: The registry; by default that of the project that contains the working folder.
        rules: What to do with a row that violates a row rule of the model: "refuse" it, "warn" once for each rule and
            count, only "count" (`scorer.broken`), or "off"; by default the project's setting `models.rules`, else
            "warn".
        outputs: Names of the outputs in an answer, in this order: any column that the model computes, such as
            `rawPrediction` or the vector of features. A row then needs only the fields that these read. By default
            all that Spark's predictors return, except `rawPrediction`, and all that later stages add.
        trust: Whether code may be run that no registry vouches for: that of a folder, in a separate process, which is
            not a sandbox. A version whose files have the hashes that the registry holds needs no trust.

    Raises:
        UnknownName: No such model, alias, version or output.
        NotCompiled: Only Spark can score the model.
        DamagedModel: A file of the model is damaged, or is not the one that was registered.
        UntrustedModel: Code of a folder would be run, and `trust` is not given.
    """
    from sparkops.pyfunc.worker.open_scorer import open_scorer
    from sparkops.pyfunc.worker.worker_settings import WorkerSettings

    if tracking_uri is not None or (Path(uri).is_dir() and not uri.startswith("models:")):
        settings = WorkerSettings(trust=trust)
        return open_scorer(
            uri, tracking_uri=tracking_uri, worker_settings=settings, rules=rules or "warn", outputs=outputs
        )
    options = _read_project_options(trust=trust)
    return open_scorer(uri, **{**options, "rules": rules or options["rules"]}, outputs=outputs)


def _read_project_options(*, trust: bool) -> dict[str, Any]:
    """Return the options of `open_scorer` in the project that contains the working folder."""
    from sparkops.config.load import find_root, load
    from sparkops.pyfunc.worker.worker_settings import WorkerSettings
    from sparkops.registry.mlflow_store import locate_download_cache, resolve_registry_uri

    settings = load(find_root(Path())).settings
    return {
        "tracking_uri": resolve_registry_uri(settings),
        "cache": locate_download_cache(settings),
        "worker_settings": replace(WorkerSettings.from_settings(settings), trust=trust),
        "rules": settings.models.rules,
    }
