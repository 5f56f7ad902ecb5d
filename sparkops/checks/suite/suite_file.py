"""Reading conf/checks/<table>.yml: every mistake of structure at once, each with its line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml

from sparkops.checks.suite.core_expectations import counts_rows, is_core, sets_apart
from sparkops.checks.suite.policies import POLICIES, SEVERITIES, Policies
from sparkops.checks.suite.suite import Expectation, Suite
from sparkops.checks.suite.threshold import Limit, problem_of
from sparkops.checks.suite.yaml_nodes import Items, Nodes
from sparkops.errors import ConfigError, Problem
from sparkops.pipeline.check import Policy
from sparkops.place import Place

_SUITE_KEYS = ("policy", "fail_over", "quarantine_limit", "description", "expectations")
_OWN_KEYS = ("policy", "severity", "fail_over", "meta")
_LONG_KEYS = ("type", "kwargs", *_OWN_KEYS)
_LIMITS = ("rows", "share")


def load_suite(path: Path, table: str, *, shown: str | None = None) -> Suite:
    """Read the suite of a table.

    Args:
        path: The YAML file.
        table: The table that it is about.
        shown: How messages name the file; its path by default.

    Raises:
        ConfigError: With every mistake of structure, each with file and line.
    """
    return _Reader(shown or str(path), table).read(path)


def refuse(file: str, problems: list[Problem], *, advice: str = "") -> None:
    """Raise one ConfigError that holds every problem, and what else can be done, if there is any."""
    if problems:
        in_order = sorted(problems, key=lambda problem: problem.place.line if problem.place else 0)
        lines = "\n".join(f"  - {problem}" for problem in in_order)
        told = f"{file}: {len(problems)} problem{'s' if len(problems) > 1 else ''}\n{lines}"
        raise ConfigError(f"{told}\n{advice}" if advice else told)


def near(name: str, known: tuple[str, ...] | list[str]) -> str:
    """Return ` Did you mean ...?` when a known name is close, else nothing."""
    close = get_close_matches(name, known, n=1)
    return f" Did you mean `{close[0]}`?" if close else ""


class _Reader(Nodes):
    """One reading of one file."""

    def __init__(self, file: str, table: str) -> None:
        super().__init__(file)
        self.table = table
        self.policies = Policies()
        self.fail_over: Limit | None = None

    def read(self, path: Path) -> Suite:
        node = self.compose(path)
        top = self.mapping(node, "the file") if node else {}
        for key, (place, _) in top.items():
            if key not in _SUITE_KEYS:
                self.note(
                    key,
                    f"Unknown key `{key}`.{near(key, _SUITE_KEYS)} Known: {', '.join(_SUITE_KEYS)}.",
                    place,
                )
        self.policies = self._policies(top)
        self.fail_over = self._limit(top, "fail_over")
        found = tuple(self._expectations(top))
        limit = self._limit(top, "quarantine_limit", alone=True) or Limit()
        refuse(self.file, self.problems)
        return Suite(
            table=self.table,
            expectations=found,
            policy=self.policies.one,
            quarantine_limit=limit.share,
            quarantine_rows=limit.rows,
            place=Place(self.file, 1),
        )

    def _policies(self, top: Items) -> Policies:
        """Return the head's policies: one word, or one for each severity."""
        place, node = top.get("policy", (None, None))
        if not isinstance(node, yaml.MappingNode):
            return Policies(one=self._choice(top, "policy", POLICIES, "fail"))
        items = self.mapping(node, "`policy`")
        for severity, (where, _) in items.items():
            if severity not in SEVERITIES:
                told = f"`policy` has no severity `{severity}`.{near(severity, SEVERITIES)}"
                self.note("policy", f"{told} Known: {', '.join(SEVERITIES)}.", where)
        if not items:
            self.note("policy", f"`policy` names no severity. Known: {', '.join(SEVERITIES)}.", place)
        return Policies(by_severity={each: self._choice(items, each, POLICIES, "fail") for each in items})

    def _expectations(self, top: Items) -> Iterator[Expectation]:
        place, node = top.get("expectations", (Place(self.file, 1), None))
        if node is None or (isinstance(node, yaml.ScalarNode) and not node.value):
            self.note(
                "expectations", "`expectations:` holds a list of expectations; it is missing or empty.", place
            )
            return
        if not isinstance(node, yaml.SequenceNode):
            self.note(
                "expectations", "`expectations:` must be a list: one `- expect_...: {...}` a line.", place
            )
            return
        for item in node.value:
            yield from self._expectation(item)

    def _expectation(self, node: yaml.Node) -> Iterator[Expectation]:
        place = self.place(node)
        if isinstance(node, yaml.ScalarNode):
            yield self._made(_snake(str(node.value)), {}, {}, place)
            return
        if not isinstance(node, yaml.MappingNode):
            self.note("expectations", "A mapping is wanted for an expectation: `expect_...: {...}`.", place)
            return
        item = self.mapping(node, "an expectation")
        long = "type" in item
        if not item or (not long and len(item) != 1):
            self.note(
                "expectations",
                "An expectation is `expect_...: {its arguments}`, or `{type:, kwargs:}`.",
                place,
            )
            return
        name = self.value(item["type"][1]) if long else next(iter(item))
        if not isinstance(name, str):
            self.note("type", f"`type` must be the name of an expectation, not {name!r}.", place)
            return
        own, kwargs = self._long(item) if long else self._short(item[name][1])
        yield self._made(_snake(name), kwargs, own, place)

    def _made(self, name: str, kwargs: dict[str, Any], own: Items, place: Place) -> Expectation:
        severity = self._choice(own, "severity", SEVERITIES, None)
        meant = self.policies.of(severity, sets_apart=sets_apart(name, kwargs))
        policy = self._choice(own, "policy", POLICIES, meant)
        return Expectation(
            type=name,
            kwargs=kwargs,
            policy=policy,
            severity=severity,
            fail_over=self._own_limit(name, own, policy) or self._shared_limit(name, policy),
            meta=self._plain(own, "meta"),
            place=place,
        )

    def _shared_limit(self, name: str, policy: Policy) -> Limit | None:
        return self.fail_over if policy != "fail" and counts_rows(name) else None

    def _own_limit(self, name: str, own: Items, policy: Policy) -> Limit | None:
        limit = self._limit(own, "fail_over")
        if limit is None:
            return None
        place, _ = own["fail_over"]
        if is_core(name) and not counts_rows(name):
            told = f"`{name}` counts no rows that break it, so `fail_over` means nothing for it: take it out."
            self.note("fail_over", told, place)
        elif policy == "fail":
            told = "`fail_over` goes with `policy: warn` or `policy: quarantine`"
            self.note("fail_over", f"{told}; that of `{name}` is `fail` already.", place)
        return limit

    def _long(self, item: Items) -> tuple[Any, dict[str, Any]]:
        for key, (place, _) in item.items():
            if key not in _LONG_KEYS:
                self.note(
                    key,
                    f"Unknown key `{key}`.{near(key, _LONG_KEYS)} Arguments stand under `kwargs:`.",
                    place,
                )
        return item, self._plain(item, "kwargs")

    def _short(self, node: yaml.Node) -> tuple[Any, dict[str, Any]]:
        if isinstance(node, yaml.ScalarNode):
            value = self.value(node)
            return {}, {} if value is None else {"column": value}
        if isinstance(node, yaml.SequenceNode):
            return {}, {"column_list": self.value(node)}
        item = self.mapping(node, "an expectation's arguments")
        own = {key: item[key] for key in _OWN_KEYS if key in item}
        return own, {key: self.value(value) for key, (_, value) in item.items() if key not in own}

    def _plain(self, item: Items, key: str) -> dict[str, Any]:
        place, node = item.get(key, (None, None))
        value = self.value(node) if node is not None else None
        if value is None:
            return {}
        if key == "meta" and isinstance(value, str):
            return {"notes": value}
        if not isinstance(value, dict):
            self.note(key, f"`{key}` must be a mapping, not {value!r}.", place)
            return {}
        return value

    def _choice(self, item: Items, key: str, allowed: tuple[Any, ...], default: Any) -> Any:
        if key not in item:
            return default
        place, node = item[key]
        value = self.value(node)
        if value not in allowed:
            self.note(
                key, f"`{key}` is {value!r}; allowed: {', '.join(allowed)}.{near(str(value), allowed)}", place
            )
            return default
        return value

    def _limit(self, item: Items, key: str, *, alone: bool = False) -> Limit | None:
        """Return `{rows: N, share: S}`, or a share `alone` where that may be written."""
        if key not in item:
            return None
        place, node = item[key]
        if not isinstance(node, yaml.MappingNode):
            value = self.value(node)
            wrong = problem_of("share", value) if alone else "`{rows: N, share: S}`, or one of the two"
            if wrong is not None:
                self.note(key, f"`{key}` is {wrong}.", place)
            return None if wrong else Limit(share=float(value))
        parts = {
            name: each for name, each in self.mapping(node, f"`{key}`").items() if self._part(key, name, each)
        }
        if not node.value:
            self.note(key, f"`{key}` is empty: it takes `rows`, `share`, or both.", place)
        return Limit(**{name: self.value(each) for name, (_, each) in parts.items()})

    def _part(self, key: str, name: str, item: tuple[Place, yaml.Node]) -> bool:
        """Tell whether one part of a limit is right; what is wrong with it is noted."""
        place, node = item
        if name not in _LIMITS:
            self.note(key, f"`{key}` takes no `{name}`.{near(name, _LIMITS)} It takes: rows, share.", place)
            return False
        wrong = problem_of(name, self.value(node))
        if wrong is not None:
            self.note(key, f"`{key}.{name}` is {wrong}.", place)
        return wrong is None


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() if name[:1].isupper() else name
