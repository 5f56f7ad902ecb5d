"""Write MLflow's `spark` flavor around the files of a model that Spark saved, without Spark."""

from __future__ import annotations

import shutil
from pathlib import Path

from sparkops.artifact.mlflow_folder import SPARK_MODEL, describe_spark_model
from sparkops.artifact.pipeline_files import find_stage_folders, write_pipeline_metadata
from sparkops.artifact.saved_spark_model import SavedSparkModel
from sparkops.compiler.saved_stage import SavedStage


def write_spark_flavor(model: SavedSparkModel, folder: Path) -> None:
    """Write what `mlflow.spark.save_model` writes for a fitted model: its files, `MLmodel`, and the requirements.

    The requirements are those of a compiled scorer; see `mlflow_folder.require_pyspark`.

    Args:
        model: The saved model; a single stage is wrapped in a pipeline.
        folder: A new folder.
    """
    _copy_pipeline(model.folder, folder / SPARK_MODEL)
    describe_spark_model(folder, model.spark_version)


def _copy_pipeline(saved: Path, target: Path) -> None:
    """Copy a saved pipeline without hidden files, which hold checksums; any other stage becomes its only stage."""
    stage = SavedStage.read(saved)
    ignore = shutil.ignore_patterns(".*")
    if stage.class_name == "PipelineModel":
        shutil.copytree(saved, target, ignore=ignore)
        return
    (stage_folder,) = find_stage_folders(target, [stage.uid])
    shutil.copytree(saved, stage_folder, ignore=ignore)
    version, timestamp = stage.metadata.get("sparkVersion", ""), stage.metadata.get("timestamp", 0)
    write_pipeline_metadata(target, f"PipelineModel_{stage.uid}", [stage.uid], version, timestamp)
