"""Read conf/checks/<table>.yml and report every mistake of structure at once, each with its line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from sparkops.checks.suite.core_expectations import can_quarantine, counts_failing_rows, is_core
from sparkops.checks.suite.problems import raise_problems
from sparkops.checks.suite.suite import POLICIES, SEVERITIES, DefaultPolicies, Expectation, Suite
from sparkops.checks.suite.suite_fields import FieldReader
from sparkops.checks.suite.threshold import UNLIMITED, FailureThreshold
from sparkops.checks.suite.yaml_nodes import Items
from sparkops.core.place import Place
from sparkops.core.wording import did_you_mean
from sparkops.pipeline.checks.check import Policy

_SUITE_KEYS = ("policy", "fail_over", "quarantine_limit", "description", "expectations")
# Keys that sparkops adds to an expectation; all others are arguments of Great Expectations.
_OWN_KEYS = ("policy", "severity", "fail_over", "meta")
_LONG_FORM_KEYS = ("type", "kwargs", *_OWN_KEYS)


def load_suite(path: Path, table: str, *, display_name: str | None = None) -> Suite:
    """Read the suite of a table.

    Args:
        path: The YAML file.
        table: The table that it validates.
        display_name: How messages name the file; its path by default.

    Raises:
        ConfigError: With every mistake of structure, each with file and line.
    """
    return _SuiteReader(display_name or str(path), table).read(path)


class _SuiteReader(FieldReader):
    """Read one file.

    An expectation has a short form, `expect_...: {arguments}` (or one column, or a list of columns), and a long form,
    `{type: expect_..., kwargs: {arguments}}`. Both also take the keys `policy`, `severity`, `fail_over` and `meta`.
    """

    def __init__(self, file: str, table: str) -> None:
        super().__init__(file)
        self.table = table
        self.policies = DefaultPolicies()
        self.fail_over: FailureThreshold | None = None

    def read(self, path: Path) -> Suite:
        node = self.compose(path)
        top = self.read_mapping(node, "The file") if node else {}
        self._check_keys(top, _SUITE_KEYS, f"Known: {', '.join(_SUITE_KEYS)}.")
        self.policies = self.read_policies(top)
        self.fail_over = self.read_threshold(top, "fail_over")
        expectations = tuple(self._read_expectations(top))
        quarantine_limit = self.read_threshold(top, "quarantine_limit", allow_share=True)
        raise_problems(self.file, self.problems)
        return Suite(
            table=self.table,
            expectations=expectations,
            policy=self.policies.policy,
            quarantine_limit=quarantine_limit or UNLIMITED,
            place=Place(self.file, 1),
        )

    def _read_expectations(self, top: Items) -> Iterator[Expectation]:
        place, node = top.get("expectations", (Place(self.file, 1), None))
        if node is None or (isinstance(node, yaml.ScalarNode) and not node.value):
            message = "`expectations:` must be a list of expectations; it is missing or empty."
            self.add_problem("expectations", message, place)
        elif not isinstance(node, yaml.SequenceNode):
            message = "`expectations:` must be a list: one `- expect_...: {...}` a line."
            self.add_problem("expectations", message, place)
        else:
            for item in node.value:
                yield from self._read_expectation(item)

    def _read_expectation(self, node: yaml.Node) -> Iterator[Expectation]:
        place = self.place_of(node)
        if isinstance(node, yaml.ScalarNode):
            yield self._build(_to_snake_case(str(node.value)), {}, {}, place)
            return
        if not isinstance(node, yaml.MappingNode):
            message = "An expectation must be a mapping: `expect_...: {...}`."
            self.add_problem("expectations", message, place)
            return
        items = self.read_mapping(node, "An expectation")
        is_long_form = "type" in items
        if not items or (not is_long_form and len(items) != 1):
            message = "An expectation is `expect_...: {its arguments}`, or `{type:, kwargs:}`."
            self.add_problem("expectations", message, place)
            return
        name = self.read_value(items["type"][1]) if is_long_form else next(iter(items))
        if not isinstance(name, str):
            self.add_problem("type", f"`type` must be the name of an expectation, not {name!r}.", place)
            return
        own, kwargs = self._read_long_form(items) if is_long_form else self._read_short_form(items[name][1])
        yield self._build(_to_snake_case(name), kwargs, own, place)

    def _read_long_form(self, items: Items) -> tuple[Items, dict[str, Any]]:
        self._check_keys(items, _LONG_FORM_KEYS, "Put arguments under `kwargs:`.")
        return items, self.read_dict(items, "kwargs")

    def _read_short_form(self, node: yaml.Node) -> tuple[Items, dict[str, Any]]:
        if isinstance(node, yaml.ScalarNode):
            value = self.read_value(node)
            return {}, {} if value is None else {"column": value}
        if isinstance(node, yaml.SequenceNode):
            return {}, {"column_list": self.read_value(node)}
        items = self.read_mapping(node, "The arguments of an expectation")
        own = {key: items[key] for key in _OWN_KEYS if key in items}
        return own, {key: self.read_value(value) for key, (_, value) in items.items() if key not in own}

    def _build(self, name: str, kwargs: dict[str, Any], own: Items, place: Place) -> Expectation:
        severity = self.read_choice(own, "severity", SEVERITIES, None)
        default = self.policies.for_severity(severity, can_quarantine=can_quarantine(name, kwargs))
        policy = self.read_choice(own, "policy", POLICIES, default)
        return Expectation(
            type=name,
            kwargs=kwargs,
            policy=policy,
            severity=severity,
            fail_over=self._read_own_threshold(name, own, policy) or self._find_suite_threshold(name, policy),
            meta=self.read_dict(own, "meta"),
            place=place,
        )

    def _find_suite_threshold(self, name: str, policy: Policy) -> FailureThreshold | None:
        return self.fail_over if policy != "fail" and counts_failing_rows(name) else None

    def _read_own_threshold(self, name: str, own: Items, policy: Policy) -> FailureThreshold | None:
        threshold = self.read_threshold(own, "fail_over")
        if threshold is None:
            return None
        place, _ = own["fail_over"]
        if is_core(name) and not counts_failing_rows(name):
            message = f"`{name}` counts no failing rows, so `fail_over` has no effect on it: remove it."
            self.add_problem("fail_over", message, place)
        elif policy == "fail":
            message = "`fail_over` needs `policy: warn` or `policy: quarantine`"
            self.add_problem("fail_over", f"{message}; the policy of `{name}` is already `fail`.", place)
        return threshold

    def _check_keys(self, items: Items, known: tuple[str, ...], advice: str) -> None:
        for key, (place, _) in items.items():
            if key not in known:
                self.add_problem(key, f"Unknown key `{key}`.{did_you_mean(key, known)} {advice}", place)


def _to_snake_case(name: str) -> str:
    """Return the snake-case name of an expectation that may be written as its class name."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() if name[:1].isupper() else name
