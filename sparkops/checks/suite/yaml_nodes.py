"""YAML nodes with their line numbers, and the problems found in them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from sparkops.config.core_schema import DateLoader
from sparkops.core.bounded_file import MAX_WRITTEN_BY_HAND, read_text
from sparkops.core.place import Place
from sparkops.errors import ConfigError, Problem, as_clause

Items = Mapping[str, tuple[Place, yaml.Node]]


class YamlReader:
    """Read one YAML file; `problems` collects every mistake that was found.

    Args:
        file: How messages name it.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []

    def compose(self, path: Path) -> yaml.Node | None:
        """Return the file's root node; None if the file is empty.

        Raises:
            ConfigError: It cannot be read, or is not YAML.
        """
        try:
            return DateLoader(read_text(path, MAX_WRITTEN_BY_HAND)).compose_bounded()
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise ConfigError(f"Not valid YAML: {error.problem} ({self.file}:{line}).") from None
        except (OSError, ValueError, yaml.YAMLError) as error:
            reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
            raise ConfigError(f"{self.file} cannot be read: {reason}") from None

    def read_mapping(self, node: yaml.Node, name: str) -> dict[str, tuple[Place, yaml.Node]]:
        """Return the keys of a mapping with their places and nodes; `name` is how messages call the mapping."""
        items: dict[str, tuple[Place, yaml.Node]] = {}
        if not isinstance(node, yaml.MappingNode):
            self.add_problem(name, f"{name} must be a mapping: `key: value`.", self.place_of(node))
            return items
        for key_node, value in node.value:
            key, place = str(key_node.value), self.place_of(key_node)
            if key in items:
                first = items[key][0].line
                self.add_problem(key, f"`{key}` appears twice; the first is on line {first}.", place)
            items[key] = (place, value)
        return items

    def read_value(self, node: yaml.Node) -> Any:
        """Return the Python value of a node."""
        try:
            return DateLoader("").construct_value(node)
        except ValueError as error:
            self.add_problem("value", f"Not a YAML value: {as_clause(error)}.", self.place_of(node))
            return None

    def place_of(self, node: yaml.Node) -> Place:
        """Return where a node begins."""
        return Place(self.file, node.start_mark.line + 1)

    def add_problem(self, name: str, message: str, place: Place | None) -> None:
        """Record a mistake."""
        self.problems.append(Problem(name, message, place))
