"""Runs that are killed, cancelled or refused: the tables and the record afterwards."""

from __future__ import annotations

import getpass
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest
from fakes.real_processes import BIN

pytestmark = pytest.mark.cluster

JOBS = {
    "jobs/counts.py": """
        import time
        from pyspark.sql import DataFrame, functions as F
        from sparkops import job

        @job(mode="append")
        def counts(raw: DataFrame) -> DataFrame:
            return raw

        @job
        def slow(raw: DataFrame) -> DataFrame:
            wait = F.udf(lambda x: time.sleep(1) or x, "int")
            return raw.crossJoin(raw.sparkSession.range(200).toDF("n")).repartition(2).select(wait("id").alias("id"))
    """,
    "conf/base/tables.yml": """
        tables:
          raw: {path: raw.csv, format: csv, options: {header: "true"}, schema: "id INT"}
    """,
    "raw.csv": "id\n1\n2\n",
}

# A run whose process is killed while it stages, while it publishes, or just after it has published.
RUN_UNTIL_KILLED = """
    import os, signal, sys
    from sparkops import Engine
    from sparkops.tables import Tables
    from sparkops.tables.staging.stage import Staging

    def die(*_, **__):
        os.kill(os.getpid(), signal.SIGKILL)

    moment, publish = sys.argv[1], Tables.publish
    if moment == "staging":
        Staging.stage = die
    elif moment == "publishing":
        Tables.publish = die
    else:
        Tables.publish = lambda *a, **k: die(publish(*a, **k))
    Engine().run("counts")
"""


@pytest.fixture
def project(make_project: Callable[..., Path]) -> Path:
    return make_project(JOBS)


def runs(root: Path) -> list[dict]:
    process = subprocess.run(
        [BIN / "sparkops", "runs", "--json"], cwd=root, capture_output=True, text=True, check=True
    )
    return json.loads(process.stdout)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("moment", "versions"),
    [
        pytest.param("staging", [], marks=pytest.mark.slow),
        ("publishing", []),
        pytest.param("published", [0], marks=pytest.mark.slow),
    ],
    ids=str,
)
def test_a_killed_run_is_recorded_as_crashed_and_resumed_without_writing_twice(
    project: Path, sparkops: Callable, moment: str, versions: list[int]
) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", dedent(RUN_UNTIL_KILLED), moment],
        cwd=project,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    (run,) = runs(project)
    assert run["state"] == "crashed"
    log = project / "data" / "warehouse" / "counts" / "_delta_log"
    assert [int(path.stem) for path in sorted(log.glob("*.json"))] == versions
    sparkops("runs", "resume", "last", cwd=project)
    (run,) = runs(project)
    assert (run["state"], run["attempt"]) == ("done", 2)
    assert run["outputs"]["counts"]["already"] == (moment == "published")
    rows = sparkops("tables", "show", "counts", "--json", cwd=project).stdout
    assert rows.count('"id"') == 2


@pytest.mark.parametrize("method", [pytest.param("Ctrl-C", marks=pytest.mark.slow), "runs cancel"])
def test_a_cancelled_run_cancels_its_spark_jobs_and_publishes_nothing(
    project: Path, sparkops: Callable, method: str
) -> None:
    process = subprocess.Popen(
        [BIN / "sparkops", "run", "slow"],
        cwd=project,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    wait_until_computing(project)
    if method == "Ctrl-C":
        os.killpg(process.pid, signal.SIGINT)
    else:
        assert "is cancelled" in sparkops("runs", "cancel", "last", cwd=project).stdout
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert ("Cancelled by SIGINT" if method == "Ctrl-C" else f"Cancelled by {getpass.getuser()}@") in err
    assert "Traceback" not in err
    (run,) = runs(project)
    assert run["state"] == "cancelled"
    assert not (project / "data" / "warehouse" / "slow").exists()
    assert not any((project / "data" / "warehouse" / "_staging").glob("*"))


def wait_until_computing(project: Path) -> None:
    """Wait until Spark computes the run's frame."""
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        recorded = runs(project)
        if recorded:
            assert recorded[0]["state"] == "running", recorded[0]["error"]
        if recorded and "call" in recorded[0]["timings"]:
            time.sleep(4)
            return
        time.sleep(0.5)
    pytest.fail("the run did not begin to compute")


@pytest.mark.slow
def test_a_second_run_that_writes_the_same_table_is_refused(project: Path) -> None:
    first = subprocess.Popen(
        [BIN / "sparkops", "run", "slow"], cwd=project, stderr=subprocess.PIPE, text=True
    )
    wait_until_computing(project)
    words = [BIN / "sparkops", "run", "slow", "--wait", "0"]
    second = subprocess.run(words, cwd=project, capture_output=True, text=True, check=False)
    first.send_signal(signal.SIGINT)
    first.communicate(timeout=60)
    assert second.returncode == 1
    assert "`slow` is being written by run" in second.stderr
    assert "sparkops runs show" in second.stderr


def test_a_read_only_project_is_one_clear_message(project: Path) -> None:
    # Folders of pytest cannot be read by other users.
    parent = Path(tempfile.mkdtemp())
    try:
        shutil.copytree(project, parent / "project")
        (parent / "project").chmod(0o555)
        parent.chmod(0o755)
        words = [str(BIN / "sparkops"), "run", "counts"]
        # Root can write everywhere.
        if os.geteuid() == 0:
            words = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *words]
        process = subprocess.run(
            words, cwd=parent / "project", capture_output=True, text=True, timeout=120, check=False
        )
    finally:
        shutil.rmtree(parent)
    assert process.returncode == 2, process.stderr
    assert "cannot be written" in process.stderr
    assert "Traceback" not in process.stderr


CLOSE_WITHOUT_WAITING = """
    import time
    from sparkops import Engine

    engine = Engine(wait=False)
    print(engine.session().range(10).mapInArrow(lambda batches: batches, "id long").count())
    engine.close()
    time.sleep(2)
"""


@pytest.mark.slow
def test_a_process_that_closed_its_engine_without_waiting_prints_no_errors_of_spark(project: Path) -> None:
    process = subprocess.run(
        [sys.executable, "-c", dedent(CLOSE_WITHOUT_WAITING)],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (process.stdout, process.stderr) == ("10\n", "")
