"""Models of scikit-learn and ONNX have the same answers from every entry point."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from fakes.http import Client
from fakes.worker import MANIFEST, DoublingWorker

from sparkops.cli.models.versions import format_version
from sparkops.config.settings import Settings, SparkSettings
from sparkops.errors import GateFailed, ModelError, ParityBroken, RowError, SignatureMismatch
from sparkops.pipeline.model import Gate, Model
from sparkops.pyfunc.registration.parity import certify_pyfunc_model, check_parity
from sparkops.pyfunc.registration.prepared_model import PreparedModel
from sparkops.pyfunc.worker.open_scorer import open_scorer
from sparkops.pyfunc.worker.pyfunc_scorer import PyfuncScorer
from sparkops.registry.mlflow_store import resolve_tracking_uri
from sparkops.registry.registry import Registry
from sparkops.registry.training_run import TrainingRun
from sparkops.serving.app import create_app
from sparkops.serving.service import Service

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

pytestmark = [
    pytest.mark.spark,
    pytest.mark.filterwarnings("ignore:::mlflow"),
    pytest.mark.filterwarnings("ignore:::sklearn"),
]
NAMES, NUMBERS = ["carrier", "origin"], ["month", "distance", "dep_time", "temp"]


def right(scored: DataFrame) -> Mapping[str, float]:
    return {"right": scored.where("late = prediction").count() / scored.count()}


@pytest.fixture(scope="module")
def net(flights: DataFrame) -> Model:
    """Return a scikit-learn pipeline of categories, nulls and a neural network, as a training job returns it."""
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    rows = flights.toPandas()
    columns = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), NAMES),
        (make_pipeline(SimpleImputer(), StandardScaler()), NUMBERS),
    )
    fitted = make_pipeline(columns, MLPClassifier((6,), max_iter=20, random_state=7)).fit(
        rows[[*NAMES, *NUMBERS]], rows["late"]
    )
    return Model(fitted=fitted, example=flights.drop("late"), heldout=flights, evaluate=right, label="late")


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory, empty_store: Path, spark: Any, net: Model) -> Registry:
    root = tmp_path_factory.mktemp("pyfunc")
    settings = Settings.model_validate(
        {
            "root": root,
            "env": "base",
            "state": root / ".sparkops",
            "warehouse": str(root / "w"),
            "reports": str(root / "r"),
        }
    )
    (settings.state / "mlflow").mkdir(parents=True)
    shutil.copy(empty_store, settings.state / "mlflow" / "mlflow.db")
    registry = Registry(settings, spark)
    registry.register(
        net, name="net", training=TrainingRun("run-1"), gates=[Gate(metric="right", at_least=0.5)]
    )
    return registry


@pytest.fixture(scope="module")
def scorer(registry: Registry) -> Iterator[PyfuncScorer]:
    scorer = open_scorer("models:/net@champion", tracking_uri=resolve_tracking_uri(registry._settings))
    assert isinstance(scorer, PyfuncScorer)
    yield scorer
    scorer.close()


@pytest.fixture(scope="module")
def rows(flights: DataFrame) -> list[dict[str, Any]]:
    return [row.asDict() for row in flights.drop("late").limit(40).collect()]


@pytest.fixture(scope="module")
def expected(net: Model, flights: DataFrame) -> list[dict[str, Any]]:
    """Return what the fitted estimator itself says, all rows at once."""
    frame = flights.drop("late").limit(40).toPandas()
    probabilities = net.fitted.predict_proba(frame).tolist()
    pairs = zip(net.fitted.predict(frame).tolist(), probabilities, strict=True)
    return [
        {"prediction": prediction, "probability": pytest.approx(probability, rel=1e-12)}
        for prediction, probability in pairs
    ]


def test_a_model_is_registered_with_its_flavor_gates_and_certificate(registry: Registry) -> None:
    version_info = registry.resolve("net")
    assert (version_info.flavor, version_info.compiled, version_info.aliases) == (
        "sklearn",
        False,
        ("champion",),
    )
    assert [gate.passed for gate in version_info.gates] == [True]
    assert version_info.parity > 100
    lines = "\n".join(format_version(version_info))
    assert "a model of scikit-learn, saved by skops: its own code scores it, in a process of its own" in lines


@pytest.mark.slow
def test_every_entry_point_answers_as_the_estimator_does(
    registry: Registry,
    scorer: PyfuncScorer,
    rows: list[dict[str, Any]],
    expected: list[Any],
    flights: DataFrame,
) -> None:
    assert [scorer.score(row) for row in rows] == expected
    assert scorer.score_batch(rows).rows() == expected
    client = Client(create_app(Service(scorer)))
    assert client.post("/invocations", json={"dataframe_records": rows}).json()["predictions"] == expected
    version = registry.load_version("net")
    scored = version.transform(flights.limit(40), arrays=True)
    assert scored.columns == [*flights.columns, "prediction", "probability", "model_version"]
    got = [{name: row[name] for name in ("prediction", "probability")} for row in scored.collect()]
    assert got == expected
    assert str(version.scoring_method) == "mapInArrow (scikit-learn, in a process of its own)"


def test_mlflow_itself_loads_the_same_version(
    registry: Registry, rows: list[dict[str, Any]], expected: list[Any]
) -> None:
    import mlflow.pyfunc
    import pandas as pd

    loaded = mlflow.pyfunc.load_model(str(registry.fetch_folder("net")))
    predictions = loaded.predict(pd.DataFrame(rows).astype({"month": "int32", "dep_time": "float64"}))
    assert predictions.tolist() == [answer["prediction"] for answer in expected]


def test_a_field_without_nulls_in_training_may_not_be_null(
    scorer: PyfuncScorer, rows: list[dict[str, Any]]
) -> None:
    assert scorer.score({**rows[0], "temp": None, "dep_time": None})["prediction"] in (0.0, 1.0)
    with pytest.raises(RowError, match="Field `month` may not be null"):
        scorer.score({**rows[0], "month": None})


def test_a_changed_artifact_is_neither_scored_nor_promoted(registry: Registry, flights: DataFrame) -> None:
    file = registry.fetch_folder("net") / "model.skops"
    content = file.read_bytes()
    file.write_bytes(content[:-1] + b"x")
    try:
        with pytest.raises(ModelError, match=r"model.skops was changed since it was registered"):
            open_scorer("net", tracking_uri=resolve_tracking_uri(registry._settings))
        with pytest.raises(ModelError, match=r"model.skops was changed"):
            registry.load_version("net").transform(flights)
        with pytest.raises(GateFailed, match=r"may not take an alias: .*model.skops was changed"):
            registry.promote("net", 1)
    finally:
        file.write_bytes(content)


def test_a_frame_that_does_not_fit_is_an_error(registry: Registry, flights: DataFrame) -> None:
    with pytest.raises(SignatureMismatch, match=r"column `temp` .double. is missing"):
        registry.load_version("net").transform(flights.drop("temp"))


def test_remote_executors_need_the_setting_that_they_have_the_model(
    registry: Registry, flights: DataFrame, spark: Any
) -> None:
    remote = registry._settings.model_copy(update={"spark": SparkSettings(mode="cluster")})
    with pytest.raises(ModelError, match="executors run elsewhere"):
        Registry(remote, spark).load_version("net").transform(flights)


@pytest.mark.slow
def test_an_onnx_network_is_compared_in_single_precision(registry: Registry, flights: DataFrame) -> None:
    numbers = flights.select("distance", "month", "late").limit(200)
    version_info = registry.register(
        Model(fitted=network(), example=numbers, label="late"), name="onnx", training=TrainingRun("run-2")
    )
    assert (version_info.flavor, version_info.parity > 50) == ("onnx", True)
    onnx_scorer = open_scorer("onnx", tracking_uri=resolve_tracking_uri(registry._settings))
    assert isinstance(onnx_scorer, PyfuncScorer)
    with closing(onnx_scorer) as scorer:
        assert scorer.tolerance == (1e-6, 1e-6)
        assert [(output.name, output.type) for output in scorer.outputs] == [("prediction", "vector")]
        got = scorer.score({"distance": 1000, "month": 3})["prediction"]
        result = check_parity(scorer, registry.fetch_folder("onnx"), rows=5, seed=1)
    assert (result.certificate_rows, result.random_rows) == (version_info.parity, 5)
    assert result.certificate_differences == result.batch_differences == ()
    hidden = np.maximum(np.float32([1000, 3]) @ WEIGHTS, 0)
    assert got == pytest.approx((hidden @ WEIGHTS.T).tolist(), rel=1e-6)


WEIGHTS = np.arange(6, dtype="float32").reshape(2, 3) / 7 - 0.3


def network() -> Any:
    """Return a network of one hidden layer, in single precision, built by hand."""
    from onnx import TensorProto, helper, numpy_helper

    nodes = [
        helper.make_node("MatMul", ["rows", "w"], ["h"]),
        helper.make_node("Relu", ["h"], ["r"]),
        helper.make_node("MatMul", ["r", "v"], ["out"]),
    ]
    graph = helper.make_graph(
        nodes,
        "network",
        [helper.make_tensor_value_info("rows", TensorProto.FLOAT, [None, 2])],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, [None, 2])],
        [numpy_helper.from_array(WEIGHTS, "w"), numpy_helper.from_array(WEIGHTS.T.copy(), "v")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def test_a_model_that_differs_from_its_saved_copy_is_not_registered(
    registry: Registry, spark: Any, tmp_path: Path
) -> None:
    rows = spark.createDataFrame([(1.0, 2, "a"), (3.0, 4, "b")], "x double, n int, kind string")
    scorer = PyfuncScorer(MANIFEST, DoublingWorker())

    def predict(columns: Any) -> Any:
        answers = dict(DoublingWorker().answer(columns))
        return answers | {"probability": ("vector", 2, [[0.5, 0.5]] * len(columns["x"]))}

    prepared = PreparedModel(tmp_path, MANIFEST, scorer, Path("python"), predict, registry._settings)
    with pytest.raises(
        ParityBroken, match=r"asked row by row, differ on .* in scikit-learn and .*row: {'x': "
    ):
        certify_pyfunc_model(prepared, Model(fitted=prepared, example=rows))
