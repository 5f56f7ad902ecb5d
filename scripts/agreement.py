"""Score every row of a month by five doors and say how far they are apart.

    .venv/bin/python scripts/agreement.py [--model late_arrival] [--table flight_features] [--month 12] [--env ENV] [--set KEY=VALUE]

The doors, each beside the saved model's own transform in Spark: a Spark job, the scorer row by row, the scorer in a
batch, mlflow.pyfunc, and HTTP.
Leaves with 1 when a label differs or a probability by more than 1e-9.
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
from sparkops.scoring.locate.model_uri import open_scorer

TOLERANCE = 1e-9
Answer = tuple[float, list[float]]


@dataclass(frozen=True, slots=True)
class Spark:
    """What Spark says.

    Args:
        rows: The rows, with the fields that the model reads.
        truth: What the saved model's own transform answers to each.
        job: How a job scores them, and its answers.
    """

    rows: list[dict[str, Any]]
    truth: list[Answer]
    job: dict[str, list[Answer]]


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--model", default="late_arrival")
    words.add_argument("--table", default="flight_features")
    words.add_argument("--month", type=int, default=12)
    words.add_argument("--env")
    words.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="overrides")
    said = words.parse_args()
    with Engine(env=said.env, overrides=said.overrides) as engine:
        folder = engine.models.folder(said.model)
        fields = [field.name for field in open_scorer(folder).fields]
        spark = _by_spark(engine, said, fields)
    rows = spark.rows
    doors = {
        **spark.job,
        "row by row": _by_row(folder, rows),
        "batch": _by_batch(folder, rows),
        "mlflow.pyfunc": _by_pyfunc(folder, rows),
        "HTTP": _by_http(folder, rows),
    }
    print(f"{len(rows):,} rows of {said.table}, month {said.month}, beside Spark's own transform")
    worst = [_compare(name, spark.truth, answers) for name, answers in doors.items()]
    return int(any(labels or apart > TOLERANCE for labels, apart in worst))


def _by_spark(engine: Engine, said: Any, fields: Sequence[str]) -> Spark:
    tables = engine.container.tables
    frame = tables.read(tables.pin(said.table)).where(f"month = {said.month}").select(*fields)
    version = engine.container.registry.version(said.model)
    truth = version.fitted.transform(frame).select(*fields, "prediction", "probability").collect()
    scored = version.transform(frame, arrays=True).collect()
    rows = [{name: row[name] for name in fields} for row in truth]
    assert rows == [{name: row[name] for name in fields} for row in scored]
    job = f"a job, {version.scoring_method.kind}" if version.scoring_method else ""
    return Spark(
        rows,
        [(row["prediction"], row["probability"].toArray().tolist()) for row in truth],
        {job: [(row["prediction"], row["probability"]) for row in scored]},
    )


def _by_row(folder: Path, rows: Sequence[dict[str, Any]]) -> list[Answer]:
    score = open_scorer(folder).score
    answers = [score(row) for row in rows]
    return [(answer["prediction"], answer["probability"]) for answer in answers]


def _by_batch(folder: Path, rows: Sequence[dict[str, Any]]) -> list[Answer]:
    answers = open_scorer(folder).score_batch(rows).rows()
    return [(answer["prediction"], answer["probability"]) for answer in answers if answer is not None]


def _by_pyfunc(folder: Path, rows: Sequence[dict[str, Any]]) -> list[Answer]:
    import mlflow
    import pandas as pd

    frame = mlflow.pyfunc.load_model(str(folder)).predict(pd.DataFrame(list(rows)))
    return list(zip(frame["prediction"], frame["probability"], strict=True))


def _by_http(folder: Path, rows: Sequence[dict[str, Any]]) -> list[Answer]:
    found: list[Answer] = []
    with _served(folder) as url:
        for at in range(0, len(rows), 5000):
            body = json.dumps({"dataframe_records": rows[at : at + 5000]}).encode()
            asked = urllib.request.Request(f"{url}/invocations", body, {"Content-Type": "application/json"})
            with urllib.request.urlopen(asked, timeout=60) as reply:
                found += [(one["prediction"], one["probability"]) for one in json.load(reply)["predictions"]]
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    url = f"http://127.0.0.1:{(port := _free_port())}"
    words = [str(Path(sys.executable).parent / "sparkops"), "serve", str(folder), "--port", str(port)]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL) as process:
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
    """Print and return how many labels differ and how far the probabilities are apart at most."""
    labels, apart = abs(len(expected) - len(actual)), 0.0
    for (label, chances), (other, others) in zip(expected, actual, strict=False):
        labels += label != other
        apart = max(apart, *(abs(a - b) for a, b in zip(chances, others, strict=True)))
        apart = math.inf if math.isnan(apart) else apart
    print(f"  {name:<14} {labels} labels differ, probabilities at most {apart:.3g} apart")
    return labels, apart


if __name__ == "__main__":
    sys.exit(main())
