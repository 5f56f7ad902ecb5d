"""Models with stages of a user's own: registered, and scored by a real local Spark in a process of its own."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from fakes.http import Client
from pyfunc.own_stages import import_from_project, make_project

from sparkops.cli.models.versions import format_version
from sparkops.config.settings import Settings
from sparkops.errors import ModelError, RowError, RowRejected
from sparkops.pipeline.model import Model
from sparkops.pyfunc.worker.open_scorer import open_scorer
from sparkops.pyfunc.worker.spark_scorer import SparkRowScorer
from sparkops.pyfunc.worker.worker_settings import WorkerSettings
from sparkops.registry.mlflow_store import resolve_registry_uri
from sparkops.registry.registry import Registry
from sparkops.registry.training_run import TrainingRun
from sparkops.serving.app import create_app
from sparkops.serving.load_service import load_service

pytestmark = [pytest.mark.spark, pytest.mark.filterwarnings("ignore:::mlflow")]
MODULE = "own_stages_of_a_test"
SOURCE = f'''
from {MODULE}_words import SEPARATOR
from pyspark.ml import Transformer
from pyspark.ml.param.shared import HasInputCol, HasOutputCol
from pyspark.ml.util import DefaultParamsReadable, DefaultParamsWritable
from pyspark.sql import functions as F


class Describe(Transformer, HasInputCol, HasOutputCol, DefaultParamsReadable, DefaultParamsWritable):
    """Adds text and numbers of every kind by a Python UDF; refuses negative prices, drops rows without a day."""

    def _transform(self, dataset):
        @F.udf("string")
        def text(*cells):
            if cells[0] is not None and cells[0] < 0:
                raise ValueError(f"negative price {{cells[0]}}")
            return SEPARATOR.join(f"{{type(cell).__name__}}={{cell}}" for cell in cells)

        cells = text("price", "day", "at", "n", "x", "tags", F.col("v").cast("string"))
        return (
            dataset.where("day is not null")
            .withColumn("twice", F.col("price") * 2)
            .withColumn("next", F.date_add("day", 1))
            .withColumn("flag", F.col("n") > 1)
            .withColumn(self.getOutputCol(), cells)
        )
'''


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, empty_store: Path) -> Settings:
    return make_project(tmp_path_factory.mktemp("own"), empty_store)


@pytest.fixture(scope="module")
def stages(settings: Settings) -> Iterator[ModuleType]:
    """Import the stages from the project's folder, as a job does."""
    sources = {MODULE: SOURCE, f"{MODULE}_words": 'SEPARATOR = "; "\n'}
    with import_from_project(settings.root, sources) as module:
        yield module


@pytest.fixture(scope="module")
def example(spark: Any) -> Any:
    from pyspark.ml.linalg import Vectors

    rows = [
        (Decimal("1.10") + count, date(2024, 2, 1 + count), datetime(2024, 3, 1, count), count, count / 2, ["a", "b"],
         Vectors.dense(1.0, count))
        for count in range(12)
    ]  # fmt: skip
    schema = "price decimal(20,2), day date, at timestamp, n int, x double, tags array<string>"
    from pyspark.ml.linalg import VectorUDT
    from pyspark.sql.types import StructType

    return spark.createDataFrame(rows, StructType.fromDDL(schema).add("v", VectorUDT())).coalesce(1)


@pytest.fixture(scope="module")
def registry(settings: Settings, spark: Any, stages: Any, example: Any) -> Registry:
    from pyspark.ml import PipelineModel

    registry = Registry(settings, spark)
    stage = stages.Describe()._set(inputCol="price", outputCol="text")
    registry.register(
        Model(fitted=PipelineModel(stages=[stage]), example=example),
        name="own",
        training=TrainingRun("run-1"),
    )
    return registry


@pytest.fixture(scope="module")
def scorer(registry: Registry, settings: Settings) -> Iterator[SparkRowScorer]:
    scorer = open_scorer("own", tracking_uri=resolve_registry_uri(settings))
    assert isinstance(scorer, SparkRowScorer)
    yield scorer
    scorer.close()


ROW: dict[str, Any] = {
    "price": "123456789012345678.90", "day": "2024-02-29", "at": "2024-03-01T05:06:07.000008", "n": 7, "x": 0.1,
    "tags": ["q", None], "v": [0.5, -1.0],
}  # fmt: skip


@pytest.mark.slow
def test_it_is_registered_with_a_certificate_and_the_time_of_a_row(registry: Registry) -> None:
    version = registry.resolve("own")
    assert (version.compiled, version.flavor, version.parity > 10) == (False, "", True)
    lines = "\n".join(format_version(version))
    assert "rows are scored by a warm local Spark, about" in lines
    assert "Describe" in lines


def test_every_type_reaches_the_stage_and_returns(scorer: SparkRowScorer) -> None:
    answer = scorer.score(ROW)
    assert answer == {
        "text": "Decimal=123456789012345678.90; date=2024-02-29; datetime=2024-03-01 05:06:07.000008; int=7; "
        "float=0.1; list=['q', None]; str=[0.5,-1.0]",
        "twice": 246913578024691357.8, "next": date(2024, 3, 1), "flag": True,
    }  # fmt: skip
    assert scorer.score_batch([ROW, ROW]).rows() == [answer, answer]


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [("x", float("nan"), "float=nan"), ("x", None, "NoneType=None"), ("n", None, "NoneType=None"),
     ("tags", None, "NoneType=None"), ("at", None, "NoneType=None"), ("price", 1.5, "Decimal=1.50"),
     ("v", None, "NoneType=None"), ("x", float("inf"), "float=inf")],
)  # fmt: skip
def test_null_and_nan_are_told_apart(scorer: SparkRowScorer, name: str, value: Any, text: str) -> None:
    assert text in scorer.score({**ROW, name: value})["text"]


def test_refused_and_dropped_rows_are_found_in_a_batch(scorer: SparkRowScorer) -> None:
    rows = [ROW, {**ROW, "price": -1}, {**ROW, "day": None}, ROW]
    good, refused, dropped, last = scorer.score_rows(rows)
    assert good == last
    assert str(refused) == "A stage of the model refuses this row: ValueError: negative price -1.00."
    assert isinstance(dropped, RowRejected)
    with pytest.raises(RowError, match="Row 1: A stage of the model refuses"):
        scorer.score_batch(rows)


@pytest.mark.slow
def test_a_killed_jvm_and_a_killed_process_are_started_again(scorer: SparkRowScorer) -> None:
    expected, worker = scorer.score(ROW), scorer.worker
    first = worker.pid  # type: ignore[attr-defined]
    for victim in (_child(first), None):
        os.kill(victim or worker.pid, signal.SIGKILL)  # type: ignore[attr-defined]
        assert scorer.score(ROW) == expected
    assert worker.pid != first  # type: ignore[attr-defined]
    jvm = _child(worker.pid)  # type: ignore[attr-defined]
    scorer.close()
    wait_for_end(jvm)


def wait_for_end(pid: int) -> None:
    """Wait until a process has ended, whether its parent has noticed it or not."""
    deadline = time.monotonic() + 20
    while Path(f"/proc/{pid}").exists() and ") Z " not in Path(f"/proc/{pid}/stat").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _child(pid: int) -> int:
    """Return the JVM of a process."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return next(int(child) for child in children if "java" in Path(f"/proc/{child}/comm").read_text())


@pytest.mark.slow
def test_the_server_is_ready_when_spark_is_warm(registry: Registry, settings: Settings) -> None:
    service = load_service("own", tracking_uri=resolve_registry_uri(settings))
    assert isinstance(service.scorer, SparkRowScorer)
    with closing(service.scorer):
        client = Client(create_app(service))
        assert client.get("/health/ready").json()["checked"] == 1
        rows = [ROW, {**ROW, "price": -1}]
        answer = client.post("/invocations?on_error=null", json={"dataframe_records": rows}).json()
    assert [row["next"] for row in answer["predictions"]] == ["2024-03-01", None]
    assert "negative price" in answer["errors"][0]["reason"]


def test_tables_are_scored_with_the_same_columns(registry: Registry, example: Any) -> None:
    scored = registry.load_version("own").transform(example)
    assert {"text", "twice", "next", "flag", "model_version"} <= set(scored.columns)
    assert scored.count() == 12


def test_mlflow_loads_the_version_with_the_code_of_its_stages(registry: Registry) -> None:
    folder = registry.fetch_folder("own")
    flavors = (folder / "MLmodel").read_text()
    assert flavors.count("code: code") == 2
    assert (folder / "code" / f"{MODULE}.py").is_file()
    assert (folder / "code" / f"{MODULE}_words.py").is_file()


def test_code_that_was_changed_is_not_run(registry: Registry, settings: Settings) -> None:
    file = registry.fetch_folder("own") / "code" / f"{MODULE}.py"
    content = file.read_text()
    file.write_text(content + "print('changed')\n")
    try:
        with pytest.raises(ModelError, match=r"code/.*was changed since it was registered"):
            open_scorer("own", tracking_uri=resolve_registry_uri(settings))
    finally:
        file.write_text(content)


def test_a_model_without_what_rows_need_says_so(
    registry: Registry, settings: Settings, tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(registry.fetch_folder("own"), folder)
    (folder / "spark.json").unlink()
    with pytest.raises(ModelError, match=r"scored by Spark only, in tables: .*Describe.*train it again"):
        open_scorer(folder, worker_settings=WorkerSettings.from_settings(settings))


def test_a_class_of_the_main_program_leaves_tables_to_spark(
    registry: Registry, example: Any, stages: Any
) -> None:
    from pyspark.ml import PipelineModel

    stage = stages.Describe()._set(inputCol="price", outputCol="text")
    stages.Describe.__module__ = "__main__"
    try:
        version = registry.register(
            Model(fitted=PipelineModel(stages=[stage]), example=example),
            name="main",
            training=TrainingRun("run-2"),
        )
    finally:
        stages.Describe.__module__ = MODULE
    assert (version.row_milliseconds, version.parity) == (0.0, 0)
    assert "defined in __main__, which no other process can import" in version.reasons[-1]
