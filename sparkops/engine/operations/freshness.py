"""Decide whether a job is up to date: an earlier run did the same work, and its outputs are there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from sparkops.core.masking import contains_secret
from sparkops.engine.adapters.suite_hash import hash_suite
from sparkops.engine.operations.flows.published_outputs import PublishedOutputs
from sparkops.errors import SparkopsError, as_clause
from sparkops.pipeline.code.used_code import CodeReader
from sparkops.pipeline.graph import Dataset, list_reads
from sparkops.pipeline.job import Job
from sparkops.pipeline.json_values.tables import pin_from_json
from sparkops.pipeline.parameters.bind import BoundParameters
from sparkops.pipeline.table import Pin
from sparkops.runs.fingerprint import RunInputs, compute_fingerprint, hash_source, params_to_json
from sparkops.runs.read_versions import ReadVersions
from sparkops.runs.records.run import Run
from sparkops.runs.records.run_lookup import RunLookup
from sparkops.runs.work import describe_input, describe_work, explain_changes

if TYPE_CHECKING:
    from sparkops.engine.container import ServiceContainer


# Seconds after which the records are read again.
_REREAD_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Freshness:
    """Whether a job is up to date.

    Args:
        run: The newest run with these parameters that succeeded, if there is one.
        reasons: Why a new run is needed, each as a clause; empty if the job is up to date.
        work: The parts of the work that a new run would do, as far as its inputs can be read.
        unreadable: Why an input cannot be read, by input; the run itself reports that.
    """

    run: Run | None
    reasons: tuple[str, ...] = ()
    work: Mapping[str, str] = field(default_factory=dict)
    unreadable: Mapping[Dataset, str] = field(default_factory=dict)

    @property
    def is_fresh(self) -> bool:
        """Return whether no new run is needed."""
        return self.run is not None and not self.reasons and not self.unreadable


@dataclass(frozen=True, slots=True)
class _Inputs:
    """What a run would read, as far as it can be read.

    Args:
        inputs: Versions of tables and models.
        suites: The hash of a written table's suite, by table.
        required: The hash of the suite of an input that has to be checked, by table.
        unreadable: Why an input cannot be read, by input.
    """

    inputs: RunInputs
    suites: Mapping[str, str | None]
    required: Mapping[str, str | None]
    unreadable: Mapping[Dataset, str]


class FreshRunFinder:
    """Finds the earlier run that makes a new one unnecessary: it did the same work, and its outputs are still there.

    The records are read again after some seconds: a flow takes long, and others may run its jobs meanwhile.

    Args:
        container: The services.
    """

    def __init__(self, container: ServiceContainer) -> None:
        self._container = container
        self._code = CodeReader(container.project.root)
        self._outputs = PublishedOutputs(container)
        self._lookup: RunLookup | None = None
        self._read_at = 0.0

    @property
    def lookup(self) -> RunLookup:
        """Return the earlier runs."""
        if self._lookup is None or monotonic() > self._read_at + _REREAD_SECONDS:
            self._lookup, self._read_at = RunLookup.of(self._container.project.runs), monotonic()
        return self._lookup

    @cached_property
    def _settings(self) -> Mapping[str, Any]:
        return self._container.build_run_context().settings

    def examine(self, job: Job, bound: BoundParameters, versions: ReadVersions | None = None) -> Freshness:
        """Return whether the job is up to date, and if not, why.

        Args:
            job: The job.
            bound: Its parameters.
            versions: Versions that a run would read; by default the newest.
        """
        params, lookup = params_to_json(job, bound.values), self.lookup
        run = lookup.find_done(job.name, params, self._container.settings.env)
        read = self._read_inputs(job, versions or ReadVersions())
        work = describe_work(job, self._code, inputs=read.inputs, suites=read.suites, required=read.required)
        if run is None:
            reasons = [_explain_absence(job, params, lookup, self._container.project.config.secrets)]
        elif read.unreadable:
            reasons = []
        elif run.work:
            # Records of earlier releases have the suites of checked inputs only in the verdicts.
            checked = {f"checked {table}": verdict["suite"] for table, verdict in run.verdicts.items()}
            reasons = explain_changes({**checked, **run.work}, work)
        else:
            reasons = self._compare_fingerprint(job, run, read, params)
        if run is not None and not reasons:
            reasons = self._outputs.find_lost(job, run, lookup)
        return Freshness(run, tuple(reasons), work, read.unreadable)

    def _read_inputs(self, job: Job, versions: ReadVersions) -> _Inputs:
        container = self._container
        unreadable: dict[Dataset, str] = {}
        pins: list[Pin] = []
        models: dict[str, int] = {}
        for kind, name in list_reads(job):
            try:
                if kind == "table":
                    pins.append(container.tables.pin(name, at=versions.at.get(name), as_of=versions.as_of))
                else:
                    models[name] = container.project.models.resolve(name, versions.at.get(name)).version
            except SparkopsError as error:
                unreadable[kind, name] = as_clause(error)
        root = container.project.root
        suites = {write.table: hash_suite(root, write.table) for write in job.writes}
        required = {table: hash_suite(root, table) for table in job.checked_inputs}
        inputs = RunInputs(pins=pins, models=models, settings=self._settings)
        return _Inputs(inputs, suites, required, unreadable)

    def _compare_fingerprint(self, job: Job, run: Run, read: _Inputs, params: Mapping[str, Any]) -> list[str]:
        """Return what differs from a run whose record lacks the parts of its work; code is compared by its files."""
        source = hash_source(job, self._container.project.root)
        inputs = read.inputs
        present = compute_fingerprint(job, source=source, params=params, inputs=inputs, suites=read.suites)
        if present == run.fingerprint:
            return []
        before = {
            f"table {name}": describe_input(pin_from_json(name, value)) for name, value in run.inputs.items()
        }
        before |= {f"model {name}": f"version {version}" for name, version in run.models.items()}
        after = {f"table {pin.table}": describe_input(pin) for pin in inputs.pins}
        after |= {f"model {name}": f"version {version}" for name, version in inputs.models.items()}
        changes = explain_changes(before, after)
        if run.code.get("source") != source:
            changes.append("a file of its code was changed, or a file that the code reads from")
        return changes or [f"its declaration, checks or settings are not those of run {run.id}"]


def _explain_absence(job: Job, params: Mapping[str, Any], lookup: RunLookup, secrets: Iterable[str]) -> str:
    """Return why no run with these parameters succeeded."""
    secrets = tuple(secrets)
    hidden = [name for name, value in params.items() if contains_secret(value, secrets)]
    if hidden:
        return f"parameter `{hidden[0]}` contains a secret, which no record shows, so no earlier run can be compared"
    elsewhere = lookup.find_done(job.name, params)
    if elsewhere is not None:
        return f"it was run only in another environment (run {elsewhere.id}, {elsewhere.env or 'base'})"
    done = lookup.find_newest_done(job.name)
    if done is not None:
        changed = [f"{name} = {value}" for name, value in params.items() if done.params.get(name) != value]
        with_params = ", ".join(changed) or "these parameters"
        return f"no run with {with_params} succeeded"
    newest = lookup.find_newest(job.name)
    if newest is None:
        return "it was never run"
    return f"no run of it succeeded: the newest, {newest.id}, is {newest.state.replace('_', ' ')}"
