"""A Keras network on TensorFlow, in an environment of its own: neither is installed beside sparkops.

Slow: it installs TensorFlow (`scripts/test --slow tests/real/test_tensorflow_model.py`).
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from fakes.worker import MANIFEST

from sparkops.config.settings import Settings
from sparkops.pipeline.model import Model
from sparkops.pyfunc.worker.environment import PYTHON_VERSION, create_environment
from sparkops.pyfunc.worker.manifest import Manifest
from sparkops.pyfunc.worker.open_scorer import open_scorer
from sparkops.pyfunc.worker.worker_settings import WorkerSettings
from sparkops.registry.mlflow_store import resolve_tracking_uri
from sparkops.registry.registry import Registry
from sparkops.registry.training_run import TrainingRun

pytestmark = [pytest.mark.spark, pytest.mark.slow, pytest.mark.filterwarnings("ignore:::mlflow")]

NEEDS = [f"mlflow=={version('mlflow')}", "tensorflow-cpu>=2.18,<3"]
TRAIN = """
import sys
import keras, numpy as np, mlflow.tensorflow
keras.utils.set_random_seed(7)
x = np.random.default_rng(7).normal(size=(400, 3)).astype("float32")
y = (x[:, 0] * x[:, 1] > 0.2).astype("float32")
layers = [keras.layers.Input((3,)), keras.layers.Dense(8, "relu"), keras.layers.Dense(1, "sigmoid")]
net = keras.Sequential(layers)
net.compile("adam", "binary_crossentropy")
net.fit(x, y, epochs=2, verbose=0)
mlflow.tensorflow.save_model(net, sys.argv[1], pip_requirements=sys.argv[2:])
np.save(sys.argv[1] + ".npy", net.predict(np.array([[0.5, -1.0, 2.0], [1.0, 1.0, 1.0]]), verbose=0))
"""


def test_a_keras_network_is_scored_in_an_environment_of_its_own(
    make_settings: Callable[..., Settings], tmp_path: Path, empty_store: Path, spark: Any
) -> None:
    import numpy as np

    assert find_spec("tensorflow") is None
    settings = make_settings()
    manifest: Manifest = MANIFEST.__class__(
        flavor="tensorflow", fields=(), python=PYTHON_VERSION, requirements=tuple(NEEDS)
    )
    python = create_environment(manifest, WorkerSettings.from_settings(settings).environments)
    subprocess.run(
        [python, "-c", TRAIN, tmp_path / "net", *NEEDS], check=True, capture_output=True, timeout=600
    )
    (settings.state / "mlflow").mkdir(parents=True)
    shutil.copy(empty_store, settings.state / "mlflow" / "mlflow.db")
    frame = spark.createDataFrame(
        [(0.5, -1.0, 2.0), (1.0, 1.0, 1.0), (0.0, 3.0, -2.0)], "a double, b double, c double"
    )
    version_info = Registry(settings, spark).register(
        Model(fitted=tmp_path / "net", example=frame), name="net", training=TrainingRun("1")
    )
    assert (version_info.flavor, version_info.parity > 3) == ("tensorflow", True)
    scorer = open_scorer(
        "net",
        tracking_uri=resolve_tracking_uri(settings),
        worker_settings=WorkerSettings.from_settings(settings),
    )
    expected = np.load(f"{tmp_path}/net.npy")[:, 0].tolist()
    rows = [row.asDict() for row in frame.limit(2).collect()]
    assert [scorer.score(row)["prediction"] for row in rows] == pytest.approx(expected, rel=1e-6)
    scored = Registry(settings, spark).load_version("net").transform(frame).collect()
    assert [row.prediction for row in scored[:2]] == pytest.approx(expected, rel=1e-6)
