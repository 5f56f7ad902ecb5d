"""The schemas of answers that the description of the interface names."""

from __future__ import annotations

from typing import Final

from sparkops.api.openapi.operation import (
    COUNT,
    FLAG,
    OBJECT,
    TEXT,
    Schema,
    allow_null,
    describe_list,
    describe_map,
    describe_object,
    refer,
)
from sparkops.runs.records.states import STATES

_NUMBER: Final[Schema] = {"type": "number"}
_TIME: Final[Schema] = {"type": "string", "format": "date-time"}
_TEXTS: Final = describe_list(TEXT)

_STREAM: Final = describe_object(
    {
        "batches": COUNT,
        "rows": COUNT,
        "held": COUNT,
        "rows_per_second": allow_null(_NUMBER),
        "last_batch": allow_null(
            describe_object({"number": COUNT, "rows": COUNT, "held": COUNT}, {"time": _TIME})
        ),
        "last_commit": allow_null(
            describe_object({"table": allow_null(TEXT), "version": COUNT, "time": allow_null(_TIME)})
        ),
        "lag": describe_object(
            {"seconds": allow_null(_NUMBER)}, {"versions": COUNT, "files": COUNT, "bytes": COUNT}
        ),
    }
)
_RUN: Final = describe_object(
    {
        "id": TEXT,
        "job": TEXT,
        "state": {"enum": list(STATES)},
        "error": allow_null(describe_object({"message": TEXT, "type": TEXT})),
        "links": describe_map(TEXT),
    },
    {
        "params": OBJECT,
        "inputs": OBJECT,
        "outputs": OBJECT,
        "models": OBJECT,
        "metrics": OBJECT,
        "started": allow_null(_TIME),
        "ended": allow_null(_TIME),
        "accepted": _TIME,
        "context": TEXT,
        "caller": TEXT,
        "answered_by": TEXT,
        "is_new": FLAG,
        "kind": {"enum": ["replay", "rollback", "release"]},
        "of": allow_null(TEXT),
        "result": OBJECT,
        "record": OBJECT,
        "callback": describe_object(
            {
                "url": TEXT,
                "state": {"enum": ["pending", "delivered", "failed"]},
                "attempts": COUNT,
                "last_error": allow_null(TEXT),
            }
        ),
        "every": TEXT,
        "stream": refer("Stream"),
    },
)
_PROBLEM: Final = describe_object(
    {"title": TEXT, "status": {"type": "integer"}, "detail": TEXT},
    {"errors": describe_list(describe_object({"parameter": TEXT, "message": TEXT}))},
)
_JOB: Final = describe_object(
    {
        "name": TEXT,
        "summary": TEXT,
        "reads": _TEXTS,
        "writes": _TEXTS,
        "stream": allow_null(TEXT),
        "context": TEXT,
        "runs": TEXT,
    },
    {"parameters": OBJECT, "every": TEXT},
)
_TABLE: Final = describe_object(
    {
        "name": TEXT,
        "kind": {"enum": ["delta", "source"]},
        "location": TEXT,
        "exists": FLAG,
        "version": allow_null(COUNT),
        "time": allow_null(TEXT),
        "description": TEXT,
    }
)
_COMMIT: Final = describe_object(
    {
        "version": COUNT,
        "time": allow_null(TEXT),
        "operation": allow_null(TEXT),
        "rows": allow_null(COUNT),
        "run_id": allow_null(TEXT),
        "batch": allow_null(OBJECT),
    }
)
_EXPECTATION: Final = describe_object(
    {
        "expectation": TEXT,
        "kwargs": OBJECT,
        "policy": TEXT,
        "severity": TEXT,
        "asked_still": FLAG,
        "runs": COUNT,
        "failed": COUNT,
        "last_failed": allow_null(TEXT),
        "results": describe_list(OBJECT),
    }
)
_MODEL: Final = describe_object(
    {"name": TEXT, "newest": COUNT, "versions": COUNT, "aliases": describe_map(COUNT)}
)
_MODEL_VERSION: Final = describe_object(
    {
        "name": TEXT,
        "version": COUNT,
        "run_id": TEXT,
        "metrics": describe_map(_NUMBER),
        "aliases": _TEXTS,
        "gates": describe_list(describe_object({"metric": TEXT, "rule": TEXT, "passed": FLAG})),
        "tables": OBJECT,
        "time": allow_null(TEXT),
        "certificate": describe_object(
            {
                "is_certified": FLAG,
                "rows": COUNT,
                "scorer": {"enum": ["compiled", "pyfunc", "spark", "none"]},
            }
        ),
    }
)
_QUARANTINE_FACTS: Final = {"table": TEXT, "held": COUNT, "runs": _TEXTS, "interrupted": _TEXTS}
_QUARANTINE: Final = describe_object(
    {
        **_QUARANTINE_FACTS,
        "counts": describe_list(
            describe_object(
                {
                    "run": TEXT,
                    "reasons": _TEXTS,
                    "state": {"enum": ["held", "interrupted", "released", "discarded"]},
                    "release": allow_null(TEXT),
                    "rows": COUNT,
                }
            )
        ),
        "rows": describe_list(OBJECT),
    }
)
_RESULT: Final = describe_object(
    {
        "run": TEXT,
        "inputs": OBJECT,
        "models": OBJECT,
        "outputs": OBJECT,
        "registered": allow_null(OBJECT),
        "report": allow_null(TEXT),
        "metrics": OBJECT,
    },
    {"table": TEXT, "rows": describe_list(OBJECT), "is_truncated": FLAG},
)
_RUN_LINEAGE: Final = describe_object(
    {
        "run": TEXT,
        "origins": describe_list(
            describe_object(
                {
                    "id": TEXT,
                    "kind": {"enum": ["run", "table", "source", "model"]},
                    "title": TEXT,
                    "notes": _TEXTS,
                    "result": TEXT,
                    "tone": {"enum": ["", "good", "warn", "bad"]},
                }
            )
        ),
        "edges": describe_list(describe_object({"from": TEXT, "to": TEXT})),
        "picture": allow_null(OBJECT),
    }
)
_DIFFERENCE: Final = describe_object(
    {"before": TEXT, "after": TEXT, "jobs": _TEXTS, "summary": _TEXTS, "differences": OBJECT}
)

SCHEMAS: Final[Schema] = {
    "Run": _RUN,
    "Stream": _STREAM,
    "Problem": _PROBLEM,
    "Job": _JOB,
    "Table": _TABLE,
    "Commit": _COMMIT,
    "Expectation": _EXPECTATION,
    "Model": _MODEL,
    "ModelVersion": _MODEL_VERSION,
    "QuarantineCount": describe_object(_QUARANTINE_FACTS),
    "Quarantine": _QUARANTINE,
    "Result": _RESULT,
    "RunLineage": _RUN_LINEAGE,
    "Difference": _DIFFERENCE,
}
