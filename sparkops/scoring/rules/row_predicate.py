"""Rules about one row as one function, written from their trees: which of them does a row break?

A condition has SQL's three answers, so each is written twice: as what is true where it holds, and as what is true where
it fails; where it is unknown, both are false.
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
    """Return the function from a row to the positions of the rules that it breaks.

    The function raises RowError where a value is not of its field's type, KeyError where the row lacks a field.

    Args:
        rules: The rules.
        fields: What a row holds.

    Raises:
        ModelError: A rule cannot be judged on a row as Spark judges it; the message says why, as a clause.
    """
    code = CodeWriter()
    terms = OperandCompiler(code, {field.name: field for field in fields})
    code.line("found = []")
    for at, rule in enumerate(rules):
        if rule.where is not None:
            raise ModelError("its row condition is text of SQL")
        broken = _fails(rule.expects, terms)
        if rule.unless is not None:
            broken = f"{_fails(rule.unless, terms)} and {broken}"
        code.line(f"if {broken}: found.append({at})")
    code.line("return found")
    return code.build_function("judge", "row")


def _holds(node: Any, terms: OperandCompiler) -> str:
    """Return the expression that is true where a condition is true."""
    match node:
        case conditions.And(parts):
            return _joined("and", [_holds(part, terms) for part in parts], empty="True")
        case conditions.Or(parts):
            return _joined("or", [_holds(part, terms) for part in parts], empty="False")
        case conditions.Not(inner):
            return _fails(inner, terms)
        case _:
            return _leaf(node, terms)[0]


def _fails(node: Any, terms: OperandCompiler) -> str:
    """Return the expression that is true where a condition is false."""
    match node:
        case conditions.And(parts):
            return _joined("or", [_fails(part, terms) for part in parts], empty="False")
        case conditions.Or(parts):
            return _joined("and", [_fails(part, terms) for part in parts], empty="True")
        case conditions.Not(inner):
            return _holds(inner, terms)
        case _:
            return _leaf(node, terms)[1]


def _leaf(node: Any, terms: OperandCompiler) -> tuple[str, str]:
    match node:
        case conditions.IsNull(operand):
            known = _known(terms.term(operand))
            return f"(not ({known}))", f"({known})"
        case conditions.Compare(op, left, right):
            return _compared(op, terms.term(left), terms.term(right), terms)
        case conditions.NullSafeEqual(left, right):
            return _same(terms.term(left), terms.term(right), terms)
        case conditions.IsIn(operand, values):
            return _among(terms.term(operand), values, terms)
        case conditions.Matches(operand, regex):
            return _matched(terms.term(operand), regex, terms)
    raise ModelError(f"it holds {node!r}, which is no condition")


def _compared(op: str, left: Operand, right: Operand, terms: OperandCompiler) -> tuple[str, str]:
    if op not in _OPERATORS:
        raise ModelError(f"it compares by {op!r}")
    if "nothing" in (left.kind, right.kind):
        return "False", "False"
    known, test = _known(left, right), _test(op, *terms.alike(left, right))
    return f"({known} and {test})", f"({known} and not {test})"


def _same(left: Operand, right: Operand, terms: OperandCompiler) -> tuple[str, str]:
    nulls = [_null(left), _null(right)]
    holds = " and ".join(nulls)
    if "nothing" not in (left.kind, right.kind):
        holds += f" or {_known(left, right)} and {_test('==', *terms.alike(left, right))}"
    return f"({holds})", f"(not ({holds}))"


def _among(operand: Operand, values: Any, terms: OperandCompiler) -> tuple[str, str]:
    given = [terms.constant(value) for value in values if value is not None]
    if not given:
        raise ModelError("it names no values")
    if any(term.kind == "number" for term in given) and operand.kind == "whole number":
        operand = terms.alike(operand, next(term for term in given if term.kind == "number"))[0]
    allowed = frozenset(terms.alike(operand, term)[1].value for term in given)
    found = f"{operand.expr} in {terms.code.constant(allowed)}"
    known = _known(operand)
    return f"({known} and {found})", "False" if None in values else f"({known} and not {found})"


def _matched(operand: Operand, regex: Any, terms: OperandCompiler) -> tuple[str, str]:
    if operand.kind != "text" or not isinstance(regex, str):
        raise ModelError(f"it matches a {operand.kind} with {regex!r}")
    search = terms.code.constant(translate_search_regex(regex).search)
    known, found = _known(operand), f"{search}({operand.expr}) is not None"
    return f"({known} and {found})", f"({known} and not {found})"


def _test(op: str, left: Operand, right: Operand) -> str:
    """Return a comparison of two operands of one kind as Spark makes it: NaN equals itself and is above all else."""
    a, b = left.expr, right.expr
    test = f"{a} {op} {b}"
    if op in ("<", "<=") and right.may_be_nan:
        test += f" or {b} != {b}" + (f" and {a} == {a}" if op == "<" else "")
    elif op in (">", ">=") and left.may_be_nan:
        test += f" or {a} != {a}" + (f" and {b} == {b}" if op == ">" else "")
    elif op == "==" and left.may_be_nan and right.may_be_nan:
        test += f" or {a} != {a} and {b} != {b}"
    return f"({test})"


def _known(*terms: Operand) -> str:
    names = dict.fromkeys(name for term in terms for name in term.nullable)
    constant = "False" if any(term.kind == "nothing" for term in terms) else "True"
    return " and ".join(f"{name} is not None" for name in names) or constant


def _null(term: Operand) -> str:
    if term.kind == "nothing":
        return "True"
    return f"({' or '.join(f'{name} is None' for name in term.nullable) or 'False'})"


def _joined(word: str, parts: Sequence[str], *, empty: str) -> str:
    return f"({f' {word} '.join(parts)})" if parts else empty
