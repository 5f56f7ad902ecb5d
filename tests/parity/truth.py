"""Spark's own answers to rows beside the scorer's, for one fitted model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import nan
from pathlib import Path
from typing import Any

import pyarrow as pa
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.ml.linalg import SparseVector, Vectors, VectorUDT
from pyspark.sql import DataFrame
from pyspark.sql.types import LongType, StructField, StructType

from sparkops.compiler import compile_model, fields_from_spark, with_vector_sizes
from sparkops.errors import RowError
from sparkops.scoring import Answer, Difference, Scorer, compare_answers, edge_rows, load, save


@dataclass(frozen=True, slots=True)
class Compared:
    """What was compared of some rows.

    Args:
        differences: Where Spark and the scorer differ; `index` counts the rows that were given.
        places: The rows that both were asked for.
    """

    differences: list[Difference]
    places: tuple[int, ...]


class Truth:
    """A fitted model, saved, compiled, and asked beside Spark.

    Args:
        fitted: What `fit` returned.
        frame: A frame with the model's columns in their types.
        folder: An empty folder.
        names: Columns that a row holds; all of the frame where none are given.
        sparse: Give Spark every other vector sparse.
    """

    def __init__(
        self,
        fitted: Any,
        frame: DataFrame,
        folder: Path,
        *,
        names: Sequence[str] | None = None,
        sparse: bool = True,
    ) -> None:
        self.sparse = sparse
        self.fitted, self.schema, self.spark = fitted, frame.schema, frame.sparkSession
        self.saved = folder / "spark"
        fitted.write().overwrite().save(str(self.saved))
        fields = fields_from_spark(frame.schema.jsonValue())
        fields = tuple(field for field in fields if names is None or field.name in names)
        self.sampled = [_plain_row(row) for row in frame.limit(30).collect()]
        save(compile_model(self.saved, with_vector_sizes(fields, self.sampled[0])), folder / "scorer")
        self.scorer: Scorer = load(folder / "scorer", raw=True)
        self._read = {name for stage in leaves(fitted) for name in read_by(stage)}
        self.stored: dict[str, set[str]] = {}

    def edges(self, limit: int = 150) -> list[dict[str, Any]]:
        """Return sampled rows and rows at the edges."""
        rows = self.fields_only()
        return rows + edge_rows(self.scorer.description, rows, limit=limit)

    def _has_no_one_answer(self, row: dict[str, Any]) -> bool:
        """Tell whether Spark's answer would depend on how it happens to store a vector."""
        try:
            self.scorer.score(row)
        except RowError as error:
            return "stores the vector dense or sparse" in str(error)
        return False

    def fields_only(self) -> list[dict[str, Any]]:
        """Return the sampled rows with the fields that the model reads."""
        names = [field.name for field in self.scorer.fields]
        return [{name: row[name] for name in names} for row in self.sampled]

    def answers(self, rows: Sequence[dict[str, Any]]) -> list[Answer]:
        """Return what Spark says of rows, in one job; "refused" when the job fails."""
        wanted = {field.name for field in self.scorer.fields}
        fields = [StructField(field.name, field.dataType) for field in self.schema if field.name in wanted]
        schema = StructType([StructField("_at", LongType()), *fields])
        columns = [output.column for output in self.scorer.outputs if output.column is not None]
        try:
            asked = self.fitted.transform(self._frame(rows, schema))
            if "_at" not in asked.columns:  # a SELECT left it out: row by row
                return [self._alone(row, schema, columns) for row in rows]
            taken = [field.name for field in asked.schema if isinstance(field.dataType, VectorUDT)]
            taken = [name for name in taken if name in self._read]
            found = asked.select("_at", *{*columns, *taken}).collect()
        except (PySparkException, Py4JJavaError):
            return ["refused"] * len(rows)
        self._see(found, taken)
        byid = {row["_at"]: {name: plain_value(row[name]) for name in columns} for row in found}
        return [byid.get(at, "dropped") for at in range(len(rows))]

    def _see(self, found: Sequence[Any], taken: Sequence[str]) -> None:
        """Remember how Spark stored the vectors that stages read."""
        for name in taken:
            cells = [row[name] for row in found if row[name] is not None]
            kinds = {"sparse" if isinstance(cell, SparseVector) else "dense" for cell in cells}
            self.stored.setdefault(name, set()).update(kinds)

    def _alone(self, row: dict[str, Any], schema: StructType, columns: Sequence[str]) -> Answer:
        """Return what Spark says of one row."""
        try:
            found = self.fitted.transform(self._frame([row], schema)).select(*columns).collect()
        except (PySparkException, Py4JJavaError):
            return "refused"
        return {name: plain_value(found[0][name]) for name in columns} if found else "dropped"

    def _frame(self, rows: Sequence[dict[str, Any]], schema: StructType) -> DataFrame:
        """Return rows as a frame; every other vector is sparse, or none."""
        vectors = {field.name for field in schema if isinstance(field.dataType, VectorUDT)}
        if not vectors:
            # an Arrow table stays in Spark's plan: small answers come from the driver, without a job
            columns = {name: [row[name] for row in rows] for name in schema.names[1:]}
            return self.spark.createDataFrame(pa.table({"_at": list(range(len(rows))), **columns}), schema)
        cells = [
            (
                at,
                *(
                    _vector(row[name], at if self.sparse else 1) if name in vectors else row[name]
                    for name in schema.names[1:]
                ),
            )
            for at, row in enumerate(rows)
        ]
        return self.spark.createDataFrame(cells, schema)

    def differences(
        self, rows: Sequence[dict[str, Any]], *, refused: int = 6, rtol: float = 1e-12
    ) -> list[Difference]:
        """Return where Spark and the scorer differ."""
        return self.compared(rows, refused=refused, rtol=rtol).differences

    def compared(self, rows: Sequence[dict[str, Any]], *, refused: int = 6, rtol: float = 1e-12) -> Compared:
        """Compare Spark and the scorer: by row, and by batch; a few refused rows are asked singly."""
        mine = [self.scorer.answer(row) for row in rows]
        places = [at for at, answer in enumerate(mine) if answer != "refused"]
        taken = [rows[at] for at in places]
        ours: list[Answer] = [mine[at] for at in places]
        outputs = self.scorer.outputs
        found = compare_answers(self.answers(taken), ours, outputs, rtol=rtol)
        batch = self.scorer.score_batch(taken).rows()
        rows_again: list[Answer] = ["dropped" if row is None else row for row in batch]
        doubles = [output.name for output in outputs if output.type == "double" and output.role != "column"]
        found += compare_answers(
            [_in_arrays(answer, doubles) for answer in ours], rows_again, outputs, rtol=rtol
        )
        found = [replace(each, index=places[each.index]) for each in found]
        refusals = [at for at, answer in enumerate(mine) if answer == "refused"]
        bad = [at for at in refusals if not self._has_no_one_answer(rows[at])]
        step = max(1, len(bad) // refused) if refused else 1
        alone = bad[::step][:refused]
        for at in alone:
            differs = compare_answers(self.answers([rows[at]]), ["refused"], outputs, rtol=rtol)
            found += [replace(each, index=at) for each in differs]
        return Compared(found, (*places, *alone))


def leaves(fitted: Any) -> Iterator[Any]:
    """Yield the stages of a fitted model, those of pipelines within it one by one."""
    stages = getattr(fitted, "stages", None)
    if stages is None:
        yield fitted
        return
    for stage in stages:
        yield from leaves(stage)


def read_by(stage: Any) -> set[str]:
    """Return the columns that a fitted stage reads, as far as its params name them."""
    found: set[str] = set()
    for param in ("inputCol", "inputCols", "featuresCol"):
        if stage.hasParam(param) and stage.isDefined(param) and not stage.hasParam("formula"):
            value = stage.getOrDefault(param)
            found |= {value} if isinstance(value, str) else set(value)
    return found


def _in_arrays(answer: Answer, doubles: Sequence[str]) -> Answer:
    """Return an answer as a batch gives it: an array of predictions has no null, and says NaN for it."""
    if isinstance(answer, str):
        return answer
    return {name: nan if value is None and name in doubles else value for name, value in answer.items()}


def plain_value(value: Any) -> Any:
    """Return a collected cell as plain values: vectors become lists."""
    if isinstance(value, list):
        return [plain_value(item) for item in value]
    return value.toArray().tolist() if hasattr(value, "toArray") else value


def _plain_row(row: Any) -> dict[str, Any]:
    return {name: plain_value(value) for name, value in row.asDict().items()}


def _vector(values: Sequence[float] | None, at: int) -> Any:
    if values is None or at % 2:
        return None if values is None else Vectors.dense(values)
    return Vectors.sparse(len(values), [(slot, value) for slot, value in enumerate(values) if value])
