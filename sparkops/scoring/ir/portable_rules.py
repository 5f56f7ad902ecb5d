"""Row rules that are part of a model: those of the suites of the tables that it was trained on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...errors import ModelError
from .conditions import RowRule
from .rule_serialization import rule_from_json, rule_to_json

MAX_RULES = 1000
# Conditions and operands of one rule, and of all rules of a model: each takes code, and time for every row.
MAX_NODES, MAX_ALL_NODES = 20_000, 100_000
_MAX_SHOWN = 100
# JSON key to attribute, besides `rule`. A key is persisted, so it stays if an attribute is renamed.
_RULE_KEYS = {
    "label": "label",
    "table": "table",
    "place": "place",
    "policy": "policy",
    "mostly": "mostly",
    "types": "types",
}
_LEFT_OUT_KEYS = {"label": "label", "table": "table", "why": "reason"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PortableRule:
    """A row rule with its origin.

    Args:
        label: The expectation in one line, as shown to users.
        table: Table whose suite contains it.
        place: File and line of the expectation.
        policy: Policy of the table for violations: "fail", "quarantine" or "warn".
        mostly: Share of the table's rows that must satisfy it.
        types: Types of its columns in that table.
        rule: The rule.
    """

    label: str
    table: str
    place: str
    policy: str
    mostly: float
    types: Mapping[str, str]
    rule: RowRule

    @property
    def refuses(self) -> bool:
        """Return whether a single violating row may be refused: the policy is not `warn` and `mostly` is 1."""
        return self.policy != "warn" and self.mostly >= 1


@dataclass(frozen=True, slots=True, kw_only=True)
class OmittedRule:
    """An expectation that is not part of the model.

    Args:
        label: The expectation in one line.
        table: Table whose suite contains it.
        reason: Why it is left out.
    """

    label: str
    table: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PortableRules:
    """The rules of a model, in the order of their suites, and the expectations left out."""

    rules: tuple[PortableRule, ...] = ()
    left_out: tuple[OmittedRule, ...] = field(default=())

    def describe_omissions(self) -> tuple[str, ...]:
        """Return a line for each expectation left out, with the reason."""
        return tuple(f"{omitted.table}: {omitted.label}: {omitted.reason}" for omitted in self.left_out)

    def to_json(self) -> dict[str, Any]:
        """Return the rules as JSON values."""
        return {
            "rules": [
                {**_select_attributes(rule, _RULE_KEYS), "rule": rule_to_json(rule.rule)}
                for rule in self.rules
            ],
            "left_out": [_select_attributes(omitted, _LEFT_OUT_KEYS) for omitted in self.left_out],
        }

    @classmethod
    def from_json(cls, item: Mapping[str, Any]) -> PortableRules:
        """Return the rules that `to_json` returned.

        Raises:
            ModelError: A rule is damaged.
        """
        if len(item["rules"]) > MAX_RULES:
            raise ModelError(f"A model carries at most {MAX_RULES} rules, not {len(item['rules'])}.")
        _require_few_nodes(item["rules"])
        rules = [_rule_from_json(rule) for rule in item["rules"]]
        for rule in rules:
            _validate_rule(rule)
        return cls(
            rules=tuple(rules),
            left_out=tuple(
                OmittedRule(**_rename_keys(omitted, _LEFT_OUT_KEYS)) for omitted in item["left_out"]
            ),
        )


def merge_rules(rules_by_table: Iterable[PortableRules]) -> PortableRules:
    """Return the rules of several tables as one value."""
    parts = tuple(rules_by_table)
    return PortableRules(
        rules=tuple(rule for part in parts for rule in part.rules),
        left_out=tuple(omitted for part in parts for omitted in part.left_out),
    )


def _require_few_nodes(items: Any) -> None:
    """Raise `ModelError` for rules of more nodes than are evaluated, before they are built."""
    total = 0
    for item in items:
        count, pending = 0, [item["rule"]]
        while pending and count <= MAX_NODES:
            value = pending.pop()
            if isinstance(value, Mapping):
                count += 1
                pending += value.values()
            elif isinstance(value, list):
                pending += value
        total += count
        if count > MAX_NODES or total > MAX_ALL_NODES:
            raise ModelError(
                f"A rule of the model has more than {MAX_NODES:,} conditions and operands, or all of them have more "
                f"than {MAX_ALL_NODES:,}: so many are not evaluated."
            )


def _validate_rule(rule: PortableRule) -> None:
    """Raise `ModelError` for a rule whose parts are of other types than `to_json` writes."""
    row_rule = rule.rule
    texts = (rule.label, rule.table, rule.place, rule.policy)
    is_valid = isinstance(row_rule, RowRule) and all(isinstance(text, str) for text in texts)
    is_valid = is_valid and type(rule.mostly) in (int, float) and 0 <= rule.mostly <= 1
    is_valid = is_valid and isinstance(rule.types, Mapping) and isinstance(row_rule.where, str | None)
    is_valid = is_valid and type(row_rule.fields) is tuple and bool(row_rule.fields)
    names = (*row_rule.fields, *rule.types, *rule.types.values()) if is_valid else ()
    if not is_valid or not all(isinstance(name, str) for name in names):
        raise ModelError(f"A rule is damaged: {repr(rule.label)[:_MAX_SHOWN]} is not a row rule.")


def _rule_from_json(item: Mapping[str, Any]) -> PortableRule:
    others = {key: value for key, value in item.items() if key != "rule"}
    return PortableRule(**_rename_keys(others, _RULE_KEYS), rule=rule_from_json(item["rule"]))


def _select_attributes(value: Any, keys: Mapping[str, str]) -> dict[str, Any]:
    return {key: getattr(value, name) for key, name in keys.items()}


def _rename_keys(item: Mapping[str, Any], keys: Mapping[str, str]) -> dict[str, Any]:
    return {keys[key]: value for key, value in item.items()}
