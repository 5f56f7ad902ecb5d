"""The same starter on a real standalone cluster, under spark-submit, and in a process that ends by itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from sparkops.errors import EngineError
from sparkops.spark import JvmLog
from sparkops.spark.cluster import Cluster
from sparkops.spark.host import Host
from sparkops.spark.java import find_java
from sparkops.spark.launched import launch_spark

pytestmark = [pytest.mark.spark, pytest.mark.cluster]

SCRIPT = """
    import sys
    from pathlib import Path
    from sparkops.config.settings import Settings
    from sparkops.spark import Starter

    root, master = Path(sys.argv[1]), sys.argv[2]
    spark = {"mode": "cluster", "master": master} if master.startswith("spark://") else {}
    spark["conf"] = {"spark.sql.shuffle.partitions": 2}
    starter = Starter(Settings(root=root, env="base", state=root / ".sparkops", spark=spark)).begin()
    session = starter.session()
    path = str(root / "table")
    session.range(0, 100, 1, 4).write.format("delta").save(path)
    hosts = session.sparkContext._jsc.sc().statusTracker().getExecutorInfos()
    print("rows", session.read.format("delta").load(path).count(), "executors", len(hosts))
    print("master", session.sparkContext.master, "app", session.sparkContext.appName)
    starter.stop(wait=False)
"""


def run(root: Path, program: list[str], *arguments: str) -> str:
    script = root / "work.py"
    script.write_text(dedent(SCRIPT))
    environ = {**os.environ, "PYSPARK_PYTHON": sys.executable, "JAVA_HOME": str(find_java().home)}
    environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    command = [*program, str(script), str(root), *arguments]
    told = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=240, check=False)
    assert told.returncode == 0, told.stderr[-3000:]
    return told.stdout


def test_a_cluster_of_real_processes_writes_delta(tmp_path: Path) -> None:
    with Cluster(tmp_path / "cluster", workers=2, memory="1g") as cluster:
        told = run(tmp_path, [sys.executable], cluster.master)
        state = cluster.state()
    assert "rows 100 executors 3" in told
    assert f"master {cluster.master}" in told
    assert state is not None
    assert len(state["completedapps"]) == 1
    assert cluster.state() is None


def test_under_spark_submit_the_given_jvm_is_used_and_delta_brought(tmp_path: Path) -> None:
    submit = [str(Host.here().spark_home / "bin" / "spark-submit"), "--master", "local[1]", "--name", "mine"]
    told = run(tmp_path, [*submit, "--conf", "spark.ui.enabled=false"], "local")
    assert "rows 100" in told
    assert "master local[1] app mine" in told


def test_a_jvm_that_ends_at_its_start_tells_its_last_words(make_settings) -> None:
    settings = make_settings(spark={"conf": {"spark.driver.extraJavaOptions": "-Xmx7x"}})
    with pytest.raises(
        EngineError, match=r"JVM ended at its start \(exit code 1\): Invalid maximum heap size: -Xmx7x"
    ):
        launch_spark(settings, host=Host.here(), log=JvmLog(), app="broken")
