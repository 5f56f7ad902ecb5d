"""The rows of a request as its format holds them, and their conversion to rows of a model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sparkops.core.wording import format_count
from sparkops.errors import RowError
from sparkops.scoring.ir.field import Field
from sparkops.scoring.ir.row_fields import flatten_structs, is_struct
from sparkops.serving.request_options import Extra

Row = dict[str, Any]
CellConverter = Callable[[Any, str], Any]


@dataclass(frozen=True, slots=True)
class InvalidRow:
    """A row that is not of the form that its format needs; `reason` is a message."""

    reason: str

    def __len__(self) -> int:
        """Return 0: it has no values."""
        return 0


@dataclass(frozen=True, slots=True)
class RequestRows:
    """The rows of a request.

    Args:
        rows: Values by name.
        convert: Returns the value of a field, from a cell and the type of the field.
    """

    rows: Sequence[Mapping[str, Any] | InvalidRow]
    convert: CellConverter


class InputSchema:
    """The fields of a model, and the conversion of rows to them.

    Args:
        fields: Fields that the model reads.
        ignored: Other fields of its signature, which a row may have.
    """

    def __init__(self, fields: Sequence[Field], ignored: Sequence[str] = ()) -> None:
        self.names = tuple(field.name for field in fields)
        self.types = {field.name: field.type for field in fields}
        self._items = tuple(self.types.items())
        self._ignored = frozenset(ignored)
        self._has_structs = any("." in name for name in self.names)

    def read_row(self, values: Mapping[str, Any] | InvalidRow, convert: CellConverter, extra: Extra) -> Row:
        """Return the fields of a row, converted.

        Of a row that lacks a field every value is returned; the scorer reports the error.

        Raises:
            RowError: The row is invalid.
        """
        if isinstance(values, InvalidRow):
            raise RowError(values.reason)
        if self._has_structs:
            values = flatten_structs(values, self.names)
        if extra != "refuse":
            try:
                return {name: convert(values[name], type_) for name, type_ in self._items}
            except KeyError:
                pass
        return {name: convert(value, self.types.get(name, "")) for name, value in values.items()}

    def find_extra(self, values: Mapping[str, Any] | InvalidRow) -> Row:
        """Return the values of a row that are no field of the model or of its signature."""
        if isinstance(values, InvalidRow):
            return {}
        return {
            name: value
            for name, value in values.items()
            if name not in self.types and name not in self._ignored and not self._is_struct(name)
        }

    def _is_struct(self, name: str) -> bool:
        return self._has_structs and is_struct(name, self.names)

    def to_mapping(self, cells: Sequence[Any], noun: str) -> Row | InvalidRow:
        """Return a row that is given by position.

        Args:
            cells: Values in the order of the model's fields.
            noun: What a value is called in the message.
        """
        if len(cells) != len(self.names):
            return InvalidRow(
                f"{format_count(len(cells), noun)} without names, and the model has "
                f"{format_count(len(self.names), 'field')}: {', '.join(self.names)}."
            )
        return dict(zip(self.names, cells, strict=True))
