"""One real Spark: started in a thread, found by pyspark, watched, cancelled, and its output redirected."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from py4j.protocol import Py4JError, Py4JJavaError

from sparkops.spark import ProgressWatcher, Snapshot, cancel, find_active_jobs, read_snapshot, tag_jobs

pytestmark = pytest.mark.spark
BEFORE = signal.getsignal(
    signal.SIGINT
)  # Python's own handler, or none where the suite was started to ignore it


def test_pyspark_finds_the_session_of_the_starter(spark) -> None:
    from pyspark.sql import SparkSession

    assert SparkSession.builder.getOrCreate() is spark
    assert SparkSession.getActiveSession() is not None
    assert spark.conf.get("spark.sql.session.timeZone") == "UTC"


def test_the_starter_returns_one_session_and_preserves_the_sigint_handler(spark, starter) -> None:
    assert starter.is_started
    assert starter.session() is spark
    assert signal.getsignal(signal.SIGINT) is BEFORE


def test_the_workers_run_this_python(spark) -> None:
    from pyspark.sql.functions import udf

    seen = spark.range(1).select(udf(lambda _: sys.executable)("id")).first()[0]
    assert seen == sys.executable


def test_a_delta_table_is_written_and_read_at_a_version(spark, tmp_path: Path) -> None:
    path = str(tmp_path / "t")
    spark.range(3).write.format("delta").save(path)
    spark.range(5).write.format("delta").mode("append").save(path)
    assert spark.read.format("delta").option("versionAsOf", 0).load(path).count() == 3


def test_the_jvm_ignores_ctrl_c(spark, starter) -> None:
    process = starter._launched.jvm.process
    assert os.getsid(process.pid) != os.getsid(0)
    assert spark.range(2).count() == 2


def test_output_of_the_jvm_and_the_workers_reaches_the_sink(spark, starter) -> None:
    def shout(rows):
        for row in rows:
            os.write(2, b"a word from a worker\n")
            yield row

    output = bytearray()
    with starter.log.redirect_to(output.extend):
        spark._jvm.java.lang.System.err.println("a word from the JVM")
        spark.sparkContext.parallelize([1], 1).mapPartitions(shout).count()
    assert b"a word from the JVM\n" in output
    assert b"a word from a worker\n" in output


def test_a_snapshot_counts_only_the_tagged_jobs(spark, tmp_path: Path) -> None:
    spark.range(10).count()
    with tag_jobs(spark, "run-a", "count"):
        spark.range(0, 1000, 1, 4).write.parquet(str(tmp_path / "p"))
        spark.read.parquet(str(tmp_path / "p")).where("id >= 0").count()
    spark.range(10).count()
    seen = read_snapshot(spark, "run-a")
    assert seen.jobs_active == 0
    assert seen.jobs_done >= 2
    assert seen.stages_done == seen.stages_total
    assert seen.rows_written == 1000
    assert seen.rows_read >= 1000
    assert read_snapshot(spark, "no-such-run") == Snapshot()


def test_a_watcher_reports_the_last_state(spark) -> None:
    snapshots: list[Snapshot] = []
    with (
        ProgressWatcher(spark, "run-b", listener=snapshots.append, every=0.02) as watcher,
        tag_jobs(spark, "run-b"),
    ):
        spark.range(0, 100, 1, 3).repartition(2).count()
    assert watcher.last == snapshots[-1]
    assert snapshots[-1].jobs_done >= 1
    assert snapshots[-1].jobs_active == 0
    assert snapshots == sorted(snapshots, key=lambda one: one.tasks_done)


def test_cancel_stops_one_run_and_no_other(spark) -> None:
    ended: dict[str, str] = {}

    def work(run: str, seconds: float) -> None:
        try:
            with tag_jobs(spark, run):
                spark.sparkContext.parallelize([seconds], 1).map(time.sleep).count()
            ended[run] = "done"
        except Py4JJavaError as error:
            ended[run] = type(error).__name__

    threads = [threading.Thread(target=work, args=one) for one in (("run-c", 60.0), ("run-d", 3.0))]
    for thread in threads:
        thread.start()
    while not (find_active_jobs(spark, "run-c") and find_active_jobs(spark, "run-d")):
        time.sleep(0.02)
    assert cancel(spark, "run-c", wait=20)
    assert find_active_jobs(spark, "run-c") == ()
    for thread in threads:
        thread.join(30)
    assert ended["run-d"] == "done"
    assert ended["run-c"] != "done"


def test_cancel_works_from_a_signal_handler_while_a_job_runs(spark) -> None:
    cancelled: list[bool] = []

    def stop(*_: object) -> None:
        cancelled.append(cancel(spark, "run-e", wait=20))
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGUSR1, stop)
    timer = threading.Timer(1.5, os.kill, (os.getpid(), signal.SIGUSR1))
    try:
        timer.start()
        with pytest.raises((KeyboardInterrupt, Py4JError)) as raised, tag_jobs(spark, "run-e"):
            spark.sparkContext.parallelize([60], 1).map(time.sleep).count()
    finally:
        timer.cancel()
        signal.signal(signal.SIGUSR1, before)
    assert cancelled == [True]
    assert find_active_jobs(spark, "run-e") == ()
    assert any(isinstance(error, KeyboardInterrupt) for error in errors_behind(raised.value))
    assert spark.range(4).count() == 4


def errors_behind(error: BaseException | None) -> Iterator[BaseException]:
    """Yield the error and those during whose handling it was raised.

    pyspark calls the JVM while an interruption unwinds its frames; when that call fails, its error is raised, with the
    interruption as its context.
    """
    while error is not None:
        yield error
        error = error.__context__
