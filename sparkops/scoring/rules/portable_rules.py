"""The rules about one row that travel with a model: those of the suites of the tables that it was trained on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...errors import ModelError
from ..ir.field import Field
from .column_kind import kind_of, plain_name
from .conditions import RowRule
from .serialization import from_plain, to_plain

_MOST = 1000  # rules
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
class Carried:
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

    def unfit(self, known: Mapping[str, Field]) -> str:
        """Return why it cannot judge rows of these fields, as a clause; empty where it can."""
        from .row_predicate import judge  # with NumPy, which lists and shows need not wait for

        for name in map(plain_name, self.rule.fields):
            if name not in known:
                return f"column `{name}` is not read by the model"
            if kind_of(known[name].type) != kind_of(self.types.get(name, "")):
                return f"column `{name}` is {self.types.get(name)} in the table and {known[name].type} in the model"
        try:
            judge([self.rule], known.values())
        except ModelError as error:
            return str(error)
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """An expectation that does not travel, and why not."""

    label: str
    table: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RowChecks:
    """The rules that travel, in the order of their suites, and the expectations that do not."""

    rules: tuple[Carried, ...] = ()
    left_out: tuple[LeftOut, ...] = field(default=())

    def fitting(self, given: Sequence[Field]) -> RowChecks:
        """Return them with the rules that cannot judge rows of these fields left out, with the reason."""
        known = {each.name: each for each in given}
        unfit = [(each, each.unfit(known)) for each in self.rules]
        kept = [each for each, why in unfit if not why][:_MOST]
        lost = [LeftOut(label=each.label, table=each.table, why=why) for each, why in unfit if why]
        return RowChecks(rules=tuple(kept), left_out=(*lost, *self.left_out))

    def told(self) -> tuple[str, ...]:
        """Return each expectation that does not travel, with the reason."""
        return tuple(f"{each.table}: {each.label}: {each.why}" for each in self.left_out)

    def plain(self) -> dict[str, Any]:
        """Return them as JSON values."""
        return {
            "rules": [{**_keyed(each, _RULE_KEYS), "rule": to_plain(each.rule)} for each in self.rules],
            "left_out": [_keyed(each, _LEFT_OUT_KEYS) for each in self.left_out],
        }

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> RowChecks:
        """Return what `plain` returned.

        Raises:
            ModelError: A rule is damaged.
        """
        if len(plain["rules"]) > _MOST:
            raise ModelError(f"A model carries at most {_MOST} rules, not {len(plain['rules'])}.")
        rules = [_rule_of(item) for item in plain["rules"]]
        for each in rules:
            if not isinstance(each.rule, RowRule) or not isinstance(each.mostly, int | float):
                raise ModelError("A rule is damaged: it is none.")
        return cls(
            rules=tuple(rules),
            left_out=tuple(LeftOut(**_named(item, _LEFT_OUT_KEYS)) for item in plain["left_out"]),
        )


def joined(several: Iterable[RowChecks]) -> RowChecks:
    """Return the rules of several tables as one."""
    parts = tuple(several)
    return RowChecks(
        rules=tuple(rule for part in parts for rule in part.rules),
        left_out=tuple(one for part in parts for one in part.left_out),
    )


def _rule_of(item: Mapping[str, Any]) -> Carried:
    others = {key: value for key, value in item.items() if key != "rule"}
    return Carried(**_named(others, _RULE_KEYS), rule=from_plain(item["rule"]))


def _keyed(value: Any, keys: Mapping[str, str]) -> dict[str, Any]:
    return {key: getattr(value, name) for key, name in keys.items()}


def _named(item: Mapping[str, Any], keys: Mapping[str, str]) -> dict[str, Any]:
    return {keys[key]: value for key, value in item.items()}
