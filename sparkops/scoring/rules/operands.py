"""Operands of a rule as Python expressions, each of a kind that Spark compares with its like."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from math import isfinite
from typing import Any

from ...errors import ModelError
from ..codegen.code_writer import CodeWriter, float_literal
from ..codegen.field_reader import read_field
from ..ir import conditions
from ..ir.conditions import unquote
from ..ir.field import REALS, WHOLE_RANGES, Field

_LONG = 2**63
_KINDS = {
    **dict.fromkeys(WHOLE_RANGES, "whole number"),
    **dict.fromkeys(REALS, "number"),
    "string": "text",
    "boolean": "truth",
    "date": "date",
    "timestamp": "time",
}
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d{1,6})?")


def operand_kind(type_: str) -> str:
    """Return the kind of a field's type; empty where no rule can judge such a field."""
    return _KINDS.get(type_, "")


@dataclass(frozen=True, slots=True)
class Operand:
    """An operand.

    Args:
        expr: A Python expression.
        kind: "whole number", "number", "text", "truth", "date", "time", or "nothing": a constant null.
        nullable: Names that may hold None; the expression may be asked only where none does.
        value: What a constant is.
        is_constant: Whether it is one.
    """

    expr: str
    kind: str
    nullable: tuple[str, ...] = ()
    value: Any = None
    is_constant: bool = False

    @property
    def may_be_nan(self) -> bool:
        """Tell whether its value may be NaN."""
        return self.kind == "number" and not self.is_constant


class OperandCompiler:
    """The operands of several rules on one row; each field is read once.

    Args:
        code: Takes the lines that read fields.
        fields: By name, those that a row holds.
    """

    def __init__(self, code: CodeWriter, fields: Mapping[str, Field]) -> None:
        self.code, self._fields = code, fields
        self._read: dict[str, Operand] = {}

    def term(self, node: Any) -> Operand:
        """Return an operand.

        Raises:
            ModelError: It cannot be judged on a row as Spark does.
        """
        match node:
            case conditions.ColumnRef(name):
                return self._field(name)
            case conditions.Constant(value):
                return self.constant(value)
            case conditions.Length(inner):
                text = self.term(inner)
                if text.kind != "text" or text.is_constant:
                    raise ModelError(f"it asks for the length of a {text.kind}")
                return Operand(f"len({text.expr})", "whole number", text.nullable)
            case conditions.Sum(parts, whole):
                return self._total(parts, whole)
        raise ModelError(f"it holds {node!r}, which is no operand")

    def constant(self, value: Any) -> Operand:
        """Return a constant."""
        if value is None:
            return Operand("None", "nothing", is_constant=True)
        if isinstance(value, datetime):
            raise ModelError("it compares with a moment, which Spark reads by the clock of its machine")
        kind = {bool: "truth", int: "whole number", float: "number", str: "text", date: "date"}.get(
            type(value), ""
        )
        if not kind or (kind == "number" and not isfinite(value)):
            raise ModelError(f"it compares with {value!r}, which is no plain number, truth, text or date")
        if kind == "whole number" and not -_LONG <= value < _LONG:
            raise ModelError(f"it compares with {value}, which is more than a long holds")
        return self._constant(value, kind)

    def alike(self, left: Operand, right: Operand) -> tuple[Operand, Operand]:
        """Return two operands as one kind, as Spark's ANSI mode makes them one.

        Raises:
            ModelError: They are of kinds that are not compared.
        """
        if left.kind == right.kind:
            return left, right
        if {left.kind, right.kind} == {"whole number", "number"}:
            return self._real(left), self._real(right)
        if right.is_constant:
            return left, self._as(right, left.kind)
        if left.is_constant:
            return self._as(left, right.kind), right
        raise ModelError(f"it compares a {left.kind} with a {right.kind}")

    def _field(self, name: str) -> Operand:
        key = unquote(name)
        if key not in self._fields:
            raise ModelError(f"column `{key}` is not read by the model")
        field = self._fields[key]
        if not operand_kind(field.type):
            raise ModelError(f"column `{key}` is a {field.type}")
        if key not in self._read:
            value = self.code.local(f"row[{key!r}]")
            read_field(field, value, self.code)
            self._read[key] = Operand(value, operand_kind(field.type), (value,))
        return self._read[key]

    def _total(self, parts: Any, whole: Any) -> Operand:
        found = [self._field(part.name) for part in parts]
        single = any(self._fields[unquote(part.name)].type == "float" for part in parts)
        kinds = ["whole number" if is_whole else "number" for is_whole in whole]
        if not found or single or [term.kind for term in found] != kinds:
            raise ModelError("it adds what are no whole numbers and doubles")
        kind = "number" if "number" in kinds else "whole number"
        zeros = ["0" if each == "whole number" else "0.0" for each in kinds]
        added = (
            f"({zero} if {term.expr} is None else {term.expr})"
            for zero, term in zip(zeros, found, strict=True)
        )
        return Operand(self.code.local(" + ".join(added)), kind)

    def _constant(self, value: Any, kind: str) -> Operand:
        expr = float_literal(value) if kind == "number" else self.code.constant(value)
        return Operand(expr, kind, value=value, is_constant=True)

    def _real(self, term: Operand) -> Operand:
        if term.kind == "number":
            return term
        if term.is_constant:
            return self._constant(float(term.value), "number")
        return replace(term, expr=f"float({term.expr})", kind="number")

    def _as(self, term: Operand, kind: str) -> Operand:
        """Return a constant as a date or a time; Spark reads text so too."""
        value = term.value
        try:
            if kind == "date" and term.kind == "text" and _DAY.fullmatch(value):
                return self._constant(date.fromisoformat(value), kind)
            if kind == "time" and term.kind == "text" and (_DAY.fullmatch(value) or _MOMENT.fullmatch(value)):
                return self._constant(datetime.fromisoformat(value), kind)
        except ValueError:
            pass
        if kind == "time" and term.kind == "date":
            return self._constant(datetime.combine(value, time()), kind)
        raise ModelError(f"it compares a {kind} with {value!r}")
