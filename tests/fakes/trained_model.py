"""Fixtures of a model that is trained once for all tests: real flights, a Spark pipeline and a registry."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sparkops.config.settings import Settings
from sparkops.pipeline.model import Gate, Model
from sparkops.pipeline.model_version_info import ModelVersionInfo
from sparkops.registry.mlflow_store import connect
from sparkops.registry.registry import Registry
from sparkops.registry.training_run import TrainingRun

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

SCHEMA = "carrier string, origin string, month int, distance bigint, dep_time int, temp double, late double"
ROWS = 1500


def flight_rows(flights_data: Path) -> list[tuple[Any, ...]]:
    """Return the first flights of the year; departure time has nulls, and the temperature is generated, with nulls."""
    with zipfile.ZipFile(flights_data / "flights.csv.zip") as archive:
        lines = io.TextIOWrapper(archive.open(archive.namelist()[0]), "utf-8")
        rows = csv.DictReader(line for line, _ in zip(lines, range(ROWS + 1), strict=False))
        return [
            (
                row["carrier"],
                row["origin"],
                int(row["month"]),
                int(row["distance"]),
                None if row["dep_time"] in ("", "NA") else int(float(row["dep_time"])),
                None if index % 7 == 0 else index % 40 / 2.0,
                float(row["arr_delay"] not in ("", "NA") and float(row["arr_delay"] or 0) > 15),
            )
            for index, row in enumerate(rows)
        ]


@pytest.fixture(scope="session")
def flights(spark: SparkSession, flights_data: Path) -> Iterator[DataFrame]:
    """Return a small frame of real flights."""
    frame = spark.createDataFrame(flight_rows(flights_data), SCHEMA).coalesce(1).cache()
    yield frame
    frame.unpersist()


@pytest.fixture(scope="session")
def fitted(flights: DataFrame) -> Any:
    """Return a fitted pipeline with categories, imputed nulls and a logistic regression."""
    from pyspark.ml import Pipeline
    from pyspark.ml.classification import LogisticRegression
    from pyspark.ml.feature import Imputer, OneHotEncoder, StringIndexer, VectorAssembler

    names = ["carrier", "origin"]
    pipeline = Pipeline(
        stages=[
            StringIndexer(inputCols=names, outputCols=["c", "o"], handleInvalid="keep"),
            OneHotEncoder(inputCols=["c", "o"], outputCols=["cs", "os"]),
            Imputer(inputCols=["temp", "dep_time"], outputCols=["t", "d"]),
            VectorAssembler(inputCols=["cs", "os", "t", "d", "month", "distance"], outputCol="features"),
            LogisticRegression(labelCol="late", maxIter=5, regParam=0.01),
        ]
    )
    return pipeline.fit(flights)


def area_under_curve(scored: DataFrame) -> Mapping[str, float]:
    """Return the area under the ROC curve of the scored rows."""
    from pyspark.ml.evaluation import BinaryClassificationEvaluator

    return {"auc": BinaryClassificationEvaluator(labelCol="late").evaluate(scored)}


@pytest.fixture(scope="session")
def trained(flights: DataFrame, fitted: Any) -> Model:
    """Return what a training job would return."""
    example = flights.drop("late")
    return Model(fitted=fitted, example=example, heldout=flights, evaluate=area_under_curve, label="late")


@pytest.fixture(scope="session")
def shared_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Return the settings of a project; with the fixture `late`, its registry has version 1 of that model."""
    root = tmp_path_factory.mktemp("registry")
    folders = {
        "state": root / ".sparkops",
        "warehouse": str(root / "warehouse"),
        "reports": str(root / "reports"),
    }
    return Settings.model_validate({"root": root, "env": "base", **folders})


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Create MLflow's empty database once: its migrations take seconds."""
    root = tmp_path_factory.mktemp("empty")
    connect(Settings.model_validate({"root": root, "env": "base", "state": root}))
    return root / "mlflow" / "mlflow.db"


@pytest.fixture(scope="session")
def late(shared_settings: Settings, spark: SparkSession, trained: Model) -> ModelVersionInfo:
    """Register version 1 of the model `late` (late arrival), which becomes champion."""
    return Registry(shared_settings, spark).register(
        trained,
        name="late",
        training=TrainingRun("run-1", tables={"flights": 12, "weather": None}, params={"max_iter": 5}),
        gates=[Gate(metric="auc", at_least=0.5), Gate(metric="auc", not_worse=True)],
    )
