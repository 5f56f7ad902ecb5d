"""The service as its users meet it: a process, requests over a socket, Spark in processes of its contexts, kills."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import pytest

pytestmark = pytest.mark.cluster

JOBS = """
    import os
    import time
    from pyspark.sql import DataFrame, functions as F
    from sparkops import Report, job
    from sparkops.report import Number

    @job(mode="append")
    def counts(raw: DataFrame, *, n: int) -> DataFrame:
        return raw.select("id", F.lit(n).alias("n"))

    @job
    def doubled(raw: DataFrame, *, factor: int = 2) -> DataFrame:
        raw.createOrReplaceTempView("numbers")
        print("doubling")
        return raw.sparkSession.sql(f"SELECT id, id * {factor} AS value, DATE'2013-07-04' AS day FROM numbers")

    @job
    def slow(raw: DataFrame) -> DataFrame:
        wait = F.udf(lambda x: time.sleep(1) or x, "int")
        return raw.crossJoin(raw.sparkSession.range(200).toDF("n")).repartition(2).select(wait("id").alias("id"))

    @job
    def ended(raw: DataFrame) -> DataFrame:
        os._exit(3)

    @job(mode="append", stream="arrivals")
    def followed(arrivals: DataFrame) -> DataFrame:
        return arrivals

    @job
    def page(raw: DataFrame) -> Report:
        return Report(title="<b>Numbers</b>", numbers=[Number("Rows", raw.count())], parts=[])
"""
CONF = """
    tables:
      raw: {path: raw.csv, format: csv, options: {header: "true"}, schema: "id INT"}
      arrivals: {path: arrivals, format: csv, options: {header: "true", maxFilesPerTrigger: "1"}, schema: "id INT"}
    api:
      contexts:
        default: {max_runs: 2}
        alone: {kind: exclusive, spare: 0, retries: 0}
      jobs:
        ended: {context: alone}
        followed: {context: %s}
"""
FILES = {
    "jobs/all.py": JOBS,
    "conf/base/all.yml": CONF % "default",
    "raw.csv": "id\n1\n2\n",
    "arrivals/1.csv": "id\n1\n",
}


@dataclass
class ServiceProcess:
    """`sparkops api` as a process."""

    root: Path
    process: subprocess.Popen[str]
    client: httpx.Client

    def start(self, job: str, wait: float = 120, **params: Any) -> dict[str, Any]:
        response = self.client.post(
            f"/jobs/{job}/runs", params={"wait": wait, "fresh": "true"}, json={"params": params}
        )
        assert response.status_code in (200, 202), response.text
        return dict(response.json())

    def find(self, run_id: str, wait: float = 0) -> dict[str, Any]:
        return dict(self.client.get(f"/runs/{run_id}", params={"wait": wait}).json())

    def until(self, run_id: str, state: str) -> dict[str, Any]:
        deadline = time.monotonic() + 90
        while (run := self.find(run_id))["state"] != state:
            assert time.monotonic() < deadline, run
            time.sleep(0.1)
        return run

    def follow(self) -> str:
        """Start the stream, which goes on until it is stopped."""
        response = self.client.post("/jobs/followed/runs", json={"every": "1 second"})
        assert response.status_code == 202, response.text
        return str(response.json()["id"])

    def until_rows(self, run_id: str, rows: int) -> dict[str, Any]:
        deadline = time.monotonic() + 120
        while (run := self.find(run_id)).get("stream", {}).get("rows", 0) < rows:
            assert time.monotonic() < deadline, run
            assert run["state"] in ("queued", "running"), run
            time.sleep(0.2)
        return run

    def rows(self, table: str) -> list[dict[str, Any]]:
        return list(self.client.get(f"/tables/{table}/preview", params={"limit": 1000}).json()["rows"])


def start_service(root: Path) -> ServiceProcess:
    main = "from sparkops.cli.main import main; main()"
    command = [sys.executable, "-c", main, "api", "--port", "0", "--project", str(root)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("Serving the jobs of "), line
    return ServiceProcess(root, process, httpx.Client(base_url=line.split()[-1], timeout=150))


def stop_service(service: ServiceProcess) -> None:
    service.process.terminate()
    assert service.process.wait(60) in (0, -signal.SIGTERM)
    close(service)


def close(service: ServiceProcess) -> None:
    service.client.close()
    assert service.process.stdout is not None
    service.process.stdout.close()


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from textwrap import dedent

    root = tmp_path_factory.mktemp("served")
    for path, text in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(dedent(text))
    return root


@pytest.fixture(scope="module")
def service(root: Path) -> Iterator[ServiceProcess]:
    service = start_service(root)
    yield service
    stop_service(service)


def test_a_run_answers_with_its_rows_in_every_format(service: ServiceProcess) -> None:
    run = service.start("doubled", factor=3)
    assert run["state"] == "done", run
    rows = [{"id": 1, "value": 3, "day": "2013-07-04"}, {"id": 2, "value": 6, "day": "2013-07-04"}]
    result = service.client.get(run["links"]["result"])
    assert sorted(result.json()["rows"], key=lambda row: row["id"]) == rows
    assert result.json()["outputs"] == {"doubled": {"version": 0, "rows": 2}}
    csv = service.client.get(run["links"]["result"], headers={"accept": "text/csv"})
    assert sorted(csv.text.splitlines()) == ['"id","value","day"', "1,3,2013-07-04", "2,6,2013-07-04"]
    kind = "application/vnd.apache.arrow.stream"
    arrow = service.client.get(run["links"]["result"], headers={"accept": kind})
    table = pa.ipc.open_stream(arrow.content).read_all()
    assert sorted(table.column("value").to_pylist()) == [3, 6]
    assert "doubling" in service.client.get(run["links"]["log"]).text


def test_runs_side_by_side_have_temporary_views_of_their_own(service: ServiceProcess) -> None:
    runs = [service.start("doubled", wait=0, factor=factor)["id"] for factor in (10, 20, 30, 40)]
    for run_id, factor in zip(runs, (10, 20, 30, 40), strict=True):
        assert service.find(run_id, wait=120)["state"] == "done"
        rows = service.client.get(f"/runs/{run_id}/result").json()["rows"]
        assert sorted(row["value"] for row in rows) == [factor, 2 * factor]


def test_a_report_is_answered_as_a_page_that_runs_no_script(service: ServiceProcess) -> None:
    run = service.start("page")
    page = service.client.get(run["links"]["result"], headers={"accept": "text/html"})
    assert page.headers["content-type"].startswith("text/html")
    assert "script-src" not in page.headers["content-security-policy"]
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert "&lt;b&gt;Numbers&lt;/b&gt;" in page.text


def test_a_cancelled_run_stops_its_spark_jobs(service: ServiceProcess) -> None:
    run_id = service.start("slow", wait=0)["id"]
    service.until(run_id, "running")
    time.sleep(3)
    began = time.monotonic()
    cancelled = service.client.post(f"/runs/{run_id}/cancel").json()
    assert cancelled["state"] == "cancelled", cancelled
    assert time.monotonic() - began < 20
    # The process has room again.
    assert service.start("doubled")["state"] == "done"


def test_a_job_that_ends_its_process_harms_no_other_run(service: ServiceProcess) -> None:
    ended = service.start("ended", wait=0)["id"]
    assert service.start("doubled")["state"] == "done"
    run = service.find(ended, wait=120)
    assert (run["state"], run["error"]["message"]) == (
        "crashed", "The process of context `alone` ended before the run did.",
    )  # fmt: skip


def add_arrivals(root: Path, number: int) -> None:
    # Spark may look at the folder at any time: it ignores names that begin with a point.
    hidden = root / "arrivals" / f".{number}.csv"
    hidden.write_text(f"id\n{number}\n")
    hidden.rename(root / "arrivals" / f"{number}.csv")


def test_a_stream_goes_on_until_it_is_stopped_and_continues_when_it_is_started_again(
    service: ServiceProcess,
) -> None:
    run_id = service.follow()
    service.until_rows(run_id, 1)
    add_arrivals(service.root, 2)
    stream = service.until_rows(run_id, 2)["stream"]
    assert (stream["batches"], stream["last_batch"]["number"], stream["last_commit"]["version"]) == (2, 1, 1)
    stopped = service.client.post(f"/runs/{run_id}/cancel").json()
    assert (stopped["state"], "the next run continues after that" in stopped["error"]["message"]) == (
        "cancelled",
        True,
    )
    add_arrivals(service.root, 3)
    again = service.client.post(f"/runs/{run_id}/repeat").json()["id"]
    assert service.until_rows(again, 1)["stream"]["last_batch"]["number"] == 2
    assert service.client.post(f"/runs/{again}/cancel").json()["state"] == "cancelled"
    assert sorted(row["id"] for row in service.rows("followed")) == [1, 2, 3]


def find_children(pid: int) -> list[int]:
    text = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    )
    return [int(word) for word in text.stdout.split()]


def test_a_run_whose_spark_is_killed_is_continued_in_another_process(service: ServiceProcess) -> None:
    run_id = service.start("slow", wait=0)["id"]
    service.until(run_id, "running")
    time.sleep(2)
    [worker] = find_children(service.process.pid)
    for jvm in find_children(worker):
        os.kill(jvm, signal.SIGKILL)
    deadline = time.monotonic() + 90
    while service.find(run_id).get("attempt") != 2:
        assert time.monotonic() < deadline, service.find(run_id)
        time.sleep(0.2)
    # The other process has begun the run and starts Spark for it: nothing of this must be waited for.
    assert service.client.post(f"/runs/{run_id}/cancel").json()["state"] == "cancelled"
    assert service.start("doubled")["state"] == "done"


def test_a_job_is_executed_as_it_is_on_disk(service: ServiceProcess) -> None:
    file = service.root / "jobs" / "edited.py"
    text = (
        "from pyspark.sql import DataFrame\nfrom sparkops import job\n\n"
        "@job\ndef edited(raw: DataFrame) -> DataFrame:\n    return raw.selectExpr('id * 2 AS id')\n"
    )
    workers = []
    for factor in (2, 30):
        file.write_text(text.replace("* 2", f"* {factor}"))
        assert service.start("edited")["state"] == "done"
        assert sorted(row["id"] for row in service.rows("edited")) == [factor, 2 * factor]
        workers.append(find_children(service.process.pid))
    assert workers[0] == workers[1]


@pytest.mark.slow
def test_a_service_that_is_killed_loses_no_accepted_run(
    root: Path, make_project: Callable[..., Path]
) -> None:
    project = make_project(FILES)
    killed = start_service(project)
    accepted = [killed.start("counts", wait=0, n=n)["id"] for n in range(8)]
    killed.find(accepted[0], wait=120)
    os.kill(killed.process.pid, signal.SIGKILL)
    killed.process.wait()
    close(killed)
    service = start_service(project)
    try:
        states = {run_id: service.find(run_id, wait=120)["state"] for run_id in accepted}
        assert set(states.values()) == {"done"}, states
        written = Counter(row["n"] for row in service.rows("counts"))
        assert written == dict.fromkeys(range(8), 2), "each run has appended its two rows once"
    finally:
        stop_service(service)


@pytest.mark.slow
def test_a_stream_whose_process_or_service_is_killed_goes_on_and_writes_nothing_twice(
    make_project: Callable[..., Path],
) -> None:
    project = make_project({**FILES, "conf/base/all.yml": CONF % "streams"})
    killed = start_service(project)
    run_id = killed.follow()
    killed.until_rows(run_id, 1)
    for worker in find_children(killed.process.pid):
        if find_open_run(killed, worker):
            os.kill(worker, signal.SIGKILL)
    add_arrivals(project, 2)
    run = killed.until_rows(run_id, 2)
    assert (run["attempt"], run["every"], run["stream"]["batches"]) == (2, "1 second", 2)
    os.kill(killed.process.pid, signal.SIGKILL)
    killed.process.wait()
    close(killed)
    service = start_service(project)
    try:
        add_arrivals(project, 3)
        service.until_rows(run_id, 3)
        assert service.client.post(f"/runs/{run_id}/cancel").json()["state"] == "cancelled"
        assert sorted(row["id"] for row in service.rows("followed")) == [1, 2, 3]
    finally:
        stop_service(service)


def find_open_run(service: ServiceProcess, worker: int) -> bool:
    """Return whether a process executes the newest run."""
    return bool(service.find("last")["record"]["process"]["pid"] == worker)


def test_a_second_service_on_the_same_queue_is_refused(service: ServiceProcess) -> None:
    main = "from sparkops.cli.main import main; main()"
    second = subprocess.run(
        [sys.executable, "-c", main, "api", "--port", "0", "--project", str(service.root)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert second.returncode != 0
    assert f"Another service uses this database: process {service.process.pid}" in second.stderr
    assert json.loads(service.client.get("/health/ready").text)["status"] == "ready"
