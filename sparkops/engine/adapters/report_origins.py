"""The origins of a report's page: its run, what this read, the runs that published that, and what those read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sparkops.core.wording import format_count
from sparkops.reports.lineage.origin import Origin, OriginKind, PageLineage, Tone
from sparkops.runs.lineage.run_links import LinkedVersion, list_inputs, list_outputs
from sparkops.runs.records.run import Run


def trace_origins(run: Run, publishing_runs: Mapping[LinkedVersion, Run | None]) -> PageLineage:
    """Return the origins of the page of a run, two runs back.

    Args:
        run: The run.
        publishing_runs: The run that published each version that it read; None if no recorded run did.
    """
    origins = {run.id: _describe_run(run)}
    edges: dict[tuple[str, str], None] = {}
    for version, facts in list_inputs(run):
        publishing_run = publishing_runs.get(version)
        published = dict(list_outputs(publishing_run)) if publishing_run is not None else {}
        id_ = _make_id(version, layer=1)
        origins[id_] = _describe_version(id_, version, published.get(version, facts))
        edges[id_, run.id] = None
        if publishing_run is not None and publishing_run.id != run.id:
            origins[publishing_run.id] = _describe_run(publishing_run)
            edges[publishing_run.id, id_] = None
    for publishing_run in publishing_runs.values():
        if publishing_run is None or publishing_run.id == run.id:
            continue
        for source, facts in list_inputs(publishing_run):
            # A version that the page's run read, too, has a second box, so that each box leads to the next layer.
            id_ = _make_id(source, layer=2)
            origins.setdefault(id_, _describe_version(id_, source, facts))
            edges[id_, publishing_run.id] = None
    return PageLineage(origins=tuple(origins.values()), edges=tuple(edges))


def _make_id(version: LinkedVersion, *, layer: int) -> str:
    return "/".join(map(str, (layer, *version)))


def _describe_run(run: Run) -> Origin:
    result, tone = _describe_checks(run)
    if run.state not in ("running", "done"):
        result, tone = run.state.replace("_", " "), "bad"
    return Origin(id=run.id, kind="run", title=run.job, notes=(run.id,), result=result, tone=tone)


def _describe_checks(run: Run) -> tuple[str, Tone]:
    """Return how many checks of a run passed or failed, with the tone of that; empty if it had none."""
    failed = sum(not check["success"] for check in run.checks)
    if not run.checks:
        return "", ""
    if failed:
        return f"{failed} of {format_count(len(run.checks), 'check')} failed", "warn"
    return f"{format_count(len(run.checks), 'check')} passed", "good"


def _describe_version(id_: str, version: LinkedVersion, facts: Mapping[str, Any]) -> Origin:
    kind: OriginKind = (
        "table" if version.kind == "table" else "model" if version.kind == "model" else "source"
    )
    return Origin(id=id_, kind=kind, title=version.name, notes=tuple(_list_notes(version, facts)))


def _list_notes(version: LinkedVersion, facts: Mapping[str, Any]) -> Iterator[str]:
    if version.version is None:
        yield f"files {version.identity}"
    else:
        yield f"version {version.version}"
    if "rows" in facts:
        yield f"{format_count(facts['rows'], 'row')} written"
    for metric, value in list((facts.get("metrics") or {}).items())[:1]:
        yield f"{metric} {value:.4g}"
