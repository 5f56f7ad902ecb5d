"""What led to a page of a report: its run, the versions that it read, the runs that published them, and what these read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sparkops.core.wording import format_count
from sparkops.reports.lineage.origin import Origin, OriginKind, PageLineage, Tone
from sparkops.runs.lineage.run_links import LinkedVersion, list_inputs, list_outputs
from sparkops.runs.records.run import Run


def trace_origins(run: Run, makers: Mapping[LinkedVersion, Run | None]) -> PageLineage:
    """Return what led to the page of a run, over two runs.

    Args:
        run: The run.
        makers: Each version that it read to the run that published it; None if no recorded run did.
    """
    origins = {run.id: _describe_run(run)}
    edges: dict[tuple[str, str], None] = {}
    for version, facts in list_inputs(run):
        maker = makers.get(version)
        published = dict(list_outputs(maker)) if maker is not None else {}
        name = _name(version, 1)
        origins[name] = _describe_version(name, version, published.get(version, facts))
        edges[name, run.id] = None
        if maker is not None and maker.id != run.id:
            origins[maker.id] = _describe_run(maker)
            edges[maker.id, name] = None
    for maker in (maker for maker in makers.values() if maker is not None and maker.id != run.id):
        for source, facts in list_inputs(maker):
            # What the page read, too, has a box of its own, so that each box leads to the next layer.
            name = _name(source, 2)
            origins.setdefault(name, _describe_version(name, source, facts))
            edges[name, maker.id] = None
    return PageLineage(origins=tuple(origins.values()), edges=tuple(edges))


def _name(version: LinkedVersion, level: int) -> str:
    return "/".join(map(str, (level, *version)))


def _describe_run(run: Run) -> Origin:
    result, tone = _describe_checks(run)
    if run.state not in ("running", "done"):
        result, tone = run.state.replace("_", " "), "bad"
    return Origin(id=run.id, kind="run", title=run.job, notes=(run.id,), result=result, tone=tone)


def _describe_checks(run: Run) -> tuple[str, Tone]:
    failed = sum(not check["success"] for check in run.checks)
    if not run.checks:
        return "", ""
    if failed:
        return f"{failed} of {format_count(len(run.checks), 'check')} failed", "warn"
    return f"{format_count(len(run.checks), 'check')} passed", "good"


def _describe_version(name: str, version: LinkedVersion, facts: Mapping[str, Any]) -> Origin:
    kind: OriginKind = (
        "table" if version.kind == "table" else "model" if version.kind == "model" else "source"
    )
    return Origin(id=name, kind=kind, title=version.name, notes=tuple(_list_notes(version, facts)))


def _list_notes(version: LinkedVersion, facts: Mapping[str, Any]) -> Iterator[str]:
    if version.version is None:
        yield f"files {version.identity}"
    else:
        yield f"version {version.version}"
    if "rows" in facts:
        yield f"{format_count(facts['rows'], 'row')} written"
    for metric, value in list((facts.get("metrics") or {}).items())[:1]:
        yield f"{metric} {value:.4g}"
