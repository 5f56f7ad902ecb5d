"""Values of every type reach a model unchanged, by every entry point. The table is the page docs/reference/types.md."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from input_types.entry_points import ENTRY_POINTS, Registered
from input_types.page import PAGE, read_table, render_table
from input_types.samples import OUTCOMES, SAMPLES, Sample, comparable, outcome

from sparkops.config.settings import Settings
from sparkops.pipeline.model import Model
from sparkops.registry.registry import Registry
from sparkops.registry.training_run import TrainingRun

pytestmark = [pytest.mark.spark, pytest.mark.filterwarnings("ignore:::mlflow")]

# A zone with an offset, so that a moment and the clock's time differ.
ZONE = "America/New_York"


@pytest.fixture(scope="module")
def spark_in_zone(spark: Any) -> Iterator[Any]:
    before = spark.conf.get("spark.sql.session.timeZone")
    spark.conf.set("spark.sql.session.timeZone", ZONE)
    yield spark
    spark.conf.set("spark.sql.session.timeZone", before)


@pytest.fixture(scope="module")
def models(
    spark_in_zone: Any, tmp_path_factory: pytest.TempPathFactory, empty_store: Path
) -> list[Registered]:
    """Register models of single values, of arrays, which CSV does not have, and of vectors, which `mapInArrow` does not take."""
    root = tmp_path_factory.mktemp("types")
    settings = Settings.model_validate(
        {"root": root, "env": "base", "state": root / ".sparkops", "warehouse": str(root / "w")}
    )
    (settings.state / "mlflow").mkdir(parents=True)
    shutil.copy(empty_store, settings.state / "mlflow" / "mlflow.db")
    groups: dict[str, list[Sample]] = {}
    for sample in SAMPLES:
        groups.setdefault(sample.type.partition("<")[0] if not sample.in_csv else "scalars", []).append(
            sample
        )
    return [register(spark_in_zone, settings, name, samples) for name, samples in groups.items()]


def register(spark: Any, settings: Settings, name: str, samples: list[Sample]) -> Registered:
    from pyspark.ml import Pipeline
    from pyspark.ml.feature import SQLTransformer

    frame = frame_of(spark, samples)
    selected = ", ".join(f"{sample.name} AS {sample.output}" for sample in samples)
    fitted = Pipeline(stages=[SQLTransformer(statement=f"SELECT *, {selected} FROM __THIS__")]).fit(frame)
    Registry(settings, spark).register(
        Model(fitted=fitted, example=frame.drop("position")), name=name, training=TrainingRun("run-1")
    )
    return Registered(settings, name, samples, frame)


def frame_of(spark: Any, samples: list[Sample]) -> Any:
    """Return the values as a frame; timestamps are given as text, which Spark reads in the session's zone."""
    from pyspark.ml.linalg import VectorUDT
    from pyspark.sql import functions as F
    from pyspark.sql.types import DataType, IntegerType, StructType

    schema, times = StructType().add("position", IntegerType()), {}
    for sample in samples:
        type_ = {"timestamp": "string", "struct field": "struct<a: double>"}.get(sample.type, sample.type)
        column = sample.name.partition(".")[0]
        schema.add(column, VectorUDT() if type_ == "vector" else DataType.fromDDL(type_))
        if sample.type == "timestamp":
            times[sample.name] = F.col(sample.name).cast("timestamp")
    columns = [[spark_value(sample.type, value) for value in sample.values] for sample in samples]
    rows = [(at, *values) for at, values in enumerate(zip(*columns, strict=True))]
    frame = spark.createDataFrame(rows, schema)
    return frame.withColumns(times) if times else frame


def spark_value(type_: str, value: Any) -> Any:
    from pyspark.ml.linalg import Vectors

    if type_ == "struct field":
        return (value,)
    if value is not None and type_ == "vector":
        return Vectors.dense(value)
    return value.isoformat() if value is not None and type_ == "timestamp" else value


@pytest.fixture(scope="module")
def results() -> dict[str, dict[str, str]]:
    """Keep what becomes of each type, by entry point."""
    return {}


@pytest.mark.matrix(every=3)
@pytest.mark.parametrize("entry_point", ENTRY_POINTS)
def test_every_type_is_read_by_every_entry_point(
    entry_point: str, models: list[Registered], results: dict[str, dict[str, str]]
) -> None:
    cells = results.setdefault(entry_point, {})
    for model in models:
        if "CSV" in entry_point and not model.samples[0].in_csv:
            continue
        outputs = ENTRY_POINTS[entry_point](model)
        for sample in model.samples:
            expected = [comparable(value) for value in sample.values]
            cells[sample.type] = outcome(expected, list(outputs[sample.output]))
    unexpected = {type_: cell for type_, cell in cells.items() if cell not in OUTCOMES}
    assert unexpected == {}


def test_the_page_has_the_table_of_these_results(results: dict[str, dict[str, str]]) -> None:
    if set(results) != set(ENTRY_POINTS):
        pytest.skip("only some of the entry points were verified in this run")
    expected = render_table(results)
    assert read_table(PAGE.read_text("utf-8")) == expected, f"the table of {PAGE.name} is to be:\n{expected}"
