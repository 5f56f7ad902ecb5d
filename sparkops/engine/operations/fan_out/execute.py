"""Execute the runs of a fan-out at the same time, and record how it went."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from threading import Lock, current_thread
from typing import TYPE_CHECKING, Any, Final

from sparkops.engine.listener import FanOutProgress
from sparkops.engine.operations.cancel_run import cancel_active_runs
from sparkops.engine.operations.earlier_run import RunStart
from sparkops.engine.operations.execute_job import RunPart, execute_job
from sparkops.engine.operations.fan_out.items import Item, select_own_params
from sparkops.engine.operations.fan_out.pins import pin_tables
from sparkops.engine.operations.fan_out.request import FanOutRequest
from sparkops.errors import InputError, ProjectError, SparkopsError
from sparkops.pipeline.fan_out.items import make_item_job
from sparkops.pipeline.job import Job
from sparkops.pipeline.json_values.tables import pin_to_json
from sparkops.pipeline.table import Pin
from sparkops.runs.execution.execute import describe_request
from sparkops.runs.execution.lock import lock_for_writing
from sparkops.runs.execution.open_rollback import require_no_open_rollback
from sparkops.runs.fan_out import ItemResult, combine_errors, run_items
from sparkops.runs.fingerprint import describe_code
from sparkops.runs.read_versions import ReadVersions
from sparkops.runs.records.log import MaskedFile, open_log
from sparkops.runs.records.run import Run, make_run_id, utc_now
from sparkops.runs.records.states import choose_state
from sparkops.runs.records.store import Attempt
from sparkops.runs.request import RunRequest
from sparkops.runs.rollback.undone_inputs import require_inputs_in_effect

if TYPE_CHECKING:
    from sparkops.engine.container import ServiceContainer

_MAX_DEFAULT_PARALLEL: Final = 8


@dataclass(frozen=True, slots=True)
class FanOut:
    """Executes the runs of one fan-out.

    Args:
        container: The services.
        declared: The job.
        items: The runs; when a fan-out is resumed, those that did not succeed.
        names: Parameters that tell the runs apart.
        request: How they are executed.
        earlier: The record of the fan-out that is resumed; None for a new one.
        value_pins: Versions of the tables whose columns the values are from.
    """

    container: ServiceContainer
    declared: Job
    items: Sequence[Item]
    names: Sequence[str]
    request: FanOutRequest
    earlier: Run | None = None
    value_pins: Mapping[str, Pin] = field(default_factory=dict)

    def execute(self) -> Run:
        """Execute all runs, and record how the fan-out ended."""
        container = self.container
        run_id = self.earlier.id if self.earlier else self.request.options.run_id or make_run_id()
        progress = container.listener.fan_out_started(self.declared.name, len(self.items))
        attempt, code = self._begin(run_id)
        try:
            error = self._run_all(attempt, code, progress)
        except SparkopsError as stopped:
            error = stopped
        except BaseException as stopped:
            attempt.enter_failed(SparkopsError(f"{type(stopped).__name__}: {stopped}"))
            raise
        if error is not None:
            attempt.enter_failed(error)
            error.add_note(f"run {run_id}")
            progress.failed(error)
            raise error
        run = _end_as_done(container, attempt)
        progress.finished(run)
        return run

    def _run_all(
        self, attempt: Attempt, code: Mapping[str, Any], progress: FanOutProgress
    ) -> SparkopsError | None:
        """Execute the runs while the fan-out holds the locks of their tables; return one error for the failed ones."""
        context = self.container.build_run_context()
        # A run that trains locks its own model: there are as many such locks as runs at the same time.
        written = {write.table for write in self.declared.writes}
        locks = lock_for_writing(context.locks, written, attempt.run_id, wait=context.wait)
        with locks, open_log(attempt.log, context.secrets) as log:
            require_no_open_rollback(context.runs, context.publications, written)
            pins = self._pin()
            inputs = {name: pin_to_json(pin) for name, pin in {**self.value_pins, **pins}.items()}
            attempt.append("pinned", inputs=inputs)
            results = run_items(
                [item.label for item in self.items],
                _ItemRunner(self, attempt, code, self._choose_versions(pins), log, progress),
                max_parallel=self._choose_max_parallel(),
                fail_fast=self.request.fail_fast,
            )
        done = len(self.earlier.items) - len(self.items) if self.earlier else 0
        return combine_errors(self.declared.name, results, done=done)

    def _begin(self, run_id: str) -> tuple[Attempt, Mapping[str, Any]]:
        """Record which runs there will be, before the first of them begins; return what the record says of the code."""
        if self.earlier is not None:
            return _begin_attempt(self.container, self.declared, self.earlier)
        first, context = self.items[0], self.container.build_run_context()
        request = RunRequest(
            job=first.job,
            values=first.bound.values,
            origins=first.bound.origins,
            versions=self.request.options.versions,
        )
        facts = describe_request(request, context)
        for name in self.names:
            facts["params"].pop(name, None)
            facts["origins"].pop(name, None)
        own = [select_own_params(item.job, item.bound, self.names) for item in self.items]
        items = [
            {"run": item.run_id, "label": item.label, "params": params}
            for item, params in zip(self.items, own, strict=True)
        ]
        each = {name: list(dict.fromkeys(str(params[name]) for params in own)) for name in self.names}
        attempt = context.runs.begin(
            run_id, self.declared.name, secrets=context.secrets, each=each, items=items, **facts
        )
        return attempt, facts["code"]

    def _pin(self) -> Mapping[str, Pin]:
        """Return the versions that all runs read: those that are given, those of an earlier attempt, or the newest."""
        versions = self.request.options.versions
        at = {name: pin["version"] for name, pin in self.earlier.inputs.items()} if self.earlier else {}
        at |= {table: pin.version for table, pin in self.value_pins.items()} | dict(versions.at)
        pins = pin_tables(self.container, self.declared.tables, replace(versions, at=at))
        if self.earlier is not None:
            _require_same_tables(self.earlier, pins)
            require_inputs_in_effect(
                self.container.project.runs, self.earlier, inputs=self.earlier.inputs, models={}
            )
        return pins

    def _choose_versions(self, pins: Mapping[str, Pin]) -> ReadVersions:
        """Return the versions that each run reads: of tables the pinned ones, of models the requested ones."""
        tables = {name: pin.version for name, pin in pins.items() if pin.version is not None}
        chosen = self.request.options.versions.at
        models = {name: version for name, version in chosen.items() if name in self.declared.models}
        return ReadVersions(at={**tables, **models}, as_of=self.request.options.versions.as_of)

    def _choose_max_parallel(self) -> int:
        setting = self.container.settings.execution.max_parallel
        return self.request.max_parallel or setting or min(os.cpu_count() or 1, _MAX_DEFAULT_PARALLEL)

    def run_item(self, item: Item, versions: ReadVersions, part: RunPart) -> Run:
        """Execute or resume one run."""
        earlier = item.earlier
        if self.earlier is not None:
            # A run that was not started has no record.
            with suppress(ProjectError):
                earlier = self.container.project.runs.read(item.run_id)
        if earlier is not None and earlier.state == "done":
            self.container.build_run_context().publications.complete(earlier.id)
            return earlier
        return execute_job(
            self.container,
            make_item_job(item.job, select_own_params(item.job, item.bound, self.names)),
            item.bound,
            versions=versions,
            start=RunStart(resume=earlier, run_id=item.run_id),
            part=part,
        )


def _require_same_tables(earlier: Run, pins: Mapping[str, Pin]) -> None:
    """Refuse to resume a fan-out if one of its tables was created again, by which the recorded versions are gone."""
    for name, pin in pins.items():
        recorded = earlier.inputs.get(name, {}).get("identity")
        if recorded and pin.identity and recorded != pin.identity:
            raise InputError(
                f"Table `{name}` was created again since run {earlier.id} read version "
                f"{earlier.inputs[name]['version']}, so that version is gone, and the run cannot be resumed: "
                f"run `{earlier.job}` again with its values."
            )


@dataclass(frozen=True, slots=True)
class _ItemRunner:
    """Implements `ItemRunner` for a fan-out.

    Args:
        fan_out: The fan-out.
        attempt: Its record.
        code: What the records of all runs say of the job's code.
        versions: Versions that all runs read.
        log: The log of the fan-out.
        progress: Receives the progress of the runs.
        lock: Held while tables are committed.
    """

    fan_out: FanOut
    attempt: Attempt
    code: Mapping[str, Any]
    versions: ReadVersions
    log: MaskedFile
    progress: FanOutProgress
    lock: Lock = field(default_factory=Lock)

    def run(self, number: int) -> str:
        item = self.fan_out.items[number]
        part = RunPart(
            parent=self.attempt.run_id,
            label=item.label,
            commit_lock=None if item.job.registers else self.lock,
            code=self.code,
            progress=self.progress,
        )
        return self.fan_out.run_item(item, self.versions, part).id

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
            end = f"done, run {result.run_id}" if result.run_id else "not started"
        self.log.write(f"{utc_now().isoformat(timespec='seconds')} {result.label}: {end}\n")


def record_done(container: ServiceContainer, declared: Job, earlier: Run) -> Run:
    """Record as done a fan-out whose runs all succeeded or were rolled back, and return its record."""
    progress = container.listener.fan_out_started(declared.name, len(earlier.items))
    attempt, _ = _begin_attempt(container, declared, earlier)
    with open_log(attempt.log, attempt.secrets) as log:
        log.write(f"All {len(earlier.items):,} runs had succeeded, or were rolled back.\n")
    run = _end_as_done(container, attempt)
    progress.finished(run)
    return run


def _begin_attempt(
    container: ServiceContainer, declared: Job, earlier: Run
) -> tuple[Attempt, Mapping[str, Any]]:
    """Begin a further attempt of a recorded fan-out; return it, and what its record says of the code."""
    context = container.build_run_context()
    code = describe_code(declared, context.root)
    attempt = context.runs.begin(
        earlier.id,
        declared.name,
        secrets=context.secrets,
        env=context.env,
        settings=dict(context.settings),
        code=code,
    )
    return attempt, code


def _end_as_done(container: ServiceContainer, attempt: Attempt) -> Run:
    attempt.enter("done", "ended", ended=utc_now().isoformat())
    return container.project.runs.read(attempt.run_id)
