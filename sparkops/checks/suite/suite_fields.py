"""The typed fields of a suite's YAML: choices, mappings and thresholds, each validated with its line."""

from __future__ import annotations

from typing import Any

import yaml

from sparkops.checks.suite.suite import POLICIES, SEVERITIES, DefaultPolicies
from sparkops.checks.suite.threshold import FailureThreshold, find_threshold_problem
from sparkops.checks.suite.yaml_nodes import Items, YamlReader
from sparkops.core.place import Place
from sparkops.core.wording import did_you_mean

_THRESHOLD_KEYS = ("rows", "share")


class FieldReader(YamlReader):
    """Read single fields; a field that is invalid becomes a problem and reads as its default."""

    def read_choice(self, items: Items, key: str, allowed: tuple[Any, ...], default: Any) -> Any:
        """Return a field that must be one of some values."""
        if key not in items:
            return default
        place, node = items[key]
        value = self.read_value(node)
        if value in allowed:
            return value
        suggestion = did_you_mean(str(value), allowed)
        self.add_problem(key, f"`{key}` is {value!r}; allowed: {', '.join(allowed)}.{suggestion}", place)
        return default

    def read_dict(self, items: Items, key: str) -> dict[str, Any]:
        """Return a field that must be a mapping, empty if it is missing; text as `meta` becomes its `notes`."""
        place, node = items.get(key, (None, None))
        value = self.read_value(node) if node is not None else None
        if value is None:
            return {}
        if key == "meta" and isinstance(value, str):
            return {"notes": value}
        if not isinstance(value, dict):
            self.add_problem(key, f"`{key}` must be a mapping, not {value!r}.", place)
            return {}
        return value

    def read_policies(self, top: Items) -> DefaultPolicies:
        """Return the suite's `policy`: one for all expectations, or one for each severity."""
        place, node = top.get("policy", (None, None))
        if not isinstance(node, yaml.MappingNode):
            return DefaultPolicies(policy=self.read_choice(top, "policy", POLICIES, "fail"))
        items = self.read_mapping(node, "`policy`")
        known = f"Known: {', '.join(SEVERITIES)}."
        for severity, (severity_place, _) in items.items():
            if severity not in SEVERITIES:
                suggestion = did_you_mean(severity, SEVERITIES)
                self.add_problem(
                    "policy", f"`policy` has no severity `{severity}`.{suggestion} {known}", severity_place
                )
        if not items:
            self.add_problem("policy", f"`policy` names no severity. {known}", place)
        by_severity = {severity: self.read_choice(items, severity, POLICIES, "fail") for severity in items}
        return DefaultPolicies(by_severity=by_severity)

    def read_threshold(self, items: Items, key: str, *, allow_share: bool = False) -> FailureThreshold | None:
        """Return `{rows: N, share: S}`, or a single share if `allow_share` is true; None if the field is missing."""
        if key not in items:
            return None
        place, node = items[key]
        if not isinstance(node, yaml.MappingNode):
            return self._read_share(key, place, node, is_allowed=allow_share)
        parts = {
            name: part
            for name, part in self.read_mapping(node, f"`{key}`").items()
            if self._is_valid_part(key, name, part)
        }
        if not node.value:
            self.add_problem(key, f"`{key}` is empty: it takes `rows`, `share`, or both.", place)
        return FailureThreshold(**{name: self.read_value(part) for name, (_, part) in parts.items()})

    def _read_share(
        self, key: str, place: Place, node: yaml.Node, *, is_allowed: bool
    ) -> FailureThreshold | None:
        value = self.read_value(node)
        problem = (
            find_threshold_problem("share", value)
            if is_allowed
            else "`{rows: N, share: S}`, or one of the two"
        )
        if problem is not None:
            self.add_problem(key, f"`{key}` is {problem}.", place)
            return None
        return FailureThreshold(share=float(value))

    def _is_valid_part(self, key: str, name: str, item: tuple[Place, yaml.Node]) -> bool:
        """Return whether one part of a threshold is valid; if not, record the problem."""
        place, node = item
        if name not in _THRESHOLD_KEYS:
            suggestion = did_you_mean(name, _THRESHOLD_KEYS)
            self.add_problem(
                key, f"`{key}` takes no `{name}`.{suggestion} It takes: {', '.join(_THRESHOLD_KEYS)}.", place
            )
            return False
        problem = find_threshold_problem(name, self.read_value(node))
        if problem is not None:
            self.add_problem(key, f"`{key}.{name}` is {problem}.", place)
        return problem is None
