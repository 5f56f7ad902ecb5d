"""The paths of the interface, each with what it accepts and answers."""

from __future__ import annotations

from typing import Final

from sparkops.api.openapi.operation import (
    ADDRESS,
    COUNT,
    FLAG,
    OBJECT,
    TEXT,
    Schema,
    describe_answer,
    describe_header,
    describe_limit,
    describe_list,
    describe_object,
    describe_operation,
    describe_path,
    describe_query,
    refer,
)
from sparkops.pipeline.job import Job
from sparkops.pipeline.parameters.docstring import read_summary
from sparkops.pipeline.parameters.json_schema import build_json_schema
from sparkops.runs.records.states import STATES

_WAIT: Final = describe_query(
    "wait", {"type": "number", "minimum": 0, "maximum": 300}, "Seconds to wait for the end of the run."
)
_KEY: Final = describe_header(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 255},
    "The same request with the same key is one run.",
)
_FRESH: Final = describe_query(
    "fresh",
    {"type": "boolean", "default": False},
    "Run the job even if the last run did the same work: same code, parameters and versions.",
)
_IF_NONE_MATCH: Final = describe_header("If-None-Match", TEXT, "The ETag of an earlier answer.")
_LOCATION: Final = {"Location": "Path of the run."}
_RUN_ANSWERS: Final[Schema] = {
    "200": describe_answer("The run, which has ended.", refer("Run")),
    "202": describe_answer("The run, which has not ended.", refer("Run")),
}
_ACCEPTED: Final[Schema] = {
    "200": describe_answer(
        "The run, which has ended.",
        refer("Run"),
        headers={**_LOCATION, "ETag": "Of the versions that the run read."},
    ),
    "202": describe_answer("The run, which is accepted.", refer("Run"), headers=_LOCATION),
}
_SINCE: Final = {"type": "string", "format": "date-time"}


def _build_request(params: Schema) -> Schema:
    """Return the schema of a request for a run."""
    return {
        "type": "object",
        "properties": {
            "params": params,
            "texts": {"type": "object", "additionalProperties": {"type": ["string", "array"]}},
            "at": {"type": "object", "additionalProperties": COUNT},
            "as_of": {"type": "string", "format": "date-time"},
            "callback": ADDRESS,
            "every": {"type": "string"},
        },
        "additionalProperties": False,
    }


_REPLAY: Final[Schema] = {
    "type": "object",
    "properties": {
        "params": OBJECT,
        "tolerance": {"type": "number", "minimum": 0, "maximum": 0.1},
        "examples": {"type": "integer", "minimum": 0, "maximum": 100},
        "keep": FLAG,
        "code": {"enum": ["present", "recorded"]},
        "callback": ADDRESS,
    },
    "additionalProperties": False,
}
_ROLLBACK: Final[Schema] = {
    "type": "object",
    "properties": {"cascade": FLAG, "include_foreign": FLAG, "dry_run": FLAG, "callback": ADDRESS},
    "additionalProperties": False,
}
_RELEASE: Final[Schema] = {
    "type": "object",
    "properties": {
        "run": {"type": "string", "minLength": 1},
        "set": {"type": "object", "additionalProperties": {"type": "string", "minLength": 1}},
        "discard": FLAG,
        "callback": ADDRESS,
    },
    "additionalProperties": False,
}


def build_job_path(job: Job) -> Schema:
    """Return the description of requests for runs of one job, with its parameters."""
    body = _build_request(build_json_schema(job))
    summary = read_summary(job.doc) or f"Request a run of {job.name}."
    return {"post": describe_operation(summary, _WAIT, _FRESH, _KEY, body=body, answers=_ACCEPTED)}


_SERVICE_PATHS: Final[Schema] = {
    "/openapi.json": {"get": describe_operation("Describe this interface.", answer=OBJECT)},
    "/metrics": {
        "get": describe_operation(
            "Answer metrics in the text format of Prometheus.",
            answers={"200": describe_answer("The metrics.", media={"text/plain": TEXT})},
        )
    },
    "/health/live": {
        "get": describe_operation("Say whether the service lives.", answer=describe_object({"status": TEXT}))
    },
    "/health/ready": {
        "get": describe_operation(
            "Say whether it starts what it accepts.",
            answers={
                "200": describe_answer("It does.", describe_object({"status": TEXT, "contexts": OBJECT})),
                "503": describe_answer("It does not.", describe_object({"status": TEXT, "reason": TEXT})),
            },
        )
    },
}
_JOB_PATHS: Final[Schema] = {
    "/jobs": {
        "get": describe_operation(
            "List the jobs.", answer=describe_object({"jobs": describe_list(refer("Job"))})
        )
    },
    "/jobs/{job}": {
        "get": describe_operation(
            "Show a job with the JSON Schema of its parameters.", describe_path("job"), answer=refer("Job")
        )
    },
    "/jobs/{job}/runs": {
        "post": describe_operation(
            "Request a run.",
            describe_path("job"),
            _WAIT,
            _FRESH,
            _KEY,
            body=_build_request(OBJECT),
            answers=_ACCEPTED,
        )
    },
}
_RUN_PATHS: Final[Schema] = {
    "/runs": {
        "get": describe_operation(
            "List runs, newest first.",
            describe_query("job", TEXT, "Only runs of this job."),
            describe_query("state", {"enum": list(STATES)}, "Only runs in this state."),
            describe_query("since", _SINCE, "Only runs that began at this time or later."),
            describe_limit(1000, 50),
            answer=describe_object({"runs": describe_list(refer("Run"))}),
        )
    },
    "/runs/{run}": {
        "get": describe_operation("Show a run.", describe_path("run"), _WAIT, answers={"200": _RUN_ANSWERS["200"]})
    },
    "/runs/{run}/result": {
        "get": describe_operation(
            "Read what a run published, in the form that `Accept` names.",
            describe_path("run"),
            describe_query("table", TEXT, "One of several tables that it wrote."),
            describe_limit(100_000, 1000, "Largest number of rows."),
            _IF_NONE_MATCH,
            answers={
                "304": {"description": "The result is that of the ETag."},
                "200": describe_answer(
                    "What it published.",
                    refer("Result"),
                    headers={
                        "X-Input-Versions": "Versions of the tables that it read: `flights@3,weather@1`.",
                        "ETag": "Of the run, the versions of its tables, and the form of the answer.",
                        "X-Truncated": "`true` if the table has more rows than this answer.",
                    },
                    media={
                        "text/csv": TEXT,
                        "text/html": TEXT,
                        "application/vnd.apache.arrow.stream": TEXT,
                    },
                )
            },
        )
    },
    "/runs/{run}/log": {
        "get": describe_operation(
            "Read the log, or with `Accept: text/event-stream` its events as they happen.",
            describe_path("run"),
            describe_query("from", {"type": "string", "pattern": "^[0-9]{1,9}:[0-9]{1,18}$"}, "Where to begin."),
            describe_header("Last-Event-ID", {"type": "string", "pattern": "^[0-9]{1,9}:[0-9]{1,18}$"}, "The last event."),
            answers={
                "200": describe_answer(
                    "The log.",
                    headers={"X-Log-Position": "Where the text ends: the `from` of the next request."},
                    media={"text/plain": TEXT, "text/event-stream": TEXT},
                )
            },
        )
    },
    "/runs/{run}/lineage": {
        "get": describe_operation(
            "Trace what led to a run: the versions that it read, the runs that published them, and what those read.",
            describe_path("run"), answer=refer("RunLineage"),
        )
    },
    "/runs/{run}/diff/{other}": {
        "get": describe_operation(
            "Compare two runs: what they do not share, and why their results differ.",
            describe_path("run"), describe_path("other"), answer=refer("Difference"),
        )
    },
    "/runs/{run}/cancel": {
        "post": describe_operation("Cancel a run.", describe_path("run"), _WAIT, answers=_RUN_ANSWERS)
    },
    "/runs/{run}/repeat": {
        "post": describe_operation(
            "Request a run with the parameters of another one, and changes.",
            describe_path("run"), _WAIT, _KEY, body=_build_request(OBJECT), answers=_ACCEPTED,
        )
    },
}  # fmt: skip
_UNDO_PATHS: Final[Schema] = {
    "/runs/{run}/replay": {
        "post": describe_operation(
            "Run a recorded run again, and compare the result with what it published.",
            describe_path("run"), _WAIT, _KEY, body=_REPLAY, answers=_ACCEPTED,
        )
    },
    "/runs/{run}/rollback": {
        "post": describe_operation(
            "Undo a run: its tables and aliases return to what they were before.",
            describe_path("run"), _WAIT, _KEY, body=_ROLLBACK,
            answers={
                **_ACCEPTED,
                "200": describe_answer(
                    "The rollback, which has ended; or its plan, if it is a dry run.",
                    {"anyOf": [refer("Run"), describe_object({"plan": OBJECT})]}, headers=_LOCATION,
                ),
            },
        )
    },
    "/quarantine/{table}/release": {
        "post": describe_operation(
            "Release quarantined rows into their table, or discard them.",
            describe_path("table"), _WAIT, _KEY, body=_RELEASE, answers=_ACCEPTED,
        )
    },
}  # fmt: skip
_DATA_PATHS: Final[Schema] = {
    "/tables": {
        "get": describe_operation(
            "List the tables.", answer=describe_object({"tables": describe_list(refer("Table"))})
        )
    },
    "/tables/{table}/history": {
        "get": describe_operation(
            "List the versions of a table.", describe_path("table"), describe_limit(1000, 20),
            answer=describe_object({"table": TEXT, "versions": describe_list(refer("Commit"))}),
        )
    },
    "/tables/{table}/preview": {
        "get": describe_operation(
            "Read the first rows of a table.", describe_path("table"),
            describe_query("at", COUNT, "The version; the newest by default."),
            describe_limit(1000, 10, "Largest number of rows."),
            answer=describe_object(
                {"table": TEXT, "columns": describe_list(TEXT), "rows": describe_list(OBJECT)}
            ),
        )
    },
    "/tables/{table}/checks": {
        "get": describe_operation(
            "Show the results of each expectation of a table over time.", describe_path("table"),
            describe_query("expectation", TEXT, "Only expectations with this in their name."),
            describe_limit(1000, 20, "Number of newest runs."),
            answer=describe_object({"table": TEXT, "expectations": describe_list(refer("Expectation"))}),
        )
    },
    "/models": {
        "get": describe_operation(
            "List the models.", answer=describe_object({"models": describe_list(refer("Model"))})
        )
    },
    "/models/{model}": {
        "get": describe_operation(
            "Show the versions of a model, newest first.", describe_path("model"),
            answer=describe_object({"name": TEXT, "versions": describe_list(refer("ModelVersion"))}),
        )
    },
    "/quarantine": {
        "get": describe_operation(
            "List the tables of which rows are in quarantine.",
            answer=describe_object({"tables": describe_list(refer("QuarantineCount"))}),
        )
    },
    "/quarantine/{table}": {
        "get": describe_operation(
            "Show the quarantine of a table: counts, and its first rows.", describe_path("table"),
            describe_query("run", TEXT, "Only rows that this run quarantined."),
            describe_limit(1000, 10, "Largest number of rows."),
            answer=refer("Quarantine"),
        )
    },
}  # fmt: skip
PATHS: Final[Schema] = {**_SERVICE_PATHS, **_JOB_PATHS, **_RUN_PATHS, **_UNDO_PATHS, **_DATA_PATHS}
