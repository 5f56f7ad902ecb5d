"""The description of the HTTP interface: OpenAPI 3.1, with the parameters of every job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any, Final

from sparkops.pipeline.job import Job
from sparkops.pipeline.parameters.docstring import read_summary
from sparkops.pipeline.parameters.json_schema import build_json_schema
from sparkops.runs.records.states import STATES

Schema = Mapping[str, Any]

_PROBLEM: Final = "application/problem+json"
_TEXT: Final[Schema] = {"type": "string"}
_OBJECT: Final[Schema] = {"type": "object"}
_SCHEMAS: Final[Schema] = {
    "Run": {
        "type": "object",
        "required": ["id", "job", "state", "links"],
        "properties": {
            "id": _TEXT,
            "job": _TEXT,
            "state": {"enum": list(STATES)},
            "params": _OBJECT,
            "inputs": _OBJECT,
            "outputs": _OBJECT,
            "error": {"type": ["object", "null"]},
            "links": _OBJECT,
        },
    },
    "Problem": {
        "type": "object",
        "required": ["title", "status", "detail"],
        "properties": {
            "title": _TEXT,
            "status": {"type": "integer"},
            "detail": _TEXT,
            "errors": {"type": "array", "items": _OBJECT},
        },
    },
}
_WAIT: Final[Schema] = {
    "name": "wait",
    "in": "query",
    "description": "Seconds to wait for the end of the run.",
    "schema": {"type": "number", "minimum": 0, "maximum": 300},
}
_KEY: Final[Schema] = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "The same request with the same key is one run.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}


def build_openapi(jobs: Sequence[Job], *, title: str) -> dict[str, Any]:
    """Return the description of the service of a project.

    Args:
        jobs: The project's jobs.
        title: Name of the project.
    """
    paths: dict[str, Any] = dict(_PATHS)
    for job in jobs:
        body = _build_request({"params": build_json_schema(job)})
        summary = read_summary(job.doc) or f"Request a run of {job.name}."
        paths[f"/jobs/{job.name}/runs"] = {"post": _describe(summary, _WAIT, _KEY, body=body, answers=_RUN)}
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version("sparkops")},
        "paths": paths,
        "components": {
            "schemas": _SCHEMAS,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{}, {"token": []}],
    }


def _path(name: str) -> Schema:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}


def _query(name: str, schema: Schema) -> Schema:
    return {"name": name, "in": "query", "schema": schema}


def _build_count(most: int) -> Schema:
    return {"type": "integer", "minimum": 1, "maximum": most}


def _build_request(fields: Schema) -> Schema:
    """Return the schema of a request for a run."""
    known = {
        "params": _OBJECT,
        "texts": {"type": "object", "additionalProperties": {"type": ["string", "array"]}},
        "at": {"type": "object", "additionalProperties": {"type": "integer", "minimum": 0}},
        "as_of": {"type": "string", "format": "date-time"},
    }
    return {"type": "object", "properties": {**known, **fields}, "additionalProperties": False}


def _describe(
    summary: str, *parameters: Schema, body: Schema | None = None, answers: Schema | None = None
) -> Schema:
    """Return the description of one operation.

    Args:
        summary: What it does, in one sentence.
        parameters: What its path, query and headers hold.
        body: Schema of its body.
        answers: Its answers, beside those of an error.
    """
    operation: dict[str, Any] = {
        "summary": summary,
        "responses": {
            **(answers or {"200": {"description": "The answer."}}),
            "4XX": {
                "description": "What is wrong with the request.",
                "content": {_PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
            },
            "503": {"description": "The database or Spark cannot be used now."},
        },
    }
    if parameters:
        operation["parameters"] = list(parameters)
    if body is not None:
        operation["requestBody"] = {"content": {"application/json": {"schema": body}}}
    return operation


_RUN_ANSWER: Final[Schema] = {
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Run"}}}
}
_RUN: Final[Schema] = {
    "200": {"description": "The run, which has ended.", **_RUN_ANSWER},
    "202": {"description": "The run, which is accepted.", **_RUN_ANSWER},
}
_LIST_OPTIONS: Final = (
    _query("job", _TEXT),
    _query("state", {"enum": list(STATES)}),
    _query("since", {"type": "string", "format": "date-time"}),
    _query("limit", _build_count(1000)),
)
_PATHS: Final[Schema] = {
    "/jobs": {"get": _describe("List the jobs.")},
    "/jobs/{job}": {"get": _describe("Show a job with the JSON Schema of its parameters.", _path("job"))},
    "/jobs/{job}/runs": {
        "post": _describe("Request a run.", _path("job"), _WAIT, _KEY, body=_build_request({}), answers=_RUN)
    },
    "/runs": {"get": _describe("List runs, newest first.", *_LIST_OPTIONS)},
    "/runs/{run}": {"get": _describe("Show a run.", _path("run"), _WAIT, answers=_RUN)},
    "/runs/{run}/result": {
        "get": _describe(
            "What a run published, as JSON, CSV, Arrow or HTML.",
            _path("run"),
            _query("table", _TEXT),
            _query("limit", {"type": "integer", "minimum": 1, "maximum": 100_000}),
        )
    },
    "/runs/{run}/log": {"get": _describe("The log, or its events as they happen.", _path("run"))},
    "/runs/{run}/cancel": {"post": _describe("Cancel a run.", _path("run"), _WAIT, answers=_RUN)},
    "/runs/{run}/repeat": {
        "post": _describe(
            "Request a run with the parameters of another one, and changes.",
            _path("run"), _WAIT, _KEY, body=_build_request({}), answers=_RUN,
        )
    },
    "/tables": {"get": _describe("List the tables.")},
    "/tables/{table}/history": {
        "get": _describe("List the versions of a table.", _path("table"), _query("limit", _build_count(1000)))
    },
    "/tables/{table}/preview": {
        "get": _describe(
            "First rows of a table.", _path("table"), _query("at", {"type": "integer", "minimum": 0}),
            _query("limit", _build_count(1000)),
        )
    },
    "/health/live": {"get": _describe("Whether the service lives.")},
    "/health/ready": {"get": _describe("Whether it starts what it accepts.")},
}  # fmt: skip
