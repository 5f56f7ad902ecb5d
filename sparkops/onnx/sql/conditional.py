"""Comparison, logic of three values, and choice in a graph: NaN equals NaN and is the largest number."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from sparkops.onnx.graph_builder import GraphBuilder
from sparkops.onnx.sql.arithmetic import Export, GraphValues
from sparkops.onnx.sql.graph_value import BLANKS, GraphValue, and_mask, and_not_mask, null_and_error, or_mask
from sparkops.scoring.ir.field import NUMBERS, REALS
from sparkops.scoring.sql import literals
from sparkops.scoring.sql.expression import Expression

_PLAIN = frozenset((*NUMBERS, "string", "boolean"))


def _all_plain(node: Expression) -> bool:
    return all(arg.type in _PLAIN for arg in node.args) and node.type in _PLAIN


def _numbers(node: Expression) -> bool:
    return all(arg.type in NUMBERS for arg in node.args)


def _equal(graph: GraphBuilder, node: Expression, parts: GraphValues) -> GraphValue:
    null, fault = null_and_error(graph, parts)
    return GraphValue(_same(graph, node.args[0].type, parts), "bool", null, fault)


def _equal_or_both_null(graph: GraphBuilder, node: Expression, parts: GraphValues) -> GraphValue:
    one, other = (each.null or graph.constant(BLANKS["bool"]) for each in parts)
    equal = graph.add(
        "And", _same(graph, node.args[0].type, parts), graph.add("Not", graph.add("Or", one, other))
    )
    found = graph.add("Or", equal, graph.add("And", one, other))
    return GraphValue(found, "bool", None, or_mask(graph, parts[0].fault, parts[1].fault))


def _same(graph: GraphBuilder, kind: str, parts: GraphValues) -> str:
    found = graph.add("Equal", parts[0].name, parts[1].name)
    if kind not in REALS:
        return found
    nans = (graph.add("IsNaN", each.name) for each in parts)
    return graph.add("Or", found, graph.add("And", *nans))


def _ordered(op: str, *, turned: bool) -> Export:
    """Return the writer of `<` and `>`, or of their opposites by what is not so the other way round."""

    def write(graph: GraphBuilder, node: Expression, parts: GraphValues) -> GraphValue:
        null, fault = null_and_error(graph, parts)
        less = _less(
            graph, node.args[0].type, *(each.name for each in (parts[::-1] if op == "gt" else parts))
        )
        return GraphValue(graph.add("Not", less) if turned else less, "bool", null, fault)

    return write


def _less(graph: GraphBuilder, kind: str, one: str, other: str) -> str:
    found = graph.add("Less", one, other)
    if kind not in REALS:
        return found
    last = graph.add("And", graph.add("IsNaN", other), graph.add("Not", graph.add("IsNaN", one)))
    return graph.add("Or", found, last)


def _joined(op: str, *, decides: bool) -> Export:
    """Return the writer of `and`, decided by false, and `or`, decided by true; what follows a decision is not worked out."""

    def write(graph: GraphBuilder, node: Expression, parts: GraphValues) -> GraphValue:  # noqa: ARG001
        decided = null = fault = value = None
        for part in parts:
            fault = or_mask(graph, fault, and_not_mask(graph, part.fault, decided))
            word = part.name if decides else graph.add("Not", part.name)
            decided = or_mask(graph, decided, and_not_mask(graph, word, part.null))
            null = or_mask(graph, null, part.null)
            value = part.name if value is None else graph.add(op, value, part.name)
        assert decided is not None
        assert value is not None
        if null is None:
            return GraphValue(value, "bool", None, fault)
        found = decided if decides else graph.add("Not", decided)
        return GraphValue(found, "bool", and_not_mask(graph, null, decided), fault)

    return write


def _not(graph: GraphBuilder, node: Expression, parts: GraphValues) -> GraphValue:  # noqa: ARG001
    return GraphValue(graph.add("Not", parts[0].name), "bool", parts[0].null, parts[0].fault)


def _is_null(graph: GraphBuilder, node: Expression, parts: GraphValues) -> GraphValue:  # noqa: ARG001
    return GraphValue(parts[0].null or graph.constant(BLANKS["bool"]), "bool", None, parts[0].fault)


def _is_nan(graph: GraphBuilder, node: Expression, parts: GraphValues) -> GraphValue:  # noqa: ARG001
    found = and_not_mask(graph, graph.add("IsNaN", parts[0].name), parts[0].null)
    assert found is not None
    return GraphValue(found, "bool", None, parts[0].fault)


def _within(graph: GraphBuilder, node: Expression, parts: GraphValues) -> GraphValue:
    values = [literals.decode_literal(arg.value, arg.type) for arg in node.args[1:]]
    dtype = object if parts[0].kind == "string" else None
    hit = graph.add("Equal", parts[0].name, np.array([values], dtype=dtype))
    return GraphValue(graph.reduce_any(hit), "bool", parts[0].null, parts[0].fault)


def _is_within(node: Expression) -> bool:
    return _all_plain(node) and all(arg.op == "literal" and arg.value is not None for arg in node.args[1:])


def _case(graph: GraphBuilder, node: Expression, parts: GraphValues) -> GraphValue:  # noqa: ARG001
    """Write the first value whose condition holds: from the last one back."""
    found = parts[-1]
    for condition, value in reversed(list(zip(parts[:-1:2], parts[1::2], strict=True))):
        met = and_not_mask(graph, condition.name, condition.null)
        assert met is not None
        chosen = _chosen(graph, met, value, found)
        found = GraphValue(chosen.name, chosen.kind, chosen.null, _first(graph, condition, chosen.fault))
    return found


def _first(graph: GraphBuilder, condition: GraphValue, fault: str | None) -> str | None:
    return or_mask(graph, condition.fault, fault)


def _coalesce(graph: GraphBuilder, node: Expression, parts: GraphValues) -> GraphValue:  # noqa: ARG001
    found = parts[-1]
    for part in reversed(parts[:-1]):
        if part.null is None:
            found = part
            continue
        chosen = _chosen(graph, graph.add("Not", part.null), part, found)
        null, later = and_mask(graph, part.null, found.null), and_mask(graph, part.null, found.fault)
        found = GraphValue(chosen.name, chosen.kind, null, or_mask(graph, part.fault, later))
    return found


def _chosen(graph: GraphBuilder, test: str, yes: GraphValue, no: GraphValue) -> GraphValue:
    """Return one of two parts by a test, with its null and its fault."""
    masks = []
    for one, other in ((yes.null, no.null), (yes.fault, no.fault)):
        here = None if one is None else graph.add("And", test, one)
        masks.append(or_mask(graph, here, and_not_mask(graph, other, test)))
    return GraphValue(graph.select(test, yes.name, no.name, yes.kind), yes.kind, *masks)


def _extreme(*, most: bool) -> Export:
    """Return the writer of the largest, or smallest, value that is not null; the first of equals is kept."""

    def write(graph: GraphBuilder, node: Expression, parts: GraphValues) -> GraphValue:
        best = parts[0]
        for part in parts[1:]:
            pair = (best.name, part.name) if most else (part.name, best.name)
            better = _less(graph, node.type, *pair)
            better = graph.add("Or", better, best.null) if best.null is not None else better
            taken = and_not_mask(graph, better, part.null)
            assert taken is not None
            made = graph.select(taken, part.name, best.name, best.kind)
            fault = or_mask(graph, best.fault, part.fault)
            best = GraphValue(made, best.kind, and_mask(graph, best.null, part.null), fault)
        return best

    return write


def _or_else(graph: GraphBuilder, node: Expression, parts: GraphValues) -> GraphValue:  # noqa: ARG001
    none = and_not_mask(graph, graph.add("IsNaN", parts[0].name), parts[0].null)
    assert none is not None
    chosen = _chosen(graph, none, parts[1], parts[0])
    return GraphValue(chosen.name, "double", chosen.null, or_mask(graph, parts[0].fault, chosen.fault))


CONDITIONALS: Mapping[str, tuple[Callable[[Expression], bool], Export]] = {
    "eq": (_all_plain, _equal),
    "eqnull": (_all_plain, _equal_or_both_null),
    "lt": (_numbers, _ordered("lt", turned=False)),
    "gt": (_numbers, _ordered("gt", turned=False)),
    "ge": (_numbers, _ordered("lt", turned=True)),
    "le": (_numbers, _ordered("gt", turned=True)),
    "and": (_all_plain, _joined("And", decides=False)),
    "or": (_all_plain, _joined("Or", decides=True)),
    "not": (_all_plain, _not),
    "isnull": (_all_plain, _is_null),
    "isnan": (_all_plain, _is_nan),
    "in": (_is_within, _within),
    "case": (_all_plain, _case),
    "coalesce": (_all_plain, _coalesce),
    "greatest": (_numbers, _extreme(most=True)),
    "least": (_numbers, _extreme(most=False)),
    "nanvl": (_all_plain, _or_else),
}
