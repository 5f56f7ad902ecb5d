"""Reading conf/checks/<table>.yml: every mistake of structure at once, each with its line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

import yaml

from sparkops.checks.suite import Expectation, Suite
from sparkops.errors import ConfigError, Problem
from sparkops.pipeline.check import Policy
from sparkops.place import Place

POLICIES: tuple[Policy, ...] = get_args(Policy)
SEVERITIES = ("critical", "warning", "info")
_SUITE_KEYS = ("policy", "quarantine_limit", "description", "expectations")
_OWN_KEYS = ("policy", "severity", "meta")
_LONG_KEYS = ("type", "kwargs", *_OWN_KEYS)


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


def refuse(file: str, problems: list[Problem]) -> None:
    """Raise one ConfigError that holds every problem, if there is any."""
    if problems:
        in_order = sorted(problems, key=lambda problem: problem.place.line if problem.place else 0)
        lines = "\n".join(f"  - {problem}" for problem in in_order)
        raise ConfigError(f"{file}: {len(problems)} problem{'s' if len(problems) > 1 else ''}\n{lines}")


def near(name: str, known: tuple[str, ...] | list[str]) -> str:
    """Return ` Did you mean ...?` when a known name is close, else nothing."""
    close = get_close_matches(name, known, n=1)
    return f" Did you mean `{close[0]}`?" if close else ""


class _Reader:
    """One reading of one file."""

    def __init__(self, file: str, table: str) -> None:
        self.file, self.table = file, table
        self.problems: list[Problem] = []

    def read(self, path: Path) -> Suite:
        node = self._compose(path)
        top = self._mapping(node, "the file") if node else {}
        for key, (place, _) in top.items():
            if key not in _SUITE_KEYS:
                self._note(
                    key,
                    f"Unknown key `{key}`.{near(key, _SUITE_KEYS)} Known: {', '.join(_SUITE_KEYS)}.",
                    place,
                )
        policy = self._choice(top, "policy", POLICIES, "fail")
        found = tuple(self._expectations(top, policy))
        limit = self._limit(top)
        refuse(self.file, self.problems)
        return Suite(
            table=self.table,
            expectations=found,
            policy=policy,
            quarantine_limit=limit,
            place=Place(self.file, 1),
        )

    def _compose(self, path: Path) -> yaml.Node | None:
        try:
            return yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise ConfigError(f"Not valid YAML: {error.problem} ({self.file}:{line}).") from None
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise ConfigError(f"{self.file} cannot be read: {error}") from None

    def _expectations(
        self, top: Mapping[str, tuple[Place, yaml.Node]], policy: Policy
    ) -> Iterator[Expectation]:
        place, node = top.get("expectations", (Place(self.file, 1), None))
        if node is None or (isinstance(node, yaml.ScalarNode) and not node.value):
            self._note(
                "expectations", "`expectations:` holds a list of expectations; it is missing or empty.", place
            )
            return
        if not isinstance(node, yaml.SequenceNode):
            self._note(
                "expectations", "`expectations:` must be a list: one `- expect_...: {...}` a line.", place
            )
            return
        for item in node.value:
            yield from self._expectation(item, policy)

    def _expectation(self, node: yaml.Node, policy: Policy) -> Iterator[Expectation]:
        place = self._place(node)
        if isinstance(node, yaml.ScalarNode):
            yield Expectation(type=_snake(str(node.value)), kwargs={}, policy=policy, place=place)
            return
        if not isinstance(node, yaml.MappingNode):
            self._note("expectations", "A mapping is wanted for an expectation: `expect_...: {...}`.", place)
            return
        item = self._mapping(node, "an expectation")
        long = "type" in item
        if not item or (not long and len(item) != 1):
            self._note(
                "expectations",
                "An expectation is `expect_...: {its arguments}`, or `{type:, kwargs:}`.",
                place,
            )
            return
        name = self._value(item["type"][1]) if long else next(iter(item))
        if not isinstance(name, str):
            self._note("type", f"`type` must be the name of an expectation, not {name!r}.", place)
            return
        own, kwargs = self._long(item) if long else self._short(item[name][1])
        yield Expectation(
            type=_snake(name),
            kwargs=kwargs,
            policy=self._choice(own, "policy", POLICIES, policy),
            severity=self._choice(own, "severity", SEVERITIES, None),
            meta=self._plain(own, "meta"),
            place=place,
        )

    def _long(self, item: Mapping[str, tuple[Place, yaml.Node]]) -> tuple[Any, dict[str, Any]]:
        for key, (place, _) in item.items():
            if key not in _LONG_KEYS:
                self._note(
                    key,
                    f"Unknown key `{key}`.{near(key, _LONG_KEYS)} Arguments stand under `kwargs:`.",
                    place,
                )
        return item, self._plain(item, "kwargs")

    def _short(self, node: yaml.Node) -> tuple[Any, dict[str, Any]]:
        if isinstance(node, yaml.ScalarNode):
            value = self._value(node)
            return {}, {} if value is None else {"column": value}
        if isinstance(node, yaml.SequenceNode):
            return {}, {"column_list": self._value(node)}
        item = self._mapping(node, "an expectation's arguments")
        own = {key: item[key] for key in _OWN_KEYS if key in item}
        return own, {key: self._value(value) for key, (_, value) in item.items() if key not in own}

    def _plain(self, item: Mapping[str, tuple[Place, yaml.Node]], key: str) -> dict[str, Any]:
        place, node = item.get(key, (None, None))
        value = self._value(node) if node is not None else None
        if value is None:
            return {}
        if key == "meta" and isinstance(value, str):
            return {"notes": value}
        if not isinstance(value, dict):
            self._note(key, f"`{key}` must be a mapping, not {value!r}.", place)
            return {}
        return value

    def _choice(
        self, item: Mapping[str, tuple[Place, yaml.Node]], key: str, allowed: tuple[Any, ...], default: Any
    ) -> Any:
        if key not in item:
            return default
        place, node = item[key]
        value = self._value(node)
        if value not in allowed:
            self._note(
                key, f"`{key}` is {value!r}; allowed: {', '.join(allowed)}.{near(str(value), allowed)}", place
            )
            return default
        return value

    def _limit(self, top: Mapping[str, tuple[Place, yaml.Node]]) -> float | None:
        if "quarantine_limit" not in top:
            return None
        place, node = top["quarantine_limit"]
        value = self._value(node)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
            self._note(
                "quarantine_limit", f"`quarantine_limit` is a share from 0 to 1, not {value!r}.", place
            )
            return None
        return float(value)

    def _mapping(self, node: yaml.Node, what: str) -> dict[str, tuple[Place, yaml.Node]]:
        found: dict[str, tuple[Place, yaml.Node]] = {}
        if not isinstance(node, yaml.MappingNode):
            self._note(what, f"A mapping is wanted for {what}: `key: value`.", self._place(node))
            return found
        for key, value in node.value:
            name, place = str(key.value), self._place(key)
            if name in found:
                self._note(
                    name, f"`{name}` stands twice; its first place is line {found[name][0].line}.", place
                )
            found[name] = (place, value)
        return found

    def _value(self, node: yaml.Node) -> Any:
        try:
            return yaml.SafeLoader("").construct_document(node)
        except yaml.MarkedYAMLError as error:
            self._note("value", f"Not a value that YAML knows: {error.problem}.", self._place(node))
            return None

    def _place(self, node: yaml.Node) -> Place:
        return Place(self.file, node.start_mark.line + 1)

    def _note(self, name: str, message: str, place: Place | None) -> None:
        self.problems.append(Problem(name, message, place))


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() if name[:1].isupper() else name
