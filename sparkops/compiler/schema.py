"""Columns of a signature, from Spark's words, from MLflow's, or from rows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sparkops.errors import InputError
from sparkops.scoring.ir.field import TYPES, Field

_VECTOR_CLASS = "org.apache.spark.ml.linalg.VectorUDT"
# What Spark calls its types in DDL and in `dtypes`, as a field calls them.
_WORDS = {"tinyint": "byte", "smallint": "short", "int": "integer", "bigint": "long", "real": "float"}
_FROM_MLFLOW = {"sparkml vector": "vector", "datetime": "timestamp"}
_COLUMN = re.compile(r"(?:`((?:[^`]|``)+)`|(\w+))\s*:?\s+([a-z]\S.*?)(\s+not\s+null)?", re.IGNORECASE)
_KNOWN = "STRING, BOOLEAN, TINYINT, SMALLINT, INT, BIGINT, FLOAT, DOUBLE, DATE, TIMESTAMP, VECTOR, VECTOR(n), ARRAY<...>"
_SIZED = re.compile(r"vector\s*\(\s*(\d+)\s*\)")


def fields_from_spark(schema: Mapping[str, Any]) -> tuple[Field, ...]:
    """Return the fields of `frame.schema.jsonValue()`.

    A type that a row cannot give keeps its name; it is refused only where a stage reads it.
    """
    return tuple(
        Field(item["name"], _spark_type(item["type"]), bool(item["nullable"])) for item in schema["fields"]
    )


def with_vector_sizes(fields: Sequence[Field], row: Mapping[str, Any]) -> tuple[Field, ...]:
    """Return the fields with the length of their vectors, as a row of plain values shows it."""
    return tuple(
        replace(field, size=len(row[field.name]))
        if field.type == "vector" and row.get(field.name) and not isinstance(row[field.name], Mapping)
        else field
        for field in fields
    )


def fields_from_mlflow(columns: Sequence[Mapping[str, Any]]) -> tuple[Field, ...]:
    """Return the fields of `signature.inputs.to_dict()`."""
    return tuple(
        Field(str(item["name"]), _mlflow_type(item), not item.get("required", True)) for item in columns
    )


def fields_from_types(types: Mapping[str, str]) -> tuple[Field, ...]:
    """Return the fields of `dict(frame.dtypes)`."""
    return tuple(Field(name, _word(kind)) for name, kind in types.items())


def fields_from_ddl(text: str) -> tuple[Field, ...]:
    """Return the fields of "carrier STRING, month INT, features VECTOR(5), words ARRAY<STRING>".

    Raises:
        InputError: It is not of that form.
    """
    found = []
    for part in re.split(r",(?![^<(]*[>)])", text):
        column = _COLUMN.fullmatch(part.strip())
        if column is None:
            raise InputError(
                f"`{part.strip()}` is no column: write NAME TYPE, as in carrier STRING, month INT, v VECTOR(5)."
            )
        quoted, bare, kind, required = column.groups()
        name = quoted.replace("``", "`") if quoted else bare
        size = _SIZED.fullmatch(kind.lower())
        word = "vector" if size else _word(kind.lower())
        if word not in TYPES and not word.startswith("decimal"):
            raise InputError(
                f"Column `{name}` is of type {kind}, which no row of JSON gives. Known: {_KNOWN}."
            )
        found.append(Field(name, word, not required, int(size[1]) if size else None))
    return tuple(found)


def fields_from_example(rows: Sequence[Mapping[str, Any]]) -> tuple[Field, ...]:
    """Return the fields of rows as JSON holds them; a column without any value is of type `any`."""
    names = dict.fromkeys(name for row in rows for name in row)
    values = {name: next((row[name] for row in rows if row.get(name) is not None), None) for name in names}
    fields = tuple(Field(name, _seen(value)) for name, value in values.items())
    return with_vector_sizes(fields, values)


def _word(kind: str) -> str:
    """Return a field's word for Spark's."""
    if kind.startswith("array<"):
        return f"array<{_word(kind[6:-1].strip())}>"
    return _WORDS.get(kind, kind)


def _seen(value: Any) -> str:
    """Return the type that a value of JSON shows; a list of numbers is a vector, as Spark ML has them."""
    if isinstance(value, list):
        inner = {_seen(item) for item in value if item is not None}
        if inner <= {"long", "double"}:
            return "vector"
        return f"array<{inner.pop()}>" if len(inner) == 1 else "any"
    kinds = ((bool, "boolean"), (int, "long"), (float, "double"), (str, "string"))
    return next((word for kind, word in kinds if isinstance(value, kind)), "any")


def _spark_type(kind: Any) -> str:
    if isinstance(kind, str):
        return kind
    if kind.get("class") == _VECTOR_CLASS:
        return "vector"
    if kind.get("type") == "array":
        return f"array<{_spark_type(kind['elementType'])}>"
    return str(kind.get("type"))


def _mlflow_type(item: Mapping[str, Any]) -> str:
    kind = str(item["type"])
    if kind == "array":
        return f"array<{_mlflow_type(item['items'])}>"
    return _FROM_MLFLOW.get(kind, kind)
