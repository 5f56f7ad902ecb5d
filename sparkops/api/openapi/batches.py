"""The paths of `/batches`: the part of Apache Livy's interface that the service offers where `api.livy` is true."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sparkops.api.openapi.operation import (
    COUNT,
    TEXT,
    Schema,
    allow_null,
    describe_answer,
    describe_list,
    describe_object,
    describe_operation,
    describe_path,
    describe_query,
    refer,
)

_NUMBER: Final[Schema] = {"type": "integer", "minimum": 0, "maximum": (1 << 31) - 1}
_NULL: Final[Schema] = {"type": "null"}
_STATE: Final[Schema] = {"enum": ["not_started", "starting", "running", "success", "killed", "dead"]}
# These would change what is executed, and as whom: only values that say nothing are accepted.
_EMPTY: Final[Schema] = {"enum": [None, "", [], {}]}
_REFUSED: Final = ("conf", "proxyUser", "className", "jars", "pyFiles", "files", "archives")
_WITHOUT_EFFECT: Final = (
    "name", "queue", "driverMemory", "driverCores", "executorMemory", "executorCores", "numExecutors", "ttl",
    "heartbeatTimeoutInSecond",
)  # fmt: skip

_CREATE: Final[Schema] = {
    "type": "object",
    "required": ["file"],
    "properties": {
        "file": {"type": "string", "minLength": 1, "description": "Name of a job, also after `sparkops:`."},
        "args": {**allow_null(describe_list(TEXT)), "description": "Its parameters: `--day`, `2024-03-01`."},
        **{name: {"description": "Changes nothing."} for name in _WITHOUT_EFFECT},
        **{name: {**_EMPTY, "description": "Cannot be changed."} for name in _REFUSED},
    },
    "additionalProperties": False,
}
BATCH_SCHEMAS: Final[Schema] = {
    "Batch": describe_object(
        {
            "id": COUNT,
            "name": TEXT,
            "owner": TEXT,
            "proxyUser": _NULL,
            "state": _STATE,
            "appId": allow_null(TEXT),
            "appInfo": describe_object({"driverLogUrl": TEXT, "sparkUiUrl": _NULL}),
            "log": describe_list(TEXT),
        }
    ),
    "BatchProblem": {"allOf": [refer("Problem"), describe_object({"msg": TEXT})]},
}
_BATCH: Final = describe_path("batch")


def _describe_batch_operation(summary: str, *parameters: Schema, **parts: Any) -> Schema:
    """Return an operation whose errors have Livy's field `msg`, unless a request is refused before it is read."""
    operation = dict(describe_operation(summary, *parameters, **parts))
    problem = {"application/json": {"schema": refer("BatchProblem")}}
    operation["responses"] = {
        status: {**answer, "content": {**answer["content"], **problem}}
        if status in ("4XX", "503")
        else answer
        for status, answer in operation["responses"].items()
    }
    return operation


BATCH_PATHS: Final[Mapping[str, Schema]] = {
    "/batches": {
        "get": _describe_batch_operation(
            "List batches: all requests for runs.",
            describe_query("from", {**_NUMBER, "default": 0}, "Number of batches to leave out."),
            describe_query("size", {**_NUMBER, "default": 20}, "Number of batches, at most 100."),
            answer=describe_object(
                {"from": COUNT, "total": COUNT, "sessions": describe_list(refer("Batch"))}
            ),
        ),
        "post": _describe_batch_operation(
            "Request a run as a batch.",
            body=_CREATE,
            body_required=True,
            answers={
                "201": describe_answer(
                    "The batch.", refer("Batch"), headers={"Location": "Path of the batch."}
                )
            },
        ),
    },
    "/batches/{batch}": {
        "get": _describe_batch_operation("Show a batch.", _BATCH, answer=refer("Batch")),
        "delete": _describe_batch_operation(
            "Cancel the run of a batch, unless it has ended.", _BATCH, answer=describe_object({"msg": TEXT})
        ),
    },
    "/batches/{batch}/state": {
        "get": _describe_batch_operation(
            "Show the state of a batch.", _BATCH, answer=describe_object({"id": COUNT, "state": _STATE})
        )
    },
    "/batches/{batch}/log": {
        "get": _describe_batch_operation(
            "Read lines of the log of a batch, by default the last ones.",
            _BATCH,
            describe_query("from", _NUMBER, "Number of the first line."),
            describe_query("size", {**_NUMBER, "default": 100}, "Number of lines."),
            answer=describe_object(
                {"id": COUNT, "from": COUNT, "size": COUNT, "total": COUNT, "log": describe_list(TEXT)}
            ),
        )
    },
}
