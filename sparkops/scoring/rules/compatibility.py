"""Select the rules that can be evaluated on the rows of a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...errors import ModelError
from ..ir.conditions import count_nodes, unquote
from ..ir.field import Field
from ..ir.portable_rules import MAX_ALL_NODES, MAX_NODES, MAX_RULES, OmittedRule, PortableRule, PortableRules
from .operands import find_operand_kind
from .row_predicate import compile_rules


def keep_supported(rules: PortableRules, fields: Sequence[Field]) -> PortableRules:
    """Return the rules that rows of these fields can be tested with; the others are omitted, with the reason."""
    known = {field.name: field for field in fields}
    supported: list[PortableRule] = []
    omitted: list[OmittedRule] = []
    nodes = 0
    for rule in rules.rules:
        count = count_nodes(rule.rule)
        reason = find_incompatibility(rule, known) or _find_excess(len(supported) + 1, nodes + count)
        if reason:
            omitted.append(OmittedRule(label=rule.label, table=rule.table, reason=reason))
        else:
            nodes += count
            supported.append(rule)
    return PortableRules(rules=tuple(supported), left_out=(*omitted, *rules.left_out))


def _find_excess(rules: int, nodes: int) -> str:
    """Return why a model cannot carry so many rules with so many nodes, as a clause; empty where it can."""
    if rules > MAX_RULES:
        return f"a model carries at most {MAX_RULES:,} rules"
    return (
        f"a model carries at most {MAX_ALL_NODES:,} conditions and operands" if nodes > MAX_ALL_NODES else ""
    )


def find_incompatibility(rule: PortableRule, known: Mapping[str, Field]) -> str:
    """Return why a rule cannot be evaluated on rows of these fields, as a clause; empty where it can.

    Args:
        rule: The rule.
        known: The model's fields, by name.
    """
    if (count := count_nodes(rule.rule)) > MAX_NODES:
        return f"it has {count:,} conditions and operands, and at most {MAX_NODES:,} are evaluated for a row"
    for name in map(unquote, rule.rule.fields):
        if name not in known:
            return f"column `{name}` is not read by the model"
        if find_operand_kind(known[name].type) != find_operand_kind(rule.types.get(name, "")):
            return (
                f"column `{name}` is {rule.types.get(name)} in the table and {known[name].type} in the model"
            )
    try:
        compile_rules([rule.rule], known.values())
    except ModelError as error:
        return str(error)
    return ""
