"""The flow on a standalone cluster of real processes, with a real MLflow server as its registry."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fakes.real_processes import BIN, free_port, serving

from sparkops.spark.cluster import Cluster

ROOT = Path(__file__).parent.parent.parent

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

ROW = {
    "carrier": "UA", "origin": "EWR", "dest": "ORD", "hour": 18, "weekday": 6, "month": 12, "distance": 719.0,
    "seats": 149.0, "plane_age": None, "temp": 35.1, "humid": 81.0, "wind_speed": 14.9, "precip": 0.04,
    "pressure": None, "visib": 6.0,
}  # fmt: skip


# The cluster has two cores: the default of 200 shuffle partitions would be slow.
CLUSTER_SETTINGS = """
spark:
  mode: cluster
  master: {master}
  conf:
    spark.sql.shuffle.partitions: 2
    spark.sql.sources.parallelPartitionDiscovery.parallelism: 8
    spark.executor.extraJavaOptions: -XX:TieredStopAtLevel=1
    spark.pyspark.python: {python}
models:
  tracking_uri: {tracking}
"""


# The workers' interpreter has the packages of this one, except sparkops, which a .pth file adds here.
PYTHON_WITHOUT_SPARKOPS = """#!/bin/sh
export PYTHONPATH="$PYTHONPATH:{packages}"
exec "{python}" -S "$@"
"""


def write_python_without_sparkops(folder: Path) -> Path:
    """Write an interpreter that has NumPy, pyarrow and pyspark, and not sparkops."""
    script = folder / "python"
    script.write_text(
        PYTHON_WITHOUT_SPARKOPS.format(packages=sysconfig.get_paths()["purelib"], python=sys.executable)
    )
    script.chmod(0o755)
    imports = {
        name: subprocess.run([script, "-c", f"import {name}"], cwd=folder, capture_output=True, check=False)
        for name in ("numpy", "pyarrow", "sparkops")
    }
    assert [name for name, process in imports.items() if process.returncode] == ["sparkops"]
    return script


@pytest.fixture(scope="module")
def project(
    small_flights: Path, sparkops: Callable, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """Run the complete flow on the cluster, with the server; both run until the tests end."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    folder = tmp_path_factory.mktemp("mlflow")
    server = [str(BIN / "mlflow"), "server", "--backend-store-uri", f"sqlite:///{folder}/mlflow.db"]
    server += [
        "--artifacts-destination",
        str(folder / "artifacts"),
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--workers",
        "1",
    ]
    with (
        Cluster(workers=2, cores=1, memory="1g", folder=tmp_path_factory.mktemp("cluster")) as cluster,
        serving(server, f"{url}/health", cwd=folder),
    ):
        (small_flights / "conf" / "small" / "cluster.yml").write_text(
            CLUSTER_SETTINGS.format(
                master=cluster.master, tracking=url, python=write_python_without_sparkops(folder)
            )
        )
        sparkops("flow", "delay_report", "--env", "small", cwd=small_flights)
        yield small_flights


def records(root: Path, sparkops: Callable) -> dict[str, dict]:
    runs = json.loads(sparkops("runs", "--env", "small", "--json", cwd=root).stdout)
    return {run["job"]: run for run in reversed(runs)}


def test_every_job_ran_on_the_cluster_and_published(project: Path, sparkops: Callable) -> None:
    runs = records(project, sparkops)
    assert {run["state"] for run in runs.values()} == {"done"}
    assert all(run["spark"]["master"].startswith("spark://") for run in runs.values())
    assert runs["clean_weather"]["outputs"]["weather__quarantine"]["rows"] >= 1
    assert runs["train_late_arrival"]["registered"]["compiled"]
    # The workers have no sparkops: both scoring modes ran there with code that was sent with the job.
    assert set(runs["train_late_arrival"]["registered"]["race"]) == {"transform", "mapInArrow", "rows"}
    page = Path(runs["delay_report"]["report"]).read_text()
    assert page.count("<svg") >= 3


def test_a_second_flow_skips_every_job(project: Path, sparkops: Callable) -> None:
    process = sparkops("flow", "delay_report", "--env", "small", cwd=project)
    assert process.stderr.count("up to date") == 6


def test_the_model_on_the_server_scores_a_row_without_spark_or_mlflow(
    project: Path, sparkops: Callable
) -> None:
    process = sparkops("score", "late_arrival", "--env", "small", "--row", json.dumps(ROW), cwd=project)
    score = json.loads(process.stdout)
    assert score["prediction"] in (0.0, 1.0)
    assert sum(score["probability"]) == pytest.approx(1.0)


def test_the_server_scores_as_the_command_line(project: Path, sparkops: Callable) -> None:
    score = json.loads(
        sparkops("score", "late_arrival", "--env", "small", "--row", json.dumps(ROW), cwd=project).stdout
    )
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    words = [str(BIN / "sparkops"), "serve", "late_arrival", "--env", "small", "--port", str(port)]
    with serving(words, f"{url}/health/ready", cwd=project):
        body = json.dumps({"dataframe_records": [ROW]}).encode()
        request = urllib.request.Request(f"{url}/invocations", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as reply:
            (served,) = json.load(reply)["predictions"]
    assert served == score


@pytest.mark.parametrize("mode", ["submit", pytest.param("local", marks=pytest.mark.slow)])
def test_spark_submit_runs_a_jobs_file(project: Path, mode: str) -> None:
    master = "local[1]"
    words = [str(BIN / "spark-submit"), "--master", master, "jobs/daily_delays.py", "--env", "small"]
    words += ["--set", f"spark.mode={mode}", "--day", "2013-07-04"]
    process = subprocess.run(
        words, cwd=project, capture_output=True, text=True, timeout=300, check=False, env=_with_delta()
    )
    assert process.returncode == 0, process.stderr[-3000:]
    # spark-submit joins standard output and standard error.
    assert "published daily_delays@" in process.stdout


def test_spark_submit_returns_the_exit_code_of_bad_input(project: Path) -> None:
    words = [str(BIN / "spark-submit"), "--master", "local[1]", "jobs/daily_delays.py", "--day", "soon"]
    process = subprocess.run(
        words, cwd=project, capture_output=True, text=True, timeout=120, check=False, env=_with_delta()
    )
    assert process.returncode == 2
    assert "`day`" in process.stdout


NOTEBOOK = """
import runpy, sys
sys.path[:0] = [sys.argv[1], "."]
from fakes.dbutils import DBUtils
dbutils = DBUtils({"day": "2013-07-04"})
runpy.run_path("notebooks/daily_delays.py", init_globals={"dbutils": dbutils}, run_name="__main__")
"""


def test_the_notebook_runs_the_job_on_the_cluster(project: Path) -> None:
    process = subprocess.run(
        [sys.executable, "-c", NOTEBOOK, str(Path(__file__).parent.parent)],
        cwd=project,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
        env={**os.environ, "SPARKOPS_ENV": "small"},
    )
    assert process.returncode == 0, process.stderr[-3000:]
    assert process.stdout.startswith("Run(daily_delays, done, ")
    assert re.search(r"daily_delays@\d \(12 rows\)", process.stdout)


def test_all_entry_points_agree_on_every_row_of_a_test_month(project: Path) -> None:
    words = [sys.executable, str(ROOT / "scripts" / "agreement.py"), "--env", "small", "--month", "12"]
    words += ["--set", "models.batch=mapInArrow"]
    process = subprocess.run(words, cwd=project, capture_output=True, text=True, timeout=300, check=False)
    assert process.returncode == 0, process.stdout + process.stderr
    assert process.stdout.count(" 0 labels differ") == 5
    assert "a job, mapInArrow" in process.stdout


def _with_delta() -> dict[str, str]:
    from sparkops.spark.jars import fetch_delta_jars

    jars = ",".join(str(jar) for jar in fetch_delta_jars())
    return {
        **os.environ,
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_SUBMIT_ARGS": f"--jars {jars} pyspark-shell",
    }
