"""Measure the scoring server over TCP, with its peers; print Markdown tables.

    scripts/bench serving [--model FOLDER] [--seconds 3] [--no-spark]

The client is a process of its own with keep-alive connections, each of which sends its next request when it has the answer; see
`http_load`. Every server gets the same rows, and must give the same answers. Peers: `mlflow models serve` on the same version, and on
the model in MLflow's spark flavor; and a FastAPI application over onnxruntime, see `fastapi_onnx`. Needs a registered
`late_arrival`, which scripts/demo creates, and the packages of the extra `bench`.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.http_load import Load
from sparkops import Engine
from sparkops.registry.mlflow_store import locate_download_cache, resolve_registry_uri
from sparkops.scoring import read_cases
from sparkops.scoring.artifact.file_names import CERTIFICATE
from sparkops.scoring.locate.model_uri import find_scorer_folder, locate

CONNECTIONS = (1, 8, 64, 200)
LARGE_ROWS = 100_000
_BIN = Path(sys.executable).parent
_ENVIRONMENT = {"MLFLOW_DISABLE_TELEMETRY": "true", "PATH": f"{_BIN}{os.pathsep}{os.environ['PATH']}"}


@dataclass(frozen=True, slots=True)
class Model:
    """The model that all servers serve: its folder, and the row that is sent."""

    folder: Path
    row: dict[str, Any]

    @property
    def scorer(self) -> Path:
        return find_scorer_folder(self.folder)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", type=Path, help="folder of a version; by default late_arrival's champion")
    parser.add_argument("--seconds", type=float, default=3.0, help="seconds of each measurement")
    parser.add_argument("--no-spark", action="store_true", help="leave out MLflow's spark flavor")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        model = read_model(arguments.model or locate_champion())
        spark_flavor = None if arguments.no_spark else save_spark_flavor(model, Path(work) / "flavor")
        ours = measure_servers(model, spark_flavor, arguments.seconds)
        measure_large_body(model)
    print(f"\nThe server's p50 at one connection is {ours.p50:.2f} ms.")


def locate_champion() -> Path:
    settings = Engine().settings
    return locate(
        "models:/late_arrival@champion",
        tracking_uri=resolve_registry_uri(settings),
        cache=locate_download_cache(settings),
    ).folder


def read_model(folder: Path) -> Model:
    """Return the model with the first row of its certificate that has no null."""
    cases = read_cases((find_scorer_folder(folder) / CERTIFICATE).read_text("utf-8"))
    usable = (
        row
        for row, answer in cases
        if isinstance(answer, dict) and all(_is_finite(value) for value in row.values())
    )
    return Model(folder, next(usable))


def _is_finite(value: Any) -> bool:
    return value is not None and not (isinstance(value, float) and not math.isfinite(value))


def save_spark_flavor(model: Model, folder: Path) -> Path:
    """Save the version's Spark model as MLflow does; the session ends before anything is measured."""
    import mlflow
    from pyspark.ml import PipelineModel

    with Engine() as engine:
        engine.container.starter.session()
        mlflow.spark.save_model(PipelineModel.load(str(model.folder / "sparkml")), str(folder))
    return folder


def measure_servers(model: Model, spark_flavor: Path | None, seconds: float) -> Load:
    """Print a line for each server and number of connections; return the load of one connection to ours."""
    request = to_request([model.row])
    print("| server | connections | p50 | p99 | requests a second | throughput of sparkops |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    name = "sparkops serve"
    with running([str(_BIN / "sparkops"), "serve", str(model.folder)], "/ping") as port:
        ours = {count: measure_load(port, count, seconds, request) for count in CONNECTIONS}
    for load in ours.values():
        print_load(name, load, load)
    app = [sys.executable, "-m", "benchmarks.fastapi_onnx", str(model.scorer)]
    with running(app, "/docs", is_positional=True) as port:
        for count in CONNECTIONS:
            compare(
                "FastAPI and onnxruntime", measure_load(port, count, seconds, request), ours[count], ours[1]
            )
    mlflow = [str(_BIN / "mlflow"), "models", "serve", "--env-manager", "local", "-m"]
    with running([*mlflow, str(model.folder)], "/ping") as port:
        for count in CONNECTIONS[:2]:
            load = measure_load(port, count, seconds, request)
            compare("mlflow models serve, the same version", load, ours[count], ours[1])
    if spark_flavor is not None:
        with running([*mlflow, str(spark_flavor)], "/ping") as port:
            print_load("mlflow models serve, spark flavor", measure_load(port, 1, seconds, request), ours[1])
    return ours[1]


def compare(name: str, load: Load, ours: Load, expected: Load) -> None:
    """Print the load of a peer, after it was seen to give the same answer."""
    theirs, answer = (json.loads(each.answer)["predictions"][0] for each in (load, expected))
    for output, value in answer.items():
        pairs = zip(_numbers(value), _numbers(theirs[output]), strict=True)
        assert all(math.isclose(a, b, rel_tol=1e-6) for a, b in pairs), (name, answer, theirs)
    print_load(name, load, ours)


def _numbers(value: Any) -> list[float]:
    return list(value) if isinstance(value, list) else [value]


def print_load(name: str, load: Load, ours: Load) -> None:
    ratio = "" if load is ours else f"{ours.per_second / load.per_second:.1f} x"
    print(
        f"| {name} | {load.connections} | {load.p50:.2f} ms | {load.p99:.2f} ms | {load.per_second:,.0f} | {ratio} |",
        flush=True,
    )


def to_request(rows: Sequence[dict[str, Any]]) -> bytes:
    """Return an HTTP request with rows, in a form that all servers take."""
    body = json.dumps({"dataframe_records": rows}).encode()
    head = f"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def measure_load(port: int, connections: int, seconds: float, request: bytes) -> Load:
    """Run the client."""
    command = [sys.executable, "-m", "benchmarks.http_load", str(port), str(connections), str(seconds)]
    output = subprocess.run(command, input=request, capture_output=True, check=False)
    if output.returncode:
        raise SystemExit(output.stderr.decode())
    return Load(**json.loads(output.stdout))


@contextmanager
def running(command: Sequence[str], path: str, *, is_positional: bool = False) -> Iterator[int]:
    """Run a server in the context, which begins when it answers; yield its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    words = [*command, *(() if is_positional else ("--port",)), str(port)]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            words, stdout=log, stderr=log, env={**os.environ, **_ENVIRONMENT}, start_new_session=True
        )
        try:
            wait_for(f"http://127.0.0.1:{port}{path}", process)
            yield port
        except BaseException:
            log.seek(0)
            print(log.read().decode(errors="replace")[-3000:], file=sys.stderr)
            raise
        finally:
            os.killpg(process.pid, 15)
            process.wait(30)


def wait_for(url: str, process: subprocess.Popen[bytes], seconds: float = 120) -> None:
    """Wait until a server answers."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit(f"{url} did not answer.")


def measure_large_body(model: Model) -> None:
    """Print how long small requests wait while large ones are parsed, scored and rendered."""
    names = list(model.row)
    forms = {
        "records": {"dataframe_records": [model.row] * LARGE_ROWS},
        "split": {"dataframe_split": {"columns": names, "data": [list(model.row.values())] * LARGE_ROWS}},
    }
    live = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"
    print(
        f"\n| {LARGE_ROWS:,} rows in one body | answered in | `/health/live` meanwhile: p50 | p99 | longest |"
    )
    print("| --- | ---: | ---: | ---: | ---: |")
    command = [str(_BIN / "sparkops"), "serve", str(model.folder), "--set", "serving.max_bytes=100000000"]
    with running(command, "/ping") as port:
        for name, form in forms.items():
            body = json.dumps(form).encode()
            seconds = post(port, body)
            answered: list[float] = []
            thread = threading.Thread(
                target=lambda body=body, answered=answered: answered.append(post(port, body))
            )
            thread.start()
            load = measure_load(port, 1, max(0.2, seconds - 1.0), live)
            thread.join()
            print(
                f"| {name}, {len(body) / 1e6:.0f} MB | {seconds:.1f} s | {load.p50:.1f} ms | {load.p99:.1f} ms | {load.largest:.1f} ms |",
                flush=True,
            )


def post(port: int, body: bytes) -> float:
    """Send a body; return the seconds until its answer has been read."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/invocations", body, {"Content-Type": "application/json"}
    )
    start = time.perf_counter()
    with urllib.request.urlopen(request, timeout=300) as answer:
        answer.read()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
