"""Read YAML files as plain values with the line of every key, and collect all problems."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from sparkops.config.core_schema import CoreLoader
from sparkops.core.bounded_file import MAX_WRITTEN_BY_HAND, read_text
from sparkops.core.place import YamlScalar, to_canonical_text
from sparkops.core.wording import truncate

KeyPath = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SettingProblem:
    """A mistake in the configuration.

    Args:
        path: Key path that it is about; empty for a whole file or an option of the command line.
        text: The mistake, with file and line or the option.
    """

    path: KeyPath
    text: str


@dataclass(slots=True)
class YamlTree:
    """Contents of a YAML file.

    Args:
        values: The plain values; a `YamlScalar` where a number, bool or null is not in its canonical form.
        places: `file:line` of each value, by key path.
        problems: Problems, each with file and line.
    """

    values: dict[str, Any] = field(default_factory=dict)
    places: dict[KeyPath, str] = field(default_factory=dict)
    problems: list[SettingProblem] = field(default_factory=list)


def read_tree(path: Path, file_name: str) -> YamlTree:
    """Read a YAML file; invalid content is reported in `problems`.

    Args:
        path: The file.
        file_name: The file, as errors name it.
    """
    try:
        text = read_text(path, MAX_WRITTEN_BY_HAND)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        return YamlTree(problems=[SettingProblem((), f"{file_name}: cannot be read: {reason}")])
    return parse_tree(text, file_name)


def parse_tree(text: str, file_name: str) -> YamlTree:
    """Read YAML, or JSON, from a text; see `read_tree`."""
    return _Composer(text, file_name).compose()


class _Composer:
    """Converts the nodes of a document to plain values and records their lines."""

    def __init__(self, text: str, file_name: str) -> None:
        self._file_name = file_name
        self._text = text
        self._tree = YamlTree()
        self._ancestors: list[yaml.Node] = []

    def compose(self) -> YamlTree:
        try:
            # The text is decoded here, so that a control character is a problem like any other.
            self._loader = CoreLoader(self._text)
            node = self._loader.compose_bounded()
            if node is not None:
                self._read_document(node)
        except yaml.YAMLError as error:
            self._tree.values = {}
            self._tree.problems.append(SettingProblem((), self._describe_syntax_error(error)))
        return self._tree

    def _describe_syntax_error(self, error: yaml.YAMLError) -> str:
        mark = getattr(error, "problem_mark", None)
        where = f"{self._file_name}:{mark.line + 1}" if mark else self._file_name
        if isinstance(error, yaml.reader.ReaderError):
            line = self._text.count("\n", 0, error.position) + 1
            return (
                f"{self._file_name}:{line}: this is not valid YAML: the character "
                f"{chr(error.character)!r} is not allowed"
            )
        return f"{where}: this is not valid YAML: {getattr(error, 'problem', None) or error}"

    def _read_document(self, node: yaml.Node) -> None:
        if not isinstance(node, yaml.MappingNode):
            self._add_problem(node, (), "the file must contain keys, as in `key: value`")
            return
        self._tree.values = self._read_value(node, ())

    def _add_problem(self, node: yaml.Node, path: KeyPath, text: str) -> None:
        self._tree.problems.append(SettingProblem(path, f"{self._format_place(node)}: {text}"))

    def _format_place(self, node: yaml.Node) -> str:
        return f"{self._file_name}:{node.start_mark.line + 1}"

    def _read_value(self, node: yaml.Node, path: KeyPath) -> Any:
        if any(node is ancestor for ancestor in self._ancestors):
            self._add_problem(node, path, "an alias refers to a node that contains it")
            return None
        self._ancestors.append(node)
        try:
            return self._convert(node, path)
        finally:
            self._ancestors.pop()

    def _convert(self, node: yaml.Node, path: KeyPath) -> Any:
        if isinstance(node, yaml.MappingNode):
            return dict(self._read_items(node, path))
        if isinstance(node, yaml.SequenceNode):
            return [self._read_value(item, (*path, str(number))) for number, item in enumerate(node.value)]
        try:
            return self._read_scalar(node)
        except ValueError as error:
            self._add_problem(node, path, f"{truncate(repr(node.value), 60)} cannot be read: {error}")
            return None

    def _read_scalar(self, node: yaml.Node) -> Any:
        value = self._loader.construct_value(node)
        is_usual_form = isinstance(value, str) or node.value in ("", to_canonical_text(value))
        return value if is_usual_form else YamlScalar(value, node.value)

    def _read_items(self, node: yaml.MappingNode, path: KeyPath) -> Iterator[tuple[str, Any]]:
        self._check_duplicates(node, path)
        self._loader.flatten_mapping(node)
        for key_node, value_node in node.value:
            key = self._read_key(key_node, path)
            if key is None:
                continue
            self._tree.places[(*path, key)] = self._format_place(key_node)
            yield key, self._read_value(value_node, (*path, key))

    def _read_key(self, node: yaml.Node, path: KeyPath) -> str | None:
        try:
            key = self._loader.construct_value(node) if isinstance(node, yaml.ScalarNode) else None
        except ValueError as error:
            self._add_problem(node, path, f"the key {truncate(repr(node.value), 60)} cannot be read: {error}")
            return None
        if isinstance(key, str):
            return key
        problem = (
            f"the key `{node.value}` is read as {to_canonical_text(key)}, not as text"
            if isinstance(node, yaml.ScalarNode)
            else "a key is not text"
        )
        self._add_problem(node, path, f"{problem}: put it in quotes")
        return None

    def _check_duplicates(self, node: yaml.MappingNode, path: KeyPath) -> None:
        seen: dict[Hashable, yaml.Node] = {}
        for key_node, _ in node.value:
            if not isinstance(key_node, yaml.ScalarNode) or key_node.tag == "tag:yaml.org,2002:merge":
                continue
            first = seen.setdefault(key_node.value, key_node)
            if first is not key_node:
                line = first.start_mark.line + 1
                text = f"`{key_node.value}` is set twice; first on line {line}"
                self._add_problem(key_node, (*path, key_node.value), text)


def merge(layers: list[YamlTree]) -> YamlTree:
    """Merge trees: mappings are merged recursively, any other value replaces the earlier one."""
    merged = YamlTree()
    for layer in layers:
        merged.values = _merge_values(merged.values, layer.values)
        merged.places |= layer.places
        merged.problems += layer.problems
    return merged


def _merge_values(base: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(base)
    for key, value in overrides.items():
        earlier = result.get(key)
        if isinstance(earlier, Mapping) and isinstance(value, Mapping):
            result[key] = _merge_values(earlier, value)
        else:
            result[key] = value
    return result


def iterate_leaves(values: Any, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Any]]:
    """Yield every value that is not a mapping or list, with its key path."""
    if isinstance(values, Mapping):
        for key, value in values.items():
            yield from iterate_leaves(value, (*path, key))
    elif isinstance(values, list | tuple):
        for number, value in enumerate(values):
            yield from iterate_leaves(value, (*path, str(number)))
    else:
        yield path, values
