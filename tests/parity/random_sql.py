"""Random expressions of the list that SQLTransformer compiles, and random rows for them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from math import inf, nan
from random import Random
from typing import Any

Expression = Callable[[], str]

TYPES = {
    "x": "double",
    "y": "double",
    "f": "float",
    "n": "integer",
    "m": "integer",
    "l": "long",
    "h": "short",
    "b": "byte",
    "s": "string",
    "u": "string",
    "o": "boolean",
    "p": "boolean",
    "d": "date",
    "e": "date",
    "t": "timestamp",
}
VALUES: dict[str, list[Any]] = {
    "double": [0.0, -0.0, 1.0, -1.0, 0.5, 2.5, -2.5, 3.7, 1e-7, 1e10, -1e300, 9.3e18, 1.005, nan, inf, -inf],
    "float": [0.0, 1.0, -1.5, 0.25, 3.4000000953674316, 1e30, 16777216.0, nan, inf],
    "integer": [0, 1, -1, 2, 3, 7, -10, 100, 45, 2**31 - 1, -(2**31)],
    "long": [0, 1, -1, 5, -7, 10**12, 2**53 + 1, 2**63 - 1, -(2**63)],
    "short": [0, 1, -1, 12, 2**15 - 1, -(2**15)],
    "byte": [0, 1, -1, 5, 127, -128],
    "string": [
        "",
        " ",
        "a",
        "abc",
        "ABC",
        " ab ",
        "a_b",
        "a%b",
        "12",
        " 7 ",
        "-3",
        "+4",
        "1.5",
        "1e3",
        "nan",
        "Infinity",
        "inf",
        "true",
        " Yes",
        "f",
        "2024-02-29",
        "2024-2-9",
        "2023-02-30",
        "1999-12-31 10:00",
        "Straße",
        "\u0130x",
        "null",
        "1.5d",
        ".5",
        "9999999999",
        "ab ab",
        "\u00e9\u00e8",
        "a-b-c",
        "2024",
        "2020-07",
        "\ttab\n",
        "\U0001f600b",
    ],
    "boolean": [True, False],
    "date": [
        date(1970, 1, 1),
        date(2024, 2, 29),
        date(2023, 12, 31),
        date(1900, 3, 1),
        date(500, 1, 1),
        date(2024, 1, 31),
    ],
    "timestamp": [
        datetime(1970, 1, 1),
        datetime(2024, 2, 29, 23, 59, 59, 999999),
        datetime(2023, 7, 31, 12, 30, 15),
    ],
}
NUMBERS = ["x", "y", "f", "n", "m", "l", "h", "b"]
_NUMBER_WORDS = [
    "0",
    "1",
    "2",
    "7",
    "-3",
    "10",
    "0.5",
    "2.50",
    "-1.25",
    "100.0",
    "1e0",
    "1.5D",
    "0.0D",
    "-0.0D",
    "3L",
    "2147483647",
    "3000000000",
    "null",
]
_CASTS = [
    "tinyint",
    "smallint",
    "int",
    "bigint",
    "float",
    "double",
    "decimal(10,2)",
    "decimal(6,0)",
    "boolean",
    "string",
]
_MATH = [
    "sqrt",
    "cbrt",
    "exp",
    "expm1",
    "ln",
    "log10",
    "log2",
    "log1p",
    "sin",
    "cos",
    "tan",
    "asin",
    "acos",
    "atan",
    "sinh",
    "cosh",
    "tanh",
    "signum",
    "degrees",
    "radians",
    "rint",
]
_TEXTS = ["'a'", "''", "' '", "'abc'", "'12'", "'b'", "'A%'", "'2024-02-29'", "'1.5'", "'true'", "'é'"]
_PATTERNS = [
    "'a%'",
    "'%b'",
    "'%b%'",
    "'_'",
    "''",
    "'%'",
    "'a_c'",
    "'%a%b%'",
    "'A__'",
    "'_%_'",
    "'a!%b' escape '!'",
]
_DAYS = ["date '2024-02-29'", "date'1999-12-31'", "to_date('2020-07-01')"]
_MOMENTS, _ODD = ["d", "t", "'2024-02-29'"], ["0.0D", "double('nan')", "1"]
_EMPTY, _BETWEEN = ["null", "''"], ["'-'", "s"]
_FIELDS = ["year", "month", "day", "dayofmonth", "quarter", "dayofweek", "weekday", "dayofyear", "weekofyear"]


def rows(draw: Random, count: int) -> list[dict[str, Any]]:
    """Return rows of every type, one value in eight null."""
    return [{name: _value(draw, kind) for name, kind in TYPES.items()} for _ in range(count)]


def _value(draw: Random, kind: str) -> Any:
    if draw.random() < 0.125:
        return None
    if kind == "double" and draw.random() < 0.3:
        return draw.choice([draw.gauss(0, 10), float(draw.randint(-5, 5)), draw.randint(-999, 999) / 100])
    if kind in ("integer", "long") and draw.random() < 0.5:
        return draw.randint(-20, 20)
    return draw.choice(VALUES[kind])


def expression(draw: Random, depth: int = 3) -> str:
    """Return an expression of any type."""
    return draw.choices([number, boolean, text, day], [6, 4, 3, 1])[0](draw, depth)


def _parenthesize(draw: Random, operation: str) -> str:
    return operation if draw.random() < 0.15 else f"({operation})"


def number(draw: Random, depth: int) -> str:
    """Return an expression of numbers."""
    if depth <= 0 or draw.random() < 0.15:
        return draw.choice(NUMBERS) if draw.random() < 0.7 else draw.choice(_NUMBER_WORDS)

    def one() -> str:
        return number(draw, depth - 1)

    forms: list[Expression] = [
        lambda: _parenthesize(draw, f"{one()} {draw.choice('+-*')} {one()}"),
        lambda: _parenthesize(draw, f"{one()} {draw.choice('+-*')} {one()}"),
        lambda: _parenthesize(draw, f"{one()} / {one()}"),
        lambda: _parenthesize(draw, f"{one()} {draw.choice(['%', 'div'])} {one()}"),
        lambda: f"(- {one()})",
        lambda: f"abs({one()})",
        lambda: f"{draw.choice(['floor', 'ceil'])}({draw.choice(['x', 'y', 'f', 'n', 'l', one()])})",
        lambda: f"{draw.choice(['round', 'bround'])}({one()}, {draw.choice(['0', '1', '2', '-1'])})",
        lambda: f"round({one()})",
        lambda: f"{draw.choice(_MATH)}({one()})",
        lambda: f"{draw.choice(_MATH)}({draw.choice(NUMBERS)})",
        lambda: f"{draw.choice(['pow', 'power', 'log', 'mod', 'pmod'])}({one()}, {one()})",
        lambda: f"{draw.choice(['greatest', 'least', 'coalesce'])}({one()}, {one()}, {one()})",
        lambda: f"{draw.choice(['nvl', 'nullif', 'nanvl', 'ifnull'])}({one()}, {one()})",
        lambda: f"if({boolean(draw, depth - 1)}, {one()}, {one()})",
        lambda: (
            f"case when {boolean(draw, depth - 1)} then {one()} when {boolean(draw, depth - 1)} then {one()} end"
        ),
        lambda: f"case {one()} when {one()} then {one()} else {one()} end",
        lambda: f"{draw.choice(['cast', 'try_cast'])}({one()} as {draw.choice(_CASTS[:8])})",
        lambda: f"try_cast({text(draw, depth - 1)} as {draw.choice(['int', 'double', 'bigint', 'tinyint'])})",
        lambda: f"cast(s as {draw.choice(['int', 'double'])})",
        lambda: f"length({text(draw, depth - 1)})",
        lambda: f"instr({text(draw, depth - 1)}, {text(draw, 0)})",
        lambda: f"{draw.choice(_FIELDS)}({draw.choice([day(draw, depth - 1), 't'])})",
        lambda: f"{draw.choice(['hour', 'minute', 'second'])}({draw.choice(['t', 'd'])})",
        lambda: f"datediff({day(draw, depth - 1)}, {day(draw, depth - 1)})",
        lambda: f"months_between({draw.choice(['t', 'd', 'e'])}, {draw.choice(['t', 'd', 'e'])})",
    ]
    return draw.choice(forms)()


def boolean(draw: Random, depth: int) -> str:
    """Return a condition."""
    if depth <= 0 or draw.random() < 0.1:
        return draw.choice(["o", "p", "o", "p", "true", "false", "null", "(x > 0)", "(n = 1)"])
    mark = draw.choice(["=", "<>", "!=", "<", "<=", ">", ">=", "<=>", "=="])

    def one() -> str:
        return number(draw, depth - 1)

    def test() -> str:
        return boolean(draw, depth - 1)

    def word() -> str:
        return text(draw, depth - 1)

    forms: list[Expression] = [
        lambda: _parenthesize(draw, f"{one()} {mark} {one()}"),
        lambda: _parenthesize(draw, f"{one()} {mark} {one()}"),
        lambda: f"({word()} {mark} {word()})",
        lambda: f"({day(draw, depth - 1)} {mark} {day(draw, depth - 1)})",
        lambda: f"({draw.choice(['d', 't'])} {mark} {draw.choice(_MOMENTS)})",
        lambda: f"({test()} {mark} {test()})",
        lambda: f"(n {mark} s)",
        lambda: _parenthesize(draw, f"{test()} and {test()}"),
        lambda: _parenthesize(draw, f"{test()} or {test()}"),
        lambda: f"(not {test()})",
        lambda: f"({draw.choice([one, test, word])()} is {draw.choice(['', 'not '])}null)",
        lambda: f"({test()} is {draw.choice(['', 'not '])}{draw.choice(['true', 'false'])})",
        lambda: f"({one()} {draw.choice(['', 'not '])}between {one()} and {one()})",
        lambda: (
            f"({draw.choice(NUMBERS)} {draw.choice(['', 'not '])}in ({draw.choice(['1', '0.5', 'null'])}, 2, {one()}))"
        ),
        lambda: f"({draw.choice(['n', 'l', 'x'])} in (1, 0, 7))",
        lambda: f"(x in (0.5D, {draw.choice(_ODD)}))",
        lambda: f"(s {draw.choice(['', 'not '])}in ('a', 'abc', {draw.choice(_EMPTY)}))",
        lambda: f"({word()} {draw.choice(['', 'not '])}like {draw.choice(_PATTERNS)})",
        lambda: f"isnan({one()})",
        lambda: f"{draw.choice(['startswith', 'endswith', 'contains'])}({word()}, {word()})",
        lambda: f"cast({draw.choice(NUMBERS)} as boolean)",
        lambda: "try_cast(s as boolean)",
        lambda: f"coalesce({test()}, {test()})",
        lambda: f"if({test()}, {test()}, {test()})",
    ]
    return draw.choice(forms)()


def text(draw: Random, depth: int) -> str:
    """Return an expression of text."""
    if depth <= 0 or draw.random() < 0.2:
        return draw.choice(["s", "u"]) if draw.random() < 0.7 else draw.choice(_TEXTS)

    def one() -> str:
        return text(draw, depth - 1)

    def place() -> str:
        return draw.choice(["0", "1", "2", "-2", "-100", "100", "n", "b"])

    forms: list[Expression] = [
        lambda: f"concat({one()}, {one()}, {draw.choice([one(), 'n', 'o'])})",
        lambda: f"({one()} || {draw.choice([one(), 'l'])})",
        lambda: f"concat_ws({draw.choice(_BETWEEN)}, {one()}, {one()}, {draw.choice(['n', one()])})",
        lambda: f"{draw.choice(['lower', 'upper', 'trim', 'ltrim', 'rtrim', 'lcase'])}({one()})",
        lambda: f"{draw.choice(['substring', 'substr'])}({one()}, {place()}, {place()})",
        lambda: f"substring({one()}, {place()})",
        lambda: f"left({one()}, {place()})",
        lambda: f"replace({one()}, {one()}, {one()})",
        lambda: f"replace({one()}, {one()})",
        lambda: f"cast({draw.choice(['n', 'l', 'o', 'd', 't', 'b', 'e'])} as string)",
        lambda: f"coalesce({one()}, {one()})",
        lambda: f"if({boolean(draw, depth - 1)}, {one()}, {one()})",
        lambda: f"{draw.choice(['greatest', 'least'])}({one()}, {one()})",
        lambda: f"nullif({one()}, {one()})",
    ]
    return draw.choice(forms)()


def day(draw: Random, depth: int) -> str:
    """Return an expression of dates."""
    if depth <= 0 or draw.random() < 0.3:
        return draw.choice(["d", "e"]) if draw.random() < 0.8 else draw.choice(_DAYS)

    def one() -> str:
        return day(draw, depth - 1)

    forms: list[Expression] = [
        lambda: f"{draw.choice(['date_add', 'date_sub'])}({one()}, {draw.choice(['1', 'b', '-40', 'h'])})",
        lambda: f"({one()} {draw.choice('+-')} {draw.choice(['1', 'b'])})",
        lambda: f"last_day({one()})",
        lambda: "to_date(t)",
        lambda: "try_cast(s as date)",
        lambda: f"coalesce({one()}, {one()})",
        lambda: f"if({boolean(draw, depth - 1)}, {one()}, {one()})",
        lambda: f"{draw.choice(['greatest', 'least'])}({one()}, {one()})",
    ]
    return draw.choice(forms)()
