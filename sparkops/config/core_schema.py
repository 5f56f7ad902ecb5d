"""YAML by the core schema of YAML 1.2, on PyYAML.

PyYAML resolves plain scalars by YAML 1.1, which silently changes values: `012` is 10, `12:30` is 750, `on` is True. Its
nodes have the lines that messages need, and it is installed with Spark's tools anyway; so its resolvers are replaced
here. The same for ruamel.yaml would be a second YAML library, whose loaders with lines are slower to import.

    null     null Null NULL ~ and nothing at all
    bool     true True TRUE false False FALSE; yes, no, on and off are text
    int      decimal digits (012 is 12), 0o14, 0x0c; 1_000 and 12:30 are text
    float    1.5, .5, 1e3, .inf, .nan
    <<       a merge key, which YAML 1.2 left out and many files use

A date is text: a parameter's type parses it. `DateLoader` also reads dates and times, for the arguments of
expectations, which have no declared type.
"""

from __future__ import annotations

import re
from typing import Any, Final

import yaml

_TAG: Final = "tag:yaml.org,2002:"
# Values of a document, more than any configuration has.
_MAX_VALUES: Final = 100_000
_CORE: Final = (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    (
        "float",
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        list("-+0123456789."),
    ),
    ("merge", r"<<", ["<"]),
)


class CoreLoader(yaml.SafeLoader):
    """A loader that resolves plain scalars by the core schema of YAML 1.2."""

    # PyYAML requires a class attribute.
    yaml_implicit_resolvers: dict[str, list[tuple[str, Any]]] = {}  # noqa: RUF012

    def construct_core_int(self, node: yaml.ScalarNode) -> int:
        """Return the value of an int."""
        text = str(self.construct_scalar(node))
        if text.startswith(("0o", "0x")):
            return int(text, 0)
        if re.fullmatch(r"[-+]?[0-9]+", text) is None:
            raise ValueError("an int is written in decimal digits, or as 0o14 or 0x0c")
        return int(text)

    def compose_bounded(self) -> yaml.Node | None:
        """Return the root node of the only document; None if there is none.

        Raises:
            yaml.YAMLError: It is not valid, nested too deeply, or its aliases stand for too many values.
        """
        try:
            root = self.get_single_node()
            size = 0 if root is None else _count_values(root, {})
        except RecursionError:
            raise yaml.YAMLError("nested too deeply") from None
        if size > _MAX_VALUES:
            raise yaml.YAMLError(f"its aliases stand for more than {_MAX_VALUES:,} values")
        return root

    def construct_value(self, node: yaml.Node) -> Any:
        """Return the value of a node.

        Raises:
            ValueError: The text is not a value of its tag.
        """
        try:
            value = self.construct_document(node)
        except yaml.YAMLError as error:
            raise ValueError(getattr(error, "problem", None) or str(error)) from None
        except RecursionError:
            raise ValueError("nested too deeply") from None
        except (ArithmeticError, AttributeError, LookupError, TypeError) as error:
            tag = str(node.tag).removeprefix(_TAG)
            raise ValueError(f"not a value of the type {tag}") from error
        if isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value):
            raise ValueError("it has half of a surrogate pair, which is no character")
        return value


def load_yaml(text: str, loader: type[CoreLoader] = CoreLoader) -> Any:
    """Return the value of a YAML document.

    Raises:
        yaml.YAMLError: It is not valid, nested too deeply, or its aliases stand for too many values.
        ValueError: The text is not a value of its tag.
    """
    instance = loader(text)
    try:
        node = instance.compose_bounded()
        return None if node is None else instance.construct_value(node)
    finally:
        instance.dispose()


def _count_values(node: yaml.Node, counts: dict[int, int]) -> int:
    """Return the number of values of a node, where an alias counts as all the values it stands for.

    An alias inside of its own node counts as 1.
    """
    if id(node) not in counts:
        counts[id(node)] = 1
        parts = node.value if isinstance(node, yaml.CollectionNode) else ()
        nodes = (part for item in parts for part in (item if isinstance(item, tuple) else (item,)))
        counts[id(node)] = 1 + sum(_count_values(part, counts) for part in nodes)
    return counts[id(node)]


class DateLoader(CoreLoader):
    """A core loader that also reads dates and times, as YAML's timestamp type does."""

    # A copy: PyYAML shares the lists of a base class.
    yaml_implicit_resolvers: dict[str, list[tuple[str, Any]]] = {}  # noqa: RUF012


class CoreDumper(yaml.SafeDumper):
    """A dumper that quotes every text which YAML 1.1 or the core schema would read as something else."""


for _name, _pattern, _first in _CORE:
    for _class in (CoreLoader, DateLoader, CoreDumper):
        _class.add_implicit_resolver(_TAG + _name, re.compile(rf"^(?:{_pattern})$"), _first)
DateLoader.add_implicit_resolver(
    _TAG + "timestamp",
    re.compile(
        r"^[0-9]{4}-[0-9]{2}-[0-9]{2}"
        r"(?:(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?(?:[ \t]*(?:Z|[-+][0-9]{1,2}(?::?[0-9]{2})?))?)?$"
    ),
    list("0123456789"),
)
CoreLoader.add_constructor(_TAG + "int", CoreLoader.construct_core_int)
DateLoader.add_constructor(_TAG + "int", CoreLoader.construct_core_int)
