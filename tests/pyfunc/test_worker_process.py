"""The process of a pyfunc model: a real one with scikit-learn, and interpreters that fail."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes.worker import MANIFEST, DoublingWorker

from sparkops.errors import ModelError, RowError
from sparkops.pyfunc.registration.mlflow_flavors import read_requirements, save_model
from sparkops.pyfunc.worker.environment import PYTHON_VERSION
from sparkops.pyfunc.worker.manifest import Manifest, write_manifest
from sparkops.pyfunc.worker.pyfunc_scorer import PyfuncScorer
from sparkops.pyfunc.worker.worker_process import Worker, WorkerProcess
from sparkops.scoring.ir.description import Output
from sparkops.scoring.ir.field import Field

pytestmark = pytest.mark.filterwarnings("ignore:::mlflow")
FIELDS = (Field("x", "double"), Field("n", "long", nullable=False))


@pytest.fixture(scope="module")
def linear_model(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Manifest, Any]:
    """Return the folder of a saved linear regression, its manifest, and the estimator itself."""
    import pandas as pd
    from sklearn.linear_model import LinearRegression

    rows = pd.DataFrame({"x": [0.1, 1.7, 2.3, 3.9], "n": [1, 5, 2, 8]})
    fitted = LinearRegression().fit(rows, [1.1, 2.3, 0.7, 9.1])
    folder = tmp_path_factory.mktemp("line") / "model"
    saved = save_model(fitted, folder)
    manifest = Manifest(
        flavor=saved.flavor, fields=FIELDS, outputs=(Output("prediction", "double", "prediction", "prediction"),),
        python=PYTHON_VERSION, requirements=read_requirements(folder), saved_as=saved.format,
    )  # fmt: skip
    return folder, write_manifest(manifest, folder), fitted


@pytest.fixture(scope="module")
def process(linear_model: tuple[Path, Manifest, Any]) -> Iterator[WorkerProcess]:
    folder, manifest, _ = linear_model
    worker = WorkerProcess(folder, manifest, Path(sys.executable), timeout=60, manifest_hash=manifest.hash)
    yield worker
    worker.close()


@pytest.fixture
def scripted_process(tmp_path: Path) -> Callable[[str], WorkerProcess]:
    """Return a function that makes a process whose interpreter is a shell script."""

    def make(script: str, timeout: float = 20) -> WorkerProcess:
        python = tmp_path / "python"
        python.write_text(f"#!/bin/sh\n{script}\n")
        python.chmod(0o755)
        (tmp_path / "model").mkdir()
        return WorkerProcess(
            tmp_path / "model", write_manifest(MANIFEST, tmp_path / "model"), python, timeout=timeout
        )

    return make


def test_answers_equal_those_of_the_estimator_exactly(
    process: WorkerProcess, linear_model: tuple[Path, Manifest, Any]
) -> None:
    import pandas as pd

    columns = {"x": [0.1, 1 / 3, 1e300], "n": [1, -7, 2**40]}
    expected = linear_model[2].predict(pd.DataFrame(columns)).tolist()
    assert process.answer(columns) == {"prediction": ("double", None, expected)}
    pid = process.pid
    assert PyfuncScorer(linear_model[1], process).score({"x": 0.1, "n": 1}) == {"prediction": expected[0]}
    assert process.pid == pid


def test_refused_rows_are_an_error_and_the_process_continues(process: WorkerProcess) -> None:
    with pytest.raises(RowError, match="The model refuses this: ValueError: Input X contains NaN"):
        process.answer({"x": [None], "n": [1]})
    assert len(process.answer({"x": [1.0], "n": [1]})["prediction"][2]) == 1


def test_a_killed_process_is_started_again(process: WorkerProcess) -> None:
    expected, first_pid = process.answer({"x": [1.0], "n": [1]}), process.pid
    assert first_pid is not None
    os.kill(first_pid, signal.SIGKILL)
    assert process.answer({"x": [1.0], "n": [1]}) == expected
    assert process.pid != first_pid


@pytest.mark.parametrize("kind", ["fake", "process"])
def test_every_worker_returns_a_value_for_each_row_and_the_same_again(
    kind: str, process: WorkerProcess
) -> None:
    worker: Worker = DoublingWorker() if kind == "fake" else process
    columns = {"x": [1.0, 2.0], "n": [1, 2], "kind": ["a", "b"]}
    first = worker.answer(columns)
    assert [len(values) for _, _, values in first.values()] == [2] * len(first)
    assert worker.answer(columns) == first


def test_a_changed_file_is_not_loaded(
    process: WorkerProcess, linear_model: tuple[Path, Manifest, Any]
) -> None:
    file = linear_model[0] / "model.skops"
    content = file.read_bytes()
    process.close()
    file.write_bytes(content[:-1] + b"x")
    try:
        with pytest.raises(
            ModelError, match=r"is not loaded: model.skops was changed since it was registered"
        ):
            process.answer({"x": [1.0], "n": [1]})
    finally:
        file.write_bytes(content)
    assert process.pid is None


def test_a_process_that_ends_twice_is_an_error_with_its_last_line(
    scripted_process: Callable[..., WorkerProcess],
) -> None:
    with pytest.raises(ModelError, match=r"ended twice before it answered \(exit code 3; no memory left\)"):
        scripted_process("echo no memory left >&2; exit 3").answer({"x": [1.0]})


def test_a_model_that_cannot_be_loaded_is_an_error_with_the_reason(
    scripted_process: Callable[..., WorkerProcess],
) -> None:
    script = """read line; echo '{"error": "ModuleNotFoundError: No module named sklearn"}'"""
    with pytest.raises(ModelError, match="can't be loaded: ModuleNotFoundError: No module named sklearn"):
        scripted_process(script).answer({"x": [1.0]})


def test_a_process_that_takes_too_long_is_killed(scripted_process: Callable[..., WorkerProcess]) -> None:
    slow = scripted_process("""read line; echo '{"ready": true}'; read line; sleep 60""", timeout=0.2)
    with pytest.raises(ModelError, match=r"did not answer in 0\.2 s: it was ended\. Set models\.timeout"):
        slow.answer({"x": [1.0]})
    assert slow.pid is None


def test_the_models_process_does_not_get_secrets_of_this_process(
    scripted_process: Callable[..., WorkerProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_PASSWORD", "sesame")
    script = """read line; echo "{\\"error\\": \\"password=$DATABASE_PASSWORD, home=$HOME\\"}\""""
    with pytest.raises(ModelError, match="password=, home=/"):
        scripted_process(script).answer({"x": [1.0]})
