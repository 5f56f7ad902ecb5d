"""Main program of the process that scores a Spark model's rows: a local Spark with the model loaded, kept warm.

It runs in an interpreter that has pyspark and may have no sparkops, so it imports nothing of sparkops by name. Request
and response are one JSON object on a line: the first request names the model, each other one holds rows and the columns
to answer. Standard output is redirected to standard error, so that nothing the model prints can reach the responses.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import socket
import sys
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

_INDEX = "_sparkops_row"
# Settings of the JVM and of plans of few rows. The session's settings and the model's own come after them.
_CONF = {
    "spark.app.name": "sparkops-rows",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.catalogImplementation": "in-memory",
    "spark.sql.shuffle.partitions": "1",
    "spark.default.parallelism": "1",
    "spark.driver.memory": "1g",
    # A row is planned, not computed: the second compiler and parallel collectors take more time than they save.
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
}
_JAVA_FOLDERS = ("/usr/lib/jvm/*", "/opt/java/*", "/Library/Java/JavaVirtualMachines/*/Contents/Home")
# The last line of a Python traceback, and the innermost cause of a Java exception.
_PYTHON_ERROR = re.compile(r"^\s*((?:\w+\.)*\w*(?:Error|Exception|Warning|Interrupt)\b.*)$", re.MULTILINE)
_CAUSE = re.compile(r"^Caused by: (.*?)(?=^\s+at |\Z)", re.MULTILINE | re.DOTALL)
_JAVA_CLASS = re.compile(r"^(?:[a-z]\w*\.)+\w+(?:Exception|Error): ")
_MISSING_CLASS = re.compile(r"ClassNotFoundException: ([\w.$]+)|(?:'JavaPackage' object is not callable)")
# Errors of a plan, which every row would have.
_ANALYSIS_ERRORS = ("AnalysisException", "IllegalArgumentException", "ParseException")
_LOST_JVM = 3


class LoadError(Exception):
    """The model cannot be loaded; the message says why and what to do."""


class LocalModel:
    """A fitted model in a local Spark.

    Args:
        spark: The session.
        fitted: The fitted model.
        fields: Name and type of each column.
        answers: The module `spark_answers`.
    """

    def __init__(self, spark: Any, fitted: Any, fields: Sequence[Mapping[str, Any]], answers: Any) -> None:
        self._spark, self._fitted, self._fields, self._answers = spark, fitted, fields, answers
        self._zone = answers.read_time_zone(spark)
        self._types = [answers.parse_type(spark, field["type"]) for field in fields]

    @property
    def is_lost(self) -> bool:
        """Return whether the JVM has ended or is ending.

        A killed JVM closes its socket before its process is gone.
        """
        gateway = self._spark.sparkContext._gateway  # noqa: SLF001 - no public name
        if gateway.proc.poll() is not None:
            return True
        try:
            socket.create_connection(("127.0.0.1", gateway.gateway_parameters.port), timeout=1).close()
        except OSError:
            return True
        return False

    def respond(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answers to the rows of a request; an error if Spark refuses some of them, a failure if all rows.

        A row that Spark drops has the answer null.
        """
        rows, columns = request["rows"], request["columns"]
        try:
            scored = self._score(rows, columns)
        except Exception as error:  # noqa: BLE001 - a stage of a user's own may raise anything
            is_of_all_rows = type(error).__name__ in _ANALYSIS_ERRORS
            return {"failure" if is_of_all_rows else "error": describe(error)}
        try:
            return {"rows": self._collect(scored, rows, columns)}
        except Exception as error:  # noqa: BLE001
            return {"error": describe(error)}

    def _score(self, rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> Any:
        quoted = [self._answers.quote_column(name) for name in columns]
        scored = self._fitted.transform(self._create_frame(rows))
        return self._answers.select_indexed(scored, _INDEX, quoted)

    def _collect(self, scored: Any, rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> list[Any]:
        collected = scored.collect()
        indices = [row[0] for row in collected]
        if None not in indices and len(set(indices)) < len(indices):
            raise ValueError("a stage makes several rows of one")
        answers = [[self._to_json(cell) for cell in row[1:]] for row in collected]

        def score_part(part: Sequence[Any]) -> list[Any]:
            return self._collect(self._score(part, columns), part, columns) if part else []

        aligned = self._answers.align_answers(indices, answers, rows, score_part)
        return [None if answer == "dropped" else answer for answer in aligned]

    def _to_json(self, cell: Any) -> Any:
        value = self._answers.to_python(cell, self._zone)
        if isinstance(value, Decimal):
            return float(value)
        if isinstance(value, list):
            return [self._to_json(item) for item in value]
        return value

    def _create_frame(self, rows: Sequence[Mapping[str, Any]]) -> Any:
        """Return rows as a frame with their positions.

        Through Arrow, Spark keeps them in its plan and computes what needs no Python in the driver: no job runs.
        """
        from pyspark.sql.types import LongType, StructField, StructType

        names = {field["name"]: f"c{position}" for position, field in enumerate(self._fields)}
        cells = [
            [_to_spark(row[field["name"]], field["type"], self._zone) for row in rows]
            for field in self._fields
        ]
        schema = StructType([StructField(_INDEX, LongType(), nullable=False)])
        for column, type_ in zip(names.values(), self._types, strict=True):
            schema = schema.add(column, type_)
        has_vectors = any(field["type"] == "vector" for field in self._fields)
        if not has_vectors and int(self._spark.version[0]) >= 4:  # noqa: PLR2004
            frame = self._spark.createDataFrame(_build_arrow_table(cells, schema), schema)
        else:
            table = list(zip(range(len(rows)), *(map(_to_vector, column) for column in cells), strict=True))
            frame = self._spark.createDataFrame(table, schema)
        return frame.select(_INDEX, *self._answers.build_struct_columns(names, ""))


def _build_arrow_table(cells: Sequence[list[Any]], schema: Any) -> Any:
    import pyarrow as pa
    from pyspark.sql.pandas.types import to_arrow_type

    count = len(cells[0]) if cells else 0
    arrays = [pa.array(range(count), pa.int64())]
    arrays += [
        pa.array(column, to_arrow_type(field.dataType))
        for column, field in zip(cells, schema.fields[1:], strict=True)
    ]
    return pa.table(arrays, schema.names)


def _to_vector(value: Any) -> Any:
    """Return a dense or sparse vector for a tuple or a dictionary, which only cells of vectors are."""
    if isinstance(value, tuple | dict):
        from pyspark.ml.linalg import Vectors

        if isinstance(value, tuple):
            return Vectors.dense(value)
        return Vectors.sparse(value["size"], value["indices"], value["values"])
    return value


def _to_spark(value: Any, type_: str, zone: Any) -> Any:
    """Return a JSON value as PySpark expects it for a type; a dense vector is a tuple, a sparse one a dictionary."""
    if value is None:
        return None
    if type_.startswith("array<"):
        element = type_.removeprefix("array<").removesuffix(">")
        return [_to_spark(item, element, zone) for item in value]
    if type_ == "timestamp":
        return datetime.fromisoformat(value).replace(tzinfo=zone)
    convert = _CONVERTERS.get(type_.partition("(")[0])
    return convert(value) if convert else value


def _to_slots(value: Any) -> Any:
    return value if isinstance(value, dict) else tuple(map(float, value))


_CONVERTERS: dict[str, Any] = {
    "float": float,
    "double": float,
    "vector": _to_slots,
    "decimal": Decimal,
    "date": date.fromisoformat,
}


def describe(error: BaseException) -> str:
    """Return what a stage says, in one line: the last line of a Python traceback, or the innermost cause in Java."""
    text = _format_full_text(error)
    raised = _PYTHON_ERROR.findall(text) if "Traceback (most recent call last)" in text else []
    if raised:
        return str(raised[-1]).strip()
    causes = _CAUSE.findall(text)
    first = causes[-1] if causes else str(error).strip().partition("\n")[0]
    reason = _JAVA_CLASS.sub("", " ".join(str(first).split())).rstrip(";")
    is_from_java = bool(causes) or hasattr(error, "getCondition") or hasattr(error, "java_exception")
    return reason if is_from_java else f"{type(error).__name__}: {reason}"


def _format_full_text(error: BaseException) -> str:
    """Return the message of an error with the stack trace of the JVM, if it has one."""
    trace = getattr(error, "_stackTrace", None) or getattr(error, "_stacktrace", None)
    return f"{error}\n{trace}" if trace else str(error)


def _load(request: Mapping[str, Any]) -> LocalModel:
    """Start Spark and load the model that the first request names."""
    folder = Path(request["folder"])
    _add_code(folder / "code")
    _find_java()
    try:
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise LoadError(f"a local Spark needs pyspark ({error}): pip install 'sparkops[spark]'") from None
    work = str(Path.cwd())
    conf = {**_CONF, "spark.local.dir": work, "spark.sql.warehouse.dir": Path(work).as_uri()}
    if request["jars"]:
        conf["spark.jars"] = ",".join(request["jars"])
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    spark = SparkSession.builder.master("local[1]").config(map={**conf, **request["session"]}).getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    answers = _load_module(Path(request["answers"]))
    try:
        fitted = answers.load_model(spark, str(folder / "sparkml"))
    except Exception as error:
        raise LoadError(explain_load_error(error)) from error
    return LocalModel(spark, fitted, request["fields"], answers)


def _add_code(code: Path) -> None:
    """Make the modules of the model's own stages importable, here and in Spark's Python workers."""
    if code.is_dir():
        sys.path.insert(0, str(code))
        others = [os.environ["PYTHONPATH"]] if os.environ.get("PYTHONPATH") else []
        os.environ["PYTHONPATH"] = os.pathsep.join([str(code), *others])


def _find_java() -> None:
    """Set JAVA_HOME if there is no Java on PATH.

    Raises:
        LoadError: There is none on this machine.
    """
    import shutil

    if os.environ.get("JAVA_HOME") or shutil.which("java"):
        return
    for pattern in _JAVA_FOLDERS:
        for binary in sorted(Path("/").glob(f"{pattern.lstrip('/')}/bin/java")):
            os.environ["JAVA_HOME"] = str(binary.parents[1])
            return
    raise LoadError(
        "a local Spark needs Java, and none was found: install a JDK 17 or 21 and put it on PATH or in JAVA_HOME"
    )


def explain_load_error(error: Exception) -> str:
    """Return why a model cannot be loaded, and what to do."""
    text = _format_full_text(error)
    missing = _MISSING_CLASS.search(text)
    if missing:
        name = f"the class {missing[1]}" if missing[1] else "a class of one of its stages"
        return f"Spark does not find {name}: add the jar that contains it to the setting spark.jars"
    if isinstance(error, ImportError | AttributeError):
        return (
            f"a stage's own code is not found ({describe(error)}): install the package that defines it, or register "
            "the model again from the project that contains it"
        )
    return describe(error)


def _load_module(file: Path) -> Any:
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main() -> int:
    """Answer requests until the other end closes the pipe."""
    output = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def respond(value: Any) -> None:
        output.write(json.dumps(value) + "\n")
        output.flush()

    try:
        model = _load(json.loads(sys.stdin.readline()))
    except LoadError as error:
        respond({"error": str(error)})
        return 1
    except BaseException as error:  # noqa: BLE001 - whatever starting Spark raises is the response
        respond({"error": describe(error)})
        return 1
    respond({"ready": True})
    for line in sys.stdin:
        response = model.respond(json.loads(line))
        if "rows" not in response and model.is_lost:
            # The other end starts this process again.
            return _LOST_JVM
        respond(response)
    return 0


if __name__ == "__main__":
    # Not sys.exit: threads of pyspark would delay it. The JVM ends because its standard input is closed.
    os._exit(main())
