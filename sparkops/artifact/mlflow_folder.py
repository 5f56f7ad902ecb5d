"""Write one model folder for MLflow: the Spark model, and the compiled scorer as its `python_function` flavor."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from sparkops.artifact.code_bundle import LOADER, copy_scoring_package
from sparkops.artifact.pipeline_files import save_pipeline
from sparkops.config.settings import Settings
from sparkops.core.bounded_file import MAX_FACTS, read_text
from sparkops.scoring.artifact.file_names import SCORER

if TYPE_CHECKING:
    from mlflow.models import ModelSignature
    from pyspark.sql import SparkSession

SPARK_MODEL = "sparkml"
_CONDA, _VIRTUALENV = "conda.yaml", "python_env.yaml"
_EXAMPLE, _SERVING_EXAMPLE = "input_example.json", "serving_input_example.json"
_REQUIREMENT = "numpy>=1.26"


def save_spark_model(fitted: Any, folder: Path, settings: Settings, *, spark: SparkSession | None) -> None:
    """Save a fitted model in MLflow's `spark` flavor.

    Spark's executors write it, so where they are remote it goes through storage that they share: the warehouse.

    Args:
        fitted: The fitted model; a single stage is wrapped in a pipeline.
        folder: A new folder on this machine.
        settings: Location of the warehouse.
        spark: The session if its executors write to this machine's disk; else None.
    """
    if spark is None:
        _save_through_warehouse(fitted, folder, settings)
    else:
        save_pipeline(fitted, folder / SPARK_MODEL, spark)
        describe_spark_model(folder, spark.version)
    # Checksums of Hadoop's local file system: half of all files, and never read again.
    for checksum in folder.rglob(".*.crc"):
        checksum.unlink()


def _save_through_warehouse(fitted: Any, folder: Path, settings: Settings) -> None:
    import mlflow.spark

    shared = settings.warehouse if "://" in settings.warehouse else Path(settings.warehouse).as_uri()
    mlflow.spark.save_model(
        fitted,
        str(folder),
        dfs_tmpdir=f"{shared}/_staging/models",
        pip_requirements=[_REQUIREMENT],
        signature=False,
    )


def describe_spark_model(folder: Path, version: str) -> None:
    """Write `MLmodel` and the requirements beside a saved pipeline, as `mlflow.spark.save_model` does.

    The requirements are those of a compiled scorer.

    Args:
        folder: The model's folder, which contains the pipeline.
        version: Version of Spark that saved it.
    """
    from mlflow import pyfunc
    from mlflow.models import Model

    model = Model()
    model.add_flavor(
        "spark",
        pyspark_version=version,
        model_data=SPARK_MODEL,
        code=None,
        model_class="pyspark.ml.pipeline.PipelineModel",
    )
    pyfunc.add_to_model(
        model, loader_module="mlflow.spark", data=SPARK_MODEL, conda_env=_CONDA, python_env=_VIRTUALENV
    )
    model.save(str(folder / "MLmodel"))
    _write_environment(folder)


def _write_environment(folder: Path) -> None:
    """Write the three files in which MLflow describes a model's environment."""
    from mlflow import __version__ as mlflow_version

    python, packages = platform.python_version(), [f"mlflow=={mlflow_version}", _REQUIREMENT]
    conda = {
        "channels": ["conda-forge"],
        "dependencies": [f"python={python}", "pip", {"pip": packages}],
        "name": "mlflow-env",
    }
    virtualenv = {
        "python": python,
        "build_dependencies": ["pip", "setuptools", "wheel"],
        "dependencies": ["-r requirements.txt"],
    }
    (folder / "requirements.txt").write_text("\n".join(packages), "utf-8")
    for name, content in ((_CONDA, conda), (_VIRTUALENV, virtualenv)):
        (folder / name).write_text(yaml.safe_dump(content, sort_keys=False), "utf-8")


def add_scorer_flavor(folder: Path) -> None:
    """Make the compiled scorer, which is in the folder already, the model's `python_function` flavor."""
    from mlflow import pyfunc
    from mlflow.models import Model

    # Imported here because it brings NumPy.
    from sparkops.scoring.pyfunc import DEFAULT_CONFIG

    package = copy_scoring_package(folder / "code")
    model = Model.load(str(folder))
    pyfunc.add_to_model(
        model,
        loader_module=f"{package}.{LOADER}",
        data=SCORER,
        code="code",
        # MLflow passes on only configuration keys that are listed here.
        model_config=dict(DEFAULT_CONFIG),
        conda_env=_CONDA,
        python_env=_VIRTUALENV,
    )
    model.save(str(folder / "MLmodel"))


def require_pyspark(folder: Path, version: str = "", others: Sequence[str] = ()) -> None:
    """Replace NumPy by PySpark in the requirements of a model that only Spark can score.

    Args:
        folder: The model's folder.
        version: Version of PySpark; by default the installed one.
        others: Packages that its stages need, in pip's notation.
    """
    import pyspark

    _replace_requirement(folder, (f"pyspark=={version or pyspark.__version__}", *others))


def require_packages(folder: Path, others: Sequence[str]) -> None:
    """Add packages to the requirements of a compiled model, in pip's notation."""
    _replace_requirement(folder, (_REQUIREMENT, *others))


def _replace_requirement(folder: Path, requirements: Sequence[str]) -> None:
    """Write these requirements in place of NumPy, each on a line as indented as NumPy's."""
    for file in (folder / "requirements.txt", folder / _CONDA):
        lines: list[str] = []
        for line in read_text(file, MAX_FACTS).splitlines():
            if line.endswith(_REQUIREMENT):
                before = line.removesuffix(_REQUIREMENT)
                lines += [f"{before}{requirement}" for requirement in requirements]
            else:
                lines.append(line)
        file.write_text("".join(f"{line}\n" for line in lines), "utf-8")


def add_code(folder: Path, code: str) -> None:
    """Record the code folder of a model's own stages in its MLmodel file.

    MLflow makes the folder importable before it loads the model.
    """
    from mlflow.models import Model

    model = Model.load(str(folder))
    for flavor in ("spark", "python_function"):
        if flavor in model.flavors:
            model.flavors[flavor]["code"] = code
    model.save(str(folder / "MLmodel"))


def add_metadata(
    folder: Path, *, signature: ModelSignature, example: Mapping[str, Any] | None, metadata: Mapping[str, Any]
) -> None:
    """Add signature, input example and metadata to a saved model."""
    from mlflow.models import Model

    model = Model.load(str(folder))
    model.signature = signature
    model.metadata = dict(metadata)
    if example is not None:
        split = {"columns": list(example), "data": [list(example.values())]}
        (folder / _EXAMPLE).write_text(json.dumps(split, default=str), "utf-8")
        (folder / _SERVING_EXAMPLE).write_text(json.dumps({"dataframe_split": split}, default=str), "utf-8")
        model.saved_input_example_info = {
            "artifact_path": _EXAMPLE,
            "serving_input_path": _SERVING_EXAMPLE,
            "type": "dataframe",
            "pandas_orient": "split",
        }
    model.model_size_bytes = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    model.save(str(folder / "MLmodel"))


def set_mlflow_ids(folder: Path, *, run: str, model_id: str, location: str) -> None:
    """Write the ids of MLflow's run and logged model, and the artifact's location, to `MLmodel`."""
    from mlflow.models import Model

    model = Model.load(str(folder))
    model.run_id, model.model_id, model.artifact_path = run, model_id, location
    model.save(str(folder / "MLmodel"))
