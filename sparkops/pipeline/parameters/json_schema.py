"""JSON Schema of a job's parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sparkops.pipeline.job import Job
from sparkops.pipeline.param import Param
from sparkops.pipeline.parameters.docstring import read_summary
from sparkops.pipeline.parameters.param_type import ParamType, read_param_type
from sparkops.pipeline.parameters.value import to_request_json
from sparkops.pipeline.secret import Secret

_TYPES: Final[Mapping[str, Mapping[str, Any]]] = {
    "bool": {"type": "boolean"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "str": {"type": "string"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
    "decimal": {"type": "string", "pattern": r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"},
    "path": {"type": "string", "minLength": 1},
    "timedelta": {"type": "string", "format": "duration"},
    "secret": {"type": "string", "format": "password", "writeOnly": True},
    "json": {},
}
_CONSTRAINTS: Final[Mapping[str, str]] = {
    "gt": "exclusiveMinimum",
    "ge": "minimum",
    "lt": "exclusiveMaximum",
    "le": "maximum",
    "multiple_of": "multipleOf",
    "min_length": "minLength",
    "max_length": "maxLength",
    "pattern": "pattern",
}
_SIZES: Final[Mapping[str, Mapping[str, str]]] = {
    "list": {"min_length": "minItems", "max_length": "maxItems"},
    "dict": {"min_length": "minProperties", "max_length": "maxProperties"},
}


def build_json_schema(job: Job) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of the job's parameters as one object."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": job.name,
        "description": read_summary(job.doc),
        "type": "object",
        "properties": {param.name: _build_property(param) for param in job.params},
        "required": [param.name for param in job.params if param.required],
        "additionalProperties": False,
    }


def _build_property(param: Param) -> dict[str, Any]:
    schema = _build_schema(read_param_type(param.annotation))
    schema |= {"description": param.help} if param.help else {}
    has_default = not param.required and not isinstance(param.default, Secret)
    return schema | {"default": to_request_json(param, param.default)} if has_default else schema


def _build_schema(param_type: ParamType) -> dict[str, Any]:
    schema: dict[str, Any]
    if param_type.kind == "dict" and param_type.item is not None:
        schema = {"type": "object", "additionalProperties": _build_schema(param_type.item)}
    elif param_type.item is not None:
        schema = {"type": "array", "items": _build_schema(param_type.item)}
        schema |= {"uniqueItems": True} if param_type.container in (set, frozenset) else {}
    elif param_type.kind == "tuple":
        count = len(param_type.members)
        items = [_build_schema(member) for member in param_type.members]
        schema = {"type": "array", "prefixItems": items, "minItems": count, "maxItems": count}
    elif param_type.kind == "union":
        schema = {"anyOf": [_build_schema(member) for member in param_type.members]}
    elif param_type.kind == "choice":
        schema = {"enum": list(_list_choices(param_type))}
    else:
        schema = dict(_TYPES[param_type.kind])
    schema |= {
        _name_constraint(param_type, key): _convert_constraint(value)
        for key, value in param_type.limits.items()
    }
    is_nullable = param_type.optional and param_type.kind != "json"
    return {"anyOf": [schema, {"type": "null"}]} if is_nullable else schema


def _list_choices(param_type: ParamType) -> tuple[Any, ...]:
    """Return the choices as JSON: ints and bools of a Literal unchanged, others as text."""
    return tuple(v if type(v) in (int, bool) else text for text, v in param_type.choices.items())


def _name_constraint(param_type: ParamType, key: str) -> str:
    return _SIZES.get(param_type.kind, {}).get(key, _CONSTRAINTS[key])


def _convert_constraint(value: Any) -> Any:
    if isinstance(value, int | float | str):
        return value
    return getattr(value, "pattern", None) or (
        value.isoformat() if hasattr(value, "isoformat") else str(value)
    )
