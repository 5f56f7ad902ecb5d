"""Functions of arrays that evaluate an expression for each element.

They are transform, filter, exists, forall, zip_with and aggregate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import zip_longest

from ...errors import ModelError
from ..codegen.code_writer import CodeWriter
from .bounded_functions import count_result
from .expression import Expression
from .fragment import Fragment, bind_once
from .runtime.arrays import sort_by
from .types import is_floating, parse_element_type

Emit = Callable[[Expression, Mapping[str, Fragment], CodeWriter, str], Fragment]
# Prefix of the keys of variables among the columns: no column has such a name.
_PREFIX = "\0"
_MAX_VARIABLES = 2


def format_variable_key(name: str) -> str:
    """Return the key of a variable among the fragments of columns."""
    return _PREFIX + name


@dataclass(frozen=True, slots=True)
class _Call:
    """A call while it is emitted.

    Args:
        node: The call.
        columns: Code of the columns, and of the variables of outer calls.
        code: Makes names of variables and constants.
        stage: The Spark stage, for messages.
        emit: Returns the code of an operand.
    """

    node: Expression
    columns: Mapping[str, Fragment]
    code: CodeWriter
    stage: str
    emit: Emit

    def emit_operand(self, position: int) -> Fragment:
        """Return the code of an operand outside of the lambda.

        If a row has a budget, the elements of an array are counted, and so is each loop over them.
        """
        node = self.node.args[position]
        fragment = self.emit(node, self.columns, self.code, self.stage)
        is_counted = self.code.budget and parse_element_type(node.type) is not None
        return count_result(self.code, fragment) if is_counted else fragment

    def emit_body(self, position: int, variables: Mapping[str, Fragment]) -> Fragment:
        """Return the code of an operand that reads variables, by their names in the call."""
        scope = {**self.columns, **{format_variable_key(name): item for name, item in variables.items()}}
        return self.emit(self.node.args[position], scope, self.code, self.stage)

    def make_variable(self, type_: str, *, null: bool = True) -> Fragment:
        """Return a new variable."""
        return Fragment(self.code.new_name(), null, nan=is_floating(type_), atom=True)


def emit_higher_order(
    node: Expression, columns: Mapping[str, Fragment], code: CodeWriter, stage: str, emit: Emit
) -> Fragment:
    """Return the code of a function of arrays and an expression of their elements.

    Args:
        node: The call: its operands are the arrays and the expression, its value names the variables of the expression.
        columns: Code of the columns and of the variables of outer calls.
        code: Makes names.
        stage: The Spark stage, for messages.
        emit: Returns the code of an operand.

    Raises:
        ModelError: The node is damaged.
    """
    _require_valid(node, stage)
    return HIGHER_ORDER[node.op](_Call(node, columns, code, stage, emit))


def _emit_loop(call: _Call) -> Fragment:
    """Return the code of transform, filter, exists or forall."""
    node, code = call.node, call.code
    item = call.make_variable(parse_element_type(node.args[0].type) or "")
    indices = [call.make_variable("integer", null=False) for _ in node.value[1:]]
    source = call.emit_operand(0)
    first, again = bind_once(code, source)
    result = call.emit_body(1, dict(zip(node.value, (item, *indices), strict=True)))
    loop = f"for {item.expr} in {again}"
    if indices:
        loop = f"for {indices[0].expr}, {item.expr} in enumerate({again})"
    text = _bind_loop(source, first, _format_loop(node.op, item.expr, result.expr, loop, code))
    return Fragment(text, source.null or node.op in ("exists", "forall"), nan=False)


def _bind_loop(source: Fragment, first: str, text: str) -> str:
    """Return the code of a loop over an array; None where the array is null.

    The array is bound to a name outside of the loop, unless it has one.
    """
    if not source.null and not source.atom:
        text = f"({first}, {text})[1]"
    null_test = f"None if {first} is None else " if source.null else ""
    return f"({null_test}{text})"


def _format_loop(op: str, name: str, body: str, loop: str, code: CodeWriter) -> str:
    """Return the comprehension of a loop, `for name in array`, whose body is evaluated for each element."""
    if op == "transform":
        return f"[{body} {loop}]"
    if op == "filter":
        return f"[{name} {loop} if {body}]"
    return f"{code.bind_constant(exists if op == 'exists' else forall)}({body} {loop})"


def _emit_zip_with(call: _Call) -> Fragment:
    """Return the code of zip_with: the shorter array is filled with null."""
    code = call.code
    sources = [call.emit_operand(0), call.emit_operand(1)]
    pairs = [bind_once(code, source) for source in sources]
    items = [call.make_variable(parse_element_type(arg.type) or "") for arg in call.node.args[:2]]
    body = call.emit_body(2, dict(zip(call.node.value, items, strict=True)))
    (first, left), (second, right) = pairs
    names = ", ".join(item.expr for item in items)
    loop = f"[{body.expr} for {names} in {code.bind_constant(zip_longest)}({left}, {right})]"
    text = _bind_loop(sources[0], first, _bind_loop(sources[1], second, loop))
    return Fragment(text, sources[0].null or sources[1].null, nan=False)


def _emit_aggregate(call: _Call) -> Fragment:
    """Return the code of aggregate: the elements are merged into an accumulator from the first to the last."""
    node, code = call.node, call.code
    source, zero = call.emit_operand(0), call.emit_operand(1)
    first, again = bind_once(code, source)
    total, item = (
        call.make_variable(node.args[1].type),
        call.make_variable(parse_element_type(node.args[0].type) or ""),
    )
    merge = call.emit_body(2, dict(zip(node.value[:2], (total, item), strict=True)))
    function = f"lambda {total.expr}, {item.expr}: {merge.expr}"
    text = f"{code.bind_constant(reduce)}({function}, {again}, {zero.expr})"
    nan = is_floating(node.type)
    if len(node.args) > 3:  # noqa: PLR2004
        result = call.make_variable(node.args[1].type)
        finish = call.emit_body(3, {node.value[2]: result})
        text = f"(({result.expr} := {text}), {finish.expr})[1]"
    return Fragment(_bind_loop(source, first, text), nan=nan)


def _emit_array_sort(call: _Call) -> Fragment:
    """Return the code of array_sort with a comparison of two elements."""
    node, code = call.node, call.code
    source = call.emit_operand(0)
    first, again = bind_once(code, source)
    items = [call.make_variable(parse_element_type(node.type) or "") for _ in node.value]
    body = call.emit_body(1, dict(zip(node.value, items, strict=True)))
    function = f"lambda {', '.join(item.expr for item in items)}: {body.expr}"
    text = f"{code.bind_constant(sort_by)}({again}, {function})"
    return Fragment(_bind_loop(source, first, text), source.null, nan=False)


HIGHER_ORDER: Mapping[str, Callable[[_Call], Fragment]] = {
    **dict.fromkeys(("transform", "filter", "exists", "forall"), _emit_loop),
    "zip_with": _emit_zip_with,
    "aggregate": _emit_aggregate,
    "array_sort_by": _emit_array_sort,
}


def _require_valid(node: Expression, stage: str) -> None:
    names = node.value
    valid = isinstance(names, list) and all(isinstance(name, str) for name in names)
    valid = valid and len(set(names)) == len(names) and len(node.args) > 1
    if not valid or parse_element_type(node.args[0].type) is None or not _is_typed(node):
        raise ModelError(f"{stage}: its call of `{node.op}` is damaged.")


def _is_typed(node: Expression) -> bool:
    """Return whether a call has the operands, variables and type of its function."""
    array, *rest = node.args
    types, count = [arg.type for arg in rest], len(node.value)
    if node.op == "zip_with":
        has_arrays = len(types) == 2 and parse_element_type(types[0]) is not None  # noqa: PLR2004
        return has_arrays and count == 2 and node.type == f"array<{types[1]}>"  # noqa: PLR2004
    if node.op == "aggregate":
        return len(types) == count and _is_aggregate(types, node.type)
    if node.op == "array_sort_by":
        return types == ["integer"] and count == 2 and node.type == array.type  # noqa: PLR2004
    if len(types) != 1 or not 1 <= count <= _MAX_VARIABLES:
        return False
    results = {"transform": f"array<{types[0]}>", "filter": array.type}
    return node.type == results.get(node.op, "boolean") and (node.op == "transform" or types[0] == "boolean")


def _is_aggregate(types: Sequence[str], result: str) -> bool:
    """Return whether the types of an aggregation fit: start value, merged value and, if given, final value."""
    return len(types) in (2, 3) and types[0] == types[1] and result == types[-1]


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
