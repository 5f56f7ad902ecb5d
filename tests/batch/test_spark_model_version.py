"""Frames scored by Spark's transform and by the compiled scorer in mapInArrow: the same rows, the same answers."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sparkops.artifact.code_bundle import scoring_package
from sparkops.batch.executor_scorer import probe_executors
from sparkops.batch.spark_model_version import SparkModelVersion
from sparkops.config.settings import ModelSettings, Settings, SparkSettings
from sparkops.pipeline.model_version_info import ModelVersionInfo
from sparkops.registry.registry import Registry
from sparkops.tables.error_messages.translation import explain

pytestmark = [pytest.mark.spark, pytest.mark.filterwarnings("ignore:::mlflow")]

By = Callable[[str], SparkModelVersion]


@pytest.fixture
def by(shared_settings: Settings, spark: Any, late: ModelVersionInfo) -> By:
    """Return the registered version, scored in a way of the test's choice."""

    def version(batch: Any, mode: Any = "local") -> SparkModelVersion:
        changed = {"models": ModelSettings(batch=batch), "spark": SparkSettings(mode=mode)}
        return Registry(shared_settings.model_copy(update=changed), spark).version(late.name, late.version)

    return version


@pytest.mark.parametrize("arrays", [True, False])
def test_both_ways_give_the_same_columns_and_numbers(flights: Any, by: By, arrays: bool) -> None:
    found = {}
    for way in ("transform", "mapInArrow"):
        version = by(way)
        scored = version.transform(flights, arrays=arrays)
        found[way] = scored.dtypes, [row.asDict() for row in scored.collect()]
        assert str(version.scoring_method) == f"{way} (set by models.batch)"
    (types, spark_rows), (our_types, our_rows) = found["transform"], found["mapInArrow"]
    assert types == our_types
    assert len(spark_rows) == len(our_rows) > 1000
    for theirs, ours in zip(spark_rows, our_rows, strict=True):
        pair = theirs.pop("probability"), ours.pop("probability")
        assert list(pair[1]) == pytest.approx(list(pair[0]), rel=1e-12)
        assert theirs == ours


def test_the_way_that_won_the_race_is_taken_and_said(flights: Any, by: By, late: ModelVersionInfo) -> None:
    version = by("auto")
    assert version.scoring_method is None
    version.transform(flights)
    assert late.benchmark["rows"] > 1000
    assert version.scoring_method is not None
    assert version.scoring_method.kind == min(("mapInArrow", "transform"), key=late.benchmark.__getitem__)
    for way in ("transform", "mapInArrow"):
        assert f"{late.benchmark[way]:g}" in str(version.scoring_method)


def test_executors_elsewhere_get_the_scorers_code_with_the_job(flights: Any, by: Any) -> None:
    version = by("mapInArrow", "cluster")
    ours = version.transform(flights, arrays=True).collect()
    assert ours == by("mapInArrow").transform(flights, arrays=True).collect()
    assert not any("carried" in name for name in sys.modules)


def test_what_executors_lack_is_told(spark: Any) -> None:
    assert probe_executors(spark, *scoring_package()) == ""
    lacking = {
        "__init__.py": "",
        "scoring/__init__.py": "",
        "scoring/arrow_scorer.py": "import no_such_library\n",
    }
    told = "executors can't run the scorer: ModuleNotFoundError: No module named 'no_such_library'"
    assert probe_executors(spark, "lacking", lacking) == told


def test_a_column_that_arrow_does_not_carry_keeps_to_transform(flights: Any, by: By) -> None:
    from pyspark.ml.feature import VectorAssembler

    odd = VectorAssembler(inputCols=["month"], outputCol="v").transform(flights.limit(2))
    version = by("mapInArrow")
    assert version.transform(odd).count() == 2
    assert str(version.scoring_method) == "transform (Arrow does not carry `v` to Python)"


def test_a_row_that_is_refused_is_named_without_its_place_in_a_batch(flights: Any, by: By) -> None:
    from pyspark.sql import functions as F

    wrong = flights.withColumn("distance", F.when(F.col("month") > 0, None).otherwise(F.col("distance")))
    with pytest.raises(Exception, match="distance") as told:
        by("mapInArrow").transform(wrong).collect()
    assert "A row can't be scored: Field `distance` is null, and the model refuses that" in str(
        explain(told.value)
    )


def test_a_stream_is_scored_by_the_same_call(flights: Any, by: By, tmp_path: Path) -> None:
    flights.limit(40).write.parquet(str(tmp_path / "in"))
    stream = flights.sparkSession.readStream.schema(flights.schema).parquet(str(tmp_path / "in"))
    for way in ("transform", "mapInArrow"):
        scored = by(way).transform(stream, arrays=True)
        query = (
            scored.writeStream.format("memory").queryName(f"scored_{way}").trigger(availableNow=True)
        ).start()
        assert query.awaitTermination(60)
        assert flights.sparkSession.table(f"scored_{way}").where("model_version = 1").count() == 40
