"""Plan a flow: which jobs would run, in which order and why. Nothing is written, and no JVM is started."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from sparkops.core.masking import mask_parameters
from sparkops.engine.operations.fan_out.flow_part import FlowFanOut
from sparkops.engine.operations.flow import FlowRequest, bind_all, find_fan_outs, omit_unbound, select_jobs
from sparkops.engine.operations.flows.skip import find_missing_input, find_newest_ended
from sparkops.engine.operations.freshness import Freshness, FreshRunFinder
from sparkops.errors import EngineError
from sparkops.pipeline.condition import Condition
from sparkops.pipeline.graph import Dataset, list_inputs, list_outputs, list_reads, map_upstream
from sparkops.pipeline.job import Job
from sparkops.runs.conditions import evaluate_condition
from sparkops.runs.fingerprint import params_to_json
from sparkops.tables import Tables

if TYPE_CHECKING:
    from sparkops.engine.container import ServiceContainer

# `open`: what happens is not known before another job has run.
PlannedState = Literal["run", "fresh", "skip", "open"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedJob:
    """One job of a planned flow.

    Args:
        job: Its name.
        state: Whether it would `run`, is up to date (`fresh`), would be skipped by a condition (`skip`), or whether
            that is not known before another job has run (`open`).
        reasons: Why it would run, be skipped, or what is not known, each as a clause; empty if it is up to date.
        run: Id of its newest run with these parameters that succeeded.
        params: JSON values by parameter, secrets masked.
        items: Labels of the runs of a fan-out that are not up to date.
        upstream: Jobs of the flow that it reads from.
        work: The parts of the work that it would do, as far as its inputs can be read.
        earlier: The parts of the work of `run`; empty if its record does not have them.
    """

    job: str
    state: PlannedState
    reasons: tuple[str, ...] = ()
    run: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    items: tuple[str, ...] = ()
    upstream: tuple[str, ...] = ()
    work: Mapping[str, str] = field(default_factory=dict)
    earlier: Mapping[str, str] = field(default_factory=dict)


def plan_flow(container: ServiceContainer, request: FlowRequest) -> tuple[PlannedJob, ...]:
    """Return the jobs of a flow in the order in which they would run.

    Raises:
        InputError: The flow has no such job.
        ParamErrors: Everything that is wrong with the parameters of all jobs.
    """
    jobs = select_jobs(container.project, request.selected_part)
    bound = bind_all(container, jobs, request)
    upstream = map_upstream(jobs, container.project.declared)
    finder = FreshRunFinder(container)
    secrets = container.project.config.secrets
    planner = _Planner(container, request, finder)
    planned: list[PlannedJob] = []
    # Without a session, values that only Spark can read are not known.
    tables = Tables(None, container.settings)
    fan_outs = {
        job.name: FlowFanOut(container, fan_out, tables)
        for job, fan_out in find_fan_outs(container, jobs, request)
    }
    for job in jobs:
        fan_out = fan_outs.get(job.name)
        examined = (
            _examine_fan_out(fan_out, finder)
            if fan_out
            else finder.examine(job, bound[job.name], request.choose_versions(job))
        )
        state, reasons = planner.decide(job, examined)
        planned.append(
            PlannedJob(
                job=job.name,
                state=state,
                reasons=tuple(reasons),
                run=examined.run.id if examined.run else None,
                params=mask_parameters(
                    params_to_json(omit_unbound(job, bound[job.name]), bound[job.name].values), secrets
                ),
                items=fan_out.list_stale() if fan_out else (),
                upstream=tuple(name for name in upstream[job.name] if name in bound),
                work=examined.work,
                earlier=examined.run.work if examined.run else {},
            )
        )
    return tuple(planned)


def _examine_fan_out(fan_out: FlowFanOut, finder: FreshRunFinder) -> Freshness:
    """Return whether the runs of a fan-out are up to date; values that cannot be listed are a reason to run it."""
    try:
        return fan_out.examine(finder)
    except EngineError:
        return Freshness(None, ("its values are known only to Spark",))


@dataclass(frozen=True, slots=True)
class _Planner:
    """Decides about the jobs of a flow one by one, in their order.

    Args:
        container: The services.
        request: The flow.
        finder: Finds the runs that make new ones unnecessary.
    """

    container: ServiceContainer
    request: FlowRequest
    finder: FreshRunFinder
    _states: dict[str, PlannedState] = field(default_factory=dict)
    # Name of the job that publishes a table or model, of the jobs so far.
    _producers: dict[Dataset, str] = field(default_factory=dict)

    def decide(self, job: Job, examined: Freshness) -> tuple[PlannedState, Sequence[str]]:
        """Return whether a job would run, and why."""
        state, reasons = self._decide(job, examined)
        self._states[job.name] = state
        self._producers.update(dict.fromkeys(list_outputs(job), job.name))
        return state, reasons

    def _decide(self, job: Job, examined: Freshness) -> tuple[PlannedState, Sequence[str]]:
        certain, possible = self._list_reasons(job, examined)
        if not certain and not possible:
            return "fresh", ()
        open_conditions: list[str] = []
        is_requested = self.request.always_run_targets and self.request.is_target(job)
        for condition in () if is_requested else job.when:
            if self._states.get(condition.job) in ("run", "open"):
                open_conditions.append(f"not known before `{condition.job}` has run: {condition}")
                continue
            unmet = self._find_unmet(condition)
            if unmet is not None:
                return "skip", (unmet,)
        skipped = {item: name for item, name in self._producers.items() if self._states[name] == "skip"}
        missing = find_missing_input(examined.unreadable, skipped)
        if missing is not None:
            return "skip", (missing,)
        waits = any(self._find_state(dataset) == "open" for dataset in examined.unreadable)
        if open_conditions or waits or not certain:
            return "open", (*open_conditions, *certain, *possible)
        return "run", (*certain, *possible)

    def _find_state(self, dataset: Dataset) -> PlannedState | None:
        """Return what would happen to the job of this flow that publishes a table or model; None if none does."""
        producer = self._producers.get(dataset)
        return self._states[producer] if producer is not None else None

    def _find_unmet(self, condition: Condition) -> str | None:
        """Return why a condition does not hold, or None."""
        run = find_newest_ended(self.container, condition.job, self.finder.lookup)
        result = evaluate_condition(condition, run)
        return None if result.holds else result.reason

    def _list_reasons(self, job: Job, examined: Freshness) -> tuple[list[str], list[str]]:
        """Return why a job would certainly run, and why it may run, depending on jobs whose runs are not certain.

        An input that cannot be read because it does not exist yet is no reason, if it will be published.
        """
        certain, possible = list(examined.reasons), list[str]()
        versions = self.request.choose_versions(job)
        if self.request.is_forced(job):
            certain.insert(0, "it was asked for")
        for kind, name in list_inputs(job):
            shown = f"{'model ' if kind == 'model' else ''}`{name}`"
            state = self._find_state((kind, name))
            if (kind, name) not in list_reads(job) and state in ("run", "open"):
                possible.append(f"its values are those of {shown}, which may have others then")
            elif versions.is_pinned(kind, name) and (kind, name) not in examined.unreadable:
                continue
            elif state == "run":
                certain.append(f"{shown} will have a new version")
            elif state == "open":
                possible.append(f"{shown} may have a new version, which is not known yet")
            elif (kind, name) in examined.unreadable:
                certain.append(examined.unreadable[kind, name])
        return certain, possible
