"""A job told to a person and to a machine: rows for --help, JSON Schema for HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from sparkops.pipeline.allowed_values import describe_limits, type_label
from sparkops.pipeline.bind import option
from sparkops.pipeline.docstring import summary_of, without_args
from sparkops.pipeline.job import Job
from sparkops.pipeline.param import Param
from sparkops.pipeline.param_type import ParamType, read_param_type
from sparkops.pipeline.value import to_json, to_text


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterHelp:
    """One parameter as --help shows it.

    Args:
        name: The parameter.
        option: `--max-iter`.
        type: INT, YYYY-MM-DD, JFK|LGA|EWR, TEXT,...
        limits: "at least 1, at most 50"; empty where there are none.
        default: The default's text; empty when the parameter is required.
        required: Whether a value must be given.
        help: The author's words.
        conf: The file and line of conf/ that gives a value; empty where none does.
    """

    name: str
    option: str
    type: str
    limits: str
    default: str
    required: bool
    help: str
    conf: str = ""

    @property
    def told(self) -> str:
        """Return the author's words, the limits and the default, as one line."""
        facts = "required" if self.required else f"default: {self.default}"
        facts = f"set in {self.conf}" if self.conf else facts
        return " ".join(
            part for part in (self.help, f"[{'; '.join(x for x in (self.limits, facts) if x)}]") if part
        )


def describe(job: Job, conf: Mapping[str, str] | None = None) -> tuple[ParameterHelp, ...]:
    """Return one row per parameter, in the order of the signature.

    Args:
        job: The job.
        conf: Parameter to the file and line of conf/ that gives it a value.
    """
    return tuple(_row(param, (conf or {}).get(param.name, "")) for param in job.params)


def _row(param: Param, conf: str) -> ParameterHelp:
    shape = read_param_type(param.annotation)
    return ParameterHelp(
        name=param.name,
        option=option(param.name),
        type=type_label(shape),
        limits=describe_limits(shape),
        default="" if param.required else _default(param),
        required=param.required and not conf,
        help=param.help,
        conf=conf,
    )


def _default(param: Param) -> str:
    return "none" if param.default is None else to_text(param, param.default)


def usage(job: Job, rows: Sequence[ParameterHelp]) -> str:
    """Return how `sparkops run JOB --help` begins: the words to write, the docstring, what it reads and makes."""
    needed = "".join(f" {row.option} {row.type}" for row in rows if row.required)
    parts = [f"Usage: sparkops run {job.name}{needed} [OPTIONS]", without_args(job.doc), _facts(job)]
    return "\n\n".join(part for part in parts if part)


def _facts(job: Job) -> str:
    """Return which tables and models the job reads and makes, and its file."""
    facts = {
        "Reads": ", ".join(
            (*map(partial(_table, job), job.tables), *(f"{name} (model)" for name in job.models))
        ),
        "Makes": _made(job),
        "File": str(job.place),
    }
    return "\n".join(f"{name + ':':<8}{text}" for name, text in facts.items() if text)


def _table(job: Job, name: str) -> str:
    """Return how a table is read."""
    if name != job.stream:
        return name
    return f"{name} (as a stream, {f'every {job.every}' if job.every else 'what came since the last run'})"


def _made(job: Job) -> str:
    if job.kind == "report":
        return "a report"
    if job.registers:
        return f"{job.registers} (model)"
    return ", ".join(
        f"{w.table} ({' by '.join(x for x in (w.mode, ', '.join(w.by)) if x)})" for w in job.writes
    )


_JSON: Final[Mapping[str, Mapping[str, str]]] = {
    "bool": {"type": "boolean"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "str": {"type": "string"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
}
_JSON_LIMITS: Final[Mapping[str, str]] = {
    "gt": "exclusiveMinimum",
    "ge": "minimum",
    "lt": "exclusiveMaximum",
    "le": "maximum",
    "multiple_of": "multipleOf",
    "min_length": "minLength",
    "max_length": "maxLength",
    "pattern": "pattern",
}


def json_schema(job: Job) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of an object that holds the job's parameters."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": job.name,
        "description": summary_of(job.doc),
        "type": "object",
        "properties": {param.name: _property(param) for param in job.params},
        "required": [param.name for param in job.params if param.required],
        "additionalProperties": False,
    }


def _property(param: Param) -> dict[str, Any]:
    schema = _schema(read_param_type(param.annotation))
    schema |= {"description": param.help} if param.help else {}
    return schema if param.required else schema | {"default": to_json(param, param.default)}


def _schema(shape: ParamType) -> dict[str, Any]:
    if shape.item is not None:
        schema: dict[str, Any] = {"type": "array", "items": _schema(shape.item)}
    elif shape.kind == "choice":
        schema = {"enum": list(_choices(shape))}
    else:
        schema = dict(_JSON[shape.kind])
    schema |= {_limit_name(shape, key): _limit(value) for key, value in shape.limits.items()}
    return {"anyOf": [schema, {"type": "null"}]} if shape.optional else schema


def _choices(shape: ParamType) -> tuple[Any, ...]:
    """Return the choices as JSON: an int or bool of a Literal as itself, all else as its text."""
    return tuple(v if type(v) in (int, bool) else text for text, v in shape.choices.items())


def _limit_name(shape: ParamType, key: str) -> str:
    items = {"min_length": "minItems", "max_length": "maxItems"} if shape.kind == "list" else {}
    return items.get(key, _JSON_LIMITS[key])


def _limit(value: Any) -> Any:
    if isinstance(value, int | float | str):
        return value
    return getattr(value, "pattern", None) or (
        value.isoformat() if hasattr(value, "isoformat") else str(value)
    )
