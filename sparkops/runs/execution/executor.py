"""Execute the steps of one attempt: pin the inputs, call the job and publish its result."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from sparkops.errors import BadData, InputError, JobFailed
from sparkops.pipeline.code.used_code import CodeReader
from sparkops.pipeline.json_values.tables import pin_from_json, pin_to_json
from sparkops.pipeline.staging import StagedPart
from sparkops.pipeline.table import Pin
from sparkops.runs.execution.checked_inputs import CheckedInputs
from sparkops.runs.execution.consistent_view import ConsistentView
from sparkops.runs.execution.stream import publish_stream
from sparkops.runs.fingerprint import RunInputs, compute_fingerprint, hash_source, params_to_json
from sparkops.runs.ports import ResultReceiver, RunServices
from sparkops.runs.publishing.decision import Decision, load_decision
from sparkops.runs.publishing.publication_plan import find_changed_suites
from sparkops.runs.publishing.publisher import Publisher
from sparkops.runs.records.run import Run
from sparkops.runs.records.store import Attempt
from sparkops.runs.request import RunContext, RunRequest
from sparkops.runs.rollback.undone_inputs import require_inputs_in_effect
from sparkops.runs.work import describe_work, mark_changed_code, restore_computed

_log = logging.getLogger("sparkops.runs")


@dataclass(frozen=True, slots=True)
class RunExecutor:
    """Executes the steps of one attempt.

    Args:
        request: What to run.
        services: The services of the run.
        context: The project and environment.
        attempt: The record, to which every step is appended.
        receiver: Receives what the job returned, in place of its publication; None to publish it.
    """

    request: RunRequest
    services: RunServices
    context: RunContext
    attempt: Attempt
    receiver: ResultReceiver | None = None

    def run(self) -> None:
        """Start the session, pin the inputs, validate the suites, call the job's function and publish its result."""
        with self._measure_step("session"):
            session = self.services.spark.begin(self.attempt.run_id)
        self.attempt.append("session", sync=False, spark=self.services.spark.describe())
        with self.receiver.prepare(session) if self.receiver is not None else nullcontext():
            self._run_job(session)

    def _run_job(self, session: Any) -> None:
        """Pin the inputs, call the job's function and publish its result, or give it to the receiver."""
        job = self.request.job
        decision = self._load_earlier_decision()
        with self._measure_step("pin"):
            pins, models = self._pin_versions(decision)
        with self._measure_step("suites"):
            for write in job.writes:
                self.services.checks.validate(write.table)
        result = None
        if decision is None and not self._can_reuse_staged():
            self._require_checked_inputs(pins)
            with self._measure_step("call"):
                result = self._call_job(session, pins, models)
        with self._record_rule_violations(models):
            if self.receiver is not None:
                self.receiver.receive(result, self.services, self.attempt, self._measure_step)
            else:
                self._publish(result, pins, decision)

    def _publish(self, result: Any, pins: Mapping[str, Pin], decision: Decision | None) -> None:
        """Publish what the job returned."""
        job = self.request.job
        publisher = Publisher(
            job=job,
            values=self.request.values,
            services=self.services,
            attempt=self.attempt,
            timer=self._measure_step,
            publications=self.context.publications,
            commit_lock=self.context.commit_lock or nullcontext(),
        )
        run = self.context.runs.read(self.attempt.run_id)
        if job.stream:
            publish_stream(result, publisher, pin=pins[job.stream], run=run, on_batch=self.context.on_step)
        else:
            publisher.publish(result, run, decision)

    @contextmanager
    def _measure_step(self, step: str) -> Iterator[None]:
        """Announce a step, and record its duration if it succeeds."""
        self.context.on_step(step)
        start = perf_counter()
        yield
        self.attempt.append("step", sync=False, timings={step: round(perf_counter() - start, 3)})

    @contextmanager
    def _record_rule_violations(self, models: Mapping[str, Any]) -> Iterator[None]:
        """Record at the end how many scored rows violate the models' row rules, and warn of them."""
        try:
            yield
        finally:
            counts = {name: model.rule_summary for name, model in models.items() if model.rule_summary}
            if counts:
                self.attempt.append("judged", rules=counts)
            for name, rules in counts.items():
                for line in _describe_violations(name, rules):
                    _log.warning("%s", line)

    def _load_earlier_decision(self) -> Decision | None:
        """Return what an earlier attempt of this run decided to publish, or None."""
        if self.request.resume is None or self.request.job.stream:
            return None
        decision = load_decision(self.services.plans, self.attempt.run_id)
        if decision is None:
            return None
        for table in find_changed_suites(decision.plan, self._hash_suites()):
            _log.warning(
                "The checks of table `%s` were changed after run %s was checked: the run is completed with the earlier "
                "ones. `sparkops check %s` checks the table as it is.",
                table,
                self.attempt.run_id,
                table,
            )
        return decision

    def _hash_suites(self) -> Mapping[str, str | None]:
        """Return the hash of the suite of each written table, by table."""
        return {
            write.table: self.services.checks.hash_suite(write.table) for write in self.request.job.writes
        }

    def _pin_versions(self, decision: Decision | None) -> tuple[dict[str, Pin], dict[str, Any]]:
        """Pin the versions to read, and record them; a resumed run reads what it read before.

        Rows that an earlier attempt computed were computed from its versions, whatever is requested now.
        """
        job, requested = self.request.job, self.request.versions.at
        has_rows = decision is not None or self._can_reuse_staged()
        earlier = self.request.resume if has_rows or not self.request.newest_inputs else None
        if earlier is not None:
            # What is requested replaces what was read before, unless rows were computed from it.
            self._require_in_effect(earlier, replaced=() if has_rows else requested)
        inputs, models_at = (earlier.inputs, earlier.models) if earlier is not None else ({}, {})
        models_at = {**requested, **models_at} if has_rows else {**models_at, **requested}
        pins = {
            table: pin_from_json(table, inputs[table])
            if has_rows and table in inputs
            else self._pin_again(table, inputs)
            for table in job.tables
        }
        models = {
            name: self.services.models.load_version(name, at=models_at.get(name)) for name in job.models
        }
        model_versions = {name: model.version for name, model in models.items()}
        facts = self._identify_work(pins, model_versions, decision)
        facts["inputs"] = {name: pin_to_json(pin) for name, pin in pins.items()}
        if has_rows:
            facts |= _restore_identity(facts, self.request.resume)
        self.attempt.append("pinned", sync=self.request.parent is None, models=model_versions, **facts)
        return pins, models

    def _require_in_effect(self, earlier: Run, *, replaced: Collection[str]) -> None:
        """Refuse to read again what a rollback has undone since an earlier attempt read it.

        Args:
            earlier: The run, as the earlier attempt recorded it.
            replaced: Tables and models of which this attempt reads another version.

        Raises:
            InputError: A version is not in effect any more.
        """
        require_inputs_in_effect(
            self.context.runs,
            earlier,
            inputs={name: pin for name, pin in earlier.inputs.items() if name not in replaced},
            models={name: version for name, version in earlier.models.items() if name not in replaced},
        )

    def _pin_again(self, table: str, inputs: Mapping[str, Any]) -> Pin:
        """Return the version of a table that this run reads: the requested one, or else that of an earlier attempt.

        Args:
            table: The table.
            inputs: What the earlier attempt read.

        Raises:
            InputError: The table was created again since, so its versions are others.
        """
        at = self.request.versions.at
        earlier = inputs.get(table, {})
        if table in at or earlier.get("version") is None:
            return self._pin(table, at.get(table))
        pin = self._pin(table, earlier["version"])
        if earlier.get("identity") and earlier["identity"] != pin.identity:
            raise InputError(
                f"Table `{table}` was created again since run {self.attempt.run_id} read version {earlier['version']}, "
                f"so that version is gone, and the run cannot be resumed: run `{self.request.job.name}` again."
            )
        return pin

    def _pin(self, table: str, at: int | None) -> Pin:
        """Return the version of a table that this run reads.

        It is version `at`, the version at the requested time, or the newest that does not show another run half
        published.
        """
        services, as_of = self.services, self.request.versions.as_of
        if table == self.request.job.stream:
            return services.reader.pin(table)
        if at is not None or as_of is not None:
            return services.reader.pin(table, at=at, as_of=as_of)
        others = tuple(
            publication
            for publication in self.context.publications.list_open()
            if publication.run != self.attempt.run_id and len(publication.before) > 1
        )
        return ConsistentView(reader=services.reader, writer=services.writer, publications=others).pin(table)

    def _identify_work(
        self, pins: Mapping[str, Pin], models: Mapping[str, int], decision: Decision | None
    ) -> dict[str, Any]:
        """Return what identifies the work of this run, with the suites that decided what is published."""
        job = self.request.job
        suites = self._hash_suites() if decision is None else decision.plan.suites
        params = params_to_json(job, self.request.values)
        inputs = RunInputs(pins=tuple(pins.values()), models=models, settings=self.context.settings)
        source = (self.request.code or {}).get("source") or hash_source(job, self.context.root)
        fingerprint = compute_fingerprint(job, source=source, params=params, inputs=inputs, suites=suites)
        code = CodeReader(self.context.root)
        required = {table: self.services.checks.hash_suite(table) for table in job.checked_inputs}
        work = describe_work(job, code, inputs=inputs, suites=suites, required=required)
        return {"fingerprint": fingerprint, "work": mark_changed_code(work, job, code)}

    def _require_checked_inputs(self, pins: Mapping[str, Pin]) -> None:
        """Check the inputs that have to be checked, and record the verdicts."""
        if not self.request.job.checked_inputs:
            return
        services = self.services
        inputs = CheckedInputs(
            job=self.request.job,
            run_id=self.attempt.run_id,
            checks=services.checks,
            reader=services.reader,
            verdicts=self.context.verdicts,
        )
        with self._measure_step("inputs"):
            self.attempt.append("verified", verdicts=inputs.require(pins))

    def _can_reuse_staged(self) -> bool:
        """Return whether this run is resumed and an earlier attempt staged every table of the job."""
        job, run_id, staging = self.request.job, self.attempt.run_id, self.services.staging
        if self.request.resume is None or not job.writes or job.stream:
            return False
        return all(staging.find(StagedPart(run_id, write.table)) is not None for write in job.writes)

    def _call_job(self, session: Any, pins: Mapping[str, Pin], models: Mapping[str, Any]) -> Any:
        """Call the job's function with frames, models, parameters and session."""
        job, reader = self.request.job, self.services.reader
        frames = {name: reader.read(pin) for name, pin in pins.items() if name != job.stream}
        for name, frame in frames.items():
            if not job.allow_empty and frame.isEmpty():
                raise BadData(
                    f"Table `{name}` has no rows at {_describe_version(pins[name])}, and job `{job.name}` needs some "
                    f"({job.place}). Fill it, read another version with --at, or declare allow_empty=True."
                )
        arguments: dict[str, Any] = {**frames, **models, **self.request.values}
        if job.stream:
            arguments[job.stream] = self.services.streams.read(job.stream)
        if job.session:
            arguments[job.session] = session
        result = job.function(**arguments)
        if result is None:
            raise JobFailed(f"Job `{job.name}` returned nothing. Return what it declares ({job.place}).")
        scoring = {name: str(model.scoring_method) for name, model in models.items() if model.scoring_method}
        self.attempt.append("called", sync=False, scoring=scoring)
        return result


def _restore_identity(facts: Mapping[str, Any], earlier: Run | None) -> dict[str, Any]:
    """Return what identifies the work of a run that publishes an earlier attempt's rows: its code and inputs."""
    if earlier is None:
        return {}
    return {
        "inputs": {**facts["inputs"], **earlier.inputs},
        "code": dict(earlier.code),
        "fingerprint": earlier.fingerprint,
        "work": restore_computed(facts["work"], earlier.work),
    }


def _describe_violations(model: str, rules: Mapping[str, Any]) -> list[str]:
    """Return a warning for each rule that more rows violate than its `mostly` allows; none if rows are only counted."""
    if rules["apply"] == "count":
        return []
    return [
        f"Model `{model}`: {violated['rows']:,} of {rules['rows']:,} scored rows violate {violated['rule']} of table "
        f"`{violated['table']}` ({violated['place']})."
        for violated in rules["broken"]
        if (rules["rows"] - violated["rows"]) / rules["rows"] < violated["mostly"]
    ]


def _describe_version(pin: Pin) -> str:
    return f"version {pin.version}" if pin.version is not None else pin.location
