"""A model folder is an ordinary model for MLflow, which loads it without sparkops and without Spark."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fakes.without import run

from sparkops.config.settings import Settings
from sparkops.pipeline.model_version_info import ModelVersionInfo
from sparkops.registry.mlflow_store import resolve_tracking_uri
from sparkops.registry.registry import Registry

pytestmark = [pytest.mark.spark, pytest.mark.filterwarnings("ignore:::mlflow")]

PREDICT = """
import json, mlflow, pandas
model = mlflow.pyfunc.load_model(sys.argv[1])
frame = pandas.read_json(sys.argv[2], orient="split", dtype={"carrier": object, "origin": object})
answer = model.predict(frame)
example = model.predict(model.input_example)
print(json.dumps([answer.to_dict("list"), list(answer.index), len(example), sorted(sys.modules)]))
"""


def scored_by_spark(flights: Any, fitted: Any) -> list[Any]:
    return fitted.transform(flights).select("prediction", "probability").collect()


@pytest.mark.slow
def test_plain_mlflow_scores_it_without_sparkops_and_pyspark(
    shared_settings: Settings, late: ModelVersionInfo, flights: Any, fitted: Any, tmp_path: Any
) -> None:
    sample = flights.drop("late").limit(200)
    frame = sample.toPandas()
    frame.index = range(5, len(frame) + 5)
    frame.to_json(tmp_path / "rows.json", orient="split")
    folder = Registry(shared_settings).fetch_folder("late")
    output = run(PREDICT, folder, tmp_path / "rows.json", without=("sparkops", "pyspark", "py4j"))
    answer, index, examples, modules = json.loads(output.splitlines()[-1])
    expected = scored_by_spark(sample, fitted)
    assert answer["prediction"] == [row.prediction for row in expected]
    assert answer["probability"] == [pytest.approx(row.probability.toArray(), rel=1e-9) for row in expected]
    assert index == list(range(5, 205))
    assert examples == 1
    assert not [name for name in modules if name.startswith(("sparkops.", "pyspark"))]


def test_the_signature_allows_nulls_in_integer_columns_that_the_model_accepts(
    shared_settings: Settings, late: ModelVersionInfo
) -> None:
    from mlflow.models import Model

    model = Model.load(str(Registry(shared_settings).fetch_folder("late")))
    inputs = {column.name: str(column.type) for column in model.signature.inputs.inputs}
    assert inputs["carrier"] == "DataType.string"
    assert inputs["temp"] == "DataType.double"
    assert inputs["distance"] == "DataType.long"
    assert inputs["dep_time"] == "Any"
    assert model.signature.outputs.input_names() == ["prediction", "probability"]
    assert model.metadata["training_tables"] == {"flights": 12, "weather": None}


def test_it_requires_only_numpy_and_mlflow(shared_settings: Settings, late: ModelVersionInfo) -> None:
    text = (Registry(shared_settings).fetch_folder("late") / "requirements.txt").read_text()
    assert sorted(line.partition("=")[0].rstrip(">") for line in text.split()) == ["mlflow", "numpy"]


def test_the_code_package_is_named_by_its_hash_and_contains_no_registry_access(
    shared_settings: Settings, late: ModelVersionInfo
) -> None:
    (package,) = (Registry(shared_settings).fetch_folder("late") / "code").iterdir()
    assert package.name.startswith("sparkops_scorer_")
    names = {file.relative_to(package).as_posix() for file in package.rglob("*.py")}
    assert {"__init__.py", "errors.py", "core/place.py", "scoring/pyfunc.py", "scoring/scorer.py"} <= names
    assert not [name for name in names if name.startswith("scoring/locate/")]


def test_the_spark_flavor_is_the_fitted_pipeline(
    shared_settings: Settings, late: ModelVersionInfo, flights: Any, fitted: Any
) -> None:
    import mlflow

    loaded = mlflow.spark.load_model(str(Registry(shared_settings).fetch_folder("late")))
    assert scored_by_spark(flights.limit(20), loaded) == scored_by_spark(flights.limit(20), fitted)


def test_spark_udf_scores_it_as_the_pipeline_does(
    shared_settings: Settings, late: ModelVersionInfo, flights: Any, fitted: Any, spark: Any
) -> None:
    import mlflow
    from pyspark.sql import functions as F

    folder = str(Registry(shared_settings).fetch_folder("late"))
    score = mlflow.pyfunc.spark_udf(spark, folder, env_manager="local")
    sample = flights.limit(100)
    inputs = F.struct(*(column for column in sample.columns if column != "late"))
    scored = sample.withColumn("scored", score(inputs)).select("scored.*").collect()
    expected = scored_by_spark(sample, fitted)
    assert [row.prediction for row in scored] == [row.prediction for row in expected]
    assert [row.probability for row in scored] == [
        pytest.approx(row.probability.toArray(), rel=1e-9) for row in expected
    ]


def test_mlflow_shows_run_parameters_metrics_tables_and_version(
    shared_settings: Settings, late: ModelVersionInfo
) -> None:
    from mlflow import MlflowClient

    client = MlflowClient(resolve_tracking_uri(shared_settings))
    run = client.get_run(late.mlflow_run)
    assert run.info.status == "FINISHED"
    assert run.data.params == {"max_iter": "5"}
    assert run.data.metrics == late.metrics
    assert {
        dataset_input.dataset.name: dataset_input.dataset.digest
        for dataset_input in run.inputs.dataset_inputs
    } == {
        "flights": "v12",
        "weather": "source",
    }
    (output,) = run.outputs.model_outputs
    assert client.get_logged_model(output.model_id).status == "READY"
    assert int(client.get_model_version_by_alias("late", "champion").version) == late.version
