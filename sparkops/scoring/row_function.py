"""The function that scores one row, generated from a description."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NoReturn

from ..errors import DamagedModel, ModelError, RowError
from .codegen.code_writer import CodeWriter
from .codegen.field_reader import read_field
from .codegen.row_errors import make_value_refusal
from .codegen.symbols import Vector
from .ir.description import Description, Output, Step
from .ir.field import Field
from .ir.row_fields import check_row_fields, flatten_structs
from .ir.validation import MAX_SLOTS, MAX_STEPS, MAX_TOTAL_SLOTS
from .protocol import ScoreRow
from .stages.feature.vector.vector_size_hint import find_fields_skipped_by_size, has_size
from .stages.registry import STAGES

# What Python raises in the code of a damaged model. A row that cannot be scored raises RowError.
DAMAGED_MODEL_ERRORS = (
    TypeError, ValueError, IndexError, KeyError, AttributeError, ArithmeticError, AssertionError, MemoryError,
    NameError, RecursionError,
)  # fmt: skip
ExplainRow = Callable[[Mapping[str, Any]], dict[str, Any]]


def generate_code(description: Description) -> CodeWriter:
    """Generate the code of every field and step, without the answer.

    Raises:
        ModelError: A step does not fit the columns before it.
    """
    _require_limits(description)
    code, slots = CodeWriter(), 0
    names = tuple(field.name for field in description.fields)
    check = code.bind_constant(partial(_check_row, names, description.ignored))
    code.add_line(f"if row.__class__ is not dict or len(row) != {len(names)}: row = {check}(row)")
    code.add_line("try:")
    values = [code.new_name() for _ in names]
    for value, name in zip(values, names, strict=True):
        code.add_line(f"    {value} = row[{name!r}]")
    code.lines += ["    pass", f"except KeyError: {check}(row)"]
    if any("." in name for name in names):
        # A field of a struct, which the check has found.
        code.lines[-1] = "except KeyError:"
        code.add_line(f"    row = {check}(row)")
        for value, name in zip(values, names, strict=True):
            code.add_line(f"    {value} = row[{name!r}]")
    skipped = find_fields_skipped_by_size(description.steps)
    for value, field in zip(values, description.fields, strict=True):
        if field.name in skipped:
            _emit_size_check(field, value, skipped[field.name], code)
        read_field(field, value, code)
    for step in description.steps:
        if step.op not in STAGES:
            raise ModelError(
                f"{step.stage}: this version of sparkops does not know the operation `{step.op}`."
            )
        try:
            STAGES[step.op].emit(step, code)
        except DAMAGED_MODEL_ERRORS as error:
            raise ModelError(
                f"{step.stage}: its params and arrays do not fit each other ({error!r})."
            ) from error
        slots = _add_slots(step, code, slots)
    return code


def _require_limits(description: Description) -> None:
    """Refuse a model that declares what does not fit in memory."""
    if len(description.steps) > MAX_STEPS:
        raise ModelError(
            f"The model has {len(description.steps):,} steps, and at most {MAX_STEPS:,} are scored."
        )
    for field in description.fields:
        if field.size is not None and not 0 <= field.size <= MAX_SLOTS:
            raise ModelError(
                f"Field `{field.name}` has {field.size:,} slots, and at most {MAX_SLOTS:,} are scored."
            )


def _add_slots(step: Step, code: CodeWriter, slots: int) -> int:
    """Return the number of slots of the vectors of all steps, with those of a step."""
    for column in filter(None, map(code.columns.get, step.outputs)):
        if isinstance(column, Vector):
            slots += column.size
            if column.size > MAX_SLOTS or slots > MAX_TOTAL_SLOTS:
                raise ModelError(
                    f"{step.stage}: its vectors have {column.size:,} slots, those of all steps {slots:,}; at most "
                    f"{MAX_SLOTS:,} and {MAX_TOTAL_SLOTS:,} are scored."
                )
    return slots


def _emit_size_check(field: Field, value: str, stage: str, code: CodeWriter) -> None:
    """Emit the check that drops a row whose vector has another size."""
    reason = f"does not have {field.size} numbers, and the model skips such rows"
    refuse = code.bind_constant(make_value_refusal(field.name, stage, reason, drop=True))
    code.add_line(f"if not {code.bind_constant(has_size)}({value}, {field.size}): {refuse}({value})")


def build_score_row(
    code: CodeWriter, description: Description, prediction: str, explain_row: ExplainRow
) -> ScoreRow:
    """Append the answer to the code and return the function that scores one row.

    Args:
        code: What `generate_code` returned.
        description: The model, with the outputs that an answer contains.
        prediction: Column that a label without a column is derived from; may be empty.
        explain_row: Scores a row where an explanation is requested.
    """
    items = [
        f"{output.name!r}: {_build_output_expr(code, output, prediction, description.classes)}"
        for output in description.outputs
    ]
    code.add_line(f"return {{{', '.join(items)}}}")
    damaged, errors = code.bind_constant(raise_damaged_model), code.bind_constant(DAMAGED_MODEL_ERRORS)
    code.lines[:] = [
        f"if explain: return {code.bind_constant(explain_row)}(row)",
        "try:",
        *(f"    {line}" for line in code.lines),
        f"except {errors} as error: {damaged}(error)",
    ]
    return code.build_function("score", "row, explain=False")


def raise_damaged_model(error: Exception) -> NoReturn:
    """Raise DamagedModel for a Python error in the code of a damaged model."""
    raise DamagedModel(
        f"The model cannot be scored: its numbers do not fit each other ({error!r})."
    ) from error


def _check_row(names: tuple[str, ...], ignored: tuple[str, ...], row: Any) -> dict[str, Any]:
    if not isinstance(row, Mapping):
        raise RowError(f"A row is a mapping of field names to values, not {type(row).__name__}.")
    row = flatten_structs(row, names)
    check_row_fields(row, names, ignored)
    return dict(row)


def _build_output_expr(
    code: CodeWriter, output: Output, prediction: str, classes: tuple[str, ...] | None
) -> str:
    if output.column is None:
        if not prediction or not classes:
            raise ModelError(f"Output `{output.name}` names a class, and this model has no classes.")
        index = code.get_scalar(prediction, "label")
        label = f"{code.bind_constant(classes)}[int({index.expr})]"
        return f"{label} if {index.expr} >= 0.0 else None" if index.nan else label
    column = code.columns[output.column]
    if isinstance(column, Vector):
        slots = code.build_list_expr(column)
        return slots if column.null is None else f"None if {column.null} else [*map(float, {slots})]"
    if output.type == "double" and (column.limit is not None or column.type == "float"):
        return (
            f"float({column.expr})"
            if not column.null
            else f"None if {column.expr} is None else float({column.expr})"
        )
    return column.expr
