"""The flow on a standalone cluster of real processes, a real MLflow server as its registry."""

from __future__ import annotations

import json
import os
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

pytestmark = pytest.mark.cluster

ROW = {
    "carrier": "UA", "origin": "EWR", "dest": "ORD", "hour": 18, "weekday": 6, "month": 12, "distance": 719.0,
    "seats": 149.0, "plane_age": None, "temp": 35.1, "humid": 81.0, "wind_speed": 14.9, "precip": 0.04,
    "pressure": None, "visib": 6.0,
}  # fmt: skip


# Two executors of one core each on a machine of two: 200 shuffle partitions would be 200 turns.
WHERE = """
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


# The workers' interpreter: the packages of this one, but none that .pth files name, as sparkops is here.
WITHOUT_SPARKOPS = """#!/bin/sh
export PYTHONPATH="$PYTHONPATH:{packages}"
exec "{python}" -S "$@"
"""


def without_sparkops(folder: Path) -> Path:
    """Write an interpreter that has NumPy, pyarrow and pyspark, and not sparkops."""
    made = folder / "python"
    made.write_text(WITHOUT_SPARKOPS.format(packages=sysconfig.get_paths()["purelib"], python=sys.executable))
    made.chmod(0o755)
    tried = {
        name: subprocess.run([made, "-c", f"import {name}"], cwd=folder, capture_output=True, check=False)
        for name in ("numpy", "pyarrow", "sparkops")
    }
    assert [name for name, done in tried.items() if done.returncode] == ["sparkops"]
    return made


@pytest.fixture(scope="module")
def ran(small_flights: Path, sparkops: Callable, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Run the whole flow on the cluster against the server; both stay up for the tests."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    home = tmp_path_factory.mktemp("mlflow")
    server = [str(BIN / "mlflow"), "server", "--backend-store-uri", f"sqlite:///{home}/mlflow.db"]
    server += [
        "--artifacts-destination",
        str(home / "artifacts"),
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--workers",
        "1",
    ]
    with (
        Cluster(workers=2, cores=1, memory="1g", folder=tmp_path_factory.mktemp("cluster")) as cluster,
        serving(server, f"{url}/health", cwd=home),
    ):
        (small_flights / "conf" / "small" / "where.yml").write_text(
            WHERE.format(master=cluster.master, tracking=url, python=without_sparkops(home))
        )
        sparkops("flow", "delay_report", "--env", "small", cwd=small_flights)
        yield small_flights


def records(root: Path, sparkops: Callable) -> dict[str, dict]:
    found = json.loads(sparkops("runs", "--env", "small", "--json", cwd=root).stdout)
    return {run["job"]: run for run in reversed(found)}


def test_every_job_ran_on_the_cluster_and_published(ran: Path, sparkops: Callable) -> None:
    runs = records(ran, sparkops)
    assert {run["state"] for run in runs.values()} == {"done"}
    assert all(run["spark"]["master"].startswith("spark://") for run in runs.values())
    assert runs["clean_weather"]["outputs"]["weather__quarantine"]["rows"] >= 1
    assert runs["train_late_arrival"]["registered"]["compiled"]
    # The workers have no sparkops: both ways ran there, when the model was registered, by code that came with the job.
    assert set(runs["train_late_arrival"]["registered"]["race"]) == {"transform", "mapInArrow", "rows"}
    page = Path(runs["delay_report"]["report"]).read_text()
    assert page.count("<svg") >= 3


def test_a_second_flow_has_nothing_to_do(ran: Path, sparkops: Callable) -> None:
    done = sparkops("flow", "delay_report", "--env", "small", cwd=ran)
    assert done.stderr.count("up to date") == 6


def test_the_model_on_the_server_scores_a_row_without_spark_or_mlflow(ran: Path, sparkops: Callable) -> None:
    done = sparkops("score", "late_arrival", "--env", "small", "--row", json.dumps(ROW), cwd=ran)
    answer = json.loads(done.stdout)
    assert answer["prediction"] in (0.0, 1.0)
    assert sum(answer["probability"]) == pytest.approx(1.0)


def test_the_served_model_answers_as_the_command_line(ran: Path, sparkops: Callable) -> None:
    alone = json.loads(
        sparkops("score", "late_arrival", "--env", "small", "--row", json.dumps(ROW), cwd=ran).stdout
    )
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    words = [str(BIN / "sparkops"), "serve", "late_arrival", "--env", "small", "--port", str(port)]
    with serving(words, f"{url}/health/ready", cwd=ran):
        body = json.dumps({"dataframe_records": [ROW]}).encode()
        asked = urllib.request.Request(f"{url}/invocations", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(asked, timeout=10) as reply:
            (answer,) = json.load(reply)["predictions"]
    assert answer == alone


def test_spark_submit_runs_a_jobs_file(ran: Path) -> None:
    master = "local[1]"
    words = [str(BIN / "spark-submit"), "--master", master, "jobs/daily_delays.py", "--env", "small"]
    words += ["--set", "spark.mode=submit", "--day", "2013-07-04", "--origin", "JFK"]
    done = subprocess.run(
        words, cwd=ran, capture_output=True, text=True, timeout=300, check=False, env=_with_delta()
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "published daily_delays@" in done.stdout  # spark-submit joins the two streams


def test_spark_submit_hands_on_the_exit_code_of_bad_input(ran: Path) -> None:
    words = [str(BIN / "spark-submit"), "--master", "local[1]", "jobs/daily_delays.py", "--day", "soon"]
    done = subprocess.run(
        words, cwd=ran, capture_output=True, text=True, timeout=120, check=False, env=_with_delta()
    )
    assert done.returncode == 2
    assert "`day`" in done.stdout


NOTEBOOK = """
import runpy, sys
sys.path[:0] = [sys.argv[1], "."]
from fakes.dbutils import DBUtils
dbutils = DBUtils({"day": "2013-07-04", "origin": "JFK"})
runpy.run_path("notebooks/daily_delays.py", init_globals={"dbutils": dbutils}, run_name="__main__")
"""


def test_the_notebook_runs_the_job_on_the_cluster(ran: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", NOTEBOOK, str(Path(__file__).parent.parent)],
        cwd=ran,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
        env={**os.environ, "SPARKOPS_ENV": "small"},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "'table': 'daily_delays'" in done.stdout


def test_every_door_agrees_on_every_row_of_a_held_out_month(ran: Path) -> None:
    words = [sys.executable, str(ROOT / "scripts" / "agreement.py"), "--env", "small", "--month", "12"]
    words += ["--set", "models.batch=mapInArrow"]
    done = subprocess.run(words, cwd=ran, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count(" 0 labels differ") == 5
    assert "a job, mapInArrow" in done.stdout


def _with_delta() -> dict[str, str]:
    from sparkops.spark.jars import delta_jars

    jars = ",".join(str(jar) for jar in delta_jars())
    return {
        **os.environ,
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_SUBMIT_ARGS": f"--jars {jars} pyspark-shell",
    }
