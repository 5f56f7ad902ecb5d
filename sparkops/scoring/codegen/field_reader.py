"""The code that reads an input field: the value is checked, converted to the field's type and bound to a column."""

from __future__ import annotations

from ...errors import ModelError
from ..ir.field import FLOATING_TYPES, INTEGER_RANGES, SPARSE_FROM, Field, is_field_type
from .code_writer import CodeWriter
from .symbols import Dense, Scalar, Sparse, Vector

# Slots of a vector that get a local variable each.
_MAX_UNROLLED = 64
# Values of these classes need no conversion.
_EXACT_CLASS = {"string": "str", "boolean": "bool", "double": "float", **dict.fromkeys(INTEGER_RANGES, "int")}


def read_field(field: Field, value: str, code: CodeWriter) -> None:
    """Emit the conversion of a field's value and bind its column.

    Args:
        field: The field.
        value: Name of the variable that holds the value of the row; it is assigned again where the value is converted.
        code: Receives the lines and the column.

    Raises:
        ModelError: A row cannot hold the field's type.
    """
    if not is_field_type(field.type) or (field.type == "vector" and field.size is None):
        raise ModelError(f"Field `{field.name}` has type {field.type}, which a row cannot contain.")
    reader = code.bind_constant(field.make_reader())
    if field.type in _EXACT_CLASS:
        test = f"{value}.__class__ is not {_EXACT_CLASS[field.type]}"
        if field.type in INTEGER_RANGES:
            limit = INTEGER_RANGES[field.type]
            test += f" or not {-limit} <= {value} < {limit}"
        code.add_line(f"if {test}: {value} = {reader}({value})")
    else:
        code.add_line(f"{value} = {reader}({value})")
    if field.type == "vector":
        code.columns[field.name] = _read_vector(field, value, code)
    else:
        nan = field.type in FLOATING_TYPES
        code.columns[field.name] = Scalar(value, field.type, field.nullable, nan, field=field.name)


def _read_vector(field: Field, value: str, code: CodeWriter) -> Vector:
    null = code.assign(f"{value} is None") if field.nullable else None
    size = field.size or 0
    code.vector_values[field.name] = value
    if size >= SPARSE_FROM:
        if null:
            code.add_line(f"if {null}: {value} = {code.bind_constant({})}")
        return Vector((Sparse(value, size, field.name),), null, field.name)
    if null:
        code.add_line(f"if {null}: {value} = {code.bind_constant((0.0,) * size)}")
    if size > _MAX_UNROLLED:
        return Vector((Dense(value, size, field.name),), null, field.name)
    slots = [code.assign(f"{value}[{slot}]") for slot in range(size)]
    blocks = tuple(Scalar(slot, "double", nan=True, field=field.name, scale=0.0) for slot in slots)
    return Vector(blocks, null, field.name)
