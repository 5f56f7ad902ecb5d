"""Expressions of SQL beside Spark's own: types, values, and the rows that Spark refuses."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isclose, isnan
from typing import Any

import pyarrow as pa
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException

from parity.random_sql import TYPES
from sparkops.compiler.plan import CannotCompile
from sparkops.compiler.sql.select import compile_select
from sparkops.scoring.batch.columns import Frame, ScalarColumn
from sparkops.scoring.batch.reader import read_slice
from sparkops.scoring.ir.description import Step
from sparkops.scoring.ir.field import Field
from sparkops.scoring.sql.expression import expression_from_json as read_tree
from sparkops.scoring.sql.expression import expression_to_json, referenced_columns
from sparkops.scoring.stages.feature.sql_transformer import evaluate_rows

_WORDS = {"integer": "int", "long": "bigint", "short": "smallint", "byte": "tinyint"}
FAULT = object()


@dataclass(slots=True)
class Tally:
    """What came of comparing expressions."""

    compared: int = 0
    values: int = 0
    refused: int = 0
    uncompiled: list[str] = field(default_factory=list)
    unknown: int = 0
    wrong: list[str] = field(default_factory=list)


def ours(expression: str, rows: list[dict[str, Any]]) -> tuple[str, list[Any]]:
    """Return an expression's type and its value for each row, FAULT where it has none."""
    ((_, tree),) = compile_select(f"SELECT {expression} AS z FROM __THIS__", TYPES).computed
    step = Step("select", "SQL", tuple(referenced_columns(tree)), ("z",), {"nodes": expression_to_json(tree)})
    frame = Frame(len(rows), {})
    for name, kind in TYPES.items():
        column = read_slice(Field(name, kind), [row[name] for row in rows], 0, len(rows))
        assert isinstance(column, ScalarColumn)
        frame.columns[name] = column
    values, failed = evaluate_rows(step, read_tree(step.params["nodes"], "SQL"), frame)
    return tree.type, [FAULT if gone else value for gone, value in zip(failed.tolist(), values, strict=True)]


def compare(
    spark: Any, expressions: list[str], rows: list[dict[str, Any]], tally: Tally, *, singly: int = 12
) -> None:
    """Compare expressions on rows: all at once where they have values, a few refused rows one by one."""
    schema = ", ".join(f"{name} {_WORDS.get(kind, kind)}" for name, kind in TYPES.items())
    table = {"_at": list(range(len(rows))), **{name: [row[name] for row in rows] for name in TYPES}}
    frame = spark.createDataFrame(pa.table(table), f"_at bigint, {schema}").cache()
    known = []
    for expression in expressions:
        try:
            known.append((expression, *ours(expression, rows)))
        except CannotCompile as reason:
            tally.uncompiled.append(f"{expression}: {reason}")
    taken = []
    for start in range(0, len(known), 25):
        part = [(*each, _masked(each[0], each[2])) for each in known[start : start + 25]]
        for (expression, kind, values, _), (theirs, answers) in zip(part, _answers(frame, part), strict=True):
            if theirs is None:
                tally.unknown += 1
            elif theirs != _WORDS.get(kind, kind):
                tally.wrong.append(f"{expression} has type {kind}, in Spark {theirs}")
            else:
                taken.append((expression, values))
                _differences(expression, values, answers, rows, tally)
    frame.unpersist()
    bad = [(expression, values.index(FAULT)) for expression, values in taken if FAULT in values]
    for expression, at in bad[:singly]:
        one = spark.createDataFrame(pa.table({name: [value] for name, value in rows[at].items()}), schema)
        try:
            got = one.selectExpr(f"{expression} as z").collect()[0][0]
            tally.wrong.append(f"{expression} is {got!r} in Spark and refused here for {rows[at]}")
        except (PySparkException, Py4JJavaError, ValueError):  # Python has no dates before the year 1
            tally.refused += 1


def _masked(expression: str, values: list[Any]) -> str:
    bad = [str(at) for at, value in enumerate(values) if value is FAULT]
    return f"if(_at in ({', '.join(bad)}), null, {expression})" if bad else expression


def _answers(frame: Any, part: list[Any]) -> list[tuple[str | None, list[Any]]]:
    """Return Spark's type and column for each expression: no type where Spark knows none, its error where all fail."""
    kinds: list[str | None] = [None] * len(part)
    try:
        asked = frame.selectExpr("_at", *(f"{each[-1]} as z{at}" for at, each in enumerate(part)))
        kinds = [item.dataType.simpleString() for item in asked.schema[1:]]
        found = sorted(asked.collect(), key=lambda row: row["_at"])
        return [(kind, [row[f"z{at}"] for row in found]) for at, kind in enumerate(kinds)]
    except (PySparkException, Py4JJavaError) as error:
        if len(part) == 1:
            return [(kinds[0], [str(error).splitlines()[0][:160]] * len(part[0][2]))]
        half = len(part) // 2
        return _answers(frame, part[:half]) + _answers(frame, part[half:])


def _differences(
    expression: str, values: list[Any], answers: list[Any], rows: list[Any], tally: Tally
) -> None:
    tally.compared += 1
    for at, (mine, theirs) in enumerate(zip(values, answers, strict=True)):
        if mine is FAULT:
            continue
        tally.values += 1
        if not _same(mine, theirs):
            inputs = {name: value for name, value in rows[at].items() if name in expression}
            tally.wrong.append(f"{expression} is {theirs!r} in Spark and {mine!r} here for {inputs}")
            return


def _same(mine: Any, theirs: Any) -> bool:
    if isinstance(mine, float) and isinstance(theirs, float):
        return (
            (isnan(mine) and isnan(theirs))
            or mine == theirs
            or isclose(mine, theirs, rel_tol=1e-12, abs_tol=1e-300)
        )
    return type(mine) is type(theirs) and mine == theirs
