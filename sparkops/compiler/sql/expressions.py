"""Typing rules: one function for each supported kind of sqlglot node."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from sparkops.compiler.plan import CannotCompile
from sparkops.core.wording import truncate
from sparkops.scoring.sql.expression import Expression, make_expression
from sparkops.scoring.sql.types import parse_decimal_type, parse_element_type

from .coercion import VOID, cast, coerce_all, literal, null_literal
from .functions.arrays import build_item
from .functions.dates import build_field, build_unit_call
from .functions.higher_order import HIGHER_ORDER, sort_by, type_higher_order
from .functions.maps import is_map
from .functions.patterns import like, rlike
from .functions.registry import build_call
from .functions.strings import concat, locate, overlay, substring, trim
from .functions.structs import get_struct_field, type_flatten, type_struct
from .intervals import add_interval
from .operators import (
    arithmetic,
    bit_not,
    bitwise,
    case_when,
    compare,
    is_null,
    logical,
    negate,
    require_boolean,
    shift,
)

ResolveColumn = Callable[[Any], Expression]
Rule = Callable[[Any, ResolveColumn], Expression]
_TYPES = {
    "TINYINT": "byte", "SMALLINT": "short", "INT": "integer", "BIGINT": "long", "FLOAT": "float", "DOUBLE": "double",
    "BOOLEAN": "boolean", "DATE": "date", "TEXT": "string", "TIMESTAMPTZ": "timestamp",
}  # fmt: skip
_UNIT_FUNCTIONS = frozenset(("timestampdiff", "timestampadd", "datediff", "date_diff", "dateadd", "date_add"))
_TRIMS = {"BOTH": "trim", "LEADING": "ltrim", "TRAILING": "rtrim", "": "trim"}
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
        raise CannotCompile(f"its expression `{format_sql(item)}` is not supported")
    return rule(item, columns)


def format_sql(item: Any) -> str:
    """Return the SQL of a sqlglot node for messages, truncated where it is long."""
    return truncate(str(item.sql("spark")), _MAX_LENGTH)


def _make_binary_rule(op: str, build: Callable[[str, Expression, Expression], Expression]) -> Rule:
    def rule(item: Any, columns: ResolveColumn) -> Expression:
        return build(op, type_expression(item.this, columns), type_expression(item.expression, columns))

    return rule


def _make_chain_rule(op: str) -> Rule:
    def rule(item: Any, columns: ResolveColumn) -> Expression:
        parts, node = [], item
        # A chain is parsed as a left-deep tree.
        while type(node) is type(item):
            parts.append(node.expression)
            node = node.this
        return logical(op, [type_expression(part, columns) for part in (node, *reversed(parts))])

    return rule


def _type_paren(item: Any, columns: ResolveColumn) -> Expression:
    return type_expression(item.this, columns)


def _type_literal(item: Any, columns: ResolveColumn) -> Expression:  # noqa: ARG001
    return literal(item.this, "string") if item.is_string else read_number_literal(item.this)


def read_number_literal(text: str) -> Expression:
    """Return a number with the type that Spark gives it: integer, long or decimal, or double if it has an exponent."""
    if "e" in text.lower():
        return literal(float(text), "double")
    if "." in text:
        return _type_decimal(Decimal(text))
    value = int(text)
    if -(2**31) <= value < 2**31:
        return literal(value, "integer")
    return literal(value, "long") if -(2**63) <= value < 2**63 else _type_decimal(Decimal(value))


def _type_decimal(value: Decimal) -> Expression:
    _, digits, exponent = value.as_tuple()
    scale = max(0, -int(exponent))
    type_ = f"decimal({max(len(digits), scale)},{scale})"
    if parse_decimal_type(type_) is None:
        raise CannotCompile("it has a number of more than 38 digits")
    return literal(value or Decimal(0).scaleb(-scale), type_)


def _type_negative(item: Any, columns: ResolveColumn) -> Expression:
    inner = item.this
    if type(inner).__name__ == "Literal" and not inner.is_string:
        return read_number_literal(f"-{inner.this}")
    return negate(type_expression(inner, columns))


def _type_null(item: Any, columns: ResolveColumn) -> Expression:  # noqa: ARG001
    return null_literal()


def _type_boolean(item: Any, columns: ResolveColumn) -> Expression:  # noqa: ARG001
    return literal(bool(item.this), "boolean")


def _type_not(item: Any, columns: ResolveColumn) -> Expression:
    return make_expression("not", "boolean", [require_boolean(type_expression(item.this, columns))])


def _type_is(item: Any, columns: ResolveColumn) -> Expression:
    value, class_name = type_expression(item.this, columns), type(item.expression).__name__
    if class_name == "Null":
        return is_null(value)
    if class_name == "Boolean":
        return make_expression(
            "eqnull", "boolean", [require_boolean(value), literal(bool(item.expression.this), "boolean")]
        )
    raise CannotCompile(f"its expression `{format_sql(item)}` is not supported")


def _type_in(item: Any, columns: ResolveColumn) -> Expression:
    if not item.expressions or any(item.args.get(name) for name in ("query", "unnest", "field")):
        raise CannotCompile(f"its expression `{format_sql(item)}` is not supported")
    parts = [type_expression(part, columns) for part in (item.this, *item.expressions)]
    value, *options = coerce_all(parts)
    if value.type == VOID:
        raise CannotCompile("it compares null with null")
    constants = [option for option in options if option.op == "literal" and option.value not in (None, "nan")]
    if len(constants) == len(options):
        return make_expression("in", "boolean", [value, *options])
    tests = [compare("eq", value, option) for option in options]
    return logical("or", tests) if len(tests) > 1 else tests[0]


def _type_between(item: Any, columns: ResolveColumn) -> Expression:
    if item.args.get("symmetric"):
        raise CannotCompile(f"its expression `{format_sql(item)}` is not supported")
    value = type_expression(item.this, columns)
    low, high = (type_expression(item.args[name], columns) for name in ("low", "high"))
    return logical("and", [compare("ge", value, low), compare("le", value, high)])


def _type_like(item: Any, columns: ResolveColumn) -> Expression:
    return _type_pattern(item, "\\", columns)


def _escape(item: Any, columns: ResolveColumn) -> Expression:
    escape = item.expression
    is_like = type(item.this).__name__ in ("Like", "ILike")
    if not is_like or type(escape).__name__ != "Literal" or len(escape.this) != 1:
        raise CannotCompile(f"its expression `{format_sql(item)}` is not supported")
    return _type_pattern(item.this, escape.this, columns)


def _type_pattern(item: Any, escape: str, columns: ResolveColumn) -> Expression:
    """Return LIKE or ILIKE, of one pattern, or of any or all of several."""
    value, pattern = type_expression(item.this, columns), item.expression
    kind, ignore_case = type(pattern).__name__, type(item).__name__ == "ILike"
    patterns = list(pattern.this.expressions) if kind in ("Any", "All") else [pattern]
    tests = [like(value, _require_pattern_text(part), escape, ignore_case=ignore_case) for part in patterns]
    negate_each = bool(item.args.get("negate"))
    tests = [make_expression("not", "boolean", [test]) for test in tests] if negate_each else tests
    return logical("or" if kind == "Any" else "and", tests) if len(tests) > 1 else tests[0]


def _require_pattern_text(item: Any) -> str:
    if type(item).__name__ != "Literal" or not item.is_string:
        raise CannotCompile(f"its pattern `{format_sql(item)}` is not supported")
    return str(item.this)


def _type_rlike(item: Any, columns: ResolveColumn) -> Expression:
    test = rlike(type_expression(item.this, columns), type_expression(item.expression, columns))
    return make_expression("not", "boolean", [test]) if item.args.get("negate") else test


def _type_case(item: Any, columns: ResolveColumn) -> Expression:
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
        raise CannotCompile(f"its cast `{format_sql(item)}` is not supported")
    inner = item.this
    text = inner.this if type(inner).__name__ == "Literal" and inner.is_string else None
    if text is not None and type_.startswith("decimal"):
        return cast(_type_decimal(_parse_decimal(text)), type_)
    return cast(type_expression(inner, columns), type_, is_try=is_try, is_explicit=True)


def _parse_decimal(text: str) -> Decimal:
    try:
        return Decimal(text.strip())
    except InvalidOperation:
        raise CannotCompile(f"`{text}` is not a decimal") from None


def _cast_type(item: Any) -> str:
    return _type_name(item.to, item)


def _type_name(target: Any, item: Any) -> str:
    """Return the name of a type that a cast names."""
    name = str(target.this.value if hasattr(target.this, "value") else target.this)
    if name == "DECIMAL":
        sizes = [int(part.this.this) for part in target.expressions] or [10, 0]
        type_ = f"decimal({sizes[0]},{[*sizes, 0][1]})"
        if parse_decimal_type(type_):
            return type_
    if name == "ARRAY" and len(target.expressions) == 1:
        return f"array<{_type_name(target.expressions[0], item)}>"
    if name not in _TYPES or target.expressions:
        raise CannotCompile(f"its cast `{format_sql(item)}` is not supported")
    return _TYPES[name]


def _type_concat(item: Any, columns: ResolveColumn) -> Expression:
    """Return `a || b`, or adjacent string literals."""
    parts = item.expressions or [item.this, item.expression]
    return concat([type_expression(part, columns) for part in parts])


def _type_function_call(item: Any, columns: ResolveColumn) -> Expression:
    if not isinstance(item.this, str):
        raise CannotCompile(f"its expression `{format_sql(item)}` is not supported")
    name, args = item.this.lower(), item.expressions
    if name in _UNIT_FUNCTIONS and len(args) == 3 and type(args[0]).__name__ in ("Column", "Var"):  # noqa: PLR2004
        return build_unit_call(name, str(args[0].name), [type_expression(arg, columns) for arg in args[1:]])
    if name in HIGHER_ORDER:
        return type_higher_order(name, args, columns, type_expression)
    if name in ("struct", "flatten") and args:
        type_items = type_struct if name == "struct" else type_flatten
        return type_items(args, lambda arg: type_expression(arg, columns))
    if name == "array_sort" and len(args) == 2:  # noqa: PLR2004
        return sort_by(args, columns, type_expression)
    return build_call(name, [type_expression(arg, columns) for arg in args])


def _type_dot(item: Any, columns: ResolveColumn) -> Expression:
    """Return a field of a struct of the statement."""
    return get_struct_field(type_expression(item.this, columns), str(item.expression.name))


def _type_extract(item: Any, columns: ResolveColumn) -> Expression:
    return build_field(str(item.this.name), type_expression(item.expression, columns))


def _type_trim(item: Any, columns: ResolveColumn) -> Expression:
    op = _TRIMS[str(item.args.get("position") or "").upper()]
    characters = item.args.get("expression")
    text = type_expression(item.this, columns)
    return trim(op, text, None if characters is None else type_expression(characters, columns))


def _make_parts_typer(*names: str) -> Callable[[Any, ResolveColumn], list[Expression]]:
    """Return the function that types the given arguments of a function that sqlglot knows."""

    def parts(item: Any, columns: ResolveColumn) -> list[Expression]:
        return [
            type_expression(item.args[name], columns) for name in names if item.args.get(name) is not None
        ]

    return parts


_substring_parts = _make_parts_typer("this", "start", "length")
_overlay_parts = _make_parts_typer("this", "expression", "from_", "from", "for_", "for")
_position_parts = _make_parts_typer("substr", "this", "position")


def _type_position(item: Any, columns: ResolveColumn) -> Expression:
    part, text, *start = _position_parts(item, columns)
    return locate(part, text, start[0] if start else None)


def _type_bracket(item: Any, columns: ResolveColumn) -> Expression:
    if len(item.expressions) != 1:
        raise CannotCompile(f"its expression `{format_sql(item)}` is not supported")
    array, index = type_expression(item.this, columns), type_expression(item.expressions[0], columns)
    if parse_element_type(array.type) is None and not is_map(array):
        raise CannotCompile(f"its expression `{format_sql(item)}` is not supported")
    return build_item(array, index)


def _make_arithmetic_rule(op: str) -> Rule:
    """Return the rule of `+` or `-`, whose operand may be an interval."""

    def rule(item: Any, columns: ResolveColumn) -> Expression:
        left, right = item.this, item.expression
        if op == "add" and type(left).__name__ == "Interval":
            left, right = right, left
        if type(right).__name__ == "Interval":
            return add_interval(type_expression(left, columns), right, subtract=op == "sub")
        return arithmetic(op, type_expression(left, columns), type_expression(right, columns))

    return rule


def _type_is_distinct(item: Any, columns: ResolveColumn) -> Expression:
    left, right = type_expression(item.this, columns), type_expression(item.expression, columns)
    return make_expression("not", "boolean", [compare("eqnull", left, right)])


def _type_shift_right(item: Any, columns: ResolveColumn) -> Expression:
    op = "shiftrightunsigned" if item.meta.get("unsigned") else "shiftright"
    return shift(op, type_expression(item.this, columns), type_expression(item.expression, columns))


def _type_column(item: Any, columns: ResolveColumn) -> Expression:
    return columns(item)


RULES: Mapping[str, Rule] = {
    "Paren": _type_paren, "Literal": _type_literal, "Null": _type_null, "Boolean": _type_boolean,
    "Neg": _type_negative, "Not": _type_not, "Column": _type_column, "Identifier": _type_column,
    "Anonymous": _type_function_call, "Case": _type_case, "Cast": _cast, "TryCast": _cast, "Extract": _type_extract,
    "DPipe": _type_concat, "Concat": _type_concat, "Is": _type_is, "In": _type_in, "Between": _type_between,
    "Like": _type_like, "ILike": _type_like, "Escape": _escape, "RegexpLike": _type_rlike, "Trim": _type_trim,
    "Bracket": _type_bracket, "Dot": _type_dot, "StrPosition": _type_position,
    "Substring": lambda item, columns: substring(_substring_parts(item, columns)),
    "Overlay": lambda item, columns: overlay(_overlay_parts(item, columns)),
    "NullSafeNEQ": _type_is_distinct,
    "And": _make_chain_rule("and"), "Or": _make_chain_rule("or"),
    "Add": _make_arithmetic_rule("add"), "Sub": _make_arithmetic_rule("sub"),
    "BitwiseAnd": _make_binary_rule("bit_and", bitwise), "BitwiseOr": _make_binary_rule("bit_or", bitwise),
    "BitwiseXor": _make_binary_rule("bit_xor", bitwise),
    "BitwiseNot": lambda item, columns: bit_not(type_expression(item.this, columns)),
    "BitwiseLeftShift": _make_binary_rule("shiftleft", shift), "BitwiseRightShift": _type_shift_right,
    "Mul": _make_binary_rule("mul", arithmetic), "Div": _make_binary_rule("div", arithmetic),
    "IntDiv": _make_binary_rule("intdiv", arithmetic), "Mod": _make_binary_rule("mod", arithmetic),
    "EQ": _make_binary_rule("eq", compare), "NEQ": _make_binary_rule("ne", compare),
    "NullSafeEQ": _make_binary_rule("eqnull", compare), "LT": _make_binary_rule("lt", compare),
    "LTE": _make_binary_rule("le", compare), "GT": _make_binary_rule("gt", compare),
    "GTE": _make_binary_rule("ge", compare),
}  # fmt: skip
