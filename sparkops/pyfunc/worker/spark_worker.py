"""The process of a local Spark that scores the rows of a model: its program, its requests and its answers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from sparkops.errors import ModelError, RowError, as_clause
from sparkops.pyfunc.worker.manifest import Manifest
from sparkops.pyfunc.worker.worker_process import WorkerProcess, WorkerProgram, shorten
from sparkops.pyfunc.worker.worker_settings import WorkerSettings

Row = Mapping[str, Any]
RowCells = list[Any] | None
"""The answer to a row: its cells in the order of the columns, or None if Spark drops the row."""

# Where Java and Spark are, and how they reach this machine: none of them can hold a secret.
_SPARK_VARIABLES = re.compile(r"JAVA_HOME|SPARK_HOME|SPARK_LOCAL_IP|SPARK_LOCAL_HOSTNAME")
# The JVM writes to its folder until it ends.
_END_TIMEOUT = 10.0
_ANSWERS = Path(__file__).parents[2] / "artifact" / "spark_answers.py"


class SparkWorker(Protocol):
    """Scores rows for a `SparkRowScorer`."""

    def transform(self, rows: Sequence[Row], columns: Sequence[str]) -> list[RowCells]:
        """Return the answer to each row; RowError if Spark refuses one of them."""

    def close(self) -> None:
        """End the worker; a later request starts it again."""


class LocalSpark:
    """A local Spark in a process of its own; implements `SparkWorker`.

    Args:
        folder: The model's folder.
        manifest: The model's manifest.
        python: The interpreter, with pyspark and the packages of the model's own stages.
        settings: How long an answer may take, and the jars of the project.
        manifest_hash: The manifest's hash in the registry; None for a model that was named by its folder.
    """

    def __init__(
        self,
        folder: Path,
        manifest: Manifest,
        python: Path,
        settings: WorkerSettings,
        *,
        manifest_hash: str | None = None,
    ) -> None:
        self._folder = folder
        self._process = WorkerProcess(
            folder,
            manifest,
            python,
            timeout=settings.timeout,
            manifest_hash=manifest_hash,
            program=build_spark_program(manifest, settings),
        )

    @property
    def pid(self) -> int | None:
        """Return the process id; None if it is not running."""
        return self._process.pid

    def transform(self, rows: Sequence[Row], columns: Sequence[str]) -> list[RowCells]:
        """Return the answer to each row.

        Args:
            rows: Rows as JSON values.
            columns: Columns to answer.

        Raises:
            RowError: Spark refuses one of the rows.
            ModelError: Spark cannot be started or refuses all rows, or its process ended or took too long.
        """
        response = self._process.request({"rows": list(rows), "columns": list(columns)})
        if "failure" in response:
            raise ModelError(
                f"Spark scores no row of the model in {self._folder}: {as_clause(shorten(response['failure']))}."
            )
        if "error" in response:
            raise RowError(f"A stage of the model refuses this row: {as_clause(shorten(response['error']))}.")
        answers: list[RowCells] = response["rows"]
        return answers

    def close(self) -> None:
        """End the process, and its JVM."""
        self._process.close()


def build_spark_program(manifest: Manifest, settings: WorkerSettings) -> WorkerProgram:
    """Return the program of the process that scores a Spark model's rows."""
    return WorkerProgram(
        script=Path(__file__).with_name("spark_worker_main.py"),
        request={
            "fields": [{"name": item.name, "type": item.type} for item in manifest.fields],
            "session": dict(manifest.session),
            "jars": list(settings.jars),
            "answers": str(_ANSWERS),
        },
        passed_variables=_SPARK_VARIABLES,
        end_timeout=_END_TIMEOUT,
        limits=settings.limits,
    )
