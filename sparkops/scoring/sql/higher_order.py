"""Functions of arrays that evaluate an expression for each element: transform, filter, exists and forall."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from ...errors import ModelError
from ..codegen.code_writer import CodeWriter
from .expression import Expression
from .fragment import Fragment, bind_once
from .types import element_type, is_floating

Emit = Callable[[Expression, Mapping[str, Fragment], CodeWriter, str], Fragment]
HIGHER_ORDER = frozenset(("transform", "filter", "exists", "forall"))
# Prefix of the keys of variables among the columns.
_PREFIX = "\0"
_MAX_VARIABLES = 2


def variable_key(name: str) -> str:
    """Return the key of a variable among the fragments of columns."""
    return _PREFIX + name


def emit_higher_order(
    node: Expression, columns: Mapping[str, Fragment], code: CodeWriter, stage: str, emit: Emit
) -> Fragment:
    """Return the code of a function of an array and an expression of its elements.

    Args:
        node: The call: its operands are the array and the expression, its value names the element and the index, if used.
        columns: Code of the columns and of the variables of outer calls.
        code: Makes names.
        stage: The Spark stage, for messages.
        emit: Returns the code of an operand.

    Raises:
        ModelError: The node is damaged.
    """
    _check(node, stage)
    array, body = node.args
    element = element_type(array.type) or ""
    names = [code.new_name() for _ in node.value]
    variables = [Fragment(names[0], nan=is_floating(element), atom=True)]
    variables += [Fragment(name, null=False, nan=False, atom=True) for name in names[1:]]
    scope = {**columns, **dict(zip(map(variable_key, node.value), variables, strict=True))}
    source = emit(array, columns, code, stage)
    first, again = bind_once(code, source)
    result = emit(body, scope, code, stage)
    loop = f"for {names[0]} in {again}"
    if len(names) > 1:
        loop = f"for {names[1]}, {names[0]} in enumerate({again})"
    text = _loop_text(node.op, names[0], result.expr, loop, code)
    if not source.null and not source.atom:
        # the array is bound outside of the loop
        text = f"({first}, {text})[1]"
    null_test = f"None if {first} is None else " if source.null else ""
    return Fragment(f"({null_test}{text})", source.null or node.op in ("exists", "forall"), nan=False)


def _loop_text(op: str, name: str, body: str, loop: str, code: CodeWriter) -> str:
    if op == "transform":
        return f"[{body} {loop}]"
    if op == "filter":
        return f"[{name} {loop} if {body}]"
    return f"{code.constant(exists if op == 'exists' else forall)}({body} {loop})"


def _check(node: Expression, stage: str) -> None:
    is_call = len(node.args) == 2 and element_type(node.args[0].type) is not None  # noqa: PLR2004
    valid = is_call and isinstance(node.value, list) and 1 <= len(node.value) <= _MAX_VARIABLES
    valid = valid and len(set(map(str, node.value))) == len(node.value)
    if valid:
        array, body = node.args
        results = {"transform": f"array<{body.type}>", "filter": array.type}
        valid = node.type == results.get(node.op, "boolean")
        valid = valid and (node.op == "transform" or body.type == "boolean")
    if not valid or not all(isinstance(name, str) for name in node.value):
        raise ModelError(f"{stage}: its call of `{node.op}` is damaged.")


def exists(tests: Iterable[bool | None]) -> bool | None:
    """Return whether a test is true; None if none is, and one is null."""
    has_null = False
    for test in tests:
        if test:
            return True
        has_null = has_null or test is None
    return None if has_null else False


def forall(tests: Iterable[bool | None]) -> bool | None:
    """Return whether all tests are true; None if none is false, and one is null."""
    has_null = False
    for test in tests:
        if test is None:
            has_null = True
        elif not test:
            return False
    return None if has_null else True
