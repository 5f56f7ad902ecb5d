"""Statements of SQLTransformer: not compiled, or compiled and evaluated on rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

from parity import random_sql

from fuzzing.mutations import hostile_text, mutate_text
from fuzzing.surface import ACCEPTED, Case, RunCase, Surface, check_message, describe_refusal
from sparkops.compiler.plan import CannotCompile
from sparkops.compiler.sql.functions.registry import FUNCTIONS
from sparkops.compiler.sql.row_expression import find_refusal
from sparkops.compiler.sql.select import compile_select
from sparkops.errors import RowError, SparkopsError
from sparkops.scoring import Description, Output, Scorer, Step
from sparkops.scoring.ir.field import Field
from sparkops.scoring.sql.expression import expression_to_json, find_referenced_columns

_TOKENS = (
    "SELECT", "FROM", "__THIS__", "WHERE", "AS", "WITH", "(", ")", ",", "*", "+", "-", "/", "%", "||", "'", '"', "`", "--", "/*", "*/", ";", "\n",
    "x", "n", "s", "d", "t", "o", "1", "1e400", "'a'", "X'1F'", "r'\\d'", "CASE", "WHEN", "THEN", "END", "CAST(", "AS INT)", "NULL", "INTERVAL", "->",
    "transform(", "filter(", "java_method('java.lang.Runtime', 'getRuntime')", "reflect(", "${x}", "@x", ":x", "?", "[0]", ".", "<=>", "IN (", "LIKE",
)  # fmt: skip
_ROWS = 3


def draw_case(draw: Random) -> Case:
    """Return a statement, and the seed of the rows that it is evaluated on."""
    kind = draw.random()
    if kind < 0.5:
        statement = f"SELECT {random_sql.expression(draw)} AS z FROM __THIS__"
        statement = mutate_text(statement, draw) if draw.random() < 0.6 else statement
    elif kind < 0.75:
        statement = f"SELECT {_draw_call(draw)} AS z FROM __THIS__"
    else:
        statement = (
            "SELECT "
            + " ".join(draw.choice(_TOKENS) for _ in range(draw.randint(1, 25)))
            + " AS z FROM __THIS__"
        )
    if draw.random() < 0.02:
        statement = f"SELECT {'(' * draw.choice((50, 500, 5000))}x AS z FROM __THIS__"
    if draw.random() < 0.02:
        statement = f"SELECT {'+'.join('x' * draw.choice((100, 2000)))} AS z FROM __THIS__"
    return {"statement": statement, "rows": draw.randrange(1 << 30)}


def _draw_call(draw: Random, depth: int = 2) -> str:
    """Return a call of any function that is compiled, with arguments of any type."""
    arguments = [_draw_argument(draw, depth) for _ in range(draw.choice((0, 1, 1, 2, 2, 3, 4)))]
    return f"{draw.choice(sorted(FUNCTIONS))}({', '.join(arguments)})"


def _draw_argument(draw: Random, depth: int) -> str:
    kind = draw.random()
    if kind < 0.35:
        return draw.choice(list(random_sql.TYPES))
    if kind < 0.55 and depth:
        return _draw_call(draw, depth - 1)
    if kind < 0.8:
        return random_sql.expression(draw, 1)
    text = hostile_text(draw).replace("'", "''")[:200]
    return draw.choice(
        (
            f"'{text}'",
            "'(a+)+$'",
            "'yyyy-MM-dd'",
            "'%'",
            "99999999",
            "-2147483648",
            "array(1, 2)",
            "y -> y + 1",
            "NULL",
        )
    )


@contextmanager
def prepare(folder: Path) -> Iterator[RunCase]:
    """Yield the function that compiles a statement and evaluates it."""
    del folder
    yield run_case


def run_case(case: Case, folder: Path) -> str:
    """Compile the statement of a case and evaluate its new columns, one row at a time and as a batch."""
    del folder
    statement = case["statement"]
    find_refusal(
        statement.removeprefix("SELECT ").removesuffix(" AS z FROM __THIS__"), list(random_sql.TYPES)
    )
    try:
        selected = compile_select(statement, random_sql.TYPES)
    except CannotCompile as error:
        check_message(str(error))
        return "not compiled"
    except SparkopsError as error:
        return describe_refusal(error)
    rows = random_sql.rows(Random(case["rows"]), _ROWS)
    for name, tree in selected.computed:
        step = Step(
            "select",
            "SQL",
            tuple(find_referenced_columns(tree)),
            (name,),
            {"nodes": expression_to_json(tree)},
        )
        fields = tuple(Field(column, random_sql.TYPES[column]) for column in step.inputs)
        try:
            scorer = Scorer(Description(fields, (), (step,), (Output(name, tree.type, name, "column"),)))
        except SparkopsError as error:
            return describe_refusal(error)
        _score(scorer, [{column: row[column] for column in step.inputs} for row in rows])
    return ACCEPTED


def _score(scorer: Scorer, rows: list[dict[str, Any]]) -> None:
    for row in rows:
        try:
            scorer.score(row)
        except RowError as error:
            describe_refusal(error)
    try:
        scorer.score_batch(rows)
    except RowError as error:
        describe_refusal(error)


SURFACE = Surface("sql-statements", draw_case, prepare)
