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

    yaml_implicit_resolvers: dict[str, list[tuple[str, Any]]] = {}  # noqa: RUF012 - a class attribute, as PyYAML requires

    def construct_core_int(self, node: yaml.ScalarNode) -> int:
        """Return the value of an int."""
        text = str(self.construct_scalar(node))
        if text.startswith(("0o", "0x")):
            return int(text, 0)
        if re.fullmatch(r"[-+]?[0-9]+", text) is None:
            raise ValueError("an int is written in decimal digits, or as 0o14 or 0x0c")
        return int(text)


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
