"""Evaluation of a model's rules on the rows that it scores: violating rows are refused, logged or only counted."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any, Literal

import numpy as np

from ...errors import RowError
from ..batch.columns import ScalarColumn
from ..batch.dictionary_column import DictionaryColumn
from ..batch.reader import get_value, read_slice
from ..ir.conditions import unquote
from ..ir.field import INTEGER_RANGES, Field
from ..ir.portable_rules import PortableRule, PortableRules
from ..protocol import ScoreRow
from .row_predicate import compile_rules
from .vectorized_rules import VectorizedRules

RuleMode = Literal["refuse", "warn", "count", "off"]
# Rows that are evaluated at once.
_CHUNK = 8192
_log = logging.getLogger("sparkops.scoring")


class RuleMonitor:
    """Evaluates the rules on each row before it is scored.

    Args:
        rules: The rules.
        fields: Fields of a row.
        mode: "refuse" rows that violate a rule without `mostly` and without the policy `warn`, "warn" of the first row
            that violates a rule, or "count".
    """

    def __init__(self, rules: PortableRules, fields: Sequence[Field], mode: RuleMode) -> None:
        self.rules, self._mode, self._lock = rules.rules, mode, Lock()
        self.counts = [0] * len(self.rules)
        row_rules = [rule.rule for rule in self.rules]
        self._find_violations = compile_rules(row_rules, fields)
        self._vectorized = VectorizedRules(row_rules, fields)
        names = {unquote(name) for rule in row_rules for name in rule.fields}
        self._fields = [field for field in fields if field.name in names]

    @property
    def broken(self) -> dict[str, int]:
        """Return the number of violating rows by label of the rule; rules without violations are left out."""
        with self._lock:
            counts: dict[str, int] = {}
            for rule, count in zip(self.rules, self.counts, strict=True):
                if count:
                    counts[rule.label] = counts.get(rule.label, 0) + count
            return counts

    def wrap(self, score: ScoreRow) -> ScoreRow:
        """Return a function that evaluates the rules on a row and then scores it."""

        def score_checked(row: Mapping[str, Any], explain: bool = False) -> dict[str, Any]:
            try:
                violated = self._find_violations(row)
            except (KeyError, TypeError):
                # It is not a row, or lacks a field: `score` raises the error for that.
                violated = None
            if violated:
                self._report(violated, row, "")
            return score(row, explain)

        return score_checked

    def check_batch(self, columns: Mapping[str, Any], size: int) -> None:
        """Evaluate the rules on a batch up to the first row that cannot be read; scoring raises the error for it."""
        names = [field.name for field in self._fields]
        for start in range(0, size, _CHUNK):
            rows = self._find_candidate_rows(columns, start, min(start + _CHUNK, size))
            if not rows:
                continue
            cells = [_read_cells(field, columns[field.name], rows) for field in self._fields]
            for index, values in zip(rows, zip(*cells, strict=True), strict=True):
                row = dict(zip(names, values, strict=True))
                try:
                    violated = self._find_violations(row)
                except RowError:
                    return
                if violated:
                    self._report(violated, row, f"Row {index}: ")

    def _find_candidate_rows(self, columns: Mapping[str, Any], start: int, stop: int) -> Sequence[int]:
        """Return the rows of a chunk that may violate a rule: all of them if a value cannot be read."""
        scalars: dict[str, ScalarColumn] = {}
        for field in self._fields:
            column = read_slice(field, columns[field.name], start, stop)
            if not isinstance(column, ScalarColumn):
                return range(start, stop)
            scalars[field.name] = column
        rows: list[int] = (start + self._vectorized.find_violations(scalars, stop - start)).tolist()
        return rows

    def _report(self, violated: Sequence[int], row: Mapping[str, Any], prefix: str) -> None:
        """Count the violations of a row, and refuse or log it.

        Raises:
            RowError: The mode refuses the row.
        """
        for index in violated:
            rule = self.rules[index]
            with self._lock:
                self.counts[index] += 1
                count = self.counts[index]
            if self._mode == "refuse" and rule.refuses:
                raise _build_violation_error(rule, row, prefix)
            if self._mode != "count" and count == 1:
                _log.warning(
                    "%s%s Further rows that violate it are only counted.",
                    prefix,
                    _describe_violation(rule, row),
                )


def _read_cells(field: Field, values: Any, rows: Sequence[int]) -> list[Any]:
    """Return some values of a column as rows contain them."""
    if isinstance(values, DictionaryColumn):
        texts: list[Any] = values.dictionary.take(values.indices[rows]).tolist()
        return texts
    is_flat = isinstance(values, np.ndarray) and values.ndim == 1
    if is_flat and not (values.dtype.kind == "f" and field.type in INTEGER_RANGES):
        cells: list[Any] = values[rows].tolist()
        return cells
    return [get_value(field, values, index) for index in rows]


def _build_violation_error(rule: PortableRule, row: Mapping[str, Any], prefix: str) -> RowError:
    name = unquote(rule.rule.fields[0])
    return RowError(f"{prefix}{_describe_violation(rule, row)}", field=name, value=row[name])


def _describe_violation(rule: PortableRule, row: Mapping[str, Any]) -> str:
    names = [unquote(name) for name in rule.rule.fields]
    values = ", ".join(f"`{name}`: {repr(row[name])[:80]}" for name in names)
    noun, verb = ("Field", "violates") if len(names) == 1 else ("Fields", "violate")
    return f"{noun} {values} {verb} {rule.label}, a rule of table `{rule.table}` ({rule.place})."
