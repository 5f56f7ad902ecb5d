"""Score every row of a month through five entry points and print how much their answers differ from Spark's.

    .venv/bin/python scripts/agreement.py [--model late_arrival] [--table flight_features] [--month 12] [--env ENV] [--set KEY=VALUE]

The entry points: a Spark job, the scorer row by row, the scorer in a batch, mlflow.pyfunc, and HTTP. The reference is
the saved model's own transform in Spark. Exits with 1 if a label differs, or a probability by more than 1e-9.
"""

from __future__ import annotations

import argparse
import json
import math
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sparkops import Engine
from sparkops.pyfunc.worker.open_scorer import open_scorer

TOLERANCE = 1e-9
Answer = tuple[float, list[float]]


@dataclass(frozen=True, slots=True)
class SparkAnswers:
    """Rows and the answers that Spark returns.

    Args:
        rows: The rows, with the fields that the model reads.
        expected: Answers of the saved model's own transform.
        job: Name of a job's scoring method, and its answers.
    """

    rows: list[dict[str, Any]]
    expected: list[Answer]
    job: dict[str, list[Answer]]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="late_arrival")
    parser.add_argument("--table", default="flight_features")
    parser.add_argument("--month", type=int, default=12)
    parser.add_argument("--env")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="overrides")
    arguments = parser.parse_args()
    with Engine(env=arguments.env, overrides=arguments.overrides) as engine:
        folder = engine.models.fetch_folder(arguments.model)
        fields = [field.name for field in open_scorer(folder).fields]
        spark = _score_in_spark(engine, arguments, fields)
    rows = spark.rows
    entry_points = {
        **spark.job,
        "row by row": _score_by_row(folder, rows),
        "batch": _score_in_batch(folder, rows),
        "mlflow.pyfunc": _score_with_pyfunc(folder, rows),
        "HTTP": _score_over_http(folder, rows),
    }
    print(
        f"{len(rows):,} rows of {arguments.table}, month {arguments.month}, compared with Spark's own transform"
    )
    differences = [_compare(name, spark.expected, answers) for name, answers in entry_points.items()]
    return int(any(labels or largest > TOLERANCE for labels, largest in differences))


def _score_in_spark(engine: Engine, arguments: Any, fields: Sequence[str]) -> SparkAnswers:
    tables = engine.container.tables
    frame = tables.read(tables.pin(arguments.table)).where(f"month = {arguments.month}").select(*fields)
    version = engine.container.registry.load_version(arguments.model)
    reference = version.fitted.transform(frame).select(*fields, "prediction", "probability").collect()
    scored = version.transform(frame, arrays=True).collect()
    rows = [{name: row[name] for name in fields} for row in reference]
    assert rows == [{name: row[name] for name in fields} for row in scored]
    job = f"a job, {version.scoring_method.kind}" if version.scoring_method else ""
    return SparkAnswers(
        rows,
        [(row["prediction"], row["probability"].toArray().tolist()) for row in reference],
        {job: [(row["prediction"], row["probability"]) for row in scored]},
    )


def _score_by_row(folder: Path, rows: Sequence[dict[str, Any]]) -> list[Answer]:
    score = open_scorer(folder).score
    answers = [score(row) for row in rows]
    return [(answer["prediction"], answer["probability"]) for answer in answers]


def _score_in_batch(folder: Path, rows: Sequence[dict[str, Any]]) -> list[Answer]:
    answers = open_scorer(folder).score_batch(rows).rows()
    return [(answer["prediction"], answer["probability"]) for answer in answers if answer is not None]


def _score_with_pyfunc(folder: Path, rows: Sequence[dict[str, Any]]) -> list[Answer]:
    import mlflow
    import pandas as pd

    frame = mlflow.pyfunc.load_model(str(folder)).predict(pd.DataFrame(list(rows)))
    return list(zip(frame["prediction"], frame["probability"], strict=True))


def _score_over_http(folder: Path, rows: Sequence[dict[str, Any]]) -> list[Answer]:
    answers: list[Answer] = []
    with _serve(folder) as url:
        for start in range(0, len(rows), 5000):
            body = json.dumps({"dataframe_records": rows[start : start + 5000]}).encode()
            request = urllib.request.Request(f"{url}/invocations", body, {"Content-Type": "application/json"})
            with urllib.request.urlopen(request, timeout=60) as response:
                predictions = json.load(response)["predictions"]
                answers += [(row["prediction"], row["probability"]) for row in predictions]
    return answers


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _serve(folder: Path) -> Iterator[str]:
    url = f"http://127.0.0.1:{(port := _free_port())}"
    command = [str(Path(sys.executable).parent / "sparkops"), "serve", str(folder), "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            for _ in range(200):
                try:
                    urllib.request.urlopen(f"{url}/health/ready", timeout=2).close()
                    break
                except OSError:
                    time.sleep(0.1)
            yield url
        finally:
            process.terminate()


def _compare(name: str, expected: Sequence[Answer], actual: Sequence[Answer]) -> tuple[int, float]:
    """Print and return the number of labels that differ and the largest difference of a probability."""
    labels, largest = abs(len(expected) - len(actual)), 0.0
    for (label, probabilities), (other_label, others) in zip(expected, actual, strict=False):
        labels += label != other_label
        largest = max(largest, *(abs(a - b) for a, b in zip(probabilities, others, strict=True)))
        largest = math.inf if math.isnan(largest) else largest
    print(f"  {name:<14} {labels} labels differ, largest difference of a probability {largest:.3g}")
    return labels, largest


if __name__ == "__main__":
    sys.exit(main())
