"""A model's own process: a real one with scikit-learn in it, and interpreters that misbehave."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes.worker import MANIFEST, Doubling

from sparkops.errors import ModelError, RowError
from sparkops.pyfunc.registration.mlflow_flavors import read_requirements, save_model
from sparkops.pyfunc.worker.environment import PYTHON_VERSION
from sparkops.pyfunc.worker.manifest import Manifest, seal_folder
from sparkops.pyfunc.worker.pyfunc_scorer import PyfuncScorer
from sparkops.pyfunc.worker.worker_process import Worker, WorkerProcess
from sparkops.scoring.ir.description import Output
from sparkops.scoring.ir.field import Field

pytestmark = pytest.mark.filterwarnings("ignore:::mlflow")
FIELDS = (Field("x", "double"), Field("n", "long", nullable=False))


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Manifest, Any]:
    """Return a saved straight line, what is known of it, and the estimator itself."""
    import pandas as pd
    from sklearn.linear_model import LinearRegression

    rows = pd.DataFrame({"x": [0.1, 1.7, 2.3, 3.9], "n": [1, 5, 2, 8]})
    fitted = LinearRegression().fit(rows, [1.1, 2.3, 0.7, 9.1])
    folder = tmp_path_factory.mktemp("line") / "model"
    how = save_model(fitted, folder)
    manifest = Manifest(
        flavor=how.flavor, fields=FIELDS, outputs=(Output("prediction", "double", "prediction", "prediction"),),
        python=PYTHON_VERSION, requirements=read_requirements(folder), saved_as=how.format,
    )  # fmt: skip
    return folder, seal_folder(manifest, folder), fitted


@pytest.fixture(scope="module")
def process(line: tuple[Path, Manifest, Any]) -> Iterator[WorkerProcess]:
    folder, manifest, _ = line
    made = WorkerProcess(folder, manifest, Path(sys.executable), timeout=60, sealed=manifest.hash)
    yield made
    made.close()


@pytest.fixture
def acting(tmp_path: Path) -> Callable[[str], WorkerProcess]:
    """Return a process whose interpreter is a shell script."""

    def made(script: str, timeout: float = 20) -> WorkerProcess:
        python = tmp_path / "python"
        python.write_text(f"#!/bin/sh\n{script}\n")
        python.chmod(0o755)
        (tmp_path / "model").mkdir()
        return WorkerProcess(
            tmp_path / "model", seal_folder(MANIFEST, tmp_path / "model"), python, timeout=timeout
        )

    return made


def test_its_answers_are_the_estimators_to_the_last_digit(
    process: WorkerProcess, line: tuple[Path, Manifest, Any]
) -> None:
    import pandas as pd

    columns = {"x": [0.1, 1 / 3, 1e300], "n": [1, -7, 2**40]}
    expected = line[2].predict(pd.DataFrame(columns)).tolist()
    assert process.ask(columns) == {"prediction": ("double", None, expected)}
    pid = process.pid
    assert PyfuncScorer(line[1], process).score({"x": 0.1, "n": 1}) == {"prediction": expected[0]}
    assert process.pid == pid


def test_what_the_model_refuses_is_told_and_the_process_lives_on(process: WorkerProcess) -> None:
    with pytest.raises(RowError, match="The model refuses this: ValueError: Input X contains NaN"):
        process.ask({"x": [None], "n": [1]})
    assert len(process.ask({"x": [1.0], "n": [1]})["prediction"][2]) == 1


def test_a_process_that_was_killed_is_started_once_more(process: WorkerProcess) -> None:
    expected, killed = process.ask({"x": [1.0], "n": [1]}), process.pid
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    assert process.ask({"x": [1.0], "n": [1]}) == expected
    assert process.pid != killed


@pytest.mark.parametrize("kind", ["fake", "process"])
def test_every_worker_answers_a_value_a_row_and_the_same_again(kind: str, process: WorkerProcess) -> None:
    worker: Worker = Doubling() if kind == "fake" else process
    columns = {"x": [1.0, 2.0], "n": [1, 2], "kind": ["a", "b"]}
    first = worker.ask(columns)
    assert [len(values) for _, _, values in first.values()] == [2] * len(first)
    assert worker.ask(columns) == first


def test_a_file_that_was_changed_meanwhile_is_never_loaded(
    process: WorkerProcess, line: tuple[Path, Manifest, Any]
) -> None:
    file = line[0] / "model.skops"
    kept = file.read_bytes()
    process.close()
    file.write_bytes(kept[:-1] + b"x")
    try:
        with pytest.raises(
            ModelError, match=r"is not loaded: model.skops was changed since it was registered"
        ):
            process.ask({"x": [1.0], "n": [1]})
    finally:
        file.write_bytes(kept)
    assert process.pid is None


def test_one_that_ends_twice_is_told_with_its_last_words(acting: Callable[..., WorkerProcess]) -> None:
    with pytest.raises(ModelError, match=r"ended twice before it answered \(exit code 3; no memory left\)"):
        acting("echo no memory left >&2; exit 3").ask({"x": [1.0]})


def test_one_that_cannot_load_the_model_says_why(acting: Callable[..., WorkerProcess]) -> None:
    script = """read line; echo '{"error": "ModuleNotFoundError: No module named sklearn"}'"""
    with pytest.raises(ModelError, match="can't be loaded: ModuleNotFoundError: No module named sklearn"):
        acting(script).ask({"x": [1.0]})


def test_one_that_takes_too_long_is_ended(acting: Callable[..., WorkerProcess]) -> None:
    slow = acting("""read line; echo '{"ready": true}'; read line; sleep 60""", timeout=0.2)
    with pytest.raises(ModelError, match=r"did not answer in 0\.2 s: it was ended\. Set models\.timeout"):
        slow.ask({"x": [1.0]})
    assert slow.pid is None


def test_a_secret_of_this_process_is_not_the_models(
    acting: Callable[..., WorkerProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_PASSWORD", "sesame")
    script = """read line; echo "{\\"error\\": \\"password=$DATABASE_PASSWORD, home=$HOME\\"}\""""
    with pytest.raises(ModelError, match="password=, home=/"):
        acting(script).ask({"x": [1.0]})
