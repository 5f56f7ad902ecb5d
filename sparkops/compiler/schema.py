"""The fields of a model, from a schema of Spark, a signature of MLflow, DDL, or rows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sparkops.core.type_names import TYPE_NAMES, parse_element_type
from sparkops.errors import InputError
from sparkops.scoring.ir.field import Field, is_field_type

_VECTOR_CLASS = "org.apache.spark.ml.linalg.VectorUDT"
# Type names of DDL and `dtypes` that differ from those of a field.
_FIELD_TYPES = {**TYPE_NAMES, "real": "float"}
# MLflow writes `sparkml_vector`; the name with a space is how it prints the type.
_MLFLOW_TYPES = {"sparkml_vector": "vector", "sparkml vector": "vector", "datetime": "timestamp"}
_COLUMN = re.compile(r"(?:`((?:[^`]|``)+)`|(\w+))\s*:?\s+([a-z]\S.*?)(\s+not\s+null)?", re.IGNORECASE)
_DDL_TYPES = (
    "STRING, BOOLEAN, TINYINT, SMALLINT, INT, BIGINT, FLOAT, DOUBLE, DATE, TIMESTAMP, "
    "VECTOR, VECTOR(n), ARRAY<...>"
)
_VECTOR_WITH_SIZE = re.compile(r"vector\s*\(\s*(\d+)\s*\)")


def fields_from_spark(schema: Mapping[str, Any]) -> tuple[Field, ...]:
    """Return the fields of `frame.schema.jsonValue()`.

    A type that a row cannot hold keeps its name; it is refused only if a stage reads the column. After a struct come
    its fields, named by their paths, as stages name them: `address.city`.
    """
    return tuple(_iterate_spark_fields(schema, "", nullable=False))


def _iterate_spark_fields(schema: Mapping[str, Any], prefix: str, *, nullable: bool) -> Iterator[Field]:
    for item in schema["fields"]:
        name, type_, may_be_null = f"{prefix}{item['name']}", item["type"], nullable or bool(item["nullable"])
        yield Field(name, _find_spark_type(type_), may_be_null)
        if not isinstance(type_, str) and type_.get("type") == "struct":
            yield from _iterate_spark_fields(type_, f"{name}.", nullable=may_be_null)


def with_vector_sizes(fields: Sequence[Field], row: Mapping[str, Any]) -> tuple[Field, ...]:
    """Return the fields with the sizes of their vectors, as in a row of plain values."""
    return tuple(
        replace(field, size=len(row[field.name]))
        if field.type == "vector" and row.get(field.name) and not isinstance(row[field.name], Mapping)
        else field
        for field in fields
    )


def fields_from_mlflow(columns: Sequence[Mapping[str, Any]]) -> tuple[Field, ...]:
    """Return the fields of `signature.inputs.to_dict()`."""
    return tuple(
        Field(str(item["name"]), _find_mlflow_type(item), not item.get("required", True)) for item in columns
    )


def fields_from_types(types: Mapping[str, str]) -> tuple[Field, ...]:
    """Return the fields of `dict(frame.dtypes)`."""
    return tuple(Field(name, _to_field_type(type_)) for name, type_ in types.items())


def fields_from_ddl(text: str) -> tuple[Field, ...]:
    """Return the fields of "carrier STRING, month INT, features VECTOR(5), words ARRAY<STRING>".

    Raises:
        InputError: The text does not have that form.
    """
    fields = []
    for part in re.split(r",(?![^<(]*[>)])", text):
        column = _COLUMN.fullmatch(part.strip())
        if column is None:
            raise InputError(
                f"`{part.strip()}` is not a column: write NAME TYPE, as in carrier STRING, month INT, v VECTOR(5)."
            )
        quoted, unquoted, spark_type, required = column.groups()
        name = quoted.replace("``", "`") if quoted else unquoted
        size = _VECTOR_WITH_SIZE.fullmatch(spark_type.lower())
        type_ = "vector" if size else _to_field_type(spark_type.lower())
        if not is_field_type(type_):
            raise InputError(
                f"Column `{name}` is of type {spark_type}, which a JSON row cannot contain. Known: {_DDL_TYPES}."
            )
        fields.append(Field(name, type_, not required, int(size[1]) if size else None))
    return tuple(fields)


def fields_from_example(rows: Sequence[Mapping[str, Any]]) -> tuple[Field, ...]:
    """Return the fields of JSON rows; a column without any value has the type `any`."""
    names = dict.fromkeys(name for row in rows for name in row)
    values = {name: next((row[name] for row in rows if row.get(name) is not None), None) for name in names}
    fields = tuple(Field(name, _find_json_type(value)) for name, value in values.items())
    return with_vector_sizes(fields, values)


def _to_field_type(spark_type: str) -> str:
    """Return the type of a field for a type name of Spark."""
    element = parse_element_type(spark_type)
    if element is not None:
        return f"array<{_to_field_type(element.strip())}>"
    if spark_type.startswith(("decimal", "dec(", "numeric")):
        digits = re.findall(r"\d+", spark_type)
        # DECIMAL is DECIMAL(10, 0), and DECIMAL(n) is DECIMAL(n, 0).
        return f"decimal({','.join([*digits, *('10', '0')[len(digits) :]])})"
    return _FIELD_TYPES.get(spark_type, spark_type)


def _find_json_type(value: Any) -> str:
    """Return the type of a JSON value; a list of numbers is a vector."""
    if isinstance(value, list):
        inner = {_find_json_type(item) for item in value if item is not None}
        if inner <= {"long", "double"}:
            return "vector"
        return f"array<{inner.pop()}>" if len(inner) == 1 else "any"
    types = ((bool, "boolean"), (int, "long"), (float, "double"), (str, "string"))
    return next((type_ for python_type, type_ in types if isinstance(value, python_type)), "any")


def _find_spark_type(type_: Any) -> str:
    """Return the type name of a field of Spark's JSON schema: a name, or an object for a nested type."""
    if isinstance(type_, str):
        return type_
    if type_.get("class") == _VECTOR_CLASS:
        return "vector"
    if type_.get("type") == "array":
        return f"array<{_find_spark_type(type_['elementType'])}>"
    return str(type_.get("type"))


def _find_mlflow_type(item: Mapping[str, Any]) -> str:
    type_ = str(item["type"])
    if type_ == "array":
        return f"array<{_find_mlflow_type(item['items'])}>"
    return _MLFLOW_TYPES.get(type_, type_)
