"""What a Spark says of rows. Also run as a script, by an interpreter that has pyspark of any version and no sparkops.

So this file imports nothing but the standard library and pyspark. Rows and answers are JSON lines: the first line of
what is asked says the model's folder, its fields and the columns wanted; every other line is a row. Nothing of the
model is executed as text: its folder is read by Spark's own loader.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from math import isfinite
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

_INDEX = "_sparkops_row"


def main(asked: str, answered: str) -> None:
    """Answer the rows of one file into another, by a Spark of one core started for it."""
    from pyspark.sql import SparkSession

    head, *rows = [
        json.loads(line, object_hook=decode) for line in Path(asked).read_text("utf-8").splitlines()
    ]
    conf: dict[str, Any] = {
        "spark.ui.enabled": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.driver.memory": "1g",
    }
    conf |= {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
    spark = SparkSession.builder.master("local[1]").config(map=conf).getOrCreate()
    try:
        lines = [{"spark": spark.version}, *answer_rows(spark, load_model(spark, head["model"]), head, rows)]
    finally:
        spark.stop()
    Path(answered).write_text("".join(json.dumps(encode(line)) + "\n" for line in lines), "utf-8")


def load_model(spark: Any, folder: str) -> Any:
    """Return the fitted model of a folder, whatever its class."""
    from pyspark.ml.util import DefaultParamsReader

    return DefaultParamsReader.loadParamsInstance(Path(folder).absolute().as_uri(), spark.sparkContext)


def answer_rows(
    spark: Any, fitted: Any, head: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]
) -> list[Any]:
    """Return an answer for each row: its columns, "dropped" or "refused".

    Args:
        spark: The session.
        fitted: The fitted model.
        head: "fields" (name and type each), "columns" to answer, and "together": how many rows, from the first, are
            expected to be answered and so asked in one job; each other row is asked alone.
        rows: Rows as plain values.
    """
    count = int(head["together"])
    alone = [_asked(spark, fitted, head, [row])[0] for row in rows[count:]]
    return [*_asked(spark, fitted, head, rows[:count]), *alone]


def _asked(spark: Any, fitted: Any, head: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> list[Any]:
    return bisect_refused(lambda some: _transformed(spark, fitted, head, some), rows)


def bisect_refused(ask: Callable[[Sequence[Any]], list[Any]], rows: Sequence[Any]) -> list[Any]:
    """Ask for rows in one job, halving what Spark refuses as a whole until each row stands alone: "refused"."""
    if not rows:
        return []
    from py4j.protocol import Py4JJavaError
    from pyspark.errors import PySparkException

    try:
        return ask(rows)
    except (PySparkException, Py4JJavaError) as error:
        if "SPARK_JOB_CANCELLED" in str(error):
            raise
    if len(rows) == 1:
        return ["refused"]
    middle = len(rows) // 2
    return [*bisect_refused(ask, rows[:middle]), *bisect_refused(ask, rows[middle:])]


def _transformed(
    spark: Any, fitted: Any, head: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]
) -> list[Any]:
    zone = ZoneInfo(spark.conf.get("spark.sql.session.timeZone"))
    columns = list(head["columns"])
    got = fitted.transform(_frame(spark, head["fields"], rows, zone)).select(_INDEX, *map(_quoted, columns))
    found = {
        row[0]: dict(zip(columns, (to_plain(cell, zone) for cell in row[1:]), strict=True))
        for row in got.collect()
    }
    return [found.get(at, "dropped") for at in range(len(rows))]


def _frame(
    spark: Any, fields: Sequence[Mapping[str, Any]], rows: Sequence[Mapping[str, Any]], zone: ZoneInfo
) -> Any:
    from pyspark.sql.types import LongType, StructField, StructType

    schema = StructType([StructField(_INDEX, LongType(), nullable=False)])
    for field in fields:
        schema = schema.add(field["name"], _type(field["type"]))
    cells = [
        (at, *(_cell(row[field["name"]], field["type"], zone) for field in fields))
        for at, row in enumerate(rows)
    ]
    return spark.createDataFrame(cells, schema)


def _type(kind: str) -> Any:
    from pyspark.ml.linalg import VectorUDT
    from pyspark.sql.types import DataType

    return VectorUDT() if kind == "vector" else DataType.fromDDL(kind)


def _cell(value: Any, kind: str, zone: ZoneInfo) -> Any:
    """Return a plain value as pyspark takes it."""
    if value is None:
        return None
    if kind.startswith("array<"):
        return [_cell(item, kind[6:-1], zone) for item in value]
    if kind == "timestamp":
        return datetime.fromisoformat(str(value)).replace(tzinfo=zone)
    make = _MAKE.get(kind.partition("(")[0])
    return make(value) if make else value


def _vector(values: Sequence[float]) -> Any:
    from pyspark.ml.linalg import Vectors

    return Vectors.dense(values)


_MAKE: dict[str, Callable[[Any], Any]] = {
    "float": float,
    "double": float,
    "vector": _vector,
    "decimal": lambda value: Decimal(str(value)),
    "date": lambda value: date.fromisoformat(str(value)),
}


def to_plain(value: Any, zone: ZoneInfo) -> Any:
    """Return a collected cell as a plain value: vectors and arrays as lists, moments as text."""
    if hasattr(value, "toArray"):
        return value.toArray().tolist()
    if isinstance(value, list):
        return [to_plain(item, zone) for item in value]
    if isinstance(value, datetime):
        return value.astimezone(zone).replace(tzinfo=None).isoformat()
    return value.isoformat() if isinstance(value, date) else value


def encode(value: Any) -> Any:
    """Return a value as JSON can hold it: NaN and infinities become {"$double": "nan"}, moments text."""
    if isinstance(value, float) and not isfinite(value):
        return {"$double": repr(value)}
    if isinstance(value, Mapping):
        return {key: encode(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [encode(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def decode(item: dict[str, Any]) -> Any:
    """Return what `encode` was given."""
    return float(item["$double"]) if set(item) == {"$double"} else item


def _quoted(name: str) -> str:
    return f"`{name.replace('`', '``')}`"


if __name__ == "__main__":
    main(*sys.argv[1:3])
