"""Score rows with Spark. Also run as a script, by an interpreter that has pyspark of any version and no sparkops.

Therefore this file imports only the standard library and pyspark. As a script it reads JSON lines: the first line is a
request with the model's folder, its fields and the output columns; each other line is a row. It writes Spark's version
and why its analysis refuses all rows, if it does, then an answer for each row. Nothing of the model is executed as
text: Spark's own loader reads its folder.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from math import isfinite
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

_INDEX = "_sparkops_row"


def main(request_file: str, answer_file: str) -> None:
    """Answer the rows of one file in another, with a new Spark session of one core and the request's "conf"."""
    from pyspark.sql import SparkSession

    request, *rows = [
        json.loads(line, object_hook=decode) for line in Path(request_file).read_text("utf-8").splitlines()
    ]
    conf: dict[str, Any] = {
        "spark.ui.enabled": "false",
        "spark.driver.memory": "1g",
        # The first compiler only: a process of some seconds does not earn the time of the second.
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.session.timeZone": "UTC",
        **request.get("conf", {}),
    }
    spark = SparkSession.builder.master("local[1]").config(map=conf).getOrCreate()
    try:
        lines = _answer_request(spark, request, rows)
    finally:
        spark.stop()
    Path(answer_file).write_text("".join(json.dumps(encode(line)) + "\n" for line in lines), "utf-8")


def _answer_request(spark: Any, request: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Return Spark's version with the problem that prevents all answers, then the answers if there is none."""
    try:
        fitted = load_model(spark, request["model"])
    except Exception as error:
        if not is_spark_refusal(error):
            raise
        problem = f"it cannot load what another version saved ({str(error).strip().partition(chr(10))[0]})"
        return [{"spark": spark.version, "problem": problem}]
    problem = find_request_problem(spark, fitted, request, rows)
    answers = [] if problem else answer_rows(spark, fitted, request, rows)
    return [{"spark": spark.version, "problem": problem}, *answers]


def load_model(spark: Any, folder: str) -> Any:
    """Return the fitted model in a folder, of whatever class."""
    from pyspark.ml.util import DefaultParamsReader

    return DefaultParamsReader.loadParamsInstance(Path(folder).absolute().as_uri(), spark.sparkContext)


def answer_rows(
    spark: Any, fitted: Any, request: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]
) -> list[Any]:
    """Return an answer for each row: its output columns, "dropped" or "refused".

    Args:
        spark: The session.
        fitted: The fitted model.
        request: "fields" (each with name and type), "unread" (the same, for columns that hold null, because only
            Spark's analysis needs them), "columns" to answer, and "together": the number of leading rows that Spark is
            expected to accept, which are scored in one job. Each other row is scored in a job of its own.
        rows: Rows as plain values.
    """
    typed: dict[str, Any] = {}

    def score(batch: Sequence[Mapping[str, Any]]) -> list[Any]:
        if not typed:
            typed.update(_resolve_types(spark, request))
        return _score_rows(spark, fitted, typed, batch)

    count = int(request["together"])
    single_answers = [bisect_refused(score, [row])[0] for row in rows[count:]]
    return [*bisect_refused(score, rows[:count]), *single_answers]


def find_request_problem(
    spark: Any, fitted: Any, request: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]
) -> str:
    """Return why Spark's analysis refuses all rows of a request, see `answer_rows`; empty if it does not."""
    return find_analysis_problem(
        lambda: _transform_rows(spark, fitted, _resolve_types(spark, request), rows[:1])
    )


def find_analysis_problem(transform: Callable[[], Any]) -> str:
    """Return why Spark's analysis refuses a transform of whatever rows; empty if it does not."""
    from pyspark.errors import AnalysisException, IllegalArgumentException

    try:
        transform()
    except (AnalysisException, IllegalArgumentException) as error:
        return str(error).strip().partition("\n")[0]
    except Exception as error:
        if not is_spark_refusal(error):
            raise
    return ""


def select_indexed(scored: Any, index: str, columns: Sequence[str]) -> Any:
    """Return the index and some columns of a scored frame; null in place of an index that a SELECT left out."""
    from pyspark.sql import functions as F

    first = F.col(index) if index in scored.columns else F.lit(None).alias(index)
    return scored.select(first, *(F.col(name) for name in columns))


def align_answers(
    indices: Sequence[int | None],
    answers: Sequence[Any],
    rows: Sequence[Any],
    score: Callable[[Sequence[Any]], list[Any]],
) -> list[Any]:
    """Return an answer for each row, "dropped" where there is none.

    Args:
        indices: Position of the row of each answer; null if a SELECT left it out. Then answers are in the order of
            their rows.
        answers: The answers that Spark gave.
        rows: The rows.
        score: Scores rows, to find out which of them Spark dropped.
    """
    if None not in indices:
        known = dict(zip(indices, answers, strict=True))
        return [known.get(position, "dropped") for position in range(len(rows))]
    if len(answers) == len(rows):
        return list(answers)
    middle = len(rows) // 2
    return [*score(rows[:middle]), *score(rows[middle:])]


def is_spark_refusal(error: Exception) -> bool:
    """Return whether an error is Spark's refusal of some row: any error of Spark except a cancelled job."""
    from py4j.protocol import Py4JJavaError
    from pyspark.errors import PySparkException

    return isinstance(error, PySparkException | Py4JJavaError) and "SPARK_JOB_CANCELLED" not in str(error)


def bisect_refused(
    score: Callable[[Sequence[Any]], list[Any]],
    rows: Sequence[Any],
    is_refusal: Callable[[Exception], bool] = is_spark_refusal,
) -> list[Any]:
    """Score rows together; if that fails, bisect them until each refused row is alone, which gives "refused".

    Args:
        score: Returns an answer for each row, or raises.
        rows: The rows.
        is_refusal: Whether an error means that some row is refused; any other error is raised.
    """
    if not rows:
        return []
    try:
        return score(rows)
    except Exception as error:
        if not is_refusal(error):
            raise
    if len(rows) == 1:
        return ["refused"]
    middle = len(rows) // 2
    head, tail = rows[:middle], rows[middle:]
    return [*bisect_refused(score, head, is_refusal), *bisect_refused(score, tail, is_refusal)]


def _score_rows(
    spark: Any, fitted: Any, request: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]
) -> list[Any]:
    zone, columns = read_time_zone(spark), list(request["columns"])
    collected = _transform_rows(spark, fitted, request, rows).collect()
    answers = [
        dict(zip(columns, (to_python(cell, zone) for cell in row[1:]), strict=True)) for row in collected
    ]
    return align_answers(
        [row[0] for row in collected],
        answers,
        rows,
        lambda part: _score_rows(spark, fitted, request, part),
    )


def _transform_rows(
    spark: Any, fitted: Any, request: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]
) -> Any:
    """Return the index of each row and the columns to answer, not computed yet."""
    frame = _create_frame(spark, request, rows)
    return select_indexed(
        fitted.transform(frame), _INDEX, [quote_column(name) for name in request["columns"]]
    )


def read_time_zone(spark: Any) -> ZoneInfo:
    """Return the session's time zone."""
    return ZoneInfo(spark.conf.get("spark.sql.session.timeZone"))


def _create_frame(spark: Any, request: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> Any:
    from pyspark.sql.types import LongType, StructField, StructType

    zone, fields, types = read_time_zone(spark), request["fields"], request["types"]
    unread = [field for field in request.get("unread", ()) if field["type"] in types]
    schema = StructType([StructField(_INDEX, LongType(), nullable=False)])
    for position, field in enumerate(fields):
        schema = schema.add(f"c{position}", types[field["type"]])
    for field in unread:
        schema = schema.add(field["name"], types[field["type"]])
    nulls = [None] * len(unread)
    cells = [
        (index, *(_to_spark(row[field["name"]], field["type"], zone) for field in fields), *nulls)
        for index, row in enumerate(rows)
    ]
    names = {field["name"]: f"c{position}" for position, field in enumerate(fields)}
    others = [quote_column(field["name"]) for field in unread]
    return spark.createDataFrame(cells, schema).select(_INDEX, *build_struct_columns(names, ""), *others)


def build_struct_columns(names: Mapping[str, str], prefix: str) -> list[Any]:
    """Return flat columns under the names of fields; fields of one struct, named by their paths, become the struct.

    Args:
        names: The flat column of each field, by the field's path.
        prefix: The path of the struct that the fields are in, with a dot at its end; empty at the top.
    """
    from pyspark.sql import functions as F

    groups: dict[str, dict[str, str]] = {}
    for path, column in names.items():
        groups.setdefault(path.removeprefix(prefix).partition(".")[0], {})[path] = column
    return [
        F.col(next(iter(group.values()))).alias(name)
        if list(group) == [prefix + name]
        else F.struct(*build_struct_columns(group, f"{prefix}{name}.")).alias(name)
        for name, group in groups.items()
    ]


def _resolve_types(spark: Any, request: Mapping[str, Any]) -> dict[str, Any]:
    """Return a request with the key "types": Spark's type for each type name.

    Types of unread columns that Spark cannot parse are left out.
    """
    from pyspark.errors import PySparkException

    types = {name: parse_type(spark, name) for name in {field["type"] for field in request["fields"]}}
    for name in {field["type"] for field in request.get("unread", ())} - set(types):
        with suppress(PySparkException):
            types[name] = parse_type(spark, name)
    return {**request, "types": types}


def parse_type(spark: Any, type_: str) -> Any:
    """Return a type by its name; `DataType.fromDDL` would need Spark 4."""
    from pyspark.ml.linalg import VectorUDT

    return VectorUDT() if type_ == "vector" else spark.createDataFrame([], f"cell {type_}").schema[0].dataType


def _to_spark(value: Any, type_: str, zone: ZoneInfo) -> Any:
    """Return a plain value as PySpark expects it for a type."""
    if value is None:
        return None
    if type_.startswith("array<"):
        element = type_.removeprefix("array<").removesuffix(">")
        return [_to_spark(item, element, zone) for item in value]
    if type_ == "timestamp":
        return datetime.fromisoformat(str(value)).replace(tzinfo=zone)
    convert = _CONVERTERS.get(type_.partition("(")[0])
    return convert(value) if convert else value


def _to_vector(values: Sequence[float]) -> Any:
    from pyspark.ml.linalg import Vectors

    return Vectors.dense(values)


_CONVERTERS: dict[str, Callable[[Any], Any]] = {
    "float": float,
    "double": float,
    "vector": _to_vector,
    "decimal": lambda value: Decimal(str(value)),
    "date": lambda value: date.fromisoformat(str(value)),
}


def to_python(value: Any, zone: ZoneInfo) -> Any:
    """Return a collected cell as a plain value: vectors and arrays as lists, dates and times as ISO text."""
    if hasattr(value, "toArray"):
        return value.toArray().tolist()
    if isinstance(value, list):
        return [to_python(item, zone) for item in value]
    if isinstance(value, datetime):
        return value.astimezone(zone).replace(tzinfo=None).isoformat()
    return value.isoformat() if isinstance(value, date) else value


def encode(value: Any) -> Any:
    """Return a value for JSON.

    NaN and infinities become objects such as {"$double": "nan"}, dates, times and decimals become text.
    """
    if isinstance(value, float) and not isfinite(value):
        return {"$double": repr(value)}
    if isinstance(value, Mapping):
        return {key: encode(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [encode(item) for item in value]
    if isinstance(value, Decimal):
        return str(value)
    return value.isoformat() if isinstance(value, date) else value


def decode(item: dict[str, Any]) -> Any:
    """Return the float that `encode` wrote as an object, or the object itself; a hook for `json.loads`."""
    return float(item["$double"]) if set(item) == {"$double"} else item


def quote_column(name: str) -> str:
    """Return a column name in backticks."""
    return f"`{name.replace('`', '``')}`"


if __name__ == "__main__":
    main(*sys.argv[1:3])
