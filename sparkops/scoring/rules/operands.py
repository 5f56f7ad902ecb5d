"""Compile the operands of rules. Each has a kind; Spark compares values of one kind without a cast."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from math import isfinite
from typing import Any

from ...errors import ModelError
from ..codegen.code_writer import CodeWriter, format_float
from ..codegen.field_reader import read_field
from ..ir import conditions
from ..ir.conditions import unquote
from ..ir.field import FLOATING_TYPES, INTEGER_RANGES, Field

_LONG_LIMIT = 2**63
_KINDS = {
    **dict.fromkeys(INTEGER_RANGES, "integer"),
    **dict.fromkeys(FLOATING_TYPES, "number"),
    "string": "text",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamp",
}
_DATE_TEXT = re.compile(r"\d{4}-\d\d-\d\d")
_TIMESTAMP_TEXT = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d{1,6})?")


def find_operand_kind(type_: str) -> str:
    """Return the kind of the values of a field type; empty where rules do not support the type."""
    return _KINDS.get(type_, "")


@dataclass(frozen=True, slots=True)
class Operand:
    """The code of an operand.

    Args:
        expr: A Python expression.
        kind: "integer", "number", "text", "boolean", "date", "timestamp", or "null" for a null constant.
        nullable: Variables that may be None; the expression may be evaluated only where none is.
        value: Value of a constant.
        is_constant: Whether the operand is a constant.
    """

    expr: str
    kind: str
    nullable: tuple[str, ...] = ()
    value: Any = None
    is_constant: bool = False

    @property
    def may_be_nan(self) -> bool:
        """Return whether the value may be NaN."""
        return self.kind == "number" and not self.is_constant


class OperandCompiler:
    """Compiles the operands of several rules on a row; each field is read once.

    Args:
        code: Receives the lines that read fields.
        fields: Fields of a row, by name.
    """

    def __init__(self, code: CodeWriter, fields: Mapping[str, Field]) -> None:
        self.code, self._fields = code, fields
        self._read: dict[str, Operand] = {}

    def compile(self, node: Any) -> Operand:
        """Return the code of an operand.

        Raises:
            ModelError: It cannot be evaluated as Spark does.
        """
        match node:
            case conditions.ColumnRef(name):
                return self._read_field(name)
            case conditions.Constant(value):
                return self.compile_constant(value)
            case conditions.Length(inner):
                text = self.compile(inner)
                if text.kind != "text" or text.is_constant:
                    raise ModelError(f"it takes the length of {text.kind} values")
                return Operand(f"len({text.expr})", "integer", text.nullable)
            case conditions.Sum(operands, are_integers):
                return self._sum(operands, are_integers)
        raise ModelError(f"it contains {node!r}, which is not an operand")

    def compile_constant(self, value: Any) -> Operand:
        """Return the code of a constant."""
        if value is None:
            return Operand("None", "null", is_constant=True)
        if isinstance(value, datetime):
            raise ModelError(
                "it compares with a timestamp, which Spark reads in the time zone of its machine"
            )
        kind = {bool: "boolean", int: "integer", float: "number", str: "text", date: "date"}.get(
            type(value), ""
        )
        if not kind or (kind == "number" and not isfinite(value)):
            raise ModelError(f"it compares with {value!r}, which is not a number, boolean, text or date")
        if kind == "integer" and not -_LONG_LIMIT <= value < _LONG_LIMIT:
            raise ModelError(f"it compares with {value}, which exceeds the range of long")
        return self._bind_constant(value, kind)

    def coerce(self, left: Operand, right: Operand) -> tuple[Operand, Operand]:
        """Return two operands cast to one kind, as in Spark's ANSI mode.

        Raises:
            ModelError: Their kinds cannot be compared.
        """
        if left.kind == right.kind:
            return left, right
        if {left.kind, right.kind} == {"integer", "number"}:
            return self._to_double(left), self._to_double(right)
        if right.is_constant:
            return left, self._cast_constant(right, left.kind)
        if left.is_constant:
            return self._cast_constant(left, right.kind), right
        raise ModelError(f"it compares {left.kind} values with {right.kind} values")

    def _read_field(self, name: str) -> Operand:
        key = unquote(name)
        if key not in self._fields:
            raise ModelError(f"column `{key}` is not read by the model")
        field = self._fields[key]
        if not find_operand_kind(field.type):
            raise ModelError(f"column `{key}` has type {field.type}, which rules do not support")
        if key not in self._read:
            value = self.code.assign(f"row[{key!r}]")
            read_field(field, value, self.code)
            self._read[key] = Operand(value, find_operand_kind(field.type), (value,))
        return self._read[key]

    def _sum(self, columns: Any, are_integers: Any) -> Operand:
        operands = [self._read_field(column.name) for column in columns]
        has_float = any(self._fields[unquote(column.name)].type == "float" for column in columns)
        kinds = ["integer" if is_integer else "number" for is_integer in are_integers]
        if not operands or has_float or [operand.kind for operand in operands] != kinds:
            raise ModelError("it adds columns that are neither integers nor doubles")
        kind = "number" if "number" in kinds else "integer"
        zeros = ["0" if kind == "integer" else "0.0" for kind in kinds]
        summands = (
            f"({zero} if {operand.expr} is None else {operand.expr})"
            for zero, operand in zip(zeros, operands, strict=True)
        )
        return Operand(self.code.assign(" + ".join(summands)), kind)

    def _bind_constant(self, value: Any, kind: str) -> Operand:
        expr = format_float(value) if kind == "number" else self.code.bind_constant(value)
        return Operand(expr, kind, value=value, is_constant=True)

    def _to_double(self, operand: Operand) -> Operand:
        if operand.kind == "number":
            return operand
        if operand.is_constant:
            return self._bind_constant(float(operand.value), "number")
        return replace(operand, expr=f"float({operand.expr})", kind="number")

    def _cast_constant(self, operand: Operand, kind: str) -> Operand:
        """Return a constant cast to a date or a timestamp, as Spark casts text."""
        value = operand.value
        try:
            if kind == "date" and operand.kind == "text" and _DATE_TEXT.fullmatch(value):
                return self._bind_constant(date.fromisoformat(value), kind)
            if (
                kind == "timestamp"
                and operand.kind == "text"
                and (_DATE_TEXT.fullmatch(value) or _TIMESTAMP_TEXT.fullmatch(value))
            ):
                return self._bind_constant(datetime.fromisoformat(value), kind)
        except ValueError:
            pass
        if kind == "timestamp" and operand.kind == "date":
            return self._bind_constant(datetime.combine(value, time()), kind)
        raise ModelError(f"it compares {kind} values with {value!r}")
