"""One input column of a model, and the rule that turns a row's value into the column's own type."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from numbers import Integral, Real
from struct import pack, unpack
from typing import Any, NoReturn

from ...errors import RowError

WHOLE_RANGES = {"byte": 2**7, "short": 2**15, "integer": 2**31, "long": 2**63}
REALS = frozenset({"float", "double"})
NUMBERS = frozenset({*WHOLE_RANGES, *REALS})
ATOMIC = frozenset({*NUMBERS, "string", "boolean", "date", "timestamp"})
TYPES = frozenset({*ATOMIC, "vector", *(f"array<{kind}>" for kind in ATOMIC)})
SPARSE_FROM = 1024  # slots from which on a vector is held as the few that are not 0
_NEAREST_FLOAT_TO_OVERFLOW = 3.4028235677973366e38


@dataclass(frozen=True, slots=True)
class Field:
    """One input column.

    Args:
        name: Column name.
        type: Spark's and MLflow's word for its type: "string", "boolean", "byte", "short", "integer", "long",
            "float", "double", "date", "timestamp" (naive: what the session's clock shows), "vector", or "array<...>"
            of any of these but vectors.
        nullable: Whether a row may hold null here.
        size: Length of a vector, where known.
    """

    name: str
    type: str
    nullable: bool = True
    size: int | None = None

    def reader(self) -> Callable[[Any], Any]:
        """Return the function that turns a row's value into this column's type, or raises RowError."""
        if self.type in WHOLE_RANGES:
            return self._whole
        if self.type.startswith("array<"):
            return partial(self._array, Field(self.name, self.type[6:-1]).reader())
        return {
            "string": self._text,
            "boolean": self._boolean,
            "float": self._single,
            "double": self._double,
            "date": self._date,
            "timestamp": self._timestamp,
            "vector": self._vector,
        }[self.type]

    def _null(self) -> None:
        if not self.nullable:
            raise RowError(f"Field `{self.name}` may not be null.", field=self.name, value=None)

    def _mistyped(self, value: Any) -> NoReturn:
        what = self.type if self.size is None else f"{self.type} of {self.size} numbers"
        article = "an" if what[0] in "aeiou" else "a"
        shown = repr(value)
        shown = shown if len(shown) <= 80 else shown[:77] + "..."  # noqa: PLR2004
        raise RowError(
            f"Field `{self.name}` takes {article} {what}, not {shown} ({type(value).__name__}).",
            field=self.name,
            value=value,
        )

    def _text(self, value: Any) -> str | None:
        if value is None:
            self._null()
            return None
        if not isinstance(value, str):
            self._mistyped(value)
        return str(value)

    def _boolean(self, value: Any) -> bool | None:
        if value is None:
            self._null()
            return None
        if not isinstance(value, bool) and getattr(getattr(value, "dtype", None), "kind", "") != "b":
            self._mistyped(value)
        return bool(value)

    def _whole(self, value: Any) -> int | None:
        if value is None:
            self._null()
            return None
        if isinstance(value, bool) or not isinstance(value, Real):
            self._mistyped(value)
        # JSON does not tell 1 from 1.0
        if not isinstance(value, Integral) and not float(value).is_integer():
            self._mistyped(value)
        whole = int(value) if isinstance(value, Integral) else int(float(value))
        limit = WHOLE_RANGES[self.type]
        if not -limit <= whole < limit:
            self._mistyped(value)
        return whole

    def _double(self, value: Any) -> float | None:
        if value is None:
            self._null()
            return None
        if isinstance(value, bool) or not isinstance(value, Real):
            self._mistyped(value)
        try:
            return float(value)
        except OverflowError:
            self._mistyped(value)

    def _single(self, value: Any) -> float | None:
        number = self._double(value)
        if number is None:
            return None
        if _NEAREST_FLOAT_TO_OVERFLOW <= abs(number) < float("inf"):
            self._mistyped(value)
        return float(unpack("f", pack("f", number))[0])

    def _array(self, read: Callable[[Any], Any], value: Any) -> list[Any] | None:
        if value is None:
            self._null()
            return None
        values = value.tolist() if hasattr(value, "tolist") else value
        if not isinstance(values, Sequence) or isinstance(values, str):
            self._mistyped(value)
        return [read(item) for item in values]

    def _date(self, value: Any) -> date | None:
        if value is None:
            self._null()
            return None
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        try:
            return date.fromisoformat(value)
        except (TypeError, ValueError):
            self._mistyped(value)

    def _timestamp(self, value: Any) -> datetime | None:
        if value is None:
            self._null()
            return None
        try:
            read = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        except (TypeError, ValueError):
            self._mistyped(value)
        if read.tzinfo is not None:
            self._mistyped(value)
        return read

    def _vector(self, value: Any) -> tuple[float, ...] | dict[int, float] | None:
        """Return a vector's slots, or of a wide one the slots that are not 0.

        A vector is a list of numbers, or Spark's own struct: {"type": 0, "size": n, "indices": [...], "values": [...]}
        when sparse, {"type": 1, "values": [...]} when dense.
        """
        if value is None:
            self._null()
            return None
        wide = (self.size or 0) >= SPARSE_FROM
        if isinstance(value, Mapping):
            return self._struct(value, wide=wide)
        values = self._slots(value, value, self.size)
        return {at: slot for at, slot in enumerate(values) if slot} if wide else values

    def _struct(self, value: Mapping[str, Any], *, wide: bool) -> tuple[float, ...] | dict[int, float]:
        if value.get("type") == 1:
            return self._vector(value.get("values") or ()) or ()
        numbers, places = value.get("values"), value.get("indices")
        if value.get("type") != 0 or value.get("size") != self.size or not isinstance(places, Sequence):
            self._mistyped(value)
        slots = self._slots(numbers, value, len(places))
        ordered = all(isinstance(place, int) and 0 <= place < (self.size or 0) for place in places)
        if not ordered or len(set(places)) != len(places):
            self._mistyped(value)
        found = dict(sorted(zip(places, slots, strict=True)))
        return found if wide else tuple(found.get(at, 0.0) for at in range(self.size or 0))

    def _slots(self, given: Any, value: Any, size: int | None) -> tuple[float, ...]:
        values = given.tolist() if hasattr(given, "tolist") else given
        if not isinstance(values, Sequence) or isinstance(values, str) or len(values) != size:
            self._mistyped(value)
        if not all(isinstance(item, Real) and not isinstance(item, bool) for item in values):
            self._mistyped(value)
        return tuple(map(float, values))


# Key in a model's file to field: a field may get another name, its key may not.
_KEYS = {"name": "name", "type": "type", "nullable": "nullable", "size": "size"}


def field_json(field: Field) -> dict[str, Any]:
    """Return a field under the keys of a model's file."""
    return {key: getattr(field, name) for key, name in _KEYS.items()}


def field_of(found: Mapping[str, Any]) -> Field:
    """Return the field that `field_json` was given.

    Raises:
        KeyError: A key is not known.
        TypeError: One is missing.
    """
    return Field(**{_KEYS[key]: value for key, value in found.items()})
