"""Start a fan-out, and resume one."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from sparkops.engine.operations.earlier_run import RunStart, choose_start, require_not_running
from sparkops.engine.operations.fan_out.execute import FanOut, record_done
from sparkops.engine.operations.fan_out.items import FanOutItems, Item, examine_items, list_items
from sparkops.engine.operations.fan_out.request import FanOutRequest
from sparkops.engine.operations.freshness import FreshRunFinder
from sparkops.engine.options import RunOptions
from sparkops.engine.parameter_sources import Parameters, to_sources
from sparkops.engine.recorded_parameters import bind_recorded
from sparkops.runs.fingerprint import params_to_json
from sparkops.runs.read_versions import ReadVersions
from sparkops.runs.records.publications import hash_params
from sparkops.runs.records.run import Run, make_run_id

if TYPE_CHECKING:
    from sparkops.engine.container import ServiceContainer

_log = logging.getLogger("sparkops.engine")

# Runs that a warning names.
_MAX_LABELS: Final = 5


def run_each(container: ServiceContainer, request: FanOutRequest) -> Run | None:
    """Run a job for every combination of values; return the run that they are parts of, or None if all are up to date.

    Raises:
        InputError: The values are wrong, or the runs would replace each other's rows; nothing was started.
        SparkopsError: Runs did not succeed; the others were executed.
    """
    listed = list_items(container, request)
    if request.skip_fresh:
        examined = examine_items(listed, FreshRunFinder(container), request.options.versions)
        listed = examined.stale
        if examined.fresh is not None:
            container.listener.run_skipped(request.job, examined.describe())
        if not listed.items:
            return None
    return execute_items(container, request, listed)


def execute_items(container: ServiceContainer, request: FanOutRequest, listed: FanOutItems) -> Run:
    """Execute the runs of a fan-out; return the run that they are parts of.

    Raises:
        InputError: An incomplete run has the same parameters as one of them; nothing was started.
        SparkopsError: Runs did not succeed; the others were executed.
    """
    starts = _choose_starts(container, listed, request.options)
    container.warm_up([listed.job])
    items = []
    for item, start in zip(listed.items, starts, strict=True):
        earlier = start.done or start.resume
        run_id = earlier.id if earlier is not None else make_run_id()
        items.append(
            Item(run_id, item.label, *container.project.load_job(listed.job, item.bound), earlier=earlier)
        )
    fan_out = FanOut(container, listed.job, items, listed.names, request, value_pins=listed.pins)
    return fan_out.execute()


def _choose_starts(container: ServiceContainer, listed: FanOutItems, options: RunOptions) -> list[RunStart]:
    """Return how each run begins; only one with the parameters of an incomplete run may continue it."""
    job, options = listed.job, replace(options, key=None)
    publications = container.build_run_context().publications.list_open()
    incomplete = {publication.params for publication in publications if publication.job == job.name}
    return [
        choose_start(container, job, item.bound, options)
        if hash_params(params_to_json(job, item.bound.values)) in incomplete
        else RunStart()
        for item in listed.items
    ]


def resume_each(container: ServiceContainer, earlier: Run, params: Parameters = ()) -> Run:
    """Resume the runs of a fan-out that did not succeed, and start those that were not started.

    Runs that were rolled back are left out. If all others succeeded, Spark is not started.

    Args:
        container: The services.
        earlier: The run that they are parts of.
        params: Values of parameters that are secrets, which the record does not contain.
    """
    require_not_running(earlier)
    declared = container.project.find_declared(earlier.job)
    runs = container.project.runs
    states = {item["run"]: runs.find_state(item["run"]) for item in earlier.items}
    _complete_publications(container, states)
    rest = [item for item in earlier.items if states[item["run"]] not in ("done", "rolled_back")]
    _warn_of_rolled_back(earlier, states)
    if not rest:
        return record_done(container, declared, earlier)
    sources = to_sources(params)
    bound = [
        bind_recorded(
            container.project.config,
            declared,
            replace(earlier, params={**earlier.params, **item["params"]}),
            sources,
        )
        for item in rest
    ]
    container.warm_up([declared])
    items = [
        Item(recorded["run"], recorded["label"], *container.project.load_job(declared, values))
        for recorded, values in zip(rest, bound, strict=True)
    ]
    options = RunOptions(versions=ReadVersions.of_record(earlier))
    request = FanOutRequest(job=earlier.job, each=earlier.each, options=options)
    return FanOut(container, declared, items, tuple(earlier.each), request, earlier).execute()


def _complete_publications(container: ServiceContainer, states: Mapping[str, str | None]) -> None:
    """Complete the publications of runs that are done, whose process was killed before its last step."""
    publications = container.build_run_context().publications
    for publication in publications.list_open():
        if states.get(publication.run) == "done":
            publications.complete(publication.run)


def _warn_of_rolled_back(fan_out: Run, states: Mapping[str, str | None]) -> None:
    """Warn of the runs of a fan-out that stay rolled back."""
    labels = [item["label"] for item in fan_out.items if states[item["run"]] == "rolled_back"]
    if labels:
        more = f" and {len(labels) - _MAX_LABELS:,} more" if len(labels) > _MAX_LABELS else ""
        _log.warning(
            "%s of the %s runs of fan-out %s were rolled back and are left out: %s%s. "
            "`sparkops run %s --each` runs them again.",
            f"{len(labels):,}",
            f"{len(states):,}",
            fan_out.id,
            "; ".join(labels[:_MAX_LABELS]),
            more,
            fan_out.job,
        )
