"""A model's rules at work on the rows that it scores: refused, warned of, or only counted."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any, Literal

import numpy as np

from ...errors import RowError
from ..field import WHOLE_RANGES, Field
from ..reader import value_at
from ..row_code import ScoreRow
from .judge import judge
from .kind import plain_name
from .row_checks import Carried, RowChecks

Apply = Literal["refuse", "warn", "count", "off"]
_CHUNK = 8192  # rows whose values are listed at once
_log = logging.getLogger("sparkops.scoring")


class Watch:
    """Judges each row before it is scored.

    Args:
        checks: The rules.
        fields: What a row holds.
        apply: "refuse" rows that break a rule of which one row is enough (neither `mostly` nor the policy `warn`), "warn"
            of the first row that breaks a rule, or "count".
    """

    def __init__(self, checks: RowChecks, fields: Sequence[Field], apply: Apply) -> None:
        self.rules, self._apply, self._lock = checks.rules, apply, Lock()
        self.broken: dict[str, int] = {}
        self._judge = judge([each.rule for each in self.rules], fields)
        names = {plain_name(name) for each in self.rules for name in each.rule.fields}
        self._fields = [field for field in fields if field.name in names]

    def scoring(self, score: ScoreRow) -> ScoreRow:
        """Return the function that judges a row and then scores it."""

        def watched(row: Mapping[str, Any], explain: bool = False) -> dict[str, Any]:
            try:
                found = self._judge(row)
            except (KeyError, TypeError):  # no row, or one without a field: scoring it says so
                found = None
            if found:
                self._tell(found, row, "")
            return score(row, explain)

        return watched

    def batch(self, columns: Mapping[str, Any], size: int) -> None:
        """Judge the rows of a batch, up to the first that cannot be read: scoring it says so."""
        names = [field.name for field in self._fields]
        for start in range(0, size, _CHUNK):
            cells = [_cells(field, columns[field.name][start : start + _CHUNK]) for field in self._fields]
            for at, values in enumerate(zip(*cells, strict=True), start):
                row = dict(zip(names, values, strict=True))
                try:
                    found = self._judge(row)
                except RowError:
                    return
                if found:
                    self._tell(found, row, f"Row {at}: ")

    def _tell(self, found: Sequence[int], row: Mapping[str, Any], place: str) -> None:
        for at in found:
            carried = self.rules[at]
            with self._lock:
                count = self.broken[carried.label] = self.broken.get(carried.label, 0) + 1
            if self._apply == "refuse" and carried.refuses:
                field, value, told = _shown(carried, row)
                raise RowError(f"{place}{told}", field=field, value=value)
            if self._apply != "count" and count == 1:
                _log.warning(
                    "%s%s Further rows that break it are only counted.", place, _shown(carried, row)[2]
                )


def _cells(field: Field, part: Any) -> list[Any]:
    """Return a slice of a column as a row would hold its values."""
    flat = isinstance(part, np.ndarray) and part.ndim == 1
    if flat and not (part.dtype.kind == "f" and field.type in WHOLE_RANGES):
        listed: list[Any] = part.tolist()
        return listed
    return [value_at(field, part, at) for at in range(len(part))]


def _shown(carried: Carried, row: Mapping[str, Any]) -> tuple[str, Any, str]:
    names = [plain_name(name) for name in carried.rule.fields]
    values = ", ".join(f"`{name}`: {repr(row[name])[:80]}" for name in names)
    field = "Field" if len(names) == 1 else "Fields"
    told = f"{field} {values} breaks {carried.label}, a rule of table `{carried.table}` ({carried.place})."
    return names[0], row[names[0]], told
