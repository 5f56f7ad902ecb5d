"""Statements as typed trees, and the ones that are left to Spark. No Spark, no JVM."""

from __future__ import annotations

import pytest

from sparkops.compiler.plan import CannotCompile
from sparkops.compiler.session import SessionSettings
from sparkops.compiler.sql.select import compile_select, find_statement_columns
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
        ("SELECT X'1F' AS z FROM __THIS__", "a literal with a prefix"),
        ("SELECT 'a AS z FROM __THIS__", "a string without an end"),
        ("SELECT /*+ broadcast(a) */ x FROM __THIS__", "a hint"),
        ("SELECT '${x}' AS z FROM __THIS__", "private use"),
        ("SELECT '__THIS__' AS z FROM __THIS__", "within a string"),
        ("SELECT x FROM __THIS__ UNION SELECT n FROM __THIS__", "is not one SELECT"),
        ("WITH a AS (SELECT x FROM other) SELECT x FROM a", "does not read FROM __THIS__"),
        ("WITH a(y) AS (SELECT x FROM __THIS__) SELECT y FROM a", "renames the columns"),
        ("SELECT x FROM (SELECT x FROM __THIS__ ORDER BY x)", "more than WITH, SELECT, FROM and WHERE"),
        ("SELECT DISTINCT x FROM __THIS__", "more than WITH, SELECT, FROM and WHERE"),
        ("SELECT x FROM __THIS__ LIMIT 3", "more than WITH, SELECT, FROM and WHERE"),
        ("SELECT x FROM __THIS__, other", "more than WITH, SELECT, FROM and WHERE"),
        ("SELECT x FROM other", "does not read FROM __THIS__"),
        ("SELECT 1 AS z; SELECT 2 AS z", "is not one SELECT"),
        ("SELECT * EXCEPT (x) FROM __THIS__", "is not supported"),
        ("SELECT *, x AS X FROM __THIS__", "twice"),
        ("SELECT * FROM __THIS__ WHERE nothing > 1", "neither the signature nor a stage provides"),
        ("SELECT x AS n, n AS x FROM __THIS__", ""),
        ("SELECT x[0] AS z FROM __THIS__", "is not supported"),
        ("SELECT substr(s) AS z FROM __THIS__", "without a start"),
        ("SELECT n > 1e. AS z FROM __THIS__", "cannot be read"),
        ("SELECT cast(x AS decimal(10, \u00b2)) AS z FROM __THIS__", "cannot be read"),
        (f"SELECT {'+'.join('x' * 2000)} AS z FROM __THIS__", "nested too deeply"),
        (f"SELECT {'-(' * 300}x{')' * 300} AS z FROM __THIS__", "cannot be read"),
        ("SELECT v + 1 AS z FROM __THIS__", "calculates with the column `v` of type vector"),
        ("SELECT from_json(s, 'a int') AS z FROM __THIS__", "`from_json` is not supported"),
        ("SELECT rand() AS z FROM __THIS__", "`rand` is not supported: its value is random"),
        (
            "SELECT current_date() AS z FROM __THIS__",
            "`current_date` is not supported: its value is the time of the query",
        ),
        ("SELECT datediff(current_date, d) AS z FROM __THIS__", "`current_date` is not supported"),
        ("SELECT unix_timestamp() AS z FROM __THIS__", "its time now differs between training and scoring"),
        ("SELECT current_user() AS z FROM __THIS__", "Spark's session, not the row"),
        ("SELECT CAST(d AS int) AS z FROM __THIS__", "its cast of date to integer is not supported"),
        ("SELECT date_format(t, 'YYYY') AS z FROM __THIS__", "its pattern `YYYY` is not supported"),
        ("SELECT to_date(s, s) AS z FROM __THIS__", "its pattern is not a text in the statement"),
        (r"SELECT s RLIKE '\\bx' AS z FROM __THIS__", "Python may match it differently from Java"),
        (r"SELECT regexp_replace(s, 'a', '$1') AS z FROM __THIS__", "a group that its pattern does not have"),
        ("SELECT d + INTERVAL '1-2' YEAR TO MONTH AS z FROM __THIS__", "its interval .* is not supported"),
        ("SELECT transform(split(s, ','), (a, b, c) -> a) AS z FROM __THIS__", "with 3 variables"),
        ("SELECT exists(split(s, ','), (a, b) -> true) AS z FROM __THIS__", "with 2 variables"),
        ("SELECT transform(split(s, ','), p -> array(p)) AS z FROM __THIS__", "an array of array<string>"),
        ("SELECT filter(s, p -> true) AS z FROM __THIS__", "where an array is needed"),
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
    assert [to_sql(condition) for condition in selected.conditions] == ["o"]


def test_a_star_keeps_every_column() -> None:
    assert compile_select("SELECT *, s AS name FROM __THIS__", TYPES).unchanged == tuple(TYPES)


def test_a_label_that_rows_do_not_contain_is_ignored() -> None:
    selected = compile_select("SELECT aim, IF(aim > 15, 'late', 'fine') AS word, x FROM __THIS__", TYPES)
    assert (selected.unchanged, selected.computed) == (("x",), ())


def test_a_common_table_expression_is_inlined() -> None:
    selected = compile_select(
        "WITH a AS (SELECT *, x * 2 AS y FROM __THIS__ WHERE n > 1), b AS (SELECT y AS w, s FROM a) "
        "SELECT w + 1 AS z, b.s FROM b WHERE w > 3",
        TYPES,
    )
    assert selected.unchanged == ("s",)
    assert [(name, to_sql(tree)) for name, tree in selected.computed] == [("z", "((x * 2.0) + 1.0)")]
    assert [to_sql(condition) for condition in selected.conditions] == ["(n > 1)", "((x * 2.0) > 3.0)"]
    nested = compile_select("SELECT t.y FROM (SELECT x AS y, n FROM __THIS__) AS t", TYPES)
    assert [(name, to_sql(tree)) for name, tree in nested.computed] == [("y", "x")]


def test_what_depends_on_the_session_names_its_settings() -> None:
    session = SessionSettings(time_zone="Europe/Berlin", java=21)
    statement = (
        "SELECT unix_timestamp(t) AS a, CAST(x AS string) AS b, upper(CAST(t AS string)) AS c FROM __THIS__"
    )
    values = [tree.value for _, tree in compile_select(statement, TYPES, session).computed]
    assert values == [("Europe/Berlin",), 21, None]
    with pytest.raises(CannotCompile, match="only ANSI mode is compiled"):
        compile_select(statement, TYPES, SessionSettings(ansi=False))
    assert compile_select("SELECT x, n AS m FROM __THIS__", TYPES, SessionSettings(ansi=False)).unchanged == (
        "x",
    )


@pytest.mark.parametrize(
    ("spark_version", "ansi", "compiled"),
    [
        ("3.5.9", False, False),
        ("3.5.9", True, True),
        ("4.0.0", False, True),
        ("10.0", False, True),
        ("", False, True),
    ],
)
def test_a_saved_model_of_spark_3_was_not_in_ansi_mode_unless_this_is_known(
    spark_version: str, ansi: bool, compiled: bool
) -> None:
    session = SessionSettings.of_saved_model(spark_version, ansi=ansi)
    if compiled:
        assert compile_select("SELECT n + 1 AS m FROM __THIS__", TYPES, session).computed
        return
    with pytest.raises(
        CannotCompile, match=r"false by default in Spark 3\.5\.9, which saved it.* pass --ansi"
    ):
        compile_select("SELECT n + 1 AS m FROM __THIS__", TYPES, session)


@pytest.mark.parametrize(
    ("literal", "text"),
    [
        (r"'a\\d'", r"a\d"),
        (r"r'a\d'", r"a\d"),
        ("'it''s'", "it's"),
        (r"'it\'s'", "it's"),
        ('"x""y"', 'x"y'),
        (r"'\u0041\061\n\%'", "A1\n\\%"),
        ("'-- no comment'", "-- no comment"),
        ("'a' /* a /* nested */ comment */ ", "a"),
    ],
)
def test_a_string_literal_has_spark_s_value(literal: str, text: str) -> None:
    ((_, tree),) = compile_select(
        f"SELECT concat(s, {literal}) AS z FROM __THIS__ -- the end", TYPES
    ).computed
    assert tree.args[1].value == text


def test_the_columns_of_a_statement_are_those_it_reads_and_those_it_makes() -> None:
    columns = find_statement_columns(
        "WITH a AS (SELECT *, x * 2 AS y FROM __THIS__ WHERE n > 1) SELECT *, y + 1 AS z FROM a"
    )
    assert (columns.read, columns.created) == (("x", "n"), ("z",))
    columns = find_statement_columns("SELECT *, upper(s) AS u, concat(u, `two words`) AS w FROM __THIS__")
    assert (columns.read, columns.created) == (("s", "two words"), ("u", "w"))


@pytest.mark.parametrize(
    ("statement", "column"),
    [
        ("SELECT st.x + 1 AS z FROM (SELECT named_struct('x', n) AS st FROM __THIS__)", "n"),
        ("SELECT z FROM (SELECT struct(n AS x) AS st, ST.X + 1 AS z FROM __THIS__)", "n"),
        ("SELECT st.y + 1 AS z FROM (SELECT struct(x, n AS y) AS st FROM __THIS__) WHERE st.x > 1", "n"),
    ],
)
def test_a_field_of_a_struct_of_the_statement_is_its_expression(statement: str, column: str) -> None:
    ((name, tree),) = compile_select(statement, TYPES).computed
    assert (name, to_sql(tree)) == ("z", f"({column} + 1)")
    assert "st" not in find_statement_columns(statement).read


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("SELECT struct(x) AS st FROM __THIS__", "its column `st` is a struct, which no row can hold"),
        (
            "SELECT struct(x, n).q AS z FROM __THIS__",
            "the field `q` of a value of type struct is not supported",
        ),
        ("SELECT struct(x, X).x AS z FROM __THIS__", "it makes a struct with the same field twice"),
        ("SELECT named_struct('x').x AS z FROM __THIS__", "`named_struct` of 1 arguments is not supported"),
        (
            "SELECT named_struct(s, 1).x AS z FROM __THIS__",
            "its name of a field is not a text in the statement",
        ),
        ("SELECT isnull(struct(x)) AS z FROM __THIS__", "of a struct is not supported"),
        ("SELECT x FROM __THIS__ WHERE struct(x) = struct(x)", "of a struct is not supported"),
        (
            "SELECT flatten(split(s, ',')) AS z FROM __THIS__",
            "`flatten` of anything but `array\\(...\\)` of arrays",
        ),
    ],
)
def test_structs_and_nested_arrays_that_a_row_cannot_hold_are_refused(statement: str, reason: str) -> None:
    with pytest.raises(CannotCompile, match=reason):
        compile_select(statement, TYPES)
