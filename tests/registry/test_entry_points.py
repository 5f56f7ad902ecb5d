"""One artifact in real server processes: sparkops' server, MLflow's server and MLflow's tracking server."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes.real_processes import BIN, free_port, serving
from fakes.without import command

from sparkops.config.settings import Settings
from sparkops.pipeline.model import Gate, Model
from sparkops.pipeline.model_version_info import ModelVersionInfo
from sparkops.pyfunc.worker.open_scorer import open_scorer
from sparkops.registry.mlflow_store import resolve_tracking_uri
from sparkops.registry.registry import Registry
from sparkops.registry.training_run import TrainingRun
from sparkops.scoring.locate.model_uri import locate

pytestmark = [pytest.mark.spark, pytest.mark.cluster, pytest.mark.filterwarnings("ignore:::mlflow")]

SERVE = """
import json
from sparkops.serving.app import create_app
from sparkops.serving.listener import listen
from sparkops.serving.load_service import load_service
from sparkops.serving.server import run
service = load_service(sys.argv[1], tracking_uri=sys.argv[2])
with listen("127.0.0.1", 0) as listener:
    run(create_app(service), listener, on_ready=lambda url: print(url, flush=True))
print(json.dumps(sorted(sys.modules)))
"""
ABSENT = ("pyspark", "mlflow", "pandas", "pyarrow", "delta", "great_expectations", "py4j")


def request_json(url: str, body: bytes | None = None, content_type: str = "application/json") -> Any:
    request = urllib.request.Request(url, body, {"Content-Type": content_type})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def mlflow(*arguments: str | Path, ping: str, cwd: Path) -> AbstractContextManager[None]:
    """Run a server of MLflow while the block runs; it is ready when its address answers."""
    command = [sys.executable, "-m", "mlflow", *map(str, arguments)]
    # MLflow runs uvicorn from PATH.
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    return serving(
        command, ping, cwd=cwd, timeout=120, env={"PATH": path, "MLFLOW_DISABLE_TELEMETRY": "true"}
    )


@pytest.fixture(scope="module")
def rows(flights: Any) -> list[dict[str, Any]]:
    """Return rows without nulls in the integer column, which MLflow's JSON would turn into floats."""
    return [row.asDict() for row in flights.drop("late").where("dep_time is not null").limit(100).collect()]


@pytest.fixture(scope="module")
def answers(
    shared_settings: Settings, late: ModelVersionInfo, rows: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    scorer = open_scorer("late/1", tracking_uri=resolve_tracking_uri(shared_settings))
    return [scorer.score(row) for row in rows]


def close_to(answers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"prediction": each["prediction"], "probability": pytest.approx(each["probability"], rel=1e-9)}
        for each in answers
    ]


def test_sparkops_server_scores_without_spark_mlflow_and_pandas(
    shared_settings: Settings, rows: list[dict[str, Any]], answers: list[dict[str, Any]]
) -> None:
    arguments = [
        *command(SERVE, without=ABSENT),
        "models:/late@champion",
        resolve_tracking_uri(shared_settings),
    ]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        body = json.dumps({"dataframe_records": rows}).encode()
        assert request_json(f"{url}/invocations", body)["predictions"] == answers
        ready = request_json(f"{url}/health/ready")
        assert (ready["model"], ready["version"], ready["checked"]) == ("late", "1", 32)
        process.terminate()
        modules = json.loads(process.communicate(timeout=20)[0])
    assert process.returncode == 0
    assert not {name.partition(".")[0] for name in modules} & set(ABSENT)


def test_mlflow_models_serve_answers_as_sparkops_server_does(
    shared_settings: Settings, tmp_path: Path, rows: list[dict[str, Any]], answers: list[dict[str, Any]]
) -> None:
    folder, port = Registry(shared_settings).fetch_folder("late"), free_port()
    url = f"http://127.0.0.1:{port}"
    serve = ("models", "serve", "-m", folder, "-p", str(port), "--env-manager", "local")
    with mlflow(*serve, cwd=tmp_path, ping=f"{url}/ping"):
        theirs = request_json(f"{url}/invocations", json.dumps({"dataframe_records": rows}).encode())
        split = {"columns": list(rows[0]), "data": [list(row.values()) for row in rows]}
        again = request_json(f"{url}/invocations", json.dumps({"dataframe_split": split}).encode())
    assert theirs["predictions"] == close_to(answers)
    assert again == theirs


def test_versions_are_registered_listed_promoted_and_scored_with_a_tracking_server(
    make_settings: Callable[..., Settings],
    tmp_path: Path,
    spark: Any,
    trained: Model,
    flights: Any,
    rows: list[dict[str, Any]],
    answers: list[dict[str, Any]],
    empty_store: Path,
) -> None:
    shutil.copy(empty_store, tmp_path / "server.db")
    url = f"http://127.0.0.1:{free_port()}"
    server = (
        "server", "--backend-store-uri", f"sqlite:///{tmp_path}/server.db", "--artifacts-destination",
        tmp_path / "served", "--workers", "1", "--port", url.rpartition(":")[2],
    )  # fmt: skip
    with mlflow(*server, cwd=tmp_path, ping=f"{url}/health"):
        registry = Registry(make_settings(models={"tracking_uri": url}), spark)
        quick = replace(trained, heldout=None, evaluate=None, metrics={"auc": 0.7})
        first = registry.register(quick, name="late", training=TrainingRun("1", tables={"flights": 1}))
        assert (first.version, first.aliases, first.metrics) == (1, ("champion",), {"auc": 0.7})
        gate = Gate(metric="auc", at_least=0.9)
        assert registry.register(quick, name="late", training=TrainingRun("2"), gates=[gate]).aliases == (
            "challenger",
        )
        assert registry.register(quick, name="late", training=TrainingRun("2")).version == 2
        assert [(each.version, each.aliases) for each in registry.list()] == [
            (2, ("challenger",)),
            (1, ("champion",)),
        ]
        assert registry.promote("late", 2, force=True).aliases == ("champion",)
        assert registry.rollback("late").version == 1
        located = locate("models:/late@champion", tracking_uri=url, cache=tmp_path / "cache")
        assert located.version == 1
        assert not (located.folder / "sparkml").exists()
        scorer = open_scorer("models:/late/2", tracking_uri=url, cache=tmp_path / "cache")
        assert [scorer.score(row) for row in rows] == answers
        assert registry.load_version("late").transform(flights.limit(5)).count() == 5
