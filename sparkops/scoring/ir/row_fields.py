"""The check that a row has the fields of a model: all that it reads, and none that it does not know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...core.wording import did_you_mean
from ...errors import RowError


def check_row_fields(row: Any, needed: Sequence[str], ignored: Sequence[str]) -> None:
    """Refuse a row that lacks a field, or has one that the model does not know.

    Args:
        row: A mapping by field name; or the columns of a batch.
        needed: Fields that the model reads.
        ignored: Other fields of its signature, which a row may have.

    Raises:
        RowError: A field is missing or unknown.
    """
    missing = [name for name in needed if name not in row]
    if missing:
        names = ", ".join(f"`{name}`" for name in missing)
        subject = f"Field {names} is" if len(missing) == 1 else f"Fields {names} are"
        unknown = ", ".join(f"`{name}`" for name in row if name not in needed and name not in ignored)
        clause = f", and {unknown} not known" if unknown else ""
        raise RowError(f"{subject} missing{clause}; the model reads {', '.join(needed)}.", field=missing[0])
    for name in row:
        if name not in needed and name not in ignored and not is_struct(str(name), (*needed, *ignored)):
            hint = did_you_mean(str(name), needed) or f" It reads {', '.join(needed)}."
            raise RowError(
                f"Field `{name}` is not known to this model.{hint}", field=str(name), value=row[name]
            )


def flatten_structs(row: Mapping[str, Any], names: Sequence[str]) -> Mapping[str, Any]:
    """Return a row with the fields of its structs under their paths.

    For example, the row {"address": {"city": "Bonn"}} also has "address.city".

    Args:
        row: Values by name; a struct is a mapping, or a row of pyspark. A struct that is null has null fields.
        names: Fields of the model; those with a dot that the row lacks are looked up.
    """
    paths = [name for name in names if "." in name and name not in row and name.partition(".")[0] in row]
    if not paths:
        return row
    return {**row, **{path: get_struct_field(row, path) for path in paths}}


def get_struct_field(row: Any, path: str) -> Any:
    """Return a value by its path in nested structs; null where a struct is null.

    Raises:
        RowError: A struct is something else, or lacks the field.
    """
    value = row
    for position, part in enumerate(path.split(".")):
        if value is None:
            return None
        fields = value.asDict() if hasattr(value, "asDict") else value
        if not isinstance(fields, Mapping) or part not in fields:
            struct = ".".join(path.split(".")[:position])
            raise RowError(f"Field `{struct}` is not a struct with the field `{part}`.", field=path)
        value = fields[part]
    return value


def is_struct(name: str, known: Sequence[str]) -> bool:
    """Return whether a name is that of a struct of which fields are known by their paths."""
    return any(item.startswith(f"{name}.") for item in known)
