"""The typed, immutable settings of a project in one environment."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

Scalar = str | int | float | bool | None


class Section(BaseModel):
    """A section of the settings; unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class TableSettings(Section):
    """A table or read-only source of the catalog, under `tables:`."""

    path: str | None = None  # relative to the project; default: <warehouse>/<name>
    name: str | None = None  # a metastore or Unity Catalog name instead of a path: main.flights.raw
    format: Literal["delta", "csv", "json", "parquet"] = "delta"
    options: Mapping[str, str] = Field(default_factory=dict)  # Spark's reader options
    table_schema: Annotated[str | None, Field(alias="schema")] = None  # Spark DDL: "year INT, carrier STRING"
    description: str = ""


class SparkSettings(Section):
    """Where Spark runs, under `spark:`."""

    mode: Literal["local", "cluster", "submit", "databricks", "connect"] = "local"
    master: str | None = None  # local[*] by default; spark://..., yarn, k8s://..., sc://...
    conf: Mapping[str, Scalar | SecretStr] = Field(default_factory=dict)
    jars: tuple[str, ...] = ()  # further local jars
    compiler: Literal["quick", "full"] = "quick"  # the JVM's first compiler only (short local work), or both


class ModelSettings(Section):
    """The MLflow registry, under `models:`."""

    tracking_uri: str | None = None  # default: sqlite in the project's state folder
    registry_uri: str | None = None  # default: the tracking server
    artifact_root: str | None = None  # default: <state>/mlflow/artifacts
    experiment: str = "sparkops"
    batch: Literal["auto", "transform", "mapInArrow"] = (
        "auto"  # how Spark scores a frame; auto takes the faster
    )
    environment: Literal["auto", "this", "own"] = (
        "auto"  # where a model that is no Spark model runs: in this Python if that has its packages, else in its own
    )
    rules: Literal["refuse", "warn", "count", "off"] = (
        "warn"  # what a scorer does with a row that breaks a rule of its training tables
    )
    timeout: Annotated[float, Field(gt=0)] = 60.0  # seconds that such a model's answer may take


class CheckSettings(Section):
    """The data-validation checkpoints, under `checks:`."""

    docs: bool = True  # build Data Docs after each checked run
    results: str | None = "check_results"  # the table that keeps every result; null keeps none


class Settings(Section):
    """Everything that conf/base, conf/<env> and --set say, resolved against the project's root."""

    root: Path
    env: str
    state: Path  # <root>/.sparkops: records, logs, locks, registry, docs
    warehouse: str = "data/warehouse"  # absolute after loading; or a URI (s3a://, abfss://, dbfs:/)
    reports: str = "reports"  # where report pages go; absolute after loading
    # Who commits a table's files: auto adopts those that were checked, by delta-rs, where that can be done.
    commits: Literal["auto", "spark"] = "auto"
    tables: Mapping[str, TableSettings] = Field(default_factory=dict)
    spark: SparkSettings = SparkSettings()
    models: ModelSettings = ModelSettings()
    checks: CheckSettings = CheckSettings()
    params: Mapping[str, Mapping[str, Any]] = Field(default_factory=dict)  # job -> parameter -> value
