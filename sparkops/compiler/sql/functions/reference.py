"""The reference page of SQL functions, generated from the tables of functions."""

from __future__ import annotations

from collections.abc import Iterator

from .call import Functions
from .registry import ALIASES, GROUPS
from .uncompiled import REASONS, UNCOMPILED

_HEAD = """# SQL functions of SQLTransformer

A `SQLTransformer` is compiled if its statement is one `SELECT` over `__THIS__`: expressions with names (`AS ...`),
`*`, `WHERE`, sub-selects in `FROM`, and common table expressions (`WITH`) that select from `__THIS__` or from each
other. No `GROUP BY`, `ORDER BY`, `LIMIT`, `DISTINCT`, joins, windows or subqueries in expressions. What is not
compiled is scored by Spark, and `sparkops models compile` says why.

Results are Spark's in ANSI mode, its default: an overflow, a division by zero or an invalid cast refuses the row. A
model that is trained with `spark.sql.ansi.enabled: false` is not compiled. At registration the scorer takes the
session's time zone and the version of Java, because texts of doubles and seconds since 1970 depend on them;
`sparkops models compile` of a model saved elsewhere takes UTC and Java 17.

Types: numbers, decimals, strings, booleans, dates, timestamps, and arrays of these; maps only where they are looked
up, and structs where their fields are read. Dates and timestamps are those of the years 1 to 9999; a row with
another one is refused. A timestamp is what the session's clock shows, so the second of two equal times at the end
of daylight saving time is taken as the first.

Operators: `+ - * / % div`, `= == <> != < <= > >= <=>`, `AND OR NOT !`, `& | ^ ~ << >> >>>`, `||`, `IS [NOT] NULL`,
`IS [NOT] TRUE`, `IS [NOT] DISTINCT FROM`, `[NOT] IN`, `[NOT] BETWEEN`, `[NOT] LIKE` and `ILIKE` (also `ANY` and
`ALL`, with `ESCAPE`), `[NOT] RLIKE`, `CASE`, `CAST`, `TRY_CAST`, `::`, `array[index]`, `map[key]`,
`EXTRACT(field FROM time)`, `TRIM(BOTH x FROM y)`, `POSITION(x IN y)`, `SUBSTRING(x FROM y FOR z)`,
`OVERLAY(x PLACING y FROM z)`, and dates and timestamps plus or minus `INTERVAL n UNIT`.
"""
_LEGEND = """Regular expressions are those that Python matches like Java: no back references, named groups, `\\b` or
possessive quantifiers, and no repeated group that may match one text in two ways; `(?i)` at the start is read.
Lookaheads and lookbehinds of single characters are read, except where Java may match half of a character beyond the
basic plane. Patterns of dates consist of `y M L d D E a h H k K m s S Q` and literals, to read a text without `D`,
`E` and `Q`.
"""


def build_functions_page() -> str:
    """Return the page as Markdown."""
    count = sum(map(len, GROUPS.values())) + len(ALIASES)
    lines = [_HEAD, f"## {count} functions that are compiled", "", _LEGEND]
    for title, functions in GROUPS.items():
        lines += [f"### {title}", "", ", ".join(_list_names(functions)) + ".", ""]
        lines += [f"- `{name}`: {function.note}." for name, function in functions.items() if function.note]
        lines += [""] if any(function.note for function in functions.values()) else []
    lines += ["## Functions that are not compiled", ""]
    for reason, text in REASONS.items():
        names = ", ".join(f"`{name}`" for name, other in sorted(UNCOMPILED.items()) if other == reason)
        lines += [f"### {text[0].upper()}{text[1:]}", "", f"{names}.", ""]
    return "\n".join(lines)


def _list_names(functions: Functions) -> Iterator[str]:
    """Yield each function's name with its aliases."""
    for name in sorted(functions):
        aliases = [f"`{alias}`" for alias, other in ALIASES.items() if other == name]
        yield f"`{name}`" + (f" ({', '.join(aliases)})" if aliases else "")
