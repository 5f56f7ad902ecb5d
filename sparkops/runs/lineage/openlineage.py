"""Build the OpenLineage events (2-0-2) of a run from its record, as JSON values.

Datasets are named as OpenLineage's naming rules say: a local folder has the namespace `file` and its path as name, a
URI its scheme and authority as namespace. The name in the catalog is a symlink. A model is a dataset of the configured
namespace.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final, Literal
from urllib.parse import urlsplit
from uuid import UUID

from sparkops.pipeline.checks.check import format_expectation
from sparkops.runs.records.run import Run

EventType = Literal["START", "COMPLETE", "FAIL", "ABORT"]
Facet = dict[str, Any]
Facets = dict[str, Facet]

PRODUCER: Final = "urn:sparkops"
_SPEC: Final = "https://openlineage.io/spec"
_EVENT: Final = f"{_SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent"
_RUN_ID: Final = re.compile(r"(\d{8}-\d{6})-.+")
# Version of each facet's schema.
_FACETS: Final[Mapping[str, str]] = {
    "DatasetVersionDatasetFacet": "1-0-1",
    "SymlinksDatasetFacet": "1-0-1",
    "LifecycleStateChangeDatasetFacet": "1-0-1",
    "DataQualityAssertionsDatasetFacet": "1-1-0",
    "OutputStatisticsOutputDatasetFacet": "1-0-2",
    "SchemaDatasetFacet": "1-2-0",
    "ExecutionParametersRunFacet": "1-0-0",
    "ErrorMessageRunFacet": "1-0-1",
    "ProcessingEngineRunFacet": "1-1-1",
    "JobTypeJobFacet": "2-0-4",
    "SourceCodeLocationJobFacet": "1-1-0",
}
# Type of the last event by the state of the run; any other state is a failure.
_TYPES: Final[Mapping[str, EventType]] = {"done": "COMPLETE", "cancelled": "ABORT"}
# Columns of a table, by name and version.
Columns = tuple[tuple[str, str], ...]


def choose_event_type(run: Run) -> EventType:
    """Return the type of the last event of a run that has ended."""
    return _TYPES.get(run.state, "FAIL")


def build_start_event(
    run_id: str, job: str, *, attempt: int, namespace: str, time: datetime, is_stream: bool = False
) -> dict[str, Any]:
    """Return the event of a run that begins.

    Args:
        run_id: The run.
        job: Name of its job.
        attempt: Number of the first attempt of this execution: a run that is resumed is a further run of OpenLineage.
        namespace: Namespace of the jobs.
        time: When it begins.
        is_stream: Whether the job reads a stream.
    """
    return {
        "eventType": "START",
        "eventTime": time.isoformat(),
        "producer": PRODUCER,
        "schemaURL": _EVENT,
        "run": {
            "runId": str(make_run_uuid(run_id, attempt)),
            "facets": {"sparkops_run": _make_own_facet("RunFacet", run=run_id, attempt=attempt)},
        },
        "job": {
            "namespace": namespace,
            "name": job,
            "facets": {"jobType": _describe_type(is_stream=is_stream)},
        },
        "inputs": [],
        "outputs": [],
    }


def build_end_event(
    run: Run, start: Mapping[str, Any], *, columns: Mapping[str, Columns] | None = None
) -> dict[str, Any]:
    """Return the event of a run that has ended.

    Args:
        run: Its record.
        start: The event of its start.
        columns: The columns of the version that the run read or wrote, by table, where they are known.
    """
    namespace = start["job"]["namespace"]
    columns = columns or {}
    return {
        **start,
        "eventType": choose_event_type(run),
        "eventTime": (run.ended or datetime.now(UTC)).isoformat(),
        "run": {**start["run"], "facets": start["run"]["facets"] | _describe_run(run)},
        "job": {**start["job"], "facets": start["job"]["facets"] | _describe_code(run)},
        "inputs": list(_list_inputs(run, namespace, columns)),
        "outputs": list(_list_outputs(run, namespace, columns)),
    }


def make_run_uuid(run_id: str, attempt: int = 1) -> UUID:
    """Return the UUIDv7 of a run, always the same one: its time is that of the id, its other bits are a hash."""
    match = _RUN_ID.fullmatch(run_id)
    try:
        time = datetime.strptime(match[1], "%Y%m%d-%H%M%S").replace(tzinfo=UTC) if match else None
    except ValueError:
        time = None
    milliseconds = int(time.timestamp() * 1000) if time else 0
    text = run_id if attempt == 1 else f"{run_id}/{attempt}"
    bits = int.from_bytes(hashlib.sha256(text.encode()).digest()[:10])
    high, low = bits >> 62 & 0xFFF, bits & (1 << 62) - 1
    return UUID(int=milliseconds << 80 | 7 << 76 | high << 64 | 0b10 << 62 | low)


def _make_facet(name: str, /, **values: Any) -> Facet:
    schema = f"{_SPEC}/facets/{_FACETS[name]}/{name}.json#/$defs/{name}"
    return {"_producer": PRODUCER, "_schemaURL": schema, **values}


def _make_own_facet(kind: str, /, **values: Any) -> Facet:
    """Return a facet that OpenLineage does not define; its schema is that of every facet of its kind."""
    return {"_producer": PRODUCER, "_schemaURL": f"{_SPEC}/2-0-2/OpenLineage.json#/$defs/{kind}", **values}


def _describe_type(*, is_stream: bool) -> Facet:
    kind = "STREAMING" if is_stream else "BATCH"
    return _make_facet("JobTypeJobFacet", processingType=kind, integration="SPARKOPS", jobType="JOB")


def _describe_run(run: Run) -> Facets:
    """Return the facets of a run that has ended."""
    facets: Facets = {}
    if run.params:
        parameters = [
            {"key": name, "name": name, "value": _to_text(value)} for name, value in run.params.items()
        ]
        facets["executionParameters"] = _make_facet("ExecutionParametersRunFacet", parameters=parameters)
    if run.spark.get("version"):
        facets["processing_engine"] = _make_facet(
            "ProcessingEngineRunFacet", version=str(run.spark["version"]), name="spark"
        )
    if run.error and run.state != "done":
        message = f"{run.error['kind']}: {run.error['message']}"
        facets["errorMessage"] = _make_facet(
            "ErrorMessageRunFacet", message=message, programmingLanguage="PYTHON"
        )
    return facets


def _describe_code(run: Run) -> Facets:
    facets: Facets = {
        "sparkops_code": _make_own_facet(
            "JobFacet",
            **{key: run.code[key] for key in ("place", "source", "git", "dirty") if run.code.get(key)},
        )
    }
    root, place = run.settings.get("root"), run.code.get("place")
    if run.code.get("git") and root and place:
        path = str(place).rpartition(":")[0]
        facets["sourceCodeLocation"] = _make_facet(
            "SourceCodeLocationJobFacet",
            type="git",
            url=f"file://{root}/{path}",
            path=path,
            version=run.code["git"],
        )
    return facets


def _list_inputs(run: Run, namespace: str, columns: Mapping[str, Columns]) -> Iterator[dict[str, Any]]:
    for name, pin in run.inputs.items():
        version = pin["version"] if pin["version"] is not None else pin["identity"]
        yield _make_dataset(name, pin["location"], version, namespace, columns.get(name))
    for name, version in run.models.items():
        yield _make_model(name, version, namespace)


def _list_outputs(run: Run, namespace: str, columns: Mapping[str, Columns]) -> Iterator[dict[str, Any]]:
    for name, output in run.outputs.items():
        dataset = _make_dataset(name, output["location"], output["version"], namespace, columns.get(name))
        if output["version"] == 0:
            dataset["facets"]["lifecycleStateChange"] = _make_facet(
                "LifecycleStateChangeDatasetFacet", lifecycleStateChange="CREATE"
            )
        assertions = [_make_assertion(check) for check in run.checks if check["table"] == name]
        if assertions:
            dataset["facets"]["dataQualityAssertions"] = _make_facet(
                "DataQualityAssertionsDatasetFacet", assertions=assertions
            )
        statistics = _make_facet("OutputStatisticsOutputDatasetFacet", rowCount=output["rows"])
        yield {**dataset, "outputFacets": {"outputStatistics": statistics}}
    if run.registered:
        model = _make_model(run.registered["name"], run.registered["version"], namespace)
        facts = {
            key: run.registered[key]
            for key in ("uri", "mlflow_run", "metrics", "aliases", "compiled")
            if key in run.registered
        }
        model["facets"]["sparkops_model"] = _make_own_facet("DatasetFacet", **facts)
        yield model


def _make_dataset(
    name: str, location: str, version: int | str, namespace: str, columns: Columns | None
) -> dict[str, Any]:
    symlink = {"namespace": namespace, "name": name, "type": "TABLE"}
    facets = {
        "version": _make_facet("DatasetVersionDatasetFacet", datasetVersion=str(version)),
        "symlinks": _make_facet("SymlinksDatasetFacet", identifiers=[symlink]),
    }
    if columns:
        fields = [{"name": column, "type": type_} for column, type_ in columns]
        facets["schema"] = _make_facet("SchemaDatasetFacet", fields=fields)
    storage, path = _split_location(location, namespace)
    return {"namespace": storage, "name": path, "facets": facets}


def _split_location(location: str, namespace: str) -> tuple[str, str]:
    """Return namespace and name of a dataset: of a path, of a URI, or of a name in a metastore."""
    if location.startswith("/"):
        return "file", location
    try:
        parts = urlsplit(location)
    except ValueError:
        return namespace, location
    if not parts.scheme or "//" not in location:
        return namespace, location
    if parts.scheme == "file":
        return "file", parts.path
    return f"{parts.scheme}://{parts.netloc}", parts.path.lstrip("/") or "/"


def _make_model(name: str, version: int, namespace: str) -> dict[str, Any]:
    facets = {"version": _make_facet("DatasetVersionDatasetFacet", datasetVersion=str(version))}
    return {"namespace": namespace, "name": f"models/{name}", "facets": facets}


def _make_assertion(check: Mapping[str, Any]) -> dict[str, Any]:
    """Return a check result of the record as an assertion of OpenLineage."""
    assertion = {
        "assertion": check["expectation"],
        "success": bool(check["success"]),
        "severity": "error" if check["policy"] == "fail" else "warn",
        "name": format_expectation(check["expectation"], check["kwargs"]),
    }
    column = check["kwargs"].get("column")
    if isinstance(column, str):
        assertion["column"] = column
    if check["unexpected"] is not None and check["rows"] is not None:
        assertion["actual"] = f"{check['unexpected']} of {check['rows']} rows"
    elif check["observed"] is not None:
        assertion["actual"] = _to_text(check["observed"])
    return assertion


def _to_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)
