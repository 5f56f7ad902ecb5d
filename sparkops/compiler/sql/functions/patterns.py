"""Functions of regular expressions and patterns, which are texts in the statement."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sparkops.compiler.plan import CannotCompile
from sparkops.compiler.sql.coercion import cast
from sparkops.errors import ModelError
from sparkops.scoring.sql.expression import Expression, make_expression
from sparkops.scoring.sql.runtime import regular_expressions as regex
from sparkops.scoring.sql.runtime import strings

from .call import Args, Function, Functions, require_literal_integer, require_literal_text

_SPECIAL = frozenset("\\^$.|?*+()[]{}")
_STRING, _NOTE = "string", "patterns are texts in the statement, and Python matches them like Java"


def _require_supported(make: Callable[..., Any], *values: Any) -> tuple[Any, ...]:
    """Return the values of a node, if the scorer can make its function from them."""
    try:
        make(*values)
    except ModelError as error:
        raise CannotCompile(str(error)) from None
    return values


def _require_pattern(arg: Expression) -> str:
    return require_literal_text(arg, "pattern")


def rlike(text: Expression, pattern: Expression) -> Expression:
    """Return RLIKE."""
    value = _require_supported(regex.make_search_function, _require_pattern(pattern))
    return make_expression("rlike", "boolean", [cast(text, _STRING)], value)


def like(text: Expression, pattern: str, escape: str, *, ignore_case: bool = False) -> Expression:
    """Return LIKE, or ILIKE.

    Raises:
        CannotCompile: The pattern is invalid.
    """
    text = cast(text, _STRING)
    if ignore_case:
        text, pattern = make_expression("lower", _STRING, [text]), pattern.lower()
    if strings.compile_like(pattern, escape) is None:
        raise CannotCompile(f"its pattern `{pattern}` is not supported")
    return make_expression("like", "boolean", [text], (pattern, escape))


def _build_like(args: Args, *, ignore_case: bool) -> Expression:
    escape = require_literal_text(args[2], "escape character") if len(args) > 2 else "\\"  # noqa: PLR2004
    if len(escape) != 1:
        raise CannotCompile("its escape is not one character")
    return like(args[0], _require_pattern(args[1]), escape, ignore_case=ignore_case)


def _make_extract_function(op: str, make: Callable[..., Any], result: str) -> Function:
    def build(args: Args) -> Expression:
        group = require_literal_integer(args[2], "group") if len(args) > 2 else 1  # noqa: PLR2004
        return make_expression(
            op, result, [cast(args[0], _STRING)], _require_supported(make, _require_pattern(args[1]), group)
        )

    return Function(2, 3, build, _NOTE)


def _make_search_function(op: str, make: Callable[..., Any], result: str) -> Function:
    def build(args: Args) -> Expression:
        return make_expression(
            op, result, [cast(args[0], _STRING)], _require_supported(make, _require_pattern(args[1]))
        )

    return Function(2, 2, build, _NOTE)


def _build_replace(args: Args) -> Expression:
    values = (_require_pattern(args[1]), require_literal_text(args[2], "replacement"))
    return make_expression(
        "regexp_replace",
        _STRING,
        [cast(args[0], _STRING)],
        _require_supported(regex.make_replace_function, *values),
    )


def _build_split(args: Args) -> Expression:
    text, separator = cast(args[0], _STRING), _require_pattern(args[1])
    limit = require_literal_integer(args[2], "limit") if len(args) > 2 else -1  # noqa: PLR2004
    result = "array<string>"
    if not separator:
        if limit > 0:
            raise CannotCompile("split by nothing with a limit is not supported")
        return make_expression("split_characters", result, [text])
    if limit <= 0 and not _SPECIAL & set(separator):
        return make_expression("split", result, [text], separator)
    return make_expression(
        "split_regex", result, [text], _require_supported(regex.make_split_function, separator, limit)
    )


PATTERNS: Functions = {
    "rlike": Function(2, 2, lambda args: rlike(args[0], args[1]), _NOTE),
    "like": Function(
        2, 3, lambda args: _build_like(args, ignore_case=False), "patterns are texts in the statement"
    ),
    "ilike": Function(
        2, 3, lambda args: _build_like(args, ignore_case=True), "patterns are texts in the statement"
    ),
    "regexp_extract": _make_extract_function("regexp_extract", regex.make_extract_function, _STRING),
    "regexp_extract_all": _make_extract_function(
        "regexp_extract_all", regex.make_extract_all_function, "array<string>"
    ),
    "regexp_replace": Function(3, 3, _build_replace, _NOTE),
    "regexp_count": _make_search_function("regexp_count", regex.make_count_function, "integer"),
    "regexp_substr": _make_search_function("regexp_substr", regex.make_substring_function, _STRING),
    "regexp_instr": _make_search_function("regexp_instr", regex.make_position_function, "integer"),
    "split": Function(2, 3, _build_split, _NOTE),
}
