"""Frames scored by Spark's transform and by the compiled scorer in mapInArrow: the same rows, the same answers."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sparkops.artifact.code_bundle import read_scoring_package
from sparkops.batch.executor_scorer import probe_executors
from sparkops.batch.spark_model_version import SparkModelVersion
from sparkops.config.settings import ModelSettings, Settings, SparkSettings
from sparkops.pipeline.model_version_info import ModelVersionInfo
from sparkops.registry.registry import Registry
from sparkops.tables.error_messages.spark_errors import explain_error

pytestmark = [pytest.mark.spark, pytest.mark.filterwarnings("ignore:::mlflow")]

OpenVersion = Callable[[str], SparkModelVersion]


@pytest.fixture
def open_version(shared_settings: Settings, spark: Any, late: ModelVersionInfo) -> OpenVersion:
    """Return a function that loads the registered version with a setting of `models.batch`."""

    def version(batch: Any, mode: Any = "local") -> SparkModelVersion:
        changed = {"models": ModelSettings(batch=batch), "spark": SparkSettings(mode=mode)}
        return Registry(shared_settings.model_copy(update=changed), spark).load_version(
            late.name, late.version
        )

    return version


@pytest.mark.parametrize("arrays", [True, False])
def test_both_methods_return_the_same_columns_and_numbers(
    flights: Any, open_version: OpenVersion, arrays: bool
) -> None:
    results = {}
    for method in ("transform", "mapInArrow"):
        version = open_version(method)
        scored = version.transform(flights, arrays=arrays)
        results[method] = scored.dtypes, [row.asDict() for row in scored.collect()]
        assert str(version.scoring_method) == f"{method} (set by models.batch)"
    (types, spark_rows), (our_types, our_rows) = results["transform"], results["mapInArrow"]
    assert types == our_types
    assert len(spark_rows) == len(our_rows) > 1000
    for theirs, ours in zip(spark_rows, our_rows, strict=True):
        pair = theirs.pop("probability"), ours.pop("probability")
        assert list(pair[1]) == pytest.approx(list(pair[0]), rel=1e-12)
        assert theirs == ours


def test_the_faster_method_of_the_benchmark_is_used_and_recorded(
    flights: Any, open_version: OpenVersion, late: ModelVersionInfo
) -> None:
    version = open_version("auto")
    assert version.scoring_method is None
    version.transform(flights)
    assert late.benchmark["rows"] > 1000
    assert version.scoring_method is not None
    assert version.scoring_method.kind == min(("mapInArrow", "transform"), key=late.benchmark.__getitem__)
    for method in ("transform", "mapInArrow"):
        assert f"{late.benchmark[method]:g}" in str(version.scoring_method)


def test_remote_executors_get_the_scorers_code_with_the_job(flights: Any, open_version: Any) -> None:
    version = open_version("mapInArrow", "cluster")
    ours = version.transform(flights, arrays=True).collect()
    assert ours == open_version("mapInArrow").transform(flights, arrays=True).collect()
    assert not any("sparkops_executor" in name for name in sys.modules)


def test_a_probe_returns_what_executors_lack(spark: Any) -> None:
    assert probe_executors(spark, *read_scoring_package()) == ""
    lacking = {
        "__init__.py": "",
        "scoring/__init__.py": "",
        "scoring/arrow_scorer.py": "import no_such_library\n",
    }
    problem = "executors can't run the scorer: ModuleNotFoundError: No module named 'no_such_library'"
    assert probe_executors(spark, "lacking", lacking) == problem


def test_a_frame_with_a_column_that_arrow_does_not_support_is_scored_by_transform(
    flights: Any, open_version: OpenVersion
) -> None:
    from pyspark.ml.feature import VectorAssembler

    odd = VectorAssembler(inputCols=["month"], outputCol="v").transform(flights.limit(2))
    version = open_version("mapInArrow")
    assert version.transform(odd).count() == 2
    assert str(version.scoring_method) == "transform (Arrow does not carry `v` to Python)"


def test_the_error_of_a_refused_row_does_not_contain_its_index_in_a_batch(
    flights: Any, open_version: OpenVersion
) -> None:
    from pyspark.sql import functions as F

    wrong = flights.withColumn("distance", F.when(F.col("month") > 0, None).otherwise(F.col("distance")))
    with pytest.raises(Exception, match="distance") as error:
        open_version("mapInArrow").transform(wrong).collect()
    assert "A row can't be scored: Field `distance` is null, and the model refuses that" in str(
        explain_error(error.value)
    )


def test_a_stream_is_scored_by_the_same_call(flights: Any, open_version: OpenVersion, tmp_path: Path) -> None:
    flights.limit(40).write.parquet(str(tmp_path / "in"))
    stream = flights.sparkSession.readStream.schema(flights.schema).parquet(str(tmp_path / "in"))
    for method in ("transform", "mapInArrow"):
        scored = open_version(method).transform(stream, arrays=True)
        query = (
            scored.writeStream.format("memory").queryName(f"scored_{method}").trigger(availableNow=True)
        ).start()
        assert query.awaitTermination(60)
        assert flights.sparkSession.table(f"scored_{method}").where("model_version = 1").count() == 40
