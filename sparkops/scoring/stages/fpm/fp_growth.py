"""Association rules: what usually comes with the items of a row."""

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
from ...ir.validation import require

TYPES = (
    "array<string>",
    "array<boolean>",
    *(f"array<{kind}>" for kind in ("byte", "short", "integer", "long")),
)
Item = str | bool | int | None
Rule = tuple[frozenset[Item], Item]


@dataclass(frozen=True, slots=True)
class FPGrowth:
    """params: rules, a list of [items that must be there, item that follows]; null items count. Null rows have none."""

    op: str = "rules"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Write one call that asks every rule."""
        rules = _rules(step)
        column = code.scalar(step.inputs[0], step.stage)
        require(step, good=column.type in TYPES)
        if column.field is not None:
            items = [item for needed, _ in rules[:6] for item in needed if item is not None]
            code.known_values[column.field] = (
                *code.known_values.get(column.field, ()),
                *dict.fromkeys(items),
            )
        found = code.local(f"{code.constant(partial(_following, rules))}({column.expr})")
        code.columns[step.outputs[0]] = Scalar(found, column.type)

    def run(self, step: Step, frame: Frame) -> None:
        """Ask every rule for every row."""
        rules = _rules(step)
        items = frame.scalars(step.inputs[0]).values.tolist()
        found = np.empty(frame.size, dtype=object)
        found[:] = [_following(rules, row) for row in items]
        frame.columns[step.outputs[0]] = ScalarColumn(found)


def _rules(step: Step) -> list[Rule]:
    found = step.params["rules"]
    require(step, good=isinstance(found, list) and all(_good(rule) for rule in found))
    return [(frozenset(needed), item) for needed, item in found]


def _good(rule: Any) -> bool:
    if not isinstance(rule, list) or len(rule) != 2 or not isinstance(rule[0], list):  # noqa: PLR2004
        return False
    return all(item is None or isinstance(item, str | bool | int) for item in (*rule[0], rule[1]))


def _following(rules: Sequence[Rule], items: Sequence[Item] | None) -> list[Item]:
    have = set(items or ())
    return [*dict.fromkeys(item for needed, item in rules if item not in have and needed <= have)]
