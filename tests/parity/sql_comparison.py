"""Compare compiled SQL expressions with Spark's: their types, their values, and the rows that fail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from math import isclose, isnan
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException

from parity.random_sql import TYPES
from sparkops.compiler.plan import CannotCompile
from sparkops.compiler.session import SessionSettings, read_session
from sparkops.compiler.sql.select import compile_select
from sparkops.errors import RowError
from sparkops.scoring import Scorer
from sparkops.scoring.batch.columns import Frame, ScalarColumn
from sparkops.scoring.batch.reader import read_slice
from sparkops.scoring.ir.description import Description, Output, Step
from sparkops.scoring.ir.field import Field
from sparkops.scoring.sql.expression import expression_from_json as read_tree
from sparkops.scoring.sql.expression import expression_to_json, find_referenced_columns
from sparkops.scoring.sql.growth import find_growth
from sparkops.scoring.sql.types import parse_element_type
from sparkops.scoring.stages.feature.sql_transformer import evaluate_expression

_SPARK_TYPES = {"integer": "int", "long": "bigint", "short": "smallint", "byte": "tinyint"}
_ROW = "_at"
_BATCH = 25
FAILED = object()


def _spark_type(type_: str) -> str:
    inner = parse_element_type(type_)
    return f"array<{_spark_type(inner)}>" if inner else _SPARK_TYPES.get(type_, type_)


@dataclass(slots=True)
class SqlComparison:
    """What was compared.

    Args:
        compared: Expressions whose values were compared.
        values: Values that were compared.
        refused: Failing rows at which Spark fails, too.
        uncompiled: Expressions that are not compiled, with the reason.
        unknown: Expressions that Spark does not accept.
        wrong: Differences.
    """

    compared: int = 0
    values: int = 0
    refused: int = 0
    uncompiled: list[str] = field(default_factory=list)
    unknown: int = 0
    wrong: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Compiled:
    """A compiled expression with its type and its value for each row, `FAILED` for a row at which it fails."""

    expression: str
    type: str
    values: list[Any]

    def without_failing_rows(self) -> str:
        """Return the expression as SQL that is null in the rows at which it fails."""
        failing = [str(at) for at, value in enumerate(self.values) if value is FAILED]
        return (
            f"if({_ROW} in ({', '.join(failing)}), null, {self.expression})" if failing else self.expression
        )


def evaluate(
    expression: str, rows: list[dict[str, Any]], types: Mapping[str, str], session: SessionSettings
) -> Compiled:
    """Compile an expression and evaluate it for each row; timestamps are returned in UTC, as Spark's rows hold them."""
    selected = compile_select(f"SELECT {expression} AS z FROM __THIS__", types, session)
    if selected.unchanged:
        raise CannotCompile("it is a column")
    ((_, tree),) = selected.computed
    step = Step(
        "select", "SQL", tuple(find_referenced_columns(tree)), ("z",), {"nodes": expression_to_json(tree)}
    )
    frame = Frame(len(rows), {})
    for name, type_ in types.items():
        column = read_slice(Field(name, type_), [row[name] for row in rows], 0, len(rows))
        assert isinstance(column, ScalarColumn)
        frame.columns[name] = column
    saved = read_tree(step.params["nodes"], "SQL")
    values, failed = evaluate_expression(step, saved, find_growth(saved, {}), frame)
    pairs = zip(failed.tolist(), values, strict=True)
    batch = [FAILED if has_failed else value for has_failed, value in pairs]
    compiled = Compiled(expression, tree.type, batch)
    assert_single_rows_equal(compiled, step, rows, types)
    if tree.type == "timestamp" and session.time_zone != "UTC":
        zone = ZoneInfo(session.time_zone)
        return replace(compiled, values=[_to_utc(value, zone) for value in batch])
    return compiled


def _to_utc(value: Any, zone: ZoneInfo) -> Any:
    if not isinstance(value, datetime):
        return value
    return value.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None)


def assert_single_rows_equal(
    compiled: Compiled, step: Step, rows: list[dict[str, Any]], types: Mapping[str, str]
) -> None:
    """Compare the values of a batch with those of the code for one row."""
    fields = tuple(Field(name, types[name]) for name in step.inputs)
    description = Description(fields, (), (step,), (Output("z", compiled.type, "z", "column"),))
    score = Scorer(description).score
    for row, expected in zip(rows, compiled.values, strict=True):
        try:
            value = score({name: row[name] for name in step.inputs})["z"]
        except RowError:
            value = FAILED
        batch_value = float(expected) if isinstance(expected, Decimal) else expected
        assert value is batch_value or _equal(value, batch_value), (compiled.expression, row, value)


def compare(
    spark: Any,
    expressions: list[str],
    rows: list[dict[str, Any]],
    result: SqlComparison,
    *,
    types: Mapping[str, str] = TYPES,
    singly: int = 12,
) -> None:
    """Compare expressions on all rows with values at once, and on some failing rows one by one."""
    schema = ", ".join(f"{name} {_spark_type(type_)}" for name, type_ in types.items())
    table = {_ROW: list(range(len(rows))), **{name: [row[name] for row in rows] for name in types}}
    session = read_session(spark)
    frame = spark.createDataFrame(pa.table(table), f"{_ROW} bigint, {schema}").cache()
    known = []
    for compiled in _compile_all(expressions, rows, result, types, session):
        known += _compare_batch(frame, compiled, rows, result)
    frame.unpersist()
    failing = [item for item in known if FAILED in item.values]
    for item in failing[:singly]:
        row = rows[item.values.index(FAILED)]
        single = spark.createDataFrame(pa.table({name: [value] for name, value in row.items()}), schema)
        try:
            value = single.selectExpr(f"{item.expression} as z").collect()[0][0]
            result.wrong.append(f"{item.expression} is {value!r} in Spark and refused here for {row}")
        # Python has no dates before the year 1
        except (PySparkException, Py4JJavaError, ValueError):
            result.refused += 1


def _compile_all(
    expressions: list[str],
    rows: list[dict[str, Any]],
    result: SqlComparison,
    types: Mapping[str, str],
    session: SessionSettings,
) -> Iterator[list[Compiled]]:
    """Yield the expressions that are compiled, in batches."""
    compiled = []
    for expression in expressions:
        try:
            compiled.append(evaluate(expression, rows, types, session))
        except CannotCompile as reason:
            result.uncompiled.append(f"{expression}: {reason}")
    for start in range(0, len(compiled), _BATCH):
        yield compiled[start : start + _BATCH]


def _compare_batch(
    frame: Any, batch: list[Compiled], rows: list[dict[str, Any]], result: SqlComparison
) -> list[Compiled]:
    """Compare types and values; return the expressions that have the type that Spark gives them."""
    same_type = []
    for item, (spark_type, values) in zip(batch, _spark_values(frame, batch), strict=True):
        if spark_type is None:
            result.unknown += 1
        elif spark_type != _spark_type(item.type):
            result.wrong.append(f"{item.expression} has type {item.type}, in Spark {spark_type}")
        else:
            same_type.append(item)
            _compare_values(item, values, rows, result)
    return same_type


def _spark_values(frame: Any, batch: list[Compiled]) -> list[tuple[str | None, list[Any]]]:
    """Return Spark's type and values of each expression: no type if Spark refuses it, its error if it fails."""
    types: list[str | None] = [None] * len(batch)
    try:
        columns = (f"{item.without_failing_rows()} as z{at}" for at, item in enumerate(batch))
        selected = frame.selectExpr(_ROW, *columns)
        types = [item.dataType.simpleString() for item in selected.schema[1:]]
        rows = sorted(selected.collect(), key=lambda row: row[_ROW])
        return [(type_, [row[f"z{at}"] for row in rows]) for at, type_ in enumerate(types)]
    # Python has no dates before the year 1
    except (PySparkException, Py4JJavaError, ValueError) as error:
        if len(batch) == 1:
            return [(types[0], [str(error).splitlines()[0][:160]] * len(batch[0].values))]
        half = len(batch) // 2
        return _spark_values(frame, batch[:half]) + _spark_values(frame, batch[half:])


def _compare_values(
    item: Compiled, values: list[Any], rows: list[dict[str, Any]], result: SqlComparison
) -> None:
    result.compared += 1
    for at, (mine, theirs) in enumerate(zip(item.values, values, strict=True)):
        if mine is FAILED:
            continue
        result.values += 1
        if not _equal(mine, theirs):
            inputs = {name: value for name, value in rows[at].items() if name in item.expression}
            result.wrong.append(f"{item.expression} is {theirs!r} in Spark and {mine!r} here for {inputs}")
            return


def _equal(mine: Any, theirs: Any) -> bool:
    if isinstance(mine, float) and isinstance(theirs, float):
        return (
            (isnan(mine) and isnan(theirs))
            or mine == theirs
            or isclose(mine, theirs, rel_tol=1e-12, abs_tol=1e-300)
        )
    if isinstance(mine, list) and isinstance(theirs, list):
        return len(mine) == len(theirs) and all(map(_equal, mine, theirs))
    return type(mine) is type(theirs) and mine == theirs
