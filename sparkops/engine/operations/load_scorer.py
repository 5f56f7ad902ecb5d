"""Open the scorer of a registered model, with the settings of the project that contains the working folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sparkops.scoring.protocol import RowScorer
    from sparkops.scoring.rules.rule_monitor import RuleMode


def load_scorer(
    uri: str,
    *,
    tracking_uri: str | None = None,
    rules: RuleMode | None = None,
    outputs: Sequence[str] | None = None,
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

    Raises:
        UnknownName: No such model, alias, version or output.
        NotCompiled: Only Spark can score the model.
        ModelError: A file of the model is not the one that was registered.
    """
    from sparkops.pyfunc.worker.open_scorer import open_scorer

    if tracking_uri is not None or (Path(uri).is_dir() and not uri.startswith("models:")):
        return open_scorer(uri, tracking_uri=tracking_uri, rules=rules or "warn", outputs=outputs)
    from sparkops.config.load import find_root, load
    from sparkops.pyfunc.worker.worker_settings import WorkerSettings
    from sparkops.registry.mlflow_store import locate_download_cache, resolve_registry_uri

    settings = load(find_root(Path())).settings
    return open_scorer(
        uri,
        tracking_uri=resolve_registry_uri(settings),
        cache=locate_download_cache(settings),
        worker_settings=WorkerSettings.from_settings(settings),
        rules=rules or settings.models.rules,
        outputs=outputs,
    )
