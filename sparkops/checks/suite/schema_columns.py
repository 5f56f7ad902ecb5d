"""The columns of a schema, under the names that Great Expectations gives them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

_BACKTICKS = 2


@dataclass(frozen=True)
class Columns:
    """The columns of a schema. Nested columns have a path (`a.b`); a name that contains a dot is in backticks.

    Args:
        types: Name and type of each column, in the order of the schema: Spark's types, or after `from_json` their JSON.
    """

    types: tuple[tuple[str, Any], ...]

    @classmethod
    def of(cls, schema: Any) -> Columns:
        """Return the columns of a Spark schema."""
        return cls(tuple(_flatten(schema, "")))

    @classmethod
    def from_json(cls, struct: Mapping[str, Any]) -> Columns:
        """Return the columns of a schema in its JSON form, as Delta stores it."""
        return cls(tuple(_flatten_json(struct, "")))

    @cached_property
    def names(self) -> list[str]:
        """Return all names."""
        return [name for name, _ in self.types]

    def find(self, name: str) -> str:
        """Return the name under which Spark resolves a column that a suite names.

        Raises:
            ValueError: There is no such column.
        """
        folded_name = name.casefold()
        # As in Great Expectations: case, and quotes or brackets around a name, do not matter.
        for known in self.names:
            folded = known.casefold()
            if folded_name == folded or (_is_quoted(known) and folded_name == folded[1:-1]):
                return known
            if folded in (folded_name.strip('"'), folded_name.strip("[]"), folded_name.strip("`")):
                return name
        raise ValueError(f'Error: The column "{name}" in BatchData does not exist.')

    def find_type(self, resolved_name: str) -> Any:
        """Return the type of a column whose name `find` returned.

        Raises:
            ValueError: The name is in quotes or brackets, which `find` ignores as Great Expectations does, and Spark
                does not.
        """
        folded_name = resolved_name.casefold().strip("`")
        for name, column_type in self.types:
            if name.casefold().strip("`") == folded_name:
                return column_type
        bare_name = resolved_name.strip('"[]')
        raise ValueError(
            f"Spark has no column {resolved_name}: write the name without quotes or brackets: {bare_name}."
        )


def _flatten(schema: Any, parent: str) -> Iterator[tuple[str, Any]]:
    for child in schema.fields:
        yield f"{parent}{_quote(child.name)}", child.dataType
        if hasattr(child.dataType, "fields"):
            yield from _flatten(child.dataType, f"{parent}{child.name}.")


def _flatten_json(struct: Mapping[str, Any], parent: str) -> Iterator[tuple[str, Any]]:
    for child in struct["fields"]:
        name, kind = child["name"], child["type"]
        yield f"{parent}{_quote(name)}", kind
        if isinstance(kind, Mapping) and kind["type"] == "struct":
            yield from _flatten_json(kind, f"{parent}{name}.")


def _quote(name: str) -> str:
    return f"`{name}`" if "." in name and not _is_quoted(name) else name


def _is_quoted(name: str) -> bool:
    return len(name) >= _BACKTICKS and name.startswith("`") and name.endswith("`")
