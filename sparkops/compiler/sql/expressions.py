"""sqlglot's tree as a typed tree of ours, one rule for each kind of node in the list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from sparkops.compiler.plan import CannotCompile
from sparkops.scoring.sql.runtime import strings
from sparkops.scoring.sql.expression import (Node, top)
from sparkops.scoring.sql.types import decimal_of

from .coercion import VOID, cast, constant, null, together
from .functions import call
from .operators import binary, boolean, both, choose, compare, is_null, negate

Columns = Callable[[Any], Node]
Rule = Callable[[Any, Columns], Node]
_TYPES = {
    "TINYINT": "byte", "SMALLINT": "short", "INT": "integer", "BIGINT": "long", "FLOAT": "float", "DOUBLE": "double",
    "BOOLEAN": "boolean", "DATE": "date", "TEXT": "string", "TIMESTAMPTZ": "timestamp",
}  # fmt: skip
_FIELDS = {
    "YEAR": "year", "QUARTER": "quarter", "MONTH": "month", "DAY": "day", "DAYOFWEEK": "dayofweek", "HOUR": "hour",
    "MINUTE": "minute", "DOY": "dayofyear", "DOW": "dayofweek",
}  # fmt: skip
_DEEPEST = 80


def expression(item: Any, columns: Columns) -> Node:
    """Return an expression of sqlglot as a typed tree.

    Args:
        item: sqlglot's expression.
        columns: Gives the tree of a column by sqlglot's node.

    Raises:
        CannotCompile: Something of it is not in the list.
    """
    rule = RULES.get(type(item).__name__)
    if rule is None:
        raise CannotCompile(f"its expression `{text(item)}` is not in the list of expressions")
    return rule(item, columns)


def text(item: Any) -> str:
    """Return an expression as text for a message."""
    shown = str(item.sql("spark"))
    return shown if len(shown) <= _DEEPEST else shown[: _DEEPEST - 3] + "..."


def _two(op: str, made: Callable[[str, Node, Node], Node]) -> Rule:
    def rule(item: Any, columns: Columns) -> Node:
        return made(op, expression(item.this, columns), expression(item.expression, columns))

    return rule


def _chain(op: str) -> Rule:
    def rule(item: Any, columns: Columns) -> Node:
        parts, at = [], item
        while type(at) is type(item):  # a long chain leans to the left
            parts.append(at.expression)
            at = at.this
        return both(op, [expression(part, columns) for part in (at, *reversed(parts))])

    return rule


def _paren(item: Any, columns: Columns) -> Node:
    return expression(item.this, columns)


def _literal(item: Any, columns: Columns) -> Node:  # noqa: ARG001
    return constant(item.this, "string") if item.is_string else number(item.this)


def number(written: str) -> Node:
    """Return a number as Spark types it: integer, long, a decimal, or a double where it has an exponent."""
    if "e" in written.lower():
        return constant(float(written), "double")
    if "." in written:
        return _decimal(Decimal(written))
    value = int(written)
    if -(2**31) <= value < 2**31:
        return constant(value, "integer")
    return constant(value, "long") if -(2**63) <= value < 2**63 else _decimal(Decimal(value))


def _decimal(value: Decimal) -> Node:
    _, digits, exponent = value.as_tuple()
    scale = max(0, -int(exponent))
    kind = f"decimal({max(len(digits), scale)},{scale})"
    if decimal_of(kind) is None:
        raise CannotCompile("it has a number of more than 38 digits")
    return constant(value or Decimal(0).scaleb(-scale), kind)


def _negative(item: Any, columns: Columns) -> Node:
    inner = item.this
    if type(inner).__name__ == "Literal" and not inner.is_string:
        return number(f"-{inner.this}")
    return negate(expression(inner, columns))


def _null(item: Any, columns: Columns) -> Node:  # noqa: ARG001
    return null()


def _boolean(item: Any, columns: Columns) -> Node:  # noqa: ARG001
    return constant(bool(item.this), "boolean")


def _not(item: Any, columns: Columns) -> Node:
    return top("not", "boolean", [boolean(expression(item.this, columns))])


def _is(item: Any, columns: Columns) -> Node:
    value, kind = expression(item.this, columns), type(item.expression).__name__
    if kind == "Null":
        return is_null(value)
    if kind == "Boolean":
        return top("eqnull", "boolean", [boolean(value), constant(bool(item.expression.this), "boolean")])
    raise CannotCompile(f"its expression `{text(item)}` is not in the list of expressions")


def _in(item: Any, columns: Columns) -> Node:
    if not item.expressions or any(item.args.get(name) for name in ("query", "unnest", "field")):
        raise CannotCompile(f"its expression `{text(item)}` is not in the list of expressions")
    parts = [expression(part, columns) for part in (item.this, *item.expressions)]
    value, *options = together(parts)
    if value.type == VOID:
        raise CannotCompile("it compares nulls")
    plain = [option for option in options if option.op == "literal" and option.value not in (None, "nan")]
    if len(plain) == len(options):
        return top("in", "boolean", [value, *options])
    tests = [compare("eq", value, option) for option in options]
    return both("or", tests) if len(tests) > 1 else tests[0]


def _between(item: Any, columns: Columns) -> Node:
    if item.args.get("symmetric"):
        raise CannotCompile(f"its expression `{text(item)}` is not in the list of expressions")
    value = expression(item.this, columns)
    low, high = (expression(item.args[name], columns) for name in ("low", "high"))
    return both("and", [compare("ge", value, low), compare("le", value, high)])


def _like(item: Any, columns: Columns) -> Node:
    return _pattern(item, "\\", columns)


def _escape(item: Any, columns: Columns) -> Node:
    mark = item.expression
    if type(item.this).__name__ != "Like" or type(mark).__name__ != "Literal" or len(mark.this) != 1:
        raise CannotCompile(f"its expression `{text(item)}` is not in the list of expressions")
    return _pattern(item.this, mark.this, columns)


def _pattern(item: Any, mark: str, columns: Columns) -> Node:
    value, pattern = expression(item.this, columns), item.expression
    if type(pattern).__name__ != "Literal" or not pattern.is_string or strings.like(pattern.this, mark) is None:
        raise CannotCompile(f"its pattern `{text(pattern)}` is not in the list of LIKE patterns")
    made = top("like", "boolean", [cast(value, "string")], (pattern.this, mark))
    return top("not", "boolean", [made]) if item.args.get("negate") else made


def _case(item: Any, columns: Columns) -> Node:
    value = expression(item.this, columns) if item.this is not None else None
    pairs = []
    for branch in item.args["ifs"]:
        test = expression(branch.this, columns)
        test = test if value is None else compare("eq", value, test)
        pairs.append((test, expression(branch.args["true"], columns)))
    other = item.args.get("default")
    return choose(pairs, None if other is None else expression(other, columns))


def _cast(item: Any, columns: Columns) -> Node:
    kind, tried = _type(item), bool(item.args.get("safe"))
    if any(item.args.get(name) for name in ("format", "action", "default")):
        raise CannotCompile(f"its cast `{text(item)}` is not in the list of casts")
    inner = item.this
    written = inner.this if type(inner).__name__ == "Literal" and inner.is_string else None
    if written is not None and kind.startswith("decimal"):
        return cast(_decimal(Decimal(written)), kind)
    return cast(expression(inner, columns), kind, tried=tried, said=True)


def _type(item: Any) -> str:
    target = item.to
    name = str(target.this.value if hasattr(target.this, "value") else target.this)
    if name == "DECIMAL":
        sizes = [int(part.this.this) for part in target.expressions] or [10, 0]
        kind = f"decimal({sizes[0]},{[*sizes, 0][1]})"
        if decimal_of(kind):
            return kind
    if name not in _TYPES or target.expressions:
        raise CannotCompile(f"its cast `{text(item)}` is not in the list of casts")
    return _TYPES[name]


def _concat(item: Any, columns: Columns) -> Node:
    """Return `a || b`, or texts that stand one after another."""
    parts = item.expressions or [item.this, item.expression]
    return call("concat", [expression(part, columns) for part in parts])


def _called(item: Any, columns: Columns) -> Node:
    if not isinstance(item.this, str):
        raise CannotCompile(f"its expression `{text(item)}` is not in the list of expressions")
    return call(item.this.lower(), [expression(arg, columns) for arg in item.expressions])


def _extract(item: Any, columns: Columns) -> Node:
    name = _FIELDS.get(str(item.this.this).upper())
    if name is None:
        raise CannotCompile(f"its expression `{text(item)}` is not in the list of expressions")
    return call(name, [expression(item.expression, columns)])


def _column(item: Any, columns: Columns) -> Node:
    return columns(item)


RULES: Mapping[str, Rule] = {
    "Paren": _paren, "Literal": _literal, "Null": _null, "Boolean": _boolean, "Neg": _negative, "Not": _not,
    "Column": _column, "Anonymous": _called, "Case": _case, "Cast": _cast, "TryCast": _cast, "Extract": _extract,
    "DPipe": _concat, "Concat": _concat, "Is": _is, "In": _in, "Between": _between, "Like": _like, "Escape": _escape,
    "And": _chain("and"), "Or": _chain("or"),
    "Add": _two("add", binary), "Sub": _two("sub", binary), "Mul": _two("mul", binary), "Div": _two("div", binary),
    "IntDiv": _two("intdiv", binary), "Mod": _two("mod", binary),
    "EQ": _two("eq", compare), "NEQ": _two("ne", compare), "LT": _two("lt", compare), "LTE": _two("le", compare),
    "GT": _two("gt", compare), "GTE": _two("ge", compare), "NullSafeEQ": _two("eqnull", compare),
}  # fmt: skip
