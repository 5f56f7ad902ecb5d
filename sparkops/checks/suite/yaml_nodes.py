"""YAML as nodes that know their lines, and what is wrong with them, gathered."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from sparkops.errors import ConfigError, Problem
from sparkops.place import Place

Items = Mapping[str, tuple[Place, yaml.Node]]


class Nodes:
    """The nodes of one file; `problems` holds every mistake that was noted.

    Args:
        file: How messages name it.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []

    def compose(self, path: Path) -> yaml.Node | None:
        """Return the file's node; None where it is empty.

        Raises:
            ConfigError: It cannot be read, or is no YAML.
        """
        try:
            return yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise ConfigError(f"Not valid YAML: {error.problem} ({self.file}:{line}).") from None
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise ConfigError(f"{self.file} cannot be read: {error}") from None

    def mapping(self, node: yaml.Node, what: str) -> dict[str, tuple[Place, yaml.Node]]:
        """Return a mapping's keys with their places and nodes."""
        found: dict[str, tuple[Place, yaml.Node]] = {}
        if not isinstance(node, yaml.MappingNode):
            self.note(what, f"A mapping is wanted for {what}: `key: value`.", self.place(node))
            return found
        for key, value in node.value:
            name, place = str(key.value), self.place(key)
            if name in found:
                self.note(
                    name, f"`{name}` stands twice; its first place is line {found[name][0].line}.", place
                )
            found[name] = (place, value)
        return found

    def value(self, node: yaml.Node) -> Any:
        """Return a node as the plain value that it says."""
        try:
            return yaml.SafeLoader("").construct_document(node)
        except yaml.MarkedYAMLError as error:
            self.note("value", f"Not a value that YAML knows: {error.problem}.", self.place(node))
            return None

    def place(self, node: yaml.Node) -> Place:
        """Return where a node begins."""
        return Place(self.file, node.start_mark.line + 1)

    def note(self, name: str, message: str, place: Place | None) -> None:
        """Keep a mistake."""
        self.problems.append(Problem(name, message, place))
