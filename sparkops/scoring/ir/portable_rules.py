"""The rules about one row that travel with a model: those of the suites of the tables that it was trained on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...errors import ModelError
from .conditions import RowRule
from .rule_serialization import rule_from_json, rule_to_json

MAX_RULES = 1000
# Key in a model's file to field, beside `rule`: a field may get another name, its key may not.
_RULE_KEYS = {
    "label": "label",
    "table": "table",
    "place": "place",
    "policy": "policy",
    "mostly": "mostly",
    "types": "types",
}
_LEFT_OUT_KEYS = {"label": "label", "table": "table", "why": "why"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PortableRule:
    """One rule.

    Args:
        label: The expectation in one line.
        table: Table whose suite it stands in.
        place: File and line.
        policy: What a broken rule means to the table: "fail", "quarantine" or "warn".
        mostly: Share of a table's rows that must hold.
        types: Its columns' types in that table.
        rule: What it says of a row.
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
        """Tell whether one row that breaks it is wrong by itself, so that it may be refused."""
        return self.policy != "warn" and self.mostly >= 1


@dataclass(frozen=True, slots=True, kw_only=True)
class OmittedRule:
    """An expectation that does not travel, and why not."""

    label: str
    table: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PortableRules:
    """The rules that travel, in the order of their suites, and the expectations that do not."""

    rules: tuple[PortableRule, ...] = ()
    left_out: tuple[OmittedRule, ...] = field(default=())

    def omission_messages(self) -> tuple[str, ...]:
        """Return each expectation that does not travel, with the reason."""
        return tuple(f"{each.table}: {each.label}: {each.why}" for each in self.left_out)

    def plain(self) -> dict[str, Any]:
        """Return them as JSON values."""
        return {
            "rules": [{**_keyed(each, _RULE_KEYS), "rule": rule_to_json(each.rule)} for each in self.rules],
            "left_out": [_keyed(each, _LEFT_OUT_KEYS) for each in self.left_out],
        }

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> PortableRules:
        """Return what `plain` returned.

        Raises:
            ModelError: A rule is damaged.
        """
        if len(plain["rules"]) > MAX_RULES:
            raise ModelError(f"A model carries at most {MAX_RULES} rules, not {len(plain['rules'])}.")
        rules = [_rule_of(item) for item in plain["rules"]]
        for each in rules:
            if not isinstance(each.rule, RowRule) or not isinstance(each.mostly, int | float):
                raise ModelError("A rule is damaged: it is none.")
        return cls(
            rules=tuple(rules),
            left_out=tuple(OmittedRule(**_named(item, _LEFT_OUT_KEYS)) for item in plain["left_out"]),
        )


def merge_rules(several: Iterable[PortableRules]) -> PortableRules:
    """Return the rules of several tables as one."""
    parts = tuple(several)
    return PortableRules(
        rules=tuple(rule for part in parts for rule in part.rules),
        left_out=tuple(one for part in parts for one in part.left_out),
    )


def _rule_of(item: Mapping[str, Any]) -> PortableRule:
    others = {key: value for key, value in item.items() if key != "rule"}
    return PortableRule(**_named(others, _RULE_KEYS), rule=rule_from_json(item["rule"]))


def _keyed(value: Any, keys: Mapping[str, str]) -> dict[str, Any]:
    return {key: getattr(value, name) for key, name in keys.items()}


def _named(item: Mapping[str, Any], keys: Mapping[str, str]) -> dict[str, Any]:
    return {keys[key]: value for key, value in item.items()}
