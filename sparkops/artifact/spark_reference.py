"""Spark as the reference of a parity check: the session of this process, or the Spark of another interpreter."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparkops.artifact import spark_answers
from sparkops.core.bounded_file import MAX_SOURCE, read_bytes, read_text
from sparkops.errors import EngineError, ModelError, as_clause

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Row = Mapping[str, Any]
SparkReference = Callable[[Path, Mapping[str, Any], Sequence[Row]], tuple[str, list[Any]]]
"""A function of a saved model, a request (see `spark_answers.answer_rows`) and rows to Spark's version and answers."""

# Variables that would make the other interpreter use this Spark, or this interpreter's libraries.
_FOREIGN_VARIABLES = re.compile(r"SPARK_.*|PYSPARK_.*|PYTHONPATH|PYTHONHOME|VIRTUAL_ENV|__PYVENV_LAUNCHER__")
# An exception of Python; the next line of a Py4JJavaError begins with a colon and has that of Java.
_EXCEPTION_LINE = re.compile(r"^[\w.]*(?:Error|Exception)\b.*(?:\n: .*)?", re.MULTILINE)
_NEEDS = (
    "It needs pyspark with Spark's jars, NumPy, and a Java that its Spark supports, in JAVA_HOME: 8, 11 or 17 for "
    "Spark 3.4 and 3.5, 17 or 21 for Spark 4."
)


def build_session_reference(session: SparkSession) -> SparkReference:
    """Return a reference that uses the Spark session of this process."""

    def answer(model: Path, request: Mapping[str, Any], rows: Sequence[Row]) -> tuple[str, list[Any]]:
        fitted = spark_answers.load_model(session, str(model))
        _require_analysis(spark_answers.find_request_problem(session, fitted, request, rows), session.version)
        answers = spark_answers.answer_rows(session, fitted, request, rows)
        return session.version, [to_json_value(answer) for answer in answers]

    return answer


def build_interpreter_reference(python: Path) -> SparkReference:
    """Return a reference that runs the Spark of another interpreter in a process of its own.

    Args:
        python: The interpreter; it needs pyspark and NumPy, but not sparkops.
    """

    def answer(model: Path, request: Mapping[str, Any], rows: Sequence[Row]) -> tuple[str, list[Any]]:
        with tempfile.TemporaryDirectory(prefix="sparkops-certify-") as work:
            folder = Path(work)
            (folder / "answer.py").write_bytes(read_bytes(Path(spark_answers.__file__), MAX_SOURCE))
            lines = [{**request, "model": str(model.absolute())}, *rows]
            (folder / "request.jsonl").write_text("".join(_to_line(line) for line in lines), "utf-8")
            _run([str(python.absolute()), "answer.py", "request.jsonl", "answers.jsonl"], folder)
            output = read_text(folder / "answers.jsonl", MAX_SOURCE).splitlines()
        first, *answers = [json.loads(line, object_hook=spark_answers.decode) for line in output]
        _require_analysis(first["problem"], first["spark"])
        return str(first["spark"]), answers

    return answer


def _require_analysis(problem: str, version: str) -> None:
    if problem:
        raise ModelError(f"Spark {version} scores no row of this model, so none can be compared: {problem}")


def to_json_value(value: Any) -> Any:
    """Return a value as it is after a round trip through JSON: dates and times as text."""
    return json.loads(_to_line(value), object_hook=spark_answers.decode)


def _run(command: Sequence[str], folder: Path) -> None:
    environment = {
        name: value for name, value in os.environ.items() if not _FOREIGN_VARIABLES.fullmatch(name)
    }
    try:
        result = subprocess.run(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
    except OSError as error:
        raise EngineError(
            f"{command[0]} can't be run ({error.strerror}). Name a Python interpreter."
        ) from error
    if result.returncode:
        text = result.stderr.decode(errors="replace")
        reason = (_EXCEPTION_LINE.findall(text) or text.strip().splitlines()[-1:] or ["no error output"])[0]
        reason = " ".join(reason.split())[:500]
        raise EngineError(f"The Spark of {command[0]} could not answer: {as_clause(reason)}. {_NEEDS}")


def _to_line(value: Any) -> str:
    return json.dumps(spark_answers.encode(value)) + "\n"
