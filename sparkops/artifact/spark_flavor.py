"""Write MLflow's `spark` flavor around the files of a model that Spark saved, without Spark."""

from __future__ import annotations

import json
import platform
import shutil
from collections.abc import Sequence
from pathlib import Path

import yaml

from sparkops.artifact.mlflow_folder import SCORER_REQUIREMENT, SPARK_MODEL
from sparkops.artifact.saved_spark_model import SavedSparkModel
from sparkops.compiler.saved_stage import SavedStage

# What SparkModelVersion and MLflow load.
_PIPELINE_CLASS = "org.apache.spark.ml.PipelineModel"


def write_spark_flavor(model: SavedSparkModel, folder: Path) -> None:
    """Write what `mlflow.spark.save_model` writes for a fitted model: its files, `MLmodel`, and the requirements.

    The requirements are those of a compiled scorer; see `mlflow_folder.require_pyspark`.

    Args:
        model: The saved model; a single stage is wrapped in a pipeline.
        folder: A new folder.
    """
    from mlflow import pyfunc
    from mlflow.models import Model

    _copy_pipeline(model.folder, folder / SPARK_MODEL)
    mlmodel = Model()
    mlmodel.add_flavor(
        "spark",
        pyspark_version=model.spark_version,
        model_data=SPARK_MODEL,
        code=None,
        model_class="pyspark.ml.pipeline.PipelineModel",
    )
    pyfunc.add_to_model(
        mlmodel,
        loader_module="mlflow.spark",
        data=SPARK_MODEL,
        conda_env="conda.yaml",
        python_env="python_env.yaml",
    )
    mlmodel.save(str(folder / "MLmodel"))
    _write_environment(folder, [SCORER_REQUIREMENT])


def _copy_pipeline(saved: Path, target: Path) -> None:
    """Copy a saved pipeline without hidden files, which hold checksums; any other stage becomes its only stage."""
    stage = SavedStage.read(saved)
    ignore = shutil.ignore_patterns(".*")
    if stage.class_name == "PipelineModel":
        shutil.copytree(saved, target, ignore=ignore)
        return
    shutil.copytree(saved, target / "stages" / f"0_{stage.uid}", ignore=ignore)
    metadata = {
        "class": _PIPELINE_CLASS,
        "timestamp": stage.metadata.get("timestamp", 0),
        "sparkVersion": stage.metadata.get("sparkVersion", ""),
        "uid": f"PipelineModel_{stage.uid}",
        "paramMap": {"stageUids": [stage.uid]},
        "defaultParamMap": {},
    }
    (target / "metadata").mkdir()
    (target / "metadata" / "part-00000").write_text(json.dumps(metadata) + "\n", "utf-8")
    (target / "metadata" / "_SUCCESS").touch()


def _write_environment(folder: Path, requirements: Sequence[str]) -> None:
    """Write the three files in which MLflow describes a model's environment."""
    from mlflow import __version__ as mlflow_version

    packages = [f"mlflow=={mlflow_version}", *requirements]
    conda = {
        "name": "mlflow-env",
        "channels": ["conda-forge"],
        "dependencies": [f"python={platform.python_version()}", "pip", {"pip": packages}],
    }
    virtualenv = {
        "python": platform.python_version(),
        "build_dependencies": ["pip", "setuptools", "wheel"],
        "dependencies": ["-r requirements.txt"],
    }
    (folder / "requirements.txt").write_text("\n".join(packages), "utf-8")
    for name, content in (("conda.yaml", conda), ("python_env.yaml", virtualenv)):
        (folder / name).write_text(yaml.safe_dump(content, sort_keys=False), "utf-8")
