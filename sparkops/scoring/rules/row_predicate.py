"""Compilation of rules to one function of a row that returns the violated rules.

SQL's logic has three values, so a condition is compiled to two expressions: one that is true where the condition is
true, and one that is true where it is false. Where it is unknown, both are false.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ...errors import ModelError
from ..codegen.code_writer import CodeWriter
from ..ir import conditions
from ..ir.field import Field
from ..jvm.regex import translate_search_regex
from .operands import Operand, OperandCompiler

RowPredicate = Callable[[Mapping[str, Any]], list[int]]
_OPERATORS = ("<", "<=", ">", ">=", "==")


def compile_rules(rules: Sequence[conditions.RowRule], fields: Iterable[Field]) -> RowPredicate:
    """Return the function from a row to the positions of the rules that it violates.

    The function raises RowError where a value is not of its field's type, KeyError where the row lacks a field.

    Args:
        rules: The rules.
        fields: Fields of a row.

    Raises:
        ModelError: A rule cannot be evaluated on a row as Spark does; the message is a clause that says why.
    """
    code = CodeWriter()
    compiler = OperandCompiler(code, {field.name: field for field in fields})
    code.add_line("found = []")
    for index, rule in enumerate(rules):
        if rule.where is not None:
            raise ModelError("its row condition is text of SQL")
        violated = _compile_false(rule.expects, compiler)
        if rule.unless is not None:
            violated = f"{_compile_false(rule.unless, compiler)} and {violated}"
        code.add_line(f"if {violated}: found.append({index})")
    code.add_line("return found")
    return code.build_function("find_violations", "row")


def _compile_true(node: Any, compiler: OperandCompiler) -> str:
    """Return the expression that is true where a condition is true."""
    match node:
        case conditions.And(parts):
            return _join("and", [_compile_true(part, compiler) for part in parts], empty="True")
        case conditions.Or(parts):
            return _join("or", [_compile_true(part, compiler) for part in parts], empty="False")
        case conditions.Not(inner):
            return _compile_false(inner, compiler)
        case _:
            return _compile_both(node, compiler)[0]


def _compile_false(node: Any, compiler: OperandCompiler) -> str:
    """Return the expression that is true where a condition is false."""
    match node:
        case conditions.And(parts):
            return _join("or", [_compile_false(part, compiler) for part in parts], empty="False")
        case conditions.Or(parts):
            return _join("and", [_compile_false(part, compiler) for part in parts], empty="True")
        case conditions.Not(inner):
            return _compile_true(inner, compiler)
        case _:
            return _compile_both(node, compiler)[1]


def _compile_both(node: Any, compiler: OperandCompiler) -> tuple[str, str]:
    match node:
        case conditions.IsNull(operand):
            known = _compile_known(compiler.compile(operand))
            return f"(not ({known}))", f"({known})"
        case conditions.Compare(op, left, right):
            return _compile_compare(op, compiler.compile(left), compiler.compile(right), compiler)
        case conditions.NullSafeEqual(left, right):
            return _compile_null_safe_equal(compiler.compile(left), compiler.compile(right), compiler)
        case conditions.IsIn(operand, values):
            return _compile_is_in(compiler.compile(operand), values, compiler)
        case conditions.Matches(operand, regex):
            return _compile_matches(compiler.compile(operand), regex, compiler)
    raise ModelError(f"it contains {node!r}, which is not a condition")


def _compile_compare(op: str, left: Operand, right: Operand, compiler: OperandCompiler) -> tuple[str, str]:
    if op not in _OPERATORS:
        raise ModelError(f"it compares by {op!r}")
    if "null" in (left.kind, right.kind):
        return "False", "False"
    known, test = _compile_known(left, right), _compile_comparison(op, *compiler.coerce(left, right))
    return f"({known} and {test})", f"({known} and not {test})"


def _compile_null_safe_equal(left: Operand, right: Operand, compiler: OperandCompiler) -> tuple[str, str]:
    nulls = [_compile_null(left), _compile_null(right)]
    holds = " and ".join(nulls)
    if "null" not in (left.kind, right.kind):
        holds += f" or {_compile_known(left, right)} and {_compile_comparison('==', *compiler.coerce(left, right))}"
    return f"({holds})", f"(not ({holds}))"


def _compile_is_in(operand: Operand, values: Any, compiler: OperandCompiler) -> tuple[str, str]:
    constants = [compiler.compile_constant(value) for value in values if value is not None]
    if not constants:
        raise ModelError("it has no values to compare with")
    if any(constant.kind == "number" for constant in constants) and operand.kind == "integer":
        operand = compiler.coerce(
            operand, next(constant for constant in constants if constant.kind == "number")
        )[0]
    allowed = frozenset(compiler.coerce(operand, constant)[1].value for constant in constants)
    test = f"{operand.expr} in {compiler.code.bind_constant(allowed)}"
    known = _compile_known(operand)
    return f"({known} and {test})", "False" if None in values else f"({known} and not {test})"


def _compile_matches(operand: Operand, regex: Any, compiler: OperandCompiler) -> tuple[str, str]:
    if operand.kind != "text" or not isinstance(regex, str):
        raise ModelError(f"it matches {operand.kind} values with {regex!r}")
    search = compiler.code.bind_constant(translate_search_regex(regex).search)
    known, test = _compile_known(operand), f"{search}({operand.expr}) is not None"
    return f"({known} and {test})", f"({known} and not {test})"


def _compile_comparison(op: str, left: Operand, right: Operand) -> str:
    """Return the comparison of two operands of one kind as in Spark: NaN equals NaN and is the largest number."""
    a, b = left.expr, right.expr
    test = f"{a} {op} {b}"
    if op in ("<", "<=") and right.may_be_nan:
        test += f" or {b} != {b}" + (f" and {a} == {a}" if op == "<" else "")
    elif op in (">", ">=") and left.may_be_nan:
        test += f" or {a} != {a}" + (f" and {b} == {b}" if op == ">" else "")
    elif op == "==" and left.may_be_nan and right.may_be_nan:
        test += f" or {a} != {a} and {b} != {b}"
    return f"({test})"


def _compile_known(*operands: Operand) -> str:
    names = dict.fromkeys(name for operand in operands for name in operand.nullable)
    constant = "False" if any(operand.kind == "null" for operand in operands) else "True"
    return " and ".join(f"{name} is not None" for name in names) or constant


def _compile_null(operand: Operand) -> str:
    if operand.kind == "null":
        return "True"
    return f"({' or '.join(f'{name} is None' for name in operand.nullable) or 'False'})"


def _join(operator: str, parts: Sequence[str], *, empty: str) -> str:
    return f"({f' {operator} '.join(parts)})" if parts else empty
