"""Spark's own answers for one fitted model, and their comparison with the compiled scorer's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.ml.linalg import SparseVector, Vectors, VectorUDT
from pyspark.sql import DataFrame
from pyspark.sql.types import LongType, StructField, StructType

from sparkops.artifact.certify import find_refused
from sparkops.batch.frame_scoring import VERSION_COLUMN, score_with_map_in_arrow, score_with_transform
from sparkops.batch.planner import find_unsupported_column
from sparkops.compiler import compile_model, fields_from_spark, read_session, with_vector_sizes
from sparkops.errors import RowError
from sparkops.scoring import Answer, Difference, Scorer, compare_answers, edge_rows, load, save
from sparkops.scoring.arrow_scorer import ArrowScorer

_ROW = "_at"


@dataclass(frozen=True, slots=True)
class Comparison:
    """The result of comparing some rows.

    Args:
        differences: Where Spark and the scorer differ; `index` counts all rows.
        compared: Indices of the rows that both scored.
    """

    differences: list[Difference]
    compared: tuple[int, ...]


class SparkReference:
    """A fitted model, saved and compiled.

    Args:
        fitted: What `fit` returned.
        frame: A frame with the model's columns in their types.
        folder: An empty folder.
        names: Columns that a row holds; None for all of the frame.
        sparse: Hold every other vector as a sparse one, for Spark and for the scorer.
        every_column: Compare every column that Spark adds, those of intermediate stages, too.

    Raises:
        NotCompiled: The model is not compiled.
        UnknownName: The scorer does not compute a column that Spark adds.
    """

    def __init__(
        self,
        fitted: Any,
        frame: DataFrame,
        folder: Path,
        *,
        names: Sequence[str] | None = None,
        sparse: bool = True,
        every_column: bool = False,
    ) -> None:
        self.sparse = sparse
        self.fitted, self.schema, self.spark = fitted, frame.schema, frame.sparkSession
        self.saved = folder / "spark"
        fitted.write().overwrite().save(str(self.saved))
        fields = fields_from_spark(frame.schema.jsonValue())
        fields = tuple(field for field in fields if names is None or field.name in names)
        self.sampled = [_row_to_python(row) for row in frame.limit(30).collect()]
        fields = with_vector_sizes(fields, self.sampled[0])
        save(compile_model(self.saved, fields, read_session(self.spark)), folder / "scorer")
        self.scorer: Scorer = load(folder / "scorer", raw=True)
        if every_column:
            added = [name for name in fitted.transform(frame).columns if name not in frame.columns]
            self.scorer = self.scorer.with_outputs(added)
        # Spark's analysis may need columns whose values change no answer
        read = {field.name for field in self.scorer.fields}
        self._unread = {field.name: self.sampled[0][field.name] for field in fields if field.name not in read}
        self._input_columns = {name for stage in inner_stages(fitted) for name in input_columns(stage)}
        self.storage: dict[str, set[str]] = {}

    def edge_rows(self, limit: int = 150) -> list[dict[str, Any]]:
        """Return sampled rows and edge rows."""
        rows = self.sampled_inputs()
        return rows + edge_rows(self.scorer.description, rows, limit=limit)

    def sampled_inputs(self) -> list[dict[str, Any]]:
        """Return the sampled rows with the fields that the model reads."""
        names = [field.name for field in self.scorer.fields]
        return [{name: row[name] for name in names} for row in self.sampled]

    def answers(self, rows: Sequence[dict[str, Any]]) -> list[Answer]:
        """Return Spark's answers in one job; all are "refused" if the job fails."""
        rows = [{**self._unread, **row} for row in rows]
        schema = self._read_schema()
        columns = [output.column for output in self.scorer.outputs if output.column is not None]
        try:
            transformed = self.fitted.transform(self._frame(rows, schema))
            # a SELECT left the row number out
            if _ROW not in transformed.columns:
                return [self._answer_alone(row, schema, columns) for row in rows]
            vectors = [field.name for field in transformed.schema if isinstance(field.dataType, VectorUDT)]
            vectors = [name for name in vectors if name in self._input_columns]
            collected = transformed.select(_ROW, *{*columns, *vectors}).collect()
        except (PySparkException, Py4JJavaError):
            return ["refused"] * len(rows)
        self._record_storage(collected, vectors)
        by_row = {row[_ROW]: {name: to_python(row[name]) for name in columns} for row in collected}
        return [by_row.get(at, "dropped") for at in range(len(rows))]

    def compare(self, rows: Sequence[dict[str, Any]], *, refused: int = 6, rtol: float = 1e-12) -> Comparison:
        """Compare Spark with the scorer: row by row, as a batch, and as a table by both methods of a job.

        Args:
            rows: The rows.
            refused: Number of rows refused by the scorer that Spark scores, too, each in a job of its own.
            rtol: Relative tolerance of doubles.
        """
        rows = [self._store_vectors(row, at) for at, row in enumerate(rows)]
        answers = [self.scorer.answer(row) for row in rows]
        scored = [at for at, answer in enumerate(answers) if answer != "refused"]
        scored_rows, expected = [rows[at] for at in scored], [answers[at] for at in scored]
        outputs = self.scorer.outputs
        differences = compare_answers(self.answers(scored_rows), expected, outputs, rtol=rtol)
        differences += self._compare_batch(scored_rows, expected, rtol=rtol)
        differences += self._compare_tables(scored_rows, expected, rtol=rtol)
        differences = [replace(difference, index=scored[difference.index]) for difference in differences]
        alone = self._choose_refused(rows, answers, refused)
        for at in alone:
            of_row = compare_answers(self.answers([rows[at]]), ["refused"], outputs, rtol=rtol)
            differences += [replace(difference, index=at) for difference in of_row]
        return Comparison(differences, (*scored, *alone))

    def _compare_batch(
        self, rows: Sequence[dict[str, Any]], expected: Sequence[Answer], *, rtol: float
    ) -> list[Difference]:
        batch: list[Answer] = [
            "dropped" if row is None else row for row in self.scorer.score_batch(rows).rows()
        ]
        return compare_answers(expected, batch, self.scorer.outputs, rtol=rtol)

    def _compare_tables(
        self, rows: Sequence[dict[str, Any]], expected: Sequence[Answer], *, rtol: float
    ) -> list[Difference]:
        """Return where the tables of both methods that a job may use differ from the answers row by row."""
        if not rows:
            return []
        frame = self._frame([{**self._unread, **row} for row in rows], self._read_schema())
        scorer = Scorer(self.scorer.description)
        # With its own name as column, the label of a class is compared, too.
        outputs = [replace(output, column=output.name) for output in scorer.outputs]
        tables = self._score_tables(frame, scorer)
        differences: list[Difference] = []
        for method, table in tables.items():
            by_row = {row[_ROW]: row.asDict() for row in table.collect()}
            answers: list[Answer] = [by_row.get(at, "dropped") for at in range(len(rows))]
            of_method = compare_answers(expected, answers, outputs, rtol=rtol)
            differences += [replace(item, output=f"{item.output} ({method})") for item in of_method]
        schemas = {table.schema.simpleString() for table in tables.values()}
        return differences + [Difference(0, "", *sorted(schemas)) for _ in range(len(schemas) - 1)]

    def _score_tables(self, frame: DataFrame, scorer: Scorer) -> dict[str, DataFrame]:
        """Return the frame scored by each method that can score it, vectors as arrays."""
        tables = {}
        if not find_unsupported_column(frame):
            score = ArrowScorer(scorer.description, (VERSION_COLUMN, 1))
            tables["mapInArrow"] = score_with_map_in_arrow(frame, score, scorer.outputs, arrays=True)
        # A SELECT may leave out the row number.
        if _ROW in self.fitted.transform(frame).columns:
            names = [output.name for output in scorer.outputs]
            tables["transform"] = score_with_transform(frame, self.fitted, names, scorer, 1, arrays=True)
        return tables

    def _read_schema(self) -> StructType:
        """Return the columns that the model reads, after the row number."""
        read = {*self._unread, *(field.name for field in self.scorer.fields)}
        fields = [StructField(field.name, field.dataType) for field in self.schema if field.name in read]
        return StructType([StructField(_ROW, LongType()), *fields])

    def _choose_refused(
        self, rows: Sequence[dict[str, Any]], answers: Sequence[Answer], count: int
    ) -> list[int]:
        """Return some rows that the scorer refuses, evenly spaced."""
        refused = find_refused(self.scorer, rows, answers)
        certain = [at for at in refused if not self._depends_on_storage(rows[at])]
        step = max(1, len(certain) // count) if count else 1
        return certain[::step][:count]

    def _depends_on_storage(self, row: dict[str, Any]) -> bool:
        """Return whether Spark's answer depends on how it happens to store a vector."""
        try:
            self.scorer.score(row)
        except RowError as error:
            return "stores the vector dense or sparse" in str(error)
        return False

    def _record_storage(self, rows: Sequence[Any], vectors: Sequence[str]) -> None:
        """Record how Spark stored the vectors that stages read."""
        for name in vectors:
            cells = [row[name] for row in rows if row[name] is not None]
            forms = {"sparse" if isinstance(cell, SparseVector) else "dense" for cell in cells}
            self.storage.setdefault(name, set()).update(forms)

    def _answer_alone(self, row: dict[str, Any], schema: StructType, columns: Sequence[str]) -> Answer:
        """Return Spark's answer for one row."""
        try:
            collected = self.fitted.transform(self._frame([row], schema)).select(*columns).collect()
        except (PySparkException, Py4JJavaError):
            return "refused"
        return {name: to_python(collected[0][name]) for name in columns} if collected else "dropped"

    def _store_vectors(self, row: dict[str, Any], at: int) -> dict[str, Any]:
        """Return a row with its vectors as sparse ones if it is every other row, for Spark and for the scorer."""
        if not self.sparse or at % 2:
            return row
        vectors = {field.name for field in self.scorer.fields if field.type == "vector"}
        return {
            name: _to_vector(value, sparse=True) if name in vectors else value for name, value in row.items()
        }

    def _frame(self, rows: Sequence[dict[str, Any]], schema: StructType) -> DataFrame:
        """Return rows as a frame; a list of numbers becomes a dense vector."""
        vectors = {field.name for field in schema if isinstance(field.dataType, VectorUDT)}
        if not vectors:
            # an Arrow table stays in Spark's plan: small answers come from the driver, without a job
            columns = {name: [row[name] for row in rows] for name in schema.names[1:]}
            return self.spark.createDataFrame(pa.table({_ROW: list(range(len(rows))), **columns}), schema)
        cells = [
            (
                at,
                *(
                    _to_vector(row[name], sparse=False) if name in vectors else row[name]
                    for name in schema.names[1:]
                ),
            )
            for at, row in enumerate(rows)
        ]
        return self.spark.createDataFrame(cells, schema)


def inner_stages(fitted: Any) -> Iterator[Any]:
    """Yield the stages of a fitted model, those of inner pipelines one by one."""
    stages = getattr(fitted, "stages", None)
    if stages is None:
        yield fitted
        return
    for stage in stages:
        yield from inner_stages(stage)


def input_columns(stage: Any) -> set[str]:
    """Return the columns that a fitted stage reads, as far as its params name them."""
    columns: set[str] = set()
    for param in ("inputCol", "inputCols", "featuresCol"):
        if stage.hasParam(param) and stage.isDefined(param) and not stage.hasParam("formula"):
            value = stage.getOrDefault(param)
            columns |= {value} if isinstance(value, str) else set(value)
    return columns


def to_python(value: Any) -> Any:
    """Return a collected cell as a Python value: vectors become lists."""
    if isinstance(value, list):
        return [to_python(item) for item in value]
    return value.toArray().tolist() if hasattr(value, "toArray") else value


def _row_to_python(row: Any) -> dict[str, Any]:
    return {name: to_python(value) for name, value in row.asDict().items()}


def _to_vector(values: Any, *, sparse: bool) -> Any:
    if values is None or hasattr(values, "toArray"):
        return values
    if not sparse:
        return Vectors.dense(values)
    return Vectors.sparse(len(values), [(slot, value) for slot, value in enumerate(values) if value])
