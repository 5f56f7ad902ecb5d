"""The whole function that scores one row, written from a description."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NoReturn

from ..errors import ModelError, RowError
from .codegen.code_writer import CodeWriter
from .codegen.field_reader import read_field
from .codegen.symbols import Vector
from .ir.description import Description, Output
from .ir.row_fields import check_row_fields
from .protocol import ScoreRow
from .stages.registry import STAGES

# What a model whose numbers do not fit each other makes Python raise; a row that cannot be scored raises RowError.
DAMAGED_MODEL_ERRORS = (
    TypeError, ValueError, IndexError, KeyError, AttributeError, ArithmeticError, AssertionError, MemoryError,
    NameError, RecursionError,
)  # fmt: skip
Explained = Callable[[Mapping[str, Any]], dict[str, Any]]


def generate_code(description: Description) -> CodeWriter:
    """Return the code of every field and step, without its answer.

    Raises:
        ModelError: A step does not fit the columns before it.
    """
    code = CodeWriter()
    names = tuple(field.name for field in description.fields)
    check = code.constant(partial(_check, names, description.ignored))
    code.line(f"if row.__class__ is not dict or len(row) != {len(names)}: row = {check}(row)")
    code.line("try:")
    values = [code.name() for _ in names]
    for value, name in zip(values, names, strict=True):
        code.line(f"    {value} = row[{name!r}]")
    code.lines += ["    pass", f"except KeyError: {check}(row)"]
    for value, field in zip(values, description.fields, strict=True):
        read_field(field, value, code)
    for step in description.steps:
        if step.op not in STAGES:
            raise ModelError(f"{step.stage}: operation `{step.op}` is not known to this version.")
        STAGES[step.op].emit(step, code)
    return code


def build_score_row(
    code: CodeWriter, outputs: tuple[Output, ...], classes: tuple[str, ...] | None, explained: Explained
) -> ScoreRow:
    """Return the function that scores one row; `explained` answers instead where the caller asks why."""
    items = [f"{output.name!r}: {_answer(code, output, outputs, classes)}" for output in outputs]
    code.line(f"return {{{', '.join(items)}}}")
    tell, kinds = code.constant(raise_damaged_model), code.constant(DAMAGED_MODEL_ERRORS)
    code.lines[:] = [
        f"if explain: return {code.constant(explained)}(row)",
        "try:",
        *(f"    {line}" for line in code.lines),
        f"except {kinds} as error: {tell}(error)",
    ]
    return code.function("score", "row, explain=False")


def raise_damaged_model(error: Exception) -> NoReturn:
    """Say that a model is damaged, whatever Python said of it."""
    raise ModelError(f"The model cannot be scored, its numbers do not fit each other: {error!r}.") from error


def _check(names: tuple[str, ...], ignored: tuple[str, ...], row: Any) -> dict[str, Any]:
    if not isinstance(row, Mapping):
        raise RowError(f"A row is a mapping of field names to values, not {type(row).__name__}.")
    check_row_fields(row, names, ignored)
    return dict(row)


def _answer(
    code: CodeWriter, output: Output, outputs: tuple[Output, ...], classes: tuple[str, ...] | None
) -> str:
    if output.column is None:
        prediction = next((other for other in outputs if other.role == "prediction"), None)
        if prediction is None or not classes:
            raise ModelError(f"Output `{output.name}` names a class, and this model has no classes.")
        found = code.scalar(prediction.column or "", "label")
        label = f"{code.constant(classes)}[int({found.expr})]"
        return f"{label} if {found.expr} >= 0.0 else None" if found.nan else label
    column = code.columns[output.column]
    if isinstance(column, Vector):
        listed = code.list_expr(column)
        return listed if column.null is None else f"None if {column.null} else [*map(float, {listed})]"
    if output.type == "double" and (column.limit is not None or column.type == "float"):
        return (
            f"float({column.expr})"
            if not column.null
            else f"None if {column.expr} is None else float({column.expr})"
        )
    return column.expr
