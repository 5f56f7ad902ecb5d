"""A trained model saved and compiled to see whether it can be; nothing is registered."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparkops.artifact.model_folder import SPARK_MODEL, save_spark_model
from sparkops.config.settings import Settings
from sparkops.pipeline.model import Model
from sparkops.registry.build import check_trained, fields_of

if TYPE_CHECKING:
    from sparkops.compiler import Compilation


def trial(model: Model, settings: Settings) -> Compilation:
    """Return what becomes of each stage of a model that a job returned.

    Args:
        model: What the job returned.
        settings: Where storage is that Spark's executors share.
    """
    from sparkops.compiler import compile_stages

    check_trained(model)
    with tempfile.TemporaryDirectory(prefix="sparkops-trial-") as work:
        folder = Path(work) / "model"
        if settings.spark.mode == "local" and "://" not in settings.warehouse:
            fitted: Any = model.fitted
            fitted.write().save((folder / SPARK_MODEL).as_uri())
        else:
            save_spark_model(model.fitted, folder, settings)
        return compile_stages(folder / SPARK_MODEL, fields_of(model))
