"""The OpenLineage events of recorded runs, read by the classes of openlineage-python."""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, RunEvent, RunState
from openlineage.client.event_v2 import Run as LineageRun
from openlineage.client.generated import (
    data_quality_assertions_dataset,
    dataset_version_dataset,
    error_message_run,
    execution_parameters_run,
    job_type_job,
    lifecycle_state_change_dataset,
    output_statistics_output_dataset,
    processing_engine_run,
    schema_dataset,
    source_code_location_job,
    symlinks_dataset,
)
from openlineage.client.serde import Serde

from sparkops.runs.lineage.openlineage import build_end_event, build_start_event, make_run_uuid
from sparkops.runs.records.run import Run
from sparkops.runs.records.states import STATES
from sparkops.runs.records.store import RunStore

GOLDEN = RunStore(Path(__file__).parents[2] / "golden" / "v2" / "runs")
NOW = datetime(2026, 11, 30, 8, 0, 1, 500, tzinfo=UTC)
# Key of a facet to its class, and the classes of what is nested in it.
FACETS: Mapping[str, tuple[type, Mapping[str, type]]] = {
    "version": (dataset_version_dataset.DatasetVersionDatasetFacet, {}),
    "symlinks": (symlinks_dataset.SymlinksDatasetFacet, {"identifiers": symlinks_dataset.Identifier}),
    "schema": (schema_dataset.SchemaDatasetFacet, {"fields": schema_dataset.SchemaDatasetFacetFields}),
    "lifecycleStateChange": (lifecycle_state_change_dataset.LifecycleStateChangeDatasetFacet, {}),
    "dataQualityAssertions": (
        data_quality_assertions_dataset.DataQualityAssertionsDatasetFacet,
        {"assertions": data_quality_assertions_dataset.Assertion},
    ),
    "outputStatistics": (output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet, {}),
    "executionParameters": (
        execution_parameters_run.ExecutionParametersRunFacet,
        {"parameters": execution_parameters_run.ExecutionParameter},
    ),
    "errorMessage": (error_message_run.ErrorMessageRunFacet, {}),
    "processing_engine": (processing_engine_run.ProcessingEngineRunFacet, {}),
    "jobType": (job_type_job.JobTypeJobFacet, {}),
    "sourceCodeLocation": (source_code_location_job.SourceCodeLocationJobFacet, {}),
}


def read_facets(facets: Mapping[str, Mapping[str, Any]]) -> None:
    """Make every facet an object of its class, and compare what it writes with what was read."""
    for key, facet in facets.items():
        assert facet["_producer"] == "urn:sparkops"
        if key.startswith("sparkops_"):
            assert facet["_schemaURL"].startswith("https://openlineage.io/spec/2-0-2/")
            continue
        cls, nested = FACETS[key]
        values = {name: value for name, value in facet.items() if not name.startswith("_")}
        parts = {name: [kind(**item) for item in values[name]] for name, kind in nested.items()}
        written = Serde.to_dict(cls(**{**values, **parts}, producer=facet["_producer"]))
        assert written["_schemaURL"] == facet["_schemaURL"], key
        assert {name: written[name] for name in values} == values or nested, key


def read_event(event: dict[str, Any]) -> RunEvent:
    """Return an event as an object of openlineage-python, with its facets."""
    event = json.loads(json.dumps(event))
    read_facets(event["run"]["facets"])
    read_facets(event["job"]["facets"])
    for dataset in (*event["inputs"], *event["outputs"]):
        read_facets(dataset["facets"])
        read_facets(dataset.get("outputFacets", {}))
    parsed = RunEvent(
        eventTime=event["eventTime"],
        producer=event["producer"],
        eventType=RunState(event["eventType"]),
        run=LineageRun(**event["run"]),
        job=Job(**event["job"]),
        inputs=[InputDataset(**dataset) for dataset in event["inputs"]],
        outputs=[OutputDataset(**dataset) for dataset in event["outputs"]],
    )
    empty = {
        "inputs": [{"inputFacets": {}, **dataset} for dataset in event["inputs"]],
        "outputs": [{"outputFacets": {}, **dataset} for dataset in event["outputs"]],
    }
    assert Serde.to_dict(parsed) == {**event, **empty}
    return parsed


def make_start(run: Run) -> dict[str, Any]:
    return build_start_event(run.id, run.job, attempt=1, namespace="shop", time=NOW)


@pytest.mark.parametrize("run_id", GOLDEN.list_ids())
def test_the_events_of_every_recorded_run_are_valid(run_id: str) -> None:
    run = GOLDEN.read(run_id)
    start = make_start(run)
    assert read_event(start).eventType is RunState.START
    end = build_end_event(run, start, columns={"orders": (("id", "int"), ("day", "date"))})
    parsed = read_event(end)
    assert parsed.run.runId == start["run"]["runId"]
    assert len(parsed.inputs) == len(run.inputs) + len(run.models)
    assert len(parsed.outputs) == len(run.outputs) + bool(run.registered)
    expected = RunState.COMPLETE if run.state == "done" else RunState.FAIL
    assert parsed.eventType is expected


def test_a_dataset_has_its_version_columns_checks_and_rows() -> None:
    run = GOLDEN.load("jexyqcw9j3")
    event = build_end_event(run, make_start(run), columns={"orders": (("id", "int"),)})
    (raw,) = event["inputs"]
    assert (raw["namespace"], raw["name"]) == ("file", "/project/raw.csv")
    orders = next(output for output in event["outputs"] if output["name"].endswith("/orders"))
    facets = orders["facets"]
    assert facets["version"]["datasetVersion"] == "0"
    assert facets["symlinks"]["identifiers"] == [{"namespace": "shop", "name": "orders", "type": "TABLE"}]
    assert facets["schema"]["fields"] == [{"name": "id", "type": "int"}]
    assert facets["lifecycleStateChange"]["lifecycleStateChange"] == "CREATE"
    assert len(facets["dataQualityAssertions"]["assertions"]) == len(run.checks)
    assert orders["outputFacets"]["outputStatistics"]["rowCount"] == 119
    assert event["run"]["facets"]["executionParameters"]["parameters"][0] == {
        "key": "factor", "name": "factor", "value": "2.0"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("location", "dataset"),
    [
        ("/w/orders", ("file", "/w/orders")),
        ("file:///w/orders", ("file", "/w/orders")),
        ("s3a://lake/w/orders", ("s3a://lake", "w/orders")),
        ("main.sales.orders", ("shop", "main.sales.orders")),
    ],
)
def test_a_dataset_is_named_by_its_location(location: str, dataset: tuple[str, str]) -> None:
    pin = {"version": 1, "identity": "i", "location": location}
    run = Run(id="r1", job="j", state="done", inputs={"orders": pin})
    (source,) = build_end_event(run, make_start(run))["inputs"]
    assert (source["namespace"], source["name"]) == dataset


@pytest.mark.parametrize("state", STATES)
def test_each_state_has_an_event(state: Any) -> None:
    run = Run(id="r1", job="j", state=state, error={"kind": "JobFailed", "message": "No."})
    event = build_end_event(run, make_start(run))
    read_event(event)
    assert event["eventType"] == {"done": "COMPLETE", "cancelled": "ABORT"}.get(state, "FAIL")
    assert ("errorMessage" in event["run"]["facets"]) is (state != "done")


def test_the_code_of_a_commit_is_located() -> None:
    code = {"git": "a" * 40, "place": "jobs/orders.py:12", "source": "s"}
    run = Run(id="r1", job="j", state="done", code=code, settings={"root": "/project"})
    facets = build_end_event(run, make_start(run))["job"]["facets"]
    read_facets(facets)
    assert facets["sourceCodeLocation"]["path"] == "jobs/orders.py"
    assert facets["sourceCodeLocation"]["version"] == "a" * 40


def test_a_run_has_one_uuid_of_version_7_that_sorts_by_time() -> None:
    ids = ["20261130-080000-aaaaaaaaaa", "20261130-080001-aaaaaaaaaa", "20261130-080001-bbbbbbbbbb"]
    uuids = [make_run_uuid(run_id) for run_id in ids]
    assert all(isinstance(uuid, UUID) and uuid.version == 7 for uuid in uuids)
    assert uuids == [make_run_uuid(run_id) for run_id in ids]
    assert uuids[0] < min(uuids[1:])
    assert uuids[0].int >> 80 == 1_796_025_600_000
    assert make_run_uuid(ids[0], 2) != uuids[0], "a resumed run is a run of its own"
    assert {make_run_uuid(text).version for text in ("r1", "99999999-999999-a", "")} == {7}


def test_every_facet_that_is_written_is_read_here() -> None:
    module = importlib.import_module("sparkops.runs.lineage.openlineage")
    read = {cls.__name__ for cls, _ in FACETS.values()}
    assert set(vars(module)["_FACETS"]) == read
