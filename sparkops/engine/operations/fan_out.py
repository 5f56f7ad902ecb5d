"""Run a job once for each of many parameter values: runs of their own under one run, in one Spark, at the same time."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from threading import Lock, current_thread
from typing import TYPE_CHECKING, Any, Final

from sparkops.engine.operations.cancel_run import cancel_active_runs
from sparkops.engine.operations.earlier_run import RunStart, require_not_running
from sparkops.engine.operations.freshness import FreshRunFinder
from sparkops.engine.operations.run_job import RunPart, execute_job
from sparkops.engine.options import RunOptions
from sparkops.engine.parameter_sources import Parameters, to_sources
from sparkops.errors import ParamErrors, Problem, SparkopsError, UnknownName
from sparkops.pipeline.fan_out.items import combine_values, make_item_job, require_separable
from sparkops.pipeline.fan_out.values import describe_values, find_param
from sparkops.pipeline.job import Job
from sparkops.pipeline.json_values import pin_to_json
from sparkops.pipeline.parameters.bind import BoundParameters, ParameterSource
from sparkops.pipeline.parameters.value import to_json
from sparkops.pipeline.parameters.value_form import ValueForm
from sparkops.pipeline.table import Pin
from sparkops.runs.execution.consistent_view import ConsistentView
from sparkops.runs.execution.execute import describe_request, list_written
from sparkops.runs.execution.lock import lock_for_writing
from sparkops.runs.execution.open_rollback import require_no_open_rollback
from sparkops.runs.fan_out import ItemResult, combine_errors, run_items
from sparkops.runs.records.log import MaskedFile, open_log
from sparkops.runs.records.run import Run, make_run_id, utc_now
from sparkops.runs.records.states import choose_state
from sparkops.runs.records.store import Attempt
from sparkops.runs.request import ReadVersions, RunRequest

if TYPE_CHECKING:
    from sparkops.engine.container import ServiceContainer

# Problems with parameters that one message lists.
_MAX_PROBLEMS: Final = 10
_MAX_DEFAULT_PARALLEL: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class FanOutRequest:
    """Which job to run, and for which values.

    Args:
        job: Name of the job.
        each: Values by parameter; there is one run for each combination.
        form: Form of these values.
        params: Parameters that all runs have.
        options: Versions that the runs read.
        max_parallel: Runs at the same time; None for the setting, by default the number of cores, at most eight.
        fail_fast: Start no further run once one has failed.
        skip_fresh: Do not run what is up to date.
    """

    job: str
    each: Mapping[str, Sequence[Any]]
    form: ValueForm = ValueForm.PYTHON
    params: Parameters = ()
    options: RunOptions = field(default_factory=RunOptions)
    max_parallel: int | None = None
    fail_fast: bool = False
    skip_fresh: bool = False


def run_each(container: ServiceContainer, request: FanOutRequest) -> Run | None:
    """Run a job for every combination of values; return the run that they are parts of, or None if all are up to date.

    Raises:
        InputError: The values are wrong, or the runs would replace each other's rows; nothing was started.
        SparkopsError: Runs did not succeed; the others were executed.
    """
    declared = container.project.find_declared(request.job)
    for name in request.each:
        find_param(declared, name)
    values = combine_values(request.each, limit=container.settings.execution.max_items)
    bound = _bind_items(container, declared, request, values)
    names = tuple(request.each)
    own = [own_params(declared, item, names) for item in bound]
    require_separable(declared, own)
    if request.skip_fresh:
        bound = _drop_fresh(container, declared, bound, names)
        if not bound:
            return None
        own = [own_params(declared, item, names) for item in bound]
    container.warm_up([declared])
    items = [
        _Item(make_run_id(), describe_values(values), *container.project.load_job(declared, item))
        for values, item in zip(own, bound, strict=True)
    ]
    return _FanOut(container, declared, items, names, request).execute()


def resume_each(container: ServiceContainer, earlier: Run, params: Parameters = ()) -> Run:
    """Resume the runs of a fan-out that did not succeed, and start those that were not started.

    Args:
        container: The services.
        earlier: The run that they are parts of.
        params: Values of parameters that are secrets, which the record does not contain.
    """
    project = container.project
    require_not_running(earlier)
    declared = project.find_declared(earlier.job)
    bound = [
        project.bind_recorded(
            declared, replace(earlier, params={**earlier.params, **item["params"]}), to_sources(params)
        )
        for item in earlier.items
    ]
    container.warm_up([declared])
    items = [
        _Item(recorded["run"], recorded["label"], *project.load_job(declared, item))
        for recorded, item in zip(earlier.items, bound, strict=True)
    ]
    request = FanOutRequest(job=earlier.job, each=earlier.each)
    return _FanOut(container, declared, items, tuple(earlier.each), request, earlier).execute()


@dataclass(frozen=True, slots=True)
class _Item:
    """One run of a fan-out.

    Args:
        run_id: Its id.
        label: The values that tell it apart.
        job: The job.
        bound: Its parameters.
    """

    run_id: str
    label: str
    job: Job
    bound: BoundParameters


@dataclass(frozen=True, slots=True)
class _FanOut:
    """A fan-out that is executed.

    Args:
        container: The services.
        declared: The job.
        items: Its runs.
        names: Parameters that tell the runs apart.
        request: How they are executed.
        earlier: The run of the fan-out that is resumed.
    """

    container: ServiceContainer
    declared: Job
    items: Sequence[_Item]
    names: Sequence[str]
    request: FanOutRequest
    earlier: Run | None = None

    def execute(self) -> Run:
        """Execute all runs that are not done, and record how the fan-out ended."""
        container, run_id = self.container, self.earlier.id if self.earlier else make_run_id()
        progress = container.listener.run_started(f"{self.declared.name} [{len(self.items):,} runs]")
        attempt = self._begin(run_id)
        try:
            error = self._run_all(attempt)
        except SparkopsError as stopped:
            error = stopped
        except BaseException as stopped:
            self._end(attempt, SparkopsError(f"{type(stopped).__name__}: {stopped}"))
            raise
        if error is not None:
            self._end(attempt, error)
            error.add_note(f"run {run_id}")
            progress.failed(error)
            raise error
        attempt.enter("done", "ended", ended=utc_now().isoformat())
        run = container.project.runs.load(run_id)
        progress.finished(run)
        return run

    def _run_all(self, attempt: Attempt) -> SparkopsError | None:
        """Execute the runs while the fan-out holds all their locks; return one error for the failed ones."""
        context = self.container.build_run_context()
        written = {name for item in self.items for name in list_written(self._make_job(item))}
        locks = lock_for_writing(context.locks, written, attempt.run_id, wait=context.wait)
        with locks, open_log(attempt.log, context.secrets) as log:
            require_no_open_rollback(context.runs, context.publications, written)
            pins = self._pin()
            attempt.append("pinned", inputs={name: pin_to_json(pin) for name, pin in pins.items()})
            results = run_items(
                [item.label for item in self.items],
                _ItemRunner(self, attempt, pins, log),
                max_parallel=self._choose_parallel(),
                fail_fast=self.request.fail_fast,
            )
        return combine_errors(self.declared.name, results)

    def _begin(self, run_id: str) -> Attempt:
        """Record which runs there will be, before the first of them begins."""
        container, first = self.container, self.items[0]
        context = container.build_run_context()
        request = RunRequest(job=first.job, values=first.bound.values, origins=first.bound.origins)
        facts = describe_request(request, context)
        for name in self.names:
            facts["params"].pop(name, None)
            facts["origins"].pop(name, None)
        items = [
            {"run": item.run_id, "label": item.label, "params": self._own_params(item)} for item in self.items
        ]
        each = {
            name: list(dict.fromkeys(str(params[name]) for params in map(self._own_params, self.items)))
            for name in self.names
        }
        return context.runs.begin(
            run_id, self.declared.name, secrets=context.secrets, each=each, items=items, **facts
        )

    def _end(self, attempt: Attempt, error: SparkopsError) -> None:
        state = choose_state(error)
        facts = {"kind": type(error).__name__, "message": str(error)}
        if state in ("cancelled", "timed_out"):
            attempt.enter("cancelling", "cancelling", error=facts)
        attempt.enter(state, "ended", ended=utc_now().isoformat(), error=facts)

    def _pin(self) -> Mapping[str, Pin]:
        """Return the versions that all runs read: those that are given, those of an earlier attempt, or the newest."""
        services, versions = self.container.build_run_services(), self.request.options.versions
        publications = self.container.build_run_context().publications.list_open()
        view = ConsistentView(
            reader=services.reader,
            writer=services.writer,
            publications=tuple(item for item in publications if len(item.before) > 1),
        )
        at = {name: pin["version"] for name, pin in self.earlier.inputs.items()} if self.earlier else {}
        at |= versions.at
        pins: dict[str, Pin] = {}
        for table in self.declared.tables:
            if at.get(table) is not None or versions.as_of is not None:
                pins[table] = services.reader.pin(table, at=at.get(table), as_of=versions.as_of)
            else:
                pins[table] = view.pin(table)
        return pins

    def _choose_parallel(self) -> int:
        setting = self.container.settings.execution.max_parallel
        return self.request.max_parallel or setting or min(os.cpu_count() or 1, _MAX_DEFAULT_PARALLEL)

    def _own_params(self, item: _Item) -> dict[str, Any]:
        return own_params(item.job, item.bound, self.names)

    def _make_job(self, item: _Item) -> Job:
        return make_item_job(item.job, self._own_params(item))

    def run_item(self, item: _Item, parent: str, lock: Lock, versions: ReadVersions) -> Run:
        """Execute or resume one run, or return it if it is done."""
        runs = self.container.project.runs
        earlier: Run | None = None
        if self.earlier is not None:
            with suppress(UnknownName, ValueError):
                earlier = runs.load(item.run_id)
        if earlier is not None and earlier.state == "done":
            return earlier
        return execute_job(
            self.container,
            self._make_job(item),
            item.bound,
            versions=versions,
            start=RunStart(resume=earlier, run_id=item.run_id),
            part=RunPart(parent=parent, label=item.label, commit_lock=lock),
        )


@dataclass(frozen=True, slots=True)
class _ItemRunner:
    """Implements `ItemRunner` for a fan-out.

    Args:
        fan_out: The fan-out.
        attempt: Its record.
        pins: Versions that all runs read.
        log: The log of the fan-out.
        lock: Held while tables are committed.
    """

    fan_out: _FanOut
    attempt: Attempt
    pins: Mapping[str, Pin]
    log: MaskedFile
    lock: Lock = field(default_factory=Lock)

    def run(self, number: int) -> Run:
        versions = {name: pin.version for name, pin in self.pins.items() if pin.version is not None}
        chosen = self.fan_out.request.options.versions
        models = {
            name: version for name, version in chosen.at.items() if name in self.fan_out.declared.models
        }
        item = self.fan_out.items[number]
        return self.fan_out.run_item(
            item, self.attempt.run_id, self.lock, ReadVersions(at={**versions, **models})
        )

    def enter_thread(self) -> None:
        self.fan_out.container.starter.use_own_session(pool=current_thread().name)

    def cancel_active(self) -> None:
        cancel_active_runs(self.fan_out.container)

    def find_cancel_request(self) -> str | None:
        return self.attempt.find_cancel_request()

    def report(self, result: ItemResult) -> None:
        if result.error is not None:
            end = f"{choose_state(result.error)}: {result.error}"
        else:
            end = f"done, run {result.run.id}" if result.run else "not started"
        self.log.write(f"{utc_now().isoformat(timespec='seconds')} {result.label}: {end}\n")


def _drop_fresh(
    container: ServiceContainer, declared: Job, bound: Sequence[BoundParameters], names: Sequence[str]
) -> list[BoundParameters]:
    """Return the parameters of the runs that are not up to date."""
    finder = FreshRunFinder(container)
    stale: list[BoundParameters] = []
    fresh: list[BoundParameters] = []
    for item in bound:
        job = make_item_job(declared, own_params(declared, item, names))
        (stale if finder.find(job, item) is None else fresh).append(item)
    if fresh:
        container.listener.run_skipped(declared.name, f"{len(fresh):,} of {len(bound):,} runs are up to date")
    return stale


def own_params(job: Job, bound: BoundParameters, names: Collection[str]) -> dict[str, Any]:
    """Return the JSON values of parameters by name, in the order of the names."""
    params = {param.name: param for param in job.params}
    return {name: to_json(params[name], bound.values[name]) for name in names}


def _bind_items(
    container: ServiceContainer, declared: Job, request: FanOutRequest, values: Sequence[Mapping[str, Any]]
) -> list[BoundParameters]:
    """Bind the parameters of every run.

    Raises:
        ParamErrors: What is wrong with them, each problem once.
    """
    bound: list[BoundParameters] = []
    problems: dict[str, Problem] = {}
    shared = to_sources(request.params)
    for item in values:
        source = ParameterSource(values=item, origin="--each", form=request.form)
        try:
            bound.append(container.project.bind(declared, [*shared, source], at=request.options.versions.at))
        except ParamErrors as error:
            problems |= {str(problem): problem for problem in error.problems}
    if problems:
        raise ParamErrors(declared.name, list(problems.values())[:_MAX_PROBLEMS])
    return bound
