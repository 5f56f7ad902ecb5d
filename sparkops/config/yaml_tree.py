"""A YAML file as plain values, with the line of every key and everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

KeyPath = tuple[str, ...]


@dataclass(slots=True)
class YamlTree:
    """What a file says.

    Args:
        values: The plain values.
        places: Route of keys to `file:line`.
        problems: What is wrong, each with file and line.
    """

    values: dict[str, Any] = field(default_factory=dict)
    places: dict[KeyPath, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def read_tree(path: Path, shown: str) -> YamlTree:
    """Return what a YAML file says; it never raises for what stands in it.

    Args:
        path: The file.
        shown: The name that errors print.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        return YamlTree(problems=[f"{shown}: cannot be read: {error}"])
    return _Composer(text, shown).tree()


class _Composer:
    """Turns the nodes of one document into plain values and notes where each stands."""

    def __init__(self, text: str, shown: str) -> None:
        self._shown = shown
        self._loader = yaml.SafeLoader(text)
        self._tree = YamlTree()
        self._open: list[yaml.Node] = []

    def tree(self) -> YamlTree:
        try:
            node = self._loader.get_single_node()
            if node is not None:
                self._top(node)
        except yaml.YAMLError as error:
            self._tree.problems.append(self._told(error))
        except RecursionError:
            self._tree.problems.append(f"{self._shown}: nested too deeply")
        finally:
            self._loader.dispose()
        return self._tree

    def _told(self, error: yaml.YAMLError) -> str:
        mark = getattr(error, "problem_mark", None)
        where = f"{self._shown}:{mark.line + 1}" if mark else self._shown
        return f"{where}: this is not YAML: {getattr(error, 'problem', None) or error}"

    def _top(self, node: yaml.Node) -> None:
        if not isinstance(node, yaml.MappingNode):
            self._problem(node, "the file must hold keys: `tables:`, `spark:`, `params:`, ...")
            return
        self._tree.values = self._value(node, ())

    def _problem(self, node: yaml.Node, text: str) -> None:
        self._tree.problems.append(f"{self._at(node)}: {text}")

    def _at(self, node: yaml.Node) -> str:
        return f"{self._shown}:{node.start_mark.line + 1}"

    def _value(self, node: yaml.Node, route: KeyPath) -> Any:
        if any(node is one for one in self._open):
            self._problem(node, "an alias stands inside what it names")
            return None
        self._open.append(node)
        try:
            return self._plain(node, route)
        finally:
            self._open.pop()

    def _plain(self, node: yaml.Node, route: KeyPath) -> Any:
        if isinstance(node, yaml.MappingNode):
            return dict(self._items(node, route))
        if isinstance(node, yaml.SequenceNode):
            return [self._value(item, (*route, str(number))) for number, item in enumerate(node.value)]
        try:
            return self._loader.construct_object(node)
        except ValueError as error:
            self._problem(node, f"{node.value!r} cannot be read: {error}")
            return None

    def _items(self, node: yaml.MappingNode, route: KeyPath) -> Iterator[tuple[str, Any]]:
        self._refuse_twice(node)
        self._loader.flatten_mapping(node)
        for key_node, value_node in node.value:
            key = self._key(key_node)
            if key is None:
                continue
            self._tree.places[(*route, key)] = self._at(key_node)
            yield key, self._value(value_node, (*route, key))

    def _key(self, node: yaml.Node) -> str | None:
        key = self._loader.construct_object(node) if isinstance(node, yaml.ScalarNode) else None
        if isinstance(key, str):
            return key
        told = (
            f"the key `{node.value}` is read as {key!r}"
            if isinstance(node, yaml.ScalarNode)
            else "a key is no text"
        )
        self._problem(node, f"{told}: put it in quotes")
        return None

    def _refuse_twice(self, node: yaml.MappingNode) -> None:
        seen: dict[Hashable, yaml.Node] = {}
        for key_node, _ in node.value:
            if not isinstance(key_node, yaml.ScalarNode) or key_node.tag == "tag:yaml.org,2002:merge":
                continue
            first = seen.setdefault(key_node.value, key_node)
            if first is not key_node:
                line = first.start_mark.line + 1
                self._problem(key_node, f"`{key_node.value}` stands twice; the first is on line {line}")


def merge(layers: list[YamlTree]) -> YamlTree:
    """Return one tree of several: a later mapping is laid over an earlier one, any other value replaces."""
    whole = YamlTree()
    for layer in layers:
        whole.values = _laid(whole.values, layer.values)
        whole.places |= layer.places
        whole.problems += layer.problems
    return whole


def _laid(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    laid = dict(under)
    for key, value in over.items():
        below = laid.get(key)
        both = isinstance(below, Mapping) and isinstance(value, Mapping)
        laid[key] = _laid(below, value) if both else value  # type: ignore[arg-type]
    return laid


def leaves(values: Any, route: KeyPath = ()) -> Iterator[tuple[KeyPath, Any]]:
    """Give every value that is no mapping and no list, with its route."""
    if isinstance(values, Mapping):
        for key, value in values.items():
            yield from leaves(value, (*route, key))
    elif isinstance(values, list | tuple):
        for number, value in enumerate(values):
            yield from leaves(value, (*route, str(number)))
    else:
        yield route, values
