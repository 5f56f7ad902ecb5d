"""The parts of an operation: its parameters, its body, its answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

Schema = Mapping[str, Any]

TEXT: Final[Schema] = {"type": "string"}
OBJECT: Final[Schema] = {"type": "object"}
FLAG: Final[Schema] = {"type": "boolean"}
COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
ADDRESS: Final[Schema] = {"type": "string", "format": "uri", "maxLength": 2000}
_PROBLEM: Final = "application/problem+json"


def describe_path(name: str) -> Schema:
    """Return a parameter of the path."""
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}


def describe_query(name: str, schema: Schema, description: str) -> Schema:
    """Return a parameter of the query."""
    return {"name": name, "in": "query", "schema": schema, "description": description}


def describe_header(name: str, schema: Schema, description: str) -> Schema:
    """Return a header of the request."""
    return {"name": name, "in": "header", "schema": schema, "description": description}


def describe_limit(most: int, default: int, description: str = "Largest number of entries.") -> Schema:
    """Return the parameter `limit`."""
    schema = {"type": "integer", "minimum": 1, "maximum": most, "default": default}
    return describe_query("limit", schema, description)


def refer(name: str) -> Schema:
    """Return a reference to a schema of the components."""
    return {"$ref": f"#/components/schemas/{name}"}


def describe_object(required: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None) -> Schema:
    """Return the schema of an object that may have further fields.

    Args:
        required: Fields that it always has.
        optional: Fields that it may have.
    """
    return {
        "type": "object",
        "required": list(required),
        "properties": {**required, **(optional or {})},
    }


def describe_list(item: Schema) -> Schema:
    """Return the schema of a list."""
    return {"type": "array", "items": item}


def describe_map(value: Schema) -> Schema:
    """Return the schema of an object whose fields are names that nobody knows before."""
    return {"type": "object", "additionalProperties": value}


def allow_null(schema: Schema) -> Schema:
    """Return a schema with null as a further value."""
    return {"anyOf": [schema, {"type": "null"}]}


def describe_answer(
    description: str,
    schema: Schema | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    media: Mapping[str, Schema] | None = None,
) -> Schema:
    """Return an answer.

    Args:
        description: What it says.
        schema: Of its JSON.
        headers: What each of its headers says, by name.
        media: Schemas of its other forms, by media type.
    """
    content = {} if schema is None else {"application/json": {"schema": schema}}
    content |= {kind: {"schema": form} for kind, form in (media or {}).items()}
    described = {name: {"schema": TEXT, "description": text} for name, text in (headers or {}).items()}
    return {
        "description": description,
        **({"headers": described} if described else {}),
        **({"content": content} if content else {}),
    }


def describe_operation(
    summary: str,
    *parameters: Schema,
    body: Schema | None = None,
    body_required: bool = False,
    answers: Schema | None = None,
    answer: Schema | None = None,
) -> Schema:
    """Return the description of one operation.

    Args:
        summary: What it does, in one sentence.
        parameters: What its path, query and headers hold.
        body: Schema of its body.
        body_required: Whether it cannot be left out.
        answers: Its answers by status, beside those of an error.
        answer: Schema of its only answer, in place of `answers`.
    """
    problem = {_PROBLEM: {"schema": refer("Problem")}}
    operation: dict[str, Any] = {
        "summary": summary,
        "responses": {
            **(answers if answers is not None else {"200": describe_answer("The answer.", answer)}),
            "4XX": {"description": "What is wrong with the request.", "content": problem},
            "503": {"description": "The database or Spark cannot be used now.", "content": problem},
        },
    }
    if parameters:
        operation["parameters"] = list(parameters)
    if body is not None:
        operation["requestBody"] = {
            "required": body_required,
            "content": {"application/json": {"schema": body}},
        }
    return operation
