"""Models with stages of a user's own that name a row function: compiled, certified against Spark, scored from the version's code."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from fakes.http import Client
from pyfunc.own_stages import forget_modules, import_from_project, make_project

from sparkops.artifact.facts import read_benchmark
from sparkops.cli.models.versions import format_version
from sparkops.config.settings import Settings
from sparkops.errors import ModelError, RowError
from sparkops.pipeline.model import Model
from sparkops.pyfunc.worker.open_scorer import open_scorer
from sparkops.registry.mlflow_store import resolve_registry_uri
from sparkops.registry.registry import Registry
from sparkops.registry.training_run import TrainingRun
from sparkops.scoring.scorer import Scorer
from sparkops.serving.app import create_app
from sparkops.serving.load_service import load_service

pytestmark = [pytest.mark.spark, pytest.mark.filterwarnings("ignore:::mlflow")]
STAGES, FUNCTIONS = "stages_of_row_functions", "functions_of_row_functions"
FUNCTION_SOURCE = """
import math

from sparkops import row_function


@row_function(returns="double")
def root(params, price):
    return None if price is None else params["factor"] * math.sqrt(price)


@row_function(returns="double")
def wrong_root(params, price):
    return None if price is None else math.sqrt(price) + 1e-3


@row_function(returns=["string", "vector(2000)"])
def label(params, cost, size):
    return str(cost), {"type": 0, "size": 2000, "indices": [int(size)], "values": [float(size) + 1]}
"""
STAGE_SOURCE = f"""
import math

from {FUNCTIONS} import label, root, wrong_root
from pyspark import keyword_only
from pyspark.ml import Transformer
from pyspark.ml.linalg import Vectors, VectorUDT
from pyspark.ml.param import Param, Params, TypeConverters
from pyspark.ml.param.shared import HasInputCol, HasInputCols, HasOutputCol, HasOutputCols
from pyspark.ml.util import DefaultParamsReadable, DefaultParamsWritable
from pyspark.sql import functions as F


class Root(Transformer, HasInputCol, HasOutputCol, DefaultParamsReadable, DefaultParamsWritable):
    row_function = root
    factor = Param(Params._dummy(), "factor", "factor", typeConverter=TypeConverters.toFloat)

    @keyword_only
    def __init__(self, inputCol=None, outputCol=None):
        super().__init__()
        self._setDefault(factor=2.0)
        self._set(**self._input_kwargs)

    def _transform(self, dataset):
        # Executors of a session without a job cannot import the row function.
        factor = self.getOrDefault(self.factor)

        @F.udf("double")
        def compute(price):
            return None if price is None else factor * math.sqrt(price)

        return dataset.withColumn(self.getOutputCol(), compute(self.getInputCol()))


class WrongRoot(Root):
    row_function = wrong_root


class Label(Transformer, HasInputCols, HasOutputCols, DefaultParamsReadable, DefaultParamsWritable):
    row_function = label

    def _transform(self, dataset):
        text, vector = self.getOutputCols()
        spread = F.udf(lambda size: Vectors.sparse(2000, [int(size)], [size + 1]), VectorUDT())
        return dataset.withColumn(text, F.udf(lambda cost: str(cost))("cost")).withColumn(vector, spread("size"))
"""
SOURCES = {STAGES: STAGE_SOURCE, FUNCTIONS: FUNCTION_SOURCE}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, empty_store: Path) -> Settings:
    return make_project(tmp_path_factory.mktemp("functions"), empty_store)


@pytest.fixture(scope="module")
def stages(settings: Settings) -> Iterator[ModuleType]:
    """Import the stages from the project's folder, as a job does."""
    with import_from_project(settings.root, SOURCES) as module:
        yield module


@pytest.fixture(scope="module")
def example(spark: Any) -> Any:
    rows = [(float(price), float(price % 3)) for price in range(60)]
    return spark.createDataFrame(rows, "price double, size double").coalesce(1)


def _register(registry: Registry, stage: Any, example: Any, name: str) -> None:
    from pyspark.ml import Pipeline
    from pyspark.ml.feature import VectorAssembler
    from pyspark.ml.regression import LinearRegression

    assembler = VectorAssembler(inputCols=["price", "root"], outputCol="features")
    pipeline = Pipeline(stages=[stage, assembler, LinearRegression(labelCol="size")])
    model = Model(fitted=pipeline.fit(example), example=example, label="size")
    registry.register(model, name=name, training=TrainingRun("run-1"))


@pytest.fixture(scope="module")
def registry(settings: Settings, spark: Any, stages: Any, example: Any) -> Registry:
    registry = Registry(settings, spark)
    _register(registry, stages.Root(inputCol="price", outputCol="root"), example, "roots")
    return registry


@pytest.fixture
def elsewhere(stages: ModuleType, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Iterator[None]:
    """Score as a process does that cannot import the project."""
    modules = forget_modules(SOURCES)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry != str(settings.root)])
    yield
    sys.modules.update(modules)


def test_it_is_compiled_and_compared_with_spark(registry: Registry) -> None:
    version = registry.resolve("roots")
    assert (version.compiled, version.parity > 20) == (True, True)
    assert "Scorer   compiled" in "\n".join(format_version(version))


@pytest.mark.usefixtures("elsewhere")
def test_rows_are_scored_in_process_by_the_code_of_the_version(
    registry: Registry, settings: Settings
) -> None:
    scorer = open_scorer("roots", tracking_uri=resolve_registry_uri(settings))
    assert isinstance(scorer, Scorer)
    chosen = scorer.with_outputs(["root"])
    assert chosen.score({"price": 9.0}) == {"root": 6.0}
    with pytest.raises(
        RowError, match=r"Root `Root_\w+`: the row function .*:root refuses this row: ValueError"
    ):
        scorer.score({"price": -1.0})
    folder = registry.locate("roots").folder
    with pytest.raises(ModelError, match="is not installed with the code it was certified with"):
        open_scorer(folder)


@pytest.mark.usefixtures("elsewhere")
def test_changed_code_of_a_version_is_not_run(registry: Registry, settings: Settings) -> None:
    (file,) = registry.locate("roots").folder.glob(f"code/{FUNCTIONS}.py")
    source = file.read_text()
    file.write_text(f"{source}\nraise SystemExit('this code was run')\n")
    try:
        with pytest.raises(ModelError, match="is not installed with the code it was certified with"):
            open_scorer("roots", tracking_uri=resolve_registry_uri(settings))
    finally:
        file.write_text(source)


def test_rows_and_tables_have_the_same_answers(registry: Registry, settings: Settings, example: Any) -> None:
    """The workers of Spark cannot import the project: `mapInArrow` takes the code of the version."""
    rows = [{"price": row.price} for row in example.collect()]
    scorer = open_scorer("roots", tracking_uri=resolve_registry_uri(settings))
    expected = [scorer.score(row)["prediction"] for row in rows]
    assert [row["prediction"] for row in scorer.score_batch(rows).rows() if row] == expected
    for method in ("mapInArrow", "transform"):
        models = settings.models.model_copy(update={"batch": method})
        chosen = settings.model_copy(update={"models": models})
        version = Registry(chosen, example.sparkSession).load_version("roots")
        scored = [row.prediction for row in version.transform(example).collect()]
        assert scored == pytest.approx(expected, rel=1e-12, abs=1e-12)
        assert str(version.scoring_method) == f"{method} (set by models.batch)"


def test_both_methods_are_measured_at_registration(registry: Registry) -> None:
    assert read_benchmark(registry.locate("roots").folder).keys() == {"transform", "mapInArrow", "rows"}


@pytest.mark.slow
def test_decimals_and_wide_vectors_are_those_of_spark(
    registry: Registry, settings: Settings, spark: Any, stages: Any
) -> None:
    from pyspark.ml import PipelineModel

    rows = [(Decimal(cents).scaleb(-2), float(cents % 7)) for cents in (*range(-20, 20), 10**15 - 1)]
    example = spark.createDataFrame(rows, "cost decimal(15,2), size double").coalesce(1)
    stage = stages.Label()._set(inputCols=["cost", "size"], outputCols=["text", "vector"])
    model = Model(fitted=PipelineModel(stages=[stage]), example=example)
    registry.register(model, name="labels", training=TrainingRun("run-1"))
    assert registry.resolve("labels").compiled
    scorer = open_scorer("labels", tracking_uri=resolve_registry_uri(settings))
    answer = scorer.score({"cost": "9999999999999.90", "size": 3})
    assert (answer["text"], answer["vector"][2:5]) == ("9999999999999.90", [0.0, 4.0, 0.0])


@pytest.mark.usefixtures("elsewhere")
def test_it_is_served(registry: Registry, settings: Settings) -> None:
    client = Client(create_app(load_service("roots", tracking_uri=resolve_registry_uri(settings))))
    rows = [{"price": 4.0}, {"price": -4.0}]
    answer = client.post("/invocations?on_error=null", json={"dataframe_records": rows}).json()
    assert "refuses this row: ValueError" in answer["errors"][0]["reason"]
    assert answer["predictions"][0]["prediction"] is not None


@pytest.mark.usefixtures("elsewhere")
def test_mlflow_loads_it_with_its_code(registry: Registry) -> None:
    import mlflow
    import pandas as pd

    path, modules = list(sys.path), set(sys.modules)
    try:
        model = mlflow.pyfunc.load_model(str(registry.locate("roots").folder))
        assert len(model.predict(pd.DataFrame({"price": [9.0]}))) == 1
    finally:
        sys.path[:] = path
        for name in set(sys.modules) - modules:
            if name in (STAGES, FUNCTIONS):
                del sys.modules[name]


@pytest.mark.slow
def test_a_function_that_differs_from_spark_is_not_used(
    registry: Registry, settings: Settings, stages: Any, example: Any
) -> None:
    _register(registry, stages.WrongRoot(inputCol="price", outputCol="root"), example, "wrong")
    version = registry.resolve("wrong")
    assert not version.compiled
    assert "the compiled scorer and Spark differ on" in "; ".join(version.reasons)
    assert version.parity > 10
    scorer = open_scorer("wrong", tracking_uri=resolve_registry_uri(settings))
    with closing(scorer):
        assert not scorer.is_fast
