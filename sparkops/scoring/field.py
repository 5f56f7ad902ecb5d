"""One input column of a model, and the rule that turns a row's value into the column's own type."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from struct import pack, unpack
from typing import Any, NoReturn

from ..errors import RowError

WHOLE_RANGES = {"byte": 2**7, "short": 2**15, "integer": 2**31, "long": 2**63}
REALS = frozenset({"float", "double"})
NUMBERS = frozenset({*WHOLE_RANGES, *REALS})
TYPES = frozenset({*NUMBERS, "string", "boolean", "vector"})
_NEAREST_FLOAT_TO_OVERFLOW = 3.4028235677973366e38


@dataclass(frozen=True, slots=True)
class Field:
    """One input column.

    Args:
        name: Column name.
        type: Spark's and MLflow's word for its type: "string", "boolean", "byte", "short", "integer", "long",
            "float", "double" or "vector".
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
        return {
            "string": self._text,
            "boolean": self._boolean,
            "float": self._single,
            "double": self._double,
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

    def _vector(self, value: Any) -> tuple[float, ...] | None:
        if value is None:
            self._null()
            return None
        values = value.tolist() if hasattr(value, "tolist") else value
        if not isinstance(values, Sequence) or isinstance(values, str) or len(values) != self.size:
            self._mistyped(value)
        if not all(isinstance(item, Real) and not isinstance(item, bool) for item in values):
            self._mistyped(value)
        return tuple(map(float, values))
