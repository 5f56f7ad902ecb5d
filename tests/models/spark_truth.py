"""Spark's own answers to rows, and the comparison that the parity tests share."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import LongType, StructField, StructType

from sparkops.models.compile import compile_model, fields_from_spark
from sparkops.scoring import Answer, Difference, Scorer, agree, edge_rows, load, save


class Truth:
    """A fitted model, saved, compiled, and asked beside Spark."""

    def __init__(
        self, fitted: Any, frame: DataFrame, folder: Path, *, names: Sequence[str] | None = None
    ) -> None:
        self.fitted, self.schema, self.spark = fitted, frame.schema, frame.sparkSession
        fitted.write().overwrite().save(str(folder / "spark"))
        fields = fields_from_spark(frame.schema.jsonValue())
        fields = tuple(field for field in fields if names is None or field.name in names)
        save(compile_model(folder / "spark", fields), folder / "scorer")
        self.scorer: Scorer = load(folder / "scorer", raw=True)
        self.sampled = [row.asDict() for row in frame.limit(30).collect()]

    def edges(self, limit: int = 150) -> list[dict[str, Any]]:
        """Return sampled rows and rows at the edges."""
        names = [field.name for field in self.scorer.fields]
        rows = [{name: row[name] for name in names} for row in self.sampled]
        return rows + edge_rows(self.scorer.description, rows, limit=limit)

    def answers(self, rows: Sequence[dict[str, Any]]) -> list[Answer]:
        """Return what Spark says of rows, in one job; "refused" when the job fails."""
        wanted = [field.name for field in self.scorer.fields]
        fields = [StructField(field.name, field.dataType) for field in self.schema if field.name in wanted]
        values = {field.name: [row[field.name] for row in rows] for field in fields}
        schema = StructType([StructField("_at", LongType()), *fields])
        # an Arrow table stays in Spark's plan: small answers come from the driver, without a job
        frame = self.spark.createDataFrame(pa.table({"_at": list(range(len(rows))), **values}), schema)
        columns = [output.column for output in self.scorer.outputs if output.column is not None]
        try:
            found = self.fitted.transform(frame).select("_at", *columns).collect()
        except (PySparkException, Py4JJavaError):
            return ["refused"] * len(rows)
        byid = {row["_at"]: {name: _plain(row[name]) for name in columns} for row in found}
        return [byid.get(at, "dropped") for at in range(len(rows))]

    def differences(self, rows: Sequence[dict[str, Any]], *, refused: int = 6) -> list[Difference]:
        """Return where Spark and the scorer differ: by row, and by batch; a few refused rows are asked singly."""
        mine = [self.scorer.answer(row) for row in rows]
        taken = [row for row, answer in zip(rows, mine, strict=True) if answer != "refused"]
        ours: list[Answer] = [answer for answer in mine if answer != "refused"]
        outputs = self.scorer.outputs
        found = agree(self.answers(taken), ours, outputs)
        batch = self.scorer.score_batch(taken).rows()
        found += agree(ours, ["dropped" if row is None else row for row in batch], outputs)
        bad = [row for row, answer in zip(rows, mine, strict=True) if answer == "refused"]
        step = max(1, len(bad) // refused) if refused else 1
        for row in bad[::step][:refused]:
            found += agree(self.answers([row]), ["refused"], outputs)
        return found


def _plain(value: Any) -> Any:
    return value.toArray().tolist() if hasattr(value, "toArray") else value


def frame_of(spark: SparkSession, size: int = 400) -> DataFrame:
    """Return a small frame of every type, without nulls."""
    from random import Random

    draw = Random(7)
    rows = [
        (
            draw.choice("abcd"),
            draw.choice(["x", "y", "null"]),
            draw.gauss(0, 1),
            float(draw.randint(0, 3)) / 2,
            draw.randint(0, 50),
            draw.randint(-(2**40), 2**40),
            draw.random() < 0.3,
            draw.random(),
        )
        for _ in range(size)
    ]
    columns = "c string, d string, x double, h double, n int, l long, b boolean, f float"
    made = spark.createDataFrame(rows, columns)
    return made.selectExpr(
        "*",
        "if(x + n / 25 + if(c = 'a', 1, 0) > 1.4, 'late', 'ontime') late",
        "double(n % 3) three",
        "x * 3 + n y",
    )
