"""An input field of a model, and the conversion of a value of a row to its type."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from decimal import Decimal
from functools import partial
from numbers import Integral, Real
from struct import pack, unpack
from typing import Any, NoReturn

from ...core import type_names
from ...core.type_names import INTEGER_BITS, MAX_PRECISION, parse_decimal_digits, parse_element_type
from ...errors import RowError
from .temporal import UnknownZoneError, parse_time_zone, to_date, to_timestamp

# An integer type holds -limit to limit - 1.
INTEGER_RANGES: dict[str, int] = {name: 2 ** (bits - 1) for name, bits in INTEGER_BITS.items()}
FLOATING_TYPES = frozenset(type_names.FLOATING_TYPES)
NUMERIC_TYPES = frozenset({*INTEGER_RANGES, *FLOATING_TYPES})
ATOMIC = frozenset({*NUMERIC_TYPES, "string", "boolean", "date", "timestamp"})
TYPES = frozenset({*ATOMIC, "vector", *(f"array<{type_}>" for type_ in ATOMIC)})
# A vector of at least this many slots is held sparse: as a dictionary of the slots other than 0.
SPARSE_FROM = 1024
# Smallest double that rounds to infinity in single precision.
_FLOAT_OVERFLOW = 3.4028235677973366e38
# Characters of a value that an error message shows.
_MAX_SHOWN = 80


class SparseSlots(tuple[float, ...]):
    """All slots of a vector that the row holds sparse, as Spark stores it then."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Field:
    """An input column.

    Args:
        name: Column name.
        type: Type as named by Spark and MLflow: "string", "boolean", "byte", "short", "integer", "long", "float",
            "double", "decimal(p,s)", "date", "timestamp" (naive, in the session's time zone), "vector", or "array<...>"
            of any of these except decimals and vectors.
        nullable: Whether the value may be null.
        size: Length of a vector, if known.
        zone: For timestamps, the time zone of the session that trained the model; times with a time zone are converted
            to it. None if unknown: such times are then refused.
    """

    name: str
    type: str
    nullable: bool = True
    size: int | None = None
    zone: str | None = None

    def make_reader(self) -> Callable[[Any], Any]:
        """Return the function that converts a value of a row to this type, or raises RowError."""
        if self.type in INTEGER_RANGES:
            return self._read_integer
        element = parse_element_type(self.type)
        if element is not None:
            return partial(self._read_array, Field(self.name, element, zone=self.zone).make_reader())
        if self.type.startswith("decimal"):
            return partial(self._read_decimal, parse_decimal_digits(self.type) or (MAX_PRECISION, 0))
        readers: dict[str, Callable[[Any], Any]] = {
            "string": self._read_text,
            "boolean": self._read_boolean,
            "float": self._read_float,
            "double": self._read_double,
            "date": partial(self._read_temporal, to_date, self._parse_zone()),
            "timestamp": partial(self._read_temporal, to_timestamp, self._parse_zone()),
            "vector": self._read_vector,
        }
        return readers[self.type]

    def _parse_zone(self) -> tzinfo | None:
        return None if self.zone is None else parse_time_zone(self.zone)

    def _require_null(self, value: Any) -> None:
        """Accept a missing value, and refuse a value that is not of this type.

        Raises:
            RowError: The value is not missing, or the field may not be null.
        """
        if value is not None and not is_missing_marker(value):
            self._refuse(value)
        if not self.nullable:
            raise RowError(f"Field `{self.name}` may not be null.", field=self.name, value=None)

    def _refuse(self, value: Any, reason: str = "") -> NoReturn:
        expected = self.type if self.size is None else f"{self.type} of {self.size} numbers"
        article = "an" if expected[0] in "aeiou" else "a"
        clause = f": {reason}" if reason else ""
        raise RowError(
            f"Field `{self.name}` takes {article} {expected}, not {_shorten(value)} ({type(value).__name__}){clause}.",
            field=self.name,
            value=value,
        )

    def _read_text(self, value: Any) -> str | None:
        if isinstance(value, str):
            return str(value)
        self._require_null(value)
        return None

    def _read_boolean(self, value: Any) -> bool | None:
        if isinstance(value, bool) or getattr(getattr(value, "dtype", None), "kind", "") == "b":
            return bool(value)
        self._require_null(value)
        return None

    def _read_integer(self, value: Any) -> int | None:
        if value is None or isinstance(value, bool) or not isinstance(value, Real):
            self._require_null(value)
            return None
        number = int(value) if isinstance(value, Integral) else _to_integer(value)
        limit = INTEGER_RANGES[self.type]
        if number is None or not -limit <= number < limit:
            self._refuse(value)
        return number

    def _read_double(self, value: Any) -> float | None:
        if value is None or isinstance(value, bool) or not isinstance(value, Real):
            self._require_null(value)
            return None
        try:
            return float(value)
        except OverflowError:
            self._refuse(value)

    def _read_float(self, value: Any) -> float | None:
        number = self._read_double(value)
        if number is None:
            return None
        if _FLOAT_OVERFLOW <= abs(number) < float("inf"):
            self._refuse(value)
        return float(unpack("f", pack("f", number))[0])

    def _read_decimal(self, digits: tuple[int, int], value: Any) -> float | None:
        """Return the double that Spark's stages read; the value must fit the type without rounding."""
        if isinstance(value, bool) or not isinstance(value, Real | Decimal | str):
            self._require_null(value)
            return None
        try:
            number = Decimal(value if isinstance(value, Decimal | str) else repr(_to_python(value)))
        except ArithmeticError:
            self._refuse(value)
        precision, scale = digits
        exponent = number.normalize().as_tuple().exponent
        fits = isinstance(exponent, int) and -exponent <= scale
        if not fits or (number and number.adjusted() >= precision - scale):
            self._refuse(value)
        return float(number)

    def _read_array(self, read_item: Callable[[Any], Any], value: Any) -> list[Any] | None:
        values = value.tolist() if hasattr(value, "tolist") else value
        if not isinstance(values, Sequence) or isinstance(values, str):
            self._require_null(value)
            return None
        return [read_item(item) for item in values]

    def _read_temporal(
        self, convert: Callable[[Any, tzinfo | None], Any], zone: tzinfo | None, value: Any
    ) -> Any:
        if value is None or is_missing_marker(value):
            self._require_null(value)
            return None
        try:
            return convert(value, zone)
        except UnknownZoneError as error:
            self._refuse(value, str(error))
        except (ValueError, OverflowError):
            self._refuse(value)

    def _read_vector(self, value: Any) -> tuple[float, ...] | dict[int, float] | None:
        """Return the slots of a vector; of at least `SPARSE_FROM` slots, a dictionary of those other than 0.

        A vector is a list of numbers, or Spark's struct: {"type": 0, "size": n, "indices": [...], "values": [...]} when
        sparse, {"type": 1, "values": [...]} when dense; or a vector of pyspark, or one row of a sparse matrix of SciPy.
        """
        if value is None or is_missing_marker(value):
            self._require_null(value)
            return None
        value = _to_struct(value)
        is_sparse = (self.size or 0) >= SPARSE_FROM
        is_struct = isinstance(value, Mapping)
        if is_struct and value.get("type") != 1:
            return self._read_sparse_struct(value, is_sparse=is_sparse)
        values = self._read_slots(value.get("values") or () if is_struct else value, value, self.size)
        return {position: slot for position, slot in enumerate(values) if slot} if is_sparse else values

    def _read_sparse_struct(
        self, value: Mapping[str, Any], *, is_sparse: bool
    ) -> tuple[float, ...] | dict[int, float]:
        numbers, indices = value.get("values"), value.get("indices")
        if indices is not None and hasattr(indices, "tolist"):
            indices = indices.tolist()
        if value.get("type") != 0 or value.get("size") != self.size or not isinstance(indices, Sequence):
            self._refuse(value)
        slots = self._read_slots(numbers, value, len(indices))
        in_range = all(type(index) is int and 0 <= index < (self.size or 0) for index in indices)
        if not in_range or len(set(indices)) != len(indices):
            self._refuse(value)
        entries = dict(sorted(zip(indices, slots, strict=True)))
        return entries if is_sparse else SparseSlots(entries.get(slot, 0.0) for slot in range(self.size or 0))

    def _read_slots(self, numbers: Any, value: Any, size: int | None) -> tuple[float, ...]:
        values = numbers.tolist() if hasattr(numbers, "tolist") else numbers
        if not isinstance(values, Sequence) or isinstance(values, str) or len(values) != size:
            self._refuse(value)
        if not all(isinstance(item, Real) and not isinstance(item, bool) for item in values):
            self._refuse(value)
        try:
            return tuple(map(float, values))
        except OverflowError:
            self._refuse(value)


def _to_integer(value: Real) -> int | None:
    """Return a number as an integer, None if it is not whole: JSON does not distinguish 1 from 1.0."""
    try:
        number = float(value)
    except OverflowError:
        return None
    return int(number) if number.is_integer() else None


def _shorten(value: Any) -> str:
    """Return a value as an error message shows it."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):
        # Python shows no integer of more than 4300 digits, and no list of very many levels.
        return "a value that is too long to show"
    return text if len(text) <= _MAX_SHOWN else f"{text[: _MAX_SHOWN - 3]}..."


def is_field_type(type_: str) -> bool:
    """Return whether a row can hold values of a type."""
    return type_ in TYPES or parse_decimal_digits(type_) is not None


def is_missing_marker(value: Any) -> bool:
    """Return whether a value is pandas' `NA` or `NaT`, recognized without importing pandas."""
    return type(value).__name__ in ("NAType", "NaTType")


def _to_python(number: Any) -> Any:
    return number.item() if hasattr(number, "item") else number


def _to_struct(value: Any) -> Any:
    """Return a vector of pyspark or a row of a sparse matrix as Spark's struct or as an array.

    Other values are returned unchanged.
    """
    if hasattr(value, "tocsr"):
        row = value.tocsr()
        sparse = row.indices, row.data, int(row.shape[-1])
    elif hasattr(value, "toArray"):
        if not hasattr(value, "indices"):
            return value.toArray()
        sparse = value.indices, value.values, int(value.size)
    else:
        return value
    indices, values, size = sparse
    return {"type": 0, "size": size, "indices": indices.tolist(), "values": values.tolist()}


# JSON key to attribute. A key is persisted, so it stays if an attribute is renamed.
_KEYS = {"name": "name", "type": "type", "nullable": "nullable", "size": "size", "zone": "zone"}


def field_to_json(field: Field) -> dict[str, Any]:
    """Return a field as JSON values.

    The time zone's key is left out if the zone is unknown, as in artifacts of earlier versions.
    """
    values = {key: getattr(field, name) for key, name in _KEYS.items()}
    return {key: value for key, value in values.items() if key != "zone" or value is not None}


def field_from_json(item: Mapping[str, Any]) -> Field:
    """Return the field of the JSON values that `field_to_json` returned.

    Raises:
        KeyError: A key is unknown.
        TypeError: A key is missing.
    """
    return Field(**{_KEYS[key]: value for key, value in item.items()})
