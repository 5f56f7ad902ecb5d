"""Runs that are killed, cancelled or pushed aside: what stands afterwards, and what the record says of it."""

from __future__ import annotations

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

# A run whose process is killed at one moment: as it stages, as it publishes, or when it just has published.
KILLED = """
    import os, signal, sys
    from sparkops import Engine
    from sparkops.tables import Tables

    def die(*_, **__):
        os.kill(os.getpid(), signal.SIGKILL)

    moment, publish = sys.argv[1], Tables.publish
    if moment == "staging":
        Tables.stage = die
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
    done = subprocess.run(
        [BIN / "sparkops", "runs", "--json"], cwd=root, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("moment", "versions"),
    [("staging", []), ("publishing", []), ("published", [0])],
    ids=str,
)
def test_a_killed_run_is_seen_as_crashed_and_resumed_without_writing_twice(
    project: Path, sparkops: Callable, moment: str, versions: list[int]
) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", dedent(KILLED), moment],
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


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda s: s.name)
def test_a_cancelled_run_stops_sparks_jobs_says_so_and_publishes_nothing(
    project: Path, number: signal.Signals
) -> None:
    process = subprocess.Popen(
        [BIN / "sparkops", "run", "slow"],
        cwd=project,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    _until_computing(project)
    os.killpg(process.pid, number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert f"Cancelled by {number.name}" in err
    assert "Traceback" not in err
    (run,) = runs(project)
    assert run["state"] == "cancelled"
    assert not (project / "data" / "warehouse" / "slow").exists()
    assert not any((project / "data" / "warehouse" / "_staging").glob("*"))


def _until_computing(project: Path) -> None:
    """Wait until the run has asked Spark for its frame, and let that begin."""
    until = time.monotonic() + 90
    while time.monotonic() < until:
        found = runs(project)
        if found:
            assert found[0]["state"] == "running", found[0]["error"]
        if found and "call" in found[0]["timings"]:
            time.sleep(4)
            return
        time.sleep(0.5)
    pytest.fail("the run did not begin to compute")


def test_two_runs_that_write_one_table_at_once_are_told_apart(project: Path) -> None:
    first = subprocess.Popen(
        [BIN / "sparkops", "run", "slow"], cwd=project, stderr=subprocess.PIPE, text=True
    )
    _until_computing(project)
    second = subprocess.run(
        [BIN / "sparkops", "run", "slow"], cwd=project, capture_output=True, text=True, check=False
    )
    first.send_signal(signal.SIGINT)
    first.communicate(timeout=60)
    assert second.returncode == 1
    assert "`slow` is being written by run" in second.stderr
    assert "sparkops runs show" in second.stderr


def test_a_read_only_project_is_one_clear_message(project: Path) -> None:
    home = Path(tempfile.mkdtemp())  # pytest's own folders are closed to other users
    try:
        shutil.copytree(project, home / "project")
        (home / "project").chmod(0o555)
        home.chmod(0o755)
        words = [str(BIN / "sparkops"), "run", "counts"]
        if os.geteuid() == 0:  # root writes everywhere
            words = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *words]
        done = subprocess.run(
            words, cwd=home / "project", capture_output=True, text=True, timeout=120, check=False
        )
    finally:
        shutil.rmtree(home)
    assert done.returncode == 2, done.stderr
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr


LET_GO = """
    import time
    from sparkops import Engine

    engine = Engine(wait=False)
    print(engine.session().range(10).mapInArrow(lambda batches: batches, "id long").count())
    engine.close()
    time.sleep(2)
"""


def test_a_process_that_lives_on_hears_nothing_of_the_spark_it_let_go(project: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", dedent(LET_GO)], cwd=project, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("10\n", "")
