"""FPGrowthModel: the consequents of the association rules that a row's items satisfy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from ...batch.columns import Frame, ScalarColumn
from ...codegen.code_writer import CodeWriter
from ...codegen.symbols import Scalar
from ...ir.description import Step
from ...ir.field import INTEGER_RANGES
from ...ir.validation import require

TYPES = (
    "array<string>",
    "array<boolean>",
    *(f"array<{type_}>" for type_ in INTEGER_RANGES),
)
# Rules whose items occur in the generated rows of a parity check.
_RULES_TO_EXPLORE = 6
Item = str | bool | int | None
Rule = tuple[frozenset[Item], Item]


@dataclass(frozen=True, slots=True)
class FPGrowth:
    """params: rules, a list of [antecedent items, consequent item]; an item may be null. A null row has no items."""

    op: str = "rules"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Emit one call that applies all rules."""
        rules = _read_rules(step)
        column = code.get_scalar(step.inputs[0], step.stage)
        require(step, good=column.type in TYPES)
        if column.field is not None:
            # In an order that does not change from process to process.
            items = [
                item
                for antecedent, _ in rules[:_RULES_TO_EXPLORE]
                for item in sorted(set(antecedent) - {None}, key=repr)
            ]
            code.known_values[column.field] = (
                *code.known_values.get(column.field, ()),
                *dict.fromkeys(items),
            )
        result = code.assign(f"{code.bind_constant(partial(_find_consequents, rules))}({column.expr})")
        code.columns[step.outputs[0]] = Scalar(result, column.type)

    def run(self, step: Step, frame: Frame) -> None:
        """Apply all rules to every row."""
        rules = _read_rules(step)
        items = frame.get_scalars(step.inputs[0]).values.tolist()
        result = np.empty(frame.size, dtype=object)
        result[:] = [_find_consequents(rules, row) for row in items]
        frame.columns[step.outputs[0]] = ScalarColumn(result)


def _read_rules(step: Step) -> list[Rule]:
    rules = step.params["rules"]
    require(step, good=isinstance(rules, list) and all(_is_rule(rule) for rule in rules))
    return [(frozenset(antecedent), item) for antecedent, item in rules]


def _is_rule(rule: Any) -> bool:
    if not isinstance(rule, list) or len(rule) != 2 or not isinstance(rule[0], list):  # noqa: PLR2004
        return False
    return all(item is None or isinstance(item, str | bool | int) for item in (*rule[0], rule[1]))


def _find_consequents(rules: Sequence[Rule], items: Sequence[Item] | None) -> list[Item]:
    present = set(items or ())
    return [
        *dict.fromkeys(item for antecedent, item in rules if item not in present and antecedent <= present)
    ]
