"""A stage of a user's own: its row function, called for each row."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np

from ....core.type_names import parse_decimal_digits
from ....errors import ModelError, RowError, as_clause
from ...batch.columns import Frame, VectorColumn
from ...batch.reader import build_vector_block
from ...codegen.code_writer import CodeWriter
from ...codegen.symbols import Dense, Scalar, Sparse, Vector
from ...ir.description import PYTHON_FUNCTION, Step
from ...ir.field import FLOATING_TYPES, SPARSE_FROM, Field, is_field_type
from ...ir.validation import MAX_SLOTS
from ...row_code import import_function
from .sql_transformer import to_column, to_python_values

EXACT_DIGITS = 15
"""Digits of a decimal that a double holds, from which the decimal is made again."""
_VECTOR = re.compile(r"vector\((\d{1,8})\)")


@dataclass(frozen=True, slots=True)
class PythonFunction:
    """params: function (module:name), sha256 (of its code), stage_params (JSON), types (inputs), returns (outputs)."""

    op: str = PYTHON_FUNCTION

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Emit one call."""
        outputs = parse_outputs(step)
        arguments = [_emit_argument(step, name, code) for name in step.inputs]
        call = code.bind_constant(_make_call(step, outputs))
        result = code.assign(f"{call}({', '.join(arguments)})")
        for position, output in enumerate(outputs):
            value = code.assign(f"{result}[{position}]")
            code.columns[output.name] = _bind_output(output, value, code)

    def run(self, step: Step, frame: Frame) -> None:
        """Call the function for every row that is neither dropped nor refused before."""
        outputs = parse_outputs(step)
        call, no_values = _make_call(step, outputs), (None,) * len(outputs)
        failed = np.zeros(frame.size, dtype=bool)
        answers: list[Sequence[Any]] = []
        skipped = (frame.dropped | frame.refused).tolist()
        lists = [
            _list_values(frame, name, type_)
            for name, type_ in zip(step.inputs, step.params["types"], strict=True)
        ]
        for index, arguments in enumerate(zip(*lists, strict=True)):
            if skipped[index]:
                answers.append(no_values)
                continue
            try:
                answers.append(call(*arguments))
            except RowError:
                failed[index] = True
                answers.append(no_values)
        frame.refuse(failed)
        for position, output in enumerate(outputs):
            values = [answer[position] for answer in answers]
            frame.columns[output.name] = _to_output_column(output, values)


def parse_returns(type_: str) -> tuple[str, int | None]:
    """Return the type of an output column, and the length of a vector.

    Raises:
        ModelError: No column has that type.
    """
    vector = _VECTOR.fullmatch(type_)
    if vector and 0 < int(vector[1]) <= MAX_SLOTS:
        return "vector", int(vector[1])
    if type_ == "vector" or type_.startswith("decimal") or not is_field_type(type_):
        raise ModelError(
            f'the row function returns {type_!r}, which is no type of a column: write one such as "double", "string", '
            '"array<string>" or "vector(3)"'
        )
    return type_, None


def parse_outputs(step: Step) -> tuple[Field, ...]:
    """Return the output columns of a step.

    Raises:
        ModelError: The step is damaged.
    """
    returns, types = step.params.get("returns"), step.params.get("types")
    if (
        not isinstance(returns, list)
        or len(returns) != len(step.outputs)
        or not returns
        or not all(step.outputs)
    ):
        raise ModelError(f"{step.stage}: its outputs do not have a type each.")
    if not isinstance(types, list) or len(types) != len(step.inputs) or not types:
        raise ModelError(f"{step.stage}: its inputs do not have a type each.")
    pairs = [(name, *parse_returns(str(type_))) for name, type_ in zip(step.outputs, returns, strict=True)]
    return tuple(Field(name, type_, size=size) for name, type_, size in pairs)


def _emit_argument(step: Step, name: str, code: CodeWriter) -> str:
    column = code.columns.get(name)
    type_ = "vector" if isinstance(column, Vector) else column.type if column else "missing"
    expected = step.params["types"][step.inputs.index(name)]
    if type_ != expected:
        raise ModelError(f"{step.stage}: column `{name}` is {type_}, and {expected} is needed.")
    if isinstance(column, Vector):
        slots = code.build_list_expr(column)
        slots = f"[*map(float, {slots})]"
        return f"None if {column.null} else {slots}" if column.null else slots
    scalar, convert = code.get_scalar(name, step.stage), _find_converter(type_)
    if convert is None:
        return scalar.expr
    scalar = code.assign_scalar(scalar)
    converted = f"{code.bind_constant(convert)}({scalar.expr})"
    return f"None if {scalar.expr} is None else {converted}" if scalar.null else converted


def _find_converter(type_: str) -> Callable[[Any], Any] | None:
    """Return the function from a value of the row to the argument; None if they are the same."""
    digits = parse_decimal_digits(type_)
    if digits is None:
        return float if type_ in FLOATING_TYPES else None
    unit = Decimal(1).scaleb(-digits[1])

    def to_decimal(value: float) -> Decimal:
        # Java has no negative zero.
        return Decimal(value + 0.0).quantize(unit)

    return to_decimal


def _bind_output(output: Field, value: str, code: CodeWriter) -> Scalar | Vector:
    if output.type != "vector":
        return Scalar(value, output.type, null=True, nan=output.type in FLOATING_TYPES, scale=0.0)
    size = output.size or 0
    is_wide = size >= SPARSE_FROM
    null = code.assign(f"{value} is None")
    zero: Any = {} if is_wide else (0.0,) * size
    code.add_line(f"if {null}: {value} = {code.bind_constant(zero)}")
    return Vector((Sparse(value, size) if is_wide else Dense(value, size),), null)


def _make_call(step: Step, outputs: Sequence[Field]) -> Callable[..., Sequence[Any]]:
    """Return the function of the values of the input columns, which returns those of the output columns.

    It raises RowError where the row function raises, or returns a value of another type.
    """
    function = step.function or import_function(step)
    params = _read_params(step)
    readers = [output.make_reader() for output in outputs]
    entry_point = step.params["function"]

    def fail(message: str) -> RowError:
        return RowError(f"{step.stage}: the row function {entry_point} {message}.")

    def call(*arguments: Any) -> Sequence[Any]:
        try:
            result = function(params, *arguments)
        except Exception as error:
            raise fail(f"refuses this row: {as_clause(f'{type(error).__name__}: {error}')}") from error
        values = (result,) if len(readers) == 1 else result
        if not isinstance(values, tuple) or len(values) != len(readers):
            raise fail(f"returns {result!r}, and a tuple of {len(readers)} values is needed")
        try:
            return [read(value) for read, value in zip(readers, values, strict=True)]
        except RowError as error:
            raise fail(
                f"returns {result!r}, and {' and '.join(step.params['returns'])} is declared"
            ) from error

    return call


def _read_params(step: Step) -> Mapping[str, Any]:
    try:
        params = json.loads(step.params["stage_params"])
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{step.stage}: its parameters are damaged ({error!r}).") from None
    if not isinstance(params, dict):
        raise ModelError(f"{step.stage}: its parameters are damaged.")
    return params


def _list_values(frame: Frame, name: str, type_: str) -> list[Any]:
    """Return the values of an input column as the function takes them."""
    if type_ != "vector":
        values = to_python_values(frame.get_scalars(name), type_)
        convert = _find_converter(type_)
        return values if convert is None else [None if value is None else convert(value) for value in values]
    column = frame.get_vectors(name)
    vectors: list[Any] = column.to_dense().tolist()
    if column.null is None:
        return vectors
    return [None if null else vector for vector, null in zip(vectors, column.null.tolist(), strict=True)]


def _to_output_column(output: Field, values: list[Any]) -> Any:
    if output.type != "vector":
        return to_column(values, output.type)
    null = np.fromiter((value is None for value in values), dtype=bool, count=len(values))
    return VectorColumn((build_vector_block(output, values),), null if null.any() else None)
