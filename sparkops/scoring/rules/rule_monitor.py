"""A model's rules at work on the rows that it scores: refused, warned of, or only counted."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any, Literal

import numpy as np

from ...errors import RowError
from ..batch.columns import ScalarColumn
from ..batch.dictionary_column import DictionaryColumn
from ..batch.reader import read_slice, value_at
from ..ir.conditions import unquote
from ..ir.field import WHOLE_RANGES, Field
from ..ir.portable_rules import PortableRule, PortableRules
from ..protocol import ScoreRow
from .row_predicate import compile_rules
from .vectorized_rules import VectorizedRules

RuleMode = Literal["refuse", "warn", "count", "off"]
_CHUNK = 8192  # rows that are judged at once
_log = logging.getLogger("sparkops.scoring")


class RuleMonitor:
    """Judges each row before it is scored.

    Args:
        checks: The rules.
        fields: What a row holds.
        apply: "refuse" rows that break a rule of which one row is enough (neither `mostly` nor the policy `warn`), "warn"
            of the first row that breaks a rule, or "count".
    """

    def __init__(self, checks: PortableRules, fields: Sequence[Field], apply: RuleMode) -> None:
        self.rules, self._apply, self._lock = checks.rules, apply, Lock()
        self.counts = [0] * len(self.rules)
        rules = [each.rule for each in self.rules]
        self._judge, self._screen = compile_rules(rules, fields), VectorizedRules(rules, fields)
        names = {unquote(name) for each in self.rules for name in each.rule.fields}
        self._fields = [field for field in fields if field.name in names]

    @property
    def broken(self) -> dict[str, int]:
        """Return how many rows broke which rule, by its label; those that none broke are left out."""
        with self._lock:
            found: dict[str, int] = {}
            for carried, count in zip(self.rules, self.counts, strict=True):
                if count:
                    found[carried.label] = found.get(carried.label, 0) + count
            return found

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
            stop = min(start + _CHUNK, size)
            suspects = self._suspects(columns, start, stop)
            if not suspects:
                continue
            cells = [_cells(field, columns[field.name], suspects) for field in self._fields]
            for at, values in zip(suspects, zip(*cells, strict=True), strict=True):
                row = dict(zip(names, values, strict=True))
                try:
                    found = self._judge(row)
                except RowError:
                    return
                if found:
                    self._tell(found, row, f"Row {at}: ")

    def _suspects(self, columns: Mapping[str, Any], start: int, stop: int) -> Sequence[int]:
        """Return which rows of a chunk the judge must see: all where one of them cannot be read."""
        given: dict[str, ScalarColumn] = {}
        for field in self._fields:
            column = read_slice(field, columns[field.name], start, stop)
            if not isinstance(column, ScalarColumn):
                return range(start, stop)
            given[field.name] = column
        suspects: list[int] = (start + self._screen.violations(given, stop - start)).tolist()
        return suspects

    def _tell(self, found: Sequence[int], row: Mapping[str, Any], place: str) -> None:
        for at in found:
            carried = self.rules[at]
            with self._lock:
                self.counts[at] += 1
                count = self.counts[at]
            if self._apply == "refuse" and carried.refuses:
                field, value, told = _shown(carried, row)
                raise RowError(f"{place}{told}", field=field, value=value)
            if self._apply != "count" and count == 1:
                _log.warning(
                    "%s%s Further rows that break it are only counted.", place, _shown(carried, row)[2]
                )


def _cells(field: Field, values: Any, rows: Sequence[int]) -> list[Any]:
    """Return some values of a column as a row would hold them."""
    if isinstance(values, DictionaryColumn):
        words: list[Any] = values.dictionary.take(values.indices[rows]).tolist()
        return words
    flat = isinstance(values, np.ndarray) and values.ndim == 1
    if flat and not (values.dtype.kind == "f" and field.type in WHOLE_RANGES):
        listed: list[Any] = values[rows].tolist()
        return listed
    return [value_at(field, values, at) for at in rows]


def _shown(carried: PortableRule, row: Mapping[str, Any]) -> tuple[str, Any, str]:
    names = [unquote(name) for name in carried.rule.fields]
    values = ", ".join(f"`{name}`: {repr(row[name])[:80]}" for name in names)
    field = "Field" if len(names) == 1 else "Fields"
    told = f"{field} {values} breaks {carried.label}, a rule of table `{carried.table}` ({carried.place})."
    return names[0], row[names[0]], told
