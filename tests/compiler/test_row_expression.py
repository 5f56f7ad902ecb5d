"""What an expression that a user gives at run time may do."""

from __future__ import annotations

import pytest

from sparkops.compiler.sql.row_expression import find_refusal

COLUMNS = ("a", "b", "Day")

ALLOWED = [
    "a + 1",
    "coalesce(a, b, 0)",
    "CASE WHEN a > 0 THEN -a ELSE NULL END",
    "if(a = 2, b, a)",
    "a IS NOT NULL AND b LIKE 'x%'",
    "regexp_replace(a, '[^0-9]', '')",
    "try_cast(a AS INT)",
    "to_date(a, 'dd.MM.yyyy')",
    "transform(a, x -> x + 1)",
    "get_json_object(a, '$.x')",
    "from_json(a, 'x INT').x",
    "a['k']",
    "a.b.c",
    "current_date()",
    "current_date",
    "Day + INTERVAL 1 DAY",
    "'java_method'",
    "`a`",
    "uuid()",
    "a -- a comment",
    "trim(BOTH ' ' FROM a)",
]
REFUSED = {
    "java_method('java.lang.System', 'getenv', 'PW')": "`java_method` is not one of the functions",
    "reflect('java.lang.System', 'getenv', 'PW')": "`reflect` is not",
    "try_reflect('x', 'y')": "`try_reflect` is not",
    "`Java_Method`('x', 'y')": "`java_method` is not",
    "system.builtin.java_method('x', 'y')": "`java_method` is not",
    "`system`.`builtin`.`reflect`('x', 'y')": "`reflect` is not",
    "coalesce(a, CASE WHEN b THEN reflect('x', 'y') END)": "`reflect` is not",
    "transform(a, x -> java_method('q', 'r', x))": "`java_method` is not",
    "CAST(reflect('x', 'y') AS INT)": "`reflect` is not",
    "extract(YEAR FROM reflect('x', 'y'))": "`reflect` is not",
    "trim(BOTH reflect('x', 'y') FROM a)": "`reflect` is not",
    "a[reflect('x', 'y')]": "`reflect` is not",
    "a IN (1, reflect('x', 'y'))": "`reflect` is not",
    "/* x */ reflect /* y */ ('x', 'y')": "`reflect` is not",
    "'a' || version()": "`version` is not",
    "current_user()": "`current_user` is not",
    "current_user": "`current_user` is not",
    "session_user": "`session_user` is not",
    "user": "`user` is not",
    "current_catalog": "`current_catalog` is not",
    "input_file_name()": "`input_file_name` is not",
    "my_udf(a)": "`my_udf` is not",
    "db.f(a)": "`f` is not",
    "raise_error('x')": "`raise_error` is not",
    "xpath(a, 'b')": "`xpath` is not",
    "explode(a)": "`explode` is not",
    "sum(a)": "`sum` is not",
    "sum(a) OVER ()": "it has a window",
    "row_number() OVER (ORDER BY a)": "it has a window",
    "(SELECT 1)": "it has a subquery",
    "(SELECT max(x) FROM secrets)": "it has a subquery",
    "a IN (SELECT b FROM t)": "it has a subquery",
    "EXISTS (SELECT 1 FROM t)": "it has a subquery",
    "*": "it has `*`",
    "struct(*)": "it has `*`",
    "a, b": "it is not one expression",
    "a FROM __THIS__ WHERE reflect('x', 'y') = 1 --": "it cannot be read",
    "a; SELECT 1": "it cannot be read",
    "IDENTIFIER('java_method')('x')": "it cannot be read",
    ":p": "it has a parameter",
    "": "it",
    "a +": "it cannot be read",
    "'": "it cannot be read",
    "(" * 5000: "it cannot be read",
    "a + " * 9000 + "a": "it cannot be read",
}


@pytest.mark.parametrize("text", ALLOWED)
def test_an_expression_of_a_row_is_allowed(text: str) -> None:
    assert find_refusal(text, COLUMNS) == ""


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: text[:40])
def test_what_reaches_beyond_the_row_is_refused(text: str) -> None:
    assert REFUSED[text] in find_refusal(text, COLUMNS)


def test_a_column_may_have_the_name_of_a_function() -> None:
    assert find_refusal("user", ["USER"]) == ""
