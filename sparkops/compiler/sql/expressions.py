"""Typing rules: one function for each supported kind of sqlglot node."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from sparkops.compiler.plan import CannotCompile
from sparkops.core.wording import truncate
from sparkops.scoring.sql.expression import Expression, make_expression
from sparkops.scoring.sql.runtime import strings
from sparkops.scoring.sql.types import parse_decimal_type

from .coercion import VOID, cast, coerce_all, literal, null_literal
from .functions import type_call
from .operators import arithmetic, case_when, compare, is_null, logical, negate, require_boolean

ResolveColumn = Callable[[Any], Expression]
Rule = Callable[[Any, ResolveColumn], Expression]
_TYPES = {
    "TINYINT": "byte", "SMALLINT": "short", "INT": "integer", "BIGINT": "long", "FLOAT": "float", "DOUBLE": "double",
    "BOOLEAN": "boolean", "DATE": "date", "TEXT": "string", "TIMESTAMPTZ": "timestamp",
}  # fmt: skip
_FIELDS = {
    "YEAR": "year", "QUARTER": "quarter", "MONTH": "month", "DAY": "day", "DAYOFWEEK": "dayofweek", "HOUR": "hour",
    "MINUTE": "minute", "DOY": "dayofyear", "DOW": "dayofweek",
}  # fmt: skip
_MAX_LENGTH = 80


def type_expression(item: Any, columns: ResolveColumn) -> Expression:
    """Return the typed expression of a sqlglot node.

    Args:
        item: The sqlglot node.
        columns: Resolves a column node of sqlglot to an expression.

    Raises:
        CannotCompile: A part of it is not supported.
    """
    rule = RULES.get(type(item).__name__)
    if rule is None:
        raise CannotCompile(f"its expression `{sql_text(item)}` is not supported")
    return rule(item, columns)


def sql_text(item: Any) -> str:
    """Return the SQL of a sqlglot node for messages, truncated where it is long."""
    return truncate(str(item.sql("spark")), _MAX_LENGTH)


def _binary_rule(op: str, build: Callable[[str, Expression, Expression], Expression]) -> Rule:
    def rule(item: Any, columns: ResolveColumn) -> Expression:
        return build(op, type_expression(item.this, columns), type_expression(item.expression, columns))

    return rule


def _chain_rule(op: str) -> Rule:
    def rule(item: Any, columns: ResolveColumn) -> Expression:
        parts, node = [], item
        # A chain is parsed as a left-deep tree.
        while type(node) is type(item):
            parts.append(node.expression)
            node = node.this
        return logical(op, [type_expression(part, columns) for part in (node, *reversed(parts))])

    return rule


def _paren(item: Any, columns: ResolveColumn) -> Expression:
    return type_expression(item.this, columns)


def _literal(item: Any, columns: ResolveColumn) -> Expression:  # noqa: ARG001
    return literal(item.this, "string") if item.is_string else number_literal(item.this)


def number_literal(text: str) -> Expression:
    """Return a number with the type that Spark gives it: integer, long or decimal, or double if it has an exponent."""
    if "e" in text.lower():
        return literal(float(text), "double")
    if "." in text:
        return _decimal(Decimal(text))
    value = int(text)
    if -(2**31) <= value < 2**31:
        return literal(value, "integer")
    return literal(value, "long") if -(2**63) <= value < 2**63 else _decimal(Decimal(value))


def _decimal(value: Decimal) -> Expression:
    _, digits, exponent = value.as_tuple()
    scale = max(0, -int(exponent))
    type_ = f"decimal({max(len(digits), scale)},{scale})"
    if parse_decimal_type(type_) is None:
        raise CannotCompile("it has a number of more than 38 digits")
    return literal(value or Decimal(0).scaleb(-scale), type_)


def _negative(item: Any, columns: ResolveColumn) -> Expression:
    inner = item.this
    if type(inner).__name__ == "Literal" and not inner.is_string:
        return number_literal(f"-{inner.this}")
    return negate(type_expression(inner, columns))


def _null(item: Any, columns: ResolveColumn) -> Expression:  # noqa: ARG001
    return null_literal()


def _boolean(item: Any, columns: ResolveColumn) -> Expression:  # noqa: ARG001
    return literal(bool(item.this), "boolean")


def _not(item: Any, columns: ResolveColumn) -> Expression:
    return make_expression("not", "boolean", [require_boolean(type_expression(item.this, columns))])


def _is(item: Any, columns: ResolveColumn) -> Expression:
    value, class_name = type_expression(item.this, columns), type(item.expression).__name__
    if class_name == "Null":
        return is_null(value)
    if class_name == "Boolean":
        return make_expression(
            "eqnull", "boolean", [require_boolean(value), literal(bool(item.expression.this), "boolean")]
        )
    raise CannotCompile(f"its expression `{sql_text(item)}` is not supported")


def _in(item: Any, columns: ResolveColumn) -> Expression:
    if not item.expressions or any(item.args.get(name) for name in ("query", "unnest", "field")):
        raise CannotCompile(f"its expression `{sql_text(item)}` is not supported")
    parts = [type_expression(part, columns) for part in (item.this, *item.expressions)]
    value, *options = coerce_all(parts)
    if value.type == VOID:
        raise CannotCompile("it compares null with null")
    constants = [option for option in options if option.op == "literal" and option.value not in (None, "nan")]
    if len(constants) == len(options):
        return make_expression("in", "boolean", [value, *options])
    tests = [compare("eq", value, option) for option in options]
    return logical("or", tests) if len(tests) > 1 else tests[0]


def _between(item: Any, columns: ResolveColumn) -> Expression:
    if item.args.get("symmetric"):
        raise CannotCompile(f"its expression `{sql_text(item)}` is not supported")
    value = type_expression(item.this, columns)
    low, high = (type_expression(item.args[name], columns) for name in ("low", "high"))
    return logical("and", [compare("ge", value, low), compare("le", value, high)])


def _like(item: Any, columns: ResolveColumn) -> Expression:
    return _pattern(item, "\\", columns)


def _escape(item: Any, columns: ResolveColumn) -> Expression:
    escape = item.expression
    if type(item.this).__name__ != "Like" or type(escape).__name__ != "Literal" or len(escape.this) != 1:
        raise CannotCompile(f"its expression `{sql_text(item)}` is not supported")
    return _pattern(item.this, escape.this, columns)


def _pattern(item: Any, escape: str, columns: ResolveColumn) -> Expression:
    value, pattern = type_expression(item.this, columns), item.expression
    if (
        type(pattern).__name__ != "Literal"
        or not pattern.is_string
        or strings.compile_like(pattern.this, escape) is None
    ):
        raise CannotCompile(f"its pattern `{sql_text(pattern)}` is not supported")
    like = make_expression("like", "boolean", [cast(value, "string")], (pattern.this, escape))
    return make_expression("not", "boolean", [like]) if item.args.get("negate") else like


def _case(item: Any, columns: ResolveColumn) -> Expression:
    value = type_expression(item.this, columns) if item.this is not None else None
    pairs = []
    for branch in item.args["ifs"]:
        test = type_expression(branch.this, columns)
        test = test if value is None else compare("eq", value, test)
        pairs.append((test, type_expression(branch.args["true"], columns)))
    other = item.args.get("default")
    return case_when(pairs, None if other is None else type_expression(other, columns))


def _cast(item: Any, columns: ResolveColumn) -> Expression:
    type_, is_try = _cast_type(item), bool(item.args.get("safe"))
    if any(item.args.get(name) for name in ("format", "action", "default")):
        raise CannotCompile(f"its cast `{sql_text(item)}` is not supported")
    inner = item.this
    text = inner.this if type(inner).__name__ == "Literal" and inner.is_string else None
    if text is not None and type_.startswith("decimal"):
        return cast(_decimal(Decimal(text)), type_)
    return cast(type_expression(inner, columns), type_, is_try=is_try, is_explicit=True)


def _cast_type(item: Any) -> str:
    target = item.to
    name = str(target.this.value if hasattr(target.this, "value") else target.this)
    if name == "DECIMAL":
        sizes = [int(part.this.this) for part in target.expressions] or [10, 0]
        type_ = f"decimal({sizes[0]},{[*sizes, 0][1]})"
        if parse_decimal_type(type_):
            return type_
    if name not in _TYPES or target.expressions:
        raise CannotCompile(f"its cast `{sql_text(item)}` is not supported")
    return _TYPES[name]


def _concat(item: Any, columns: ResolveColumn) -> Expression:
    """Return `a || b`, or adjacent string literals."""
    parts = item.expressions or [item.this, item.expression]
    return type_call("concat", [type_expression(part, columns) for part in parts])


def _function_call(item: Any, columns: ResolveColumn) -> Expression:
    if not isinstance(item.this, str):
        raise CannotCompile(f"its expression `{sql_text(item)}` is not supported")
    return type_call(item.this.lower(), [type_expression(arg, columns) for arg in item.expressions])


def _extract(item: Any, columns: ResolveColumn) -> Expression:
    name = _FIELDS.get(str(item.this.this).upper())
    if name is None:
        raise CannotCompile(f"its expression `{sql_text(item)}` is not supported")
    return type_call(name, [type_expression(item.expression, columns)])


def _column(item: Any, columns: ResolveColumn) -> Expression:
    return columns(item)


RULES: Mapping[str, Rule] = {
    "Paren": _paren, "Literal": _literal, "Null": _null, "Boolean": _boolean, "Neg": _negative, "Not": _not,
    "Column": _column, "Anonymous": _function_call, "Case": _case, "Cast": _cast, "TryCast": _cast, "Extract": _extract,
    "DPipe": _concat, "Concat": _concat, "Is": _is, "In": _in, "Between": _between, "Like": _like, "Escape": _escape,
    "And": _chain_rule("and"), "Or": _chain_rule("or"),
    "Add": _binary_rule("add", arithmetic), "Sub": _binary_rule("sub", arithmetic),
    "Mul": _binary_rule("mul", arithmetic), "Div": _binary_rule("div", arithmetic),
    "IntDiv": _binary_rule("intdiv", arithmetic), "Mod": _binary_rule("mod", arithmetic),
    "EQ": _binary_rule("eq", compare), "NEQ": _binary_rule("ne", compare), "NullSafeEQ": _binary_rule("eqnull", compare),
    "LT": _binary_rule("lt", compare), "LTE": _binary_rule("le", compare),
    "GT": _binary_rule("gt", compare), "GTE": _binary_rule("ge", compare),
}  # fmt: skip
