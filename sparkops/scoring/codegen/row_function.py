"""The whole function that scores one row, written from a description."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NoReturn, Protocol

from ...errors import ModelError, RowError
from ..ir.description import Description, Output
from ..ir.field import REALS, TYPES, WHOLE_RANGES, WIDE, Field
from ..stages.registry import STAGES
from .code_writer import Code
from .row_errors import misfit
from .symbols import Dense, Scalar, Sparse, Vector

# What a model whose numbers do not fit each other makes Python raise; a row that cannot be scored raises RowError.
FAULTS = (
    TypeError, ValueError, IndexError, KeyError, AttributeError, ArithmeticError, AssertionError, MemoryError,
    NameError, RecursionError,
)  # fmt: skip
_WRITTEN_OUT = 64  # slots of a vector that get a name each
Explained = Callable[[Mapping[str, Any]], dict[str, Any]]


class ScoreRow(Protocol):
    """The function that scores one row; with `explain` its answer says why, under "explanation"."""

    def __call__(self, row: Mapping[str, Any], explain: bool = False) -> dict[str, Any]:
        """Score a row."""


_CLASS = {"string": "str", "boolean": "bool", "double": "float", **dict.fromkeys(WHOLE_RANGES, "int")}


def write(description: Description) -> Code:
    """Return the code of every field and step, without its answer.

    Raises:
        ModelError: A step does not fit the columns before it.
    """
    code = Code()
    names = tuple(field.name for field in description.fields)
    check = code.constant(partial(_check, names, description.ignored))
    code.line(f"if row.__class__ is not dict or len(row) != {len(names)}: row = {check}(row)")
    code.line("try:")
    values = [code.name() for _ in names]
    for value, name in zip(values, names, strict=True):
        code.line(f"    {value} = row[{name!r}]")
    code.lines += ["    pass", f"except KeyError: {check}(row)"]
    for value, field in zip(values, description.fields, strict=True):
        read(field, value, code)
    for step in description.steps:
        if step.op not in STAGES:
            raise ModelError(f"{step.stage}: operation `{step.op}` is not known to this version.")
        STAGES[step.op].emit(step, code)
    return code


def score_row(
    code: Code, outputs: tuple[Output, ...], classes: tuple[str, ...] | None, explained: Explained
) -> ScoreRow:
    """Return the function that scores one row; `explained` answers instead where the caller asks why."""
    items = [f"{output.name!r}: {_answer(code, output, outputs, classes)}" for output in outputs]
    code.line(f"return {{{', '.join(items)}}}")
    tell, kinds = code.constant(broken), code.constant(FAULTS)
    code.lines[:] = [
        f"if explain: return {code.constant(explained)}(row)",
        "try:",
        *(f"    {line}" for line in code.lines),
        f"except {kinds} as error: {tell}(error)",
    ]
    return code.function("score", "row, explain=False")


def broken(error: Exception) -> NoReturn:
    """Say that a model is damaged, whatever Python said of it."""
    raise ModelError(f"The model cannot be scored, its numbers do not fit each other: {error!r}.") from error


def _check(names: tuple[str, ...], ignored: tuple[str, ...], row: Any) -> dict[str, Any]:
    if not isinstance(row, Mapping):
        raise RowError(f"A row is a mapping of field names to values, not {type(row).__name__}.")
    misfit(row, names, ignored)
    return dict(row)


def read(field: Field, value: str, code: Code) -> None:
    """Bind a field's column to the name that holds its value, checked and in the field's own type."""
    if field.type not in TYPES or (field.type == "vector" and field.size is None):
        raise ModelError(f"Field `{field.name}` has type {field.type}, which a row cannot give.")
    reader = code.constant(field.reader())
    if field.type in _CLASS:
        test = f"{value}.__class__ is not {_CLASS[field.type]}"
        if field.type in WHOLE_RANGES:
            limit = WHOLE_RANGES[field.type]
            test += f" or not {-limit} <= {value} < {limit}"
        code.line(f"if {test}: {value} = {reader}({value})")
    else:
        code.line(f"{value} = {reader}({value})")
    if field.type == "vector":
        code.columns[field.name] = _vector(field, value, code)
    else:
        nan = field.type in REALS
        code.columns[field.name] = Scalar(value, field.type, field.nullable, nan, field=field.name)


def _vector(field: Field, value: str, code: Code) -> Vector:
    null = code.local(f"{value} is None") if field.nullable else None
    size = field.size or 0
    if size >= WIDE:
        if null:
            code.line(f"if {null}: {value} = {code.constant({})}")
        return Vector((Sparse(value, size, field.name),), null, field.name)
    if null:
        code.line(f"if {null}: {value} = {code.constant((0.0,) * size)}")
    if size > _WRITTEN_OUT:
        return Vector((Dense(value, size, field.name),), null, field.name)
    slots = [code.local(f"{value}[{at}]") for at in range(field.size or 0)]
    parts = tuple(Scalar(slot, "double", nan=True, field=field.name, scale=0.0) for slot in slots)
    return Vector(parts, null, field.name)


def _answer(code: Code, output: Output, outputs: tuple[Output, ...], classes: tuple[str, ...] | None) -> str:
    if output.column is None:
        prediction = next((other for other in outputs if other.role == "prediction"), None)
        if prediction is None or not classes:
            raise ModelError(f"Output `{output.name}` names a class, and this model has no classes.")
        found = code.scalar(prediction.column or "", "label")
        label = f"{code.constant(classes)}[int({found.expr})]"
        return f"{label} if {found.expr} >= 0.0 else None" if found.nan else label
    column = code.columns[output.column]
    if isinstance(column, Vector):
        listed = code.listed(column)
        return listed if column.null is None else f"None if {column.null} else [*map(float, {listed})]"
    if output.type == "double" and (column.limit is not None or column.type == "float"):
        return (
            f"float({column.expr})"
            if not column.null
            else f"None if {column.expr} is None else float({column.expr})"
        )
    return column.expr
