"""Statements as typed trees, and the ones that are left to Spark. No Spark, no JVM."""

from __future__ import annotations

import pytest

from sparkops.compiler.plan import CannotCompile
from sparkops.compiler.sql.select import compile_select
from sparkops.scoring.sql.display import to_sql

TYPES = {
    "x": "double", "n": "integer", "l": "long", "b": "byte", "f": "float", "s": "string", "o": "boolean",
    "d": "date", "t": "timestamp", "v": "vector", "Two Words": "double",
}  # fmt: skip


def compile_expression(expression: str) -> tuple[str, str]:
    """Return an expression's type, and its tree as text."""
    ((_, tree),) = compile_select(f"SELECT {expression} AS z FROM __THIS__", TYPES).computed
    return tree.type, to_sql(tree)


@pytest.mark.parametrize(
    ("expression", "type_", "tree"),
    [
        ("n + l", "long", "(cast(n as long) + l)"),
        ("n / n", "double", "(cast(n as double) / cast(n as double))"),
        ("f + n", "double", "(cast(f as double) + cast(n as double))"),
        ("x * 0.5", "double", "(x * 0.5)"),
        ("n * 0.5", "decimal(12,1)", "(cast(n as decimal(10,0)) * 0.5)"),
        ("n = '3'", "boolean", "(cast(n as long) = 3)"),
        ("-2147483648", "integer", "-2147483648"),
        ("a.x + `two words`", "double", ""),
        ("x + n * 2 - 1", "double", "((x + cast((n * 2) as double)) - 1.0)"),
        ("coalesce(n, x, 0)", "double", "coalesce(cast(n as double), x, 0.0)"),
        ("n BETWEEN 1 AND 2 OR NOT o", "boolean", "(((n >= 1) AND (n <= 2)) OR not(o))"),
        ("d > '2024-01-01'", "boolean", "(d > 2024-01-01)"),
    ],
)
def test_spark_s_rules_of_types_become_casts(expression: str, type_: str, tree: str) -> None:
    if not tree:
        with pytest.raises(CannotCompile, match="is not supported"):
            compile_expression(expression)
        return
    assert compile_expression(expression) == (type_, tree)


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("SELECT x = n < 2 AS z FROM __THIS__", "in parentheses"),
        ("SELECT s || x + 1 AS z FROM __THIS__", "in parentheses"),
        ("SELECT +s AS z FROM __THIS__", "a plus sign before a value"),
        ("SELECT 'a\\n' AS z FROM __THIS__", "a backslash"),
        ("SELECT DISTINCT x FROM __THIS__", "more than SELECT, FROM and WHERE"),
        ("SELECT x FROM __THIS__ LIMIT 3", "more than SELECT, FROM and WHERE"),
        ("SELECT x FROM __THIS__, other", "more than SELECT, FROM and WHERE"),
        ("SELECT x FROM other", "does not read FROM __THIS__"),
        ("SELECT 1 AS z; SELECT 2 AS z", "is not one SELECT"),
        ("SELECT * EXCEPT (x) FROM __THIS__", "is not supported"),
        ("SELECT *, x AS X FROM __THIS__", "twice"),
        ("SELECT * FROM __THIS__ WHERE nothing > 1", "neither the signature nor a stage provides"),
        ("SELECT x AS n, n AS x FROM __THIS__", ""),
        ("SELECT x[0] AS z FROM __THIS__", "is not supported"),
        ("SELECT v + 1 AS z FROM __THIS__", "calculates with the column `v` of type vector"),
        ("SELECT hash(x) AS z FROM __THIS__", "`hash` is not supported"),
        (
            "SELECT CAST(s AS timestamp) AS z FROM __THIS__",
            "its cast of string to timestamp is not supported",
        ),
        (
            "SELECT t > '2024-01-01T00:00Z' AS z FROM __THIS__",
            "the timestamp `2024-01-01T00:00Z` is not supported",
        ),
        ("SELECT s LIKE s AS z FROM __THIS__", "its pattern `s` is not supported"),
        ("SELECT null AS z FROM __THIS__", "is always null"),
        ("SELECT " + "x + " * 40 + "x AS z FROM __THIS__", "is too large"),
        ("SELECT (((", "cannot be read"),
    ],
)
def test_an_unsupported_statement_is_refused_with_the_reason(statement: str, reason: str) -> None:
    if not reason:
        assert [name for name, _ in compile_select(statement, TYPES).computed] == ["n", "x"]
        return
    with pytest.raises(CannotCompile, match=reason):
        compile_select(statement, TYPES)


def test_a_select_keeps_and_computes_columns_and_filters_rows() -> None:
    selected = compile_select(
        "SELECT n, x + 1 AS more, more * 2 AS twice, v AS w, L FROM __THIS__ AS t WHERE T.o", TYPES
    )
    assert selected.unchanged == ("n",)
    assert [(name, to_sql(tree)) for name, tree in selected.computed] == [
        ("more", "(x + 1.0)"),
        ("twice", "((x + 1.0) * 2.0)"),
        ("w", "v"),
        ("L", "l"),
    ]
    assert selected.where is not None
    assert to_sql(selected.where) == "o"


def test_a_star_keeps_every_column() -> None:
    assert compile_select("SELECT *, s AS name FROM __THIS__", TYPES).unchanged == tuple(TYPES)


def test_a_label_that_rows_do_not_contain_is_ignored() -> None:
    selected = compile_select("SELECT aim, IF(aim > 15, 'late', 'fine') AS word, x FROM __THIS__", TYPES)
    assert (selected.unchanged, selected.computed) == (("x",), ())
