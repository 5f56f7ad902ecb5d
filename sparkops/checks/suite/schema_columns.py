"""The columns of a frame by the names that Great Expectations gives them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

_LEAST = 2  # the two backticks around a name


@dataclass(frozen=True)
class Columns:
    """The columns of a schema: nested ones by their path, names with dots in backticks.

    Args:
        types: Name to Spark's type, or what JSON says of it, in the order of the frame.
    """

    types: tuple[tuple[str, Any], ...]

    @classmethod
    def of(cls, schema: Any) -> Columns:
        """Return the columns of a frame's schema."""
        return cls(tuple(_flat(schema, "")))

    @classmethod
    def told(cls, struct: Mapping[str, Any]) -> Columns:
        """Return the columns that a schema's JSON tells; the types are what it says of them."""
        return cls(tuple(_flat_told(struct, "")))

    @cached_property
    def names(self) -> list[str]:
        """Return every name."""
        return [name for name, _ in self.types]

    def find(self, name: str) -> str:
        """Return the name that Spark takes for a column as a suite names it.

        Raises:
            ValueError: There is no such column.
        """
        wanted = name.casefold()
        for known in self.names:
            folded = known.casefold()
            if wanted == folded or (_is_quoted(known) and wanted == folded[1:-1]):
                return known
            if folded in (wanted.strip('"'), wanted.strip("[]"), wanted.strip("`")):
                return name
        raise ValueError(f'Error: The column "{name}" in BatchData does not exist.')

    def type_of(self, found: str) -> Any:
        """Return Spark's type of a column that `find` returned."""
        folded = found.casefold().strip("`")
        return next(kind for name, kind in self.types if name.casefold().strip("`") == folded)


def _flat(schema: Any, parent: str) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for child in schema.fields:
        quoted = "." in child.name and not _is_quoted(child.name)
        name = f"{parent}`{child.name}`" if quoted else f"{parent}{child.name}"
        found.append((name, child.dataType))
        if hasattr(child.dataType, "fields"):
            found += _flat(child.dataType, f"{parent}{child.name}.")
    return found


def _flat_told(struct: Mapping[str, Any], parent: str) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for child in struct["fields"]:
        plain, kind = child["name"], child["type"]
        quoted = "." in plain and not _is_quoted(plain)
        found.append((f"{parent}`{plain}`" if quoted else f"{parent}{plain}", kind))
        if isinstance(kind, Mapping) and kind["type"] == "struct":
            found += _flat_told(kind, f"{parent}{plain}.")
    return found


def _is_quoted(name: str) -> bool:
    return len(name) >= _LEAST and name.startswith("`") and name.endswith("`")
