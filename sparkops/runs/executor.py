"""One attempt of one run, from its record's first line to its last."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import Any

from sparkops.config.secrets import mask
from sparkops.errors import BadData, JobFailed, RunCancelled, SparkopsError
from sparkops.pipeline.job import Job
from sparkops.pipeline.json_values import pin_json
from sparkops.pipeline.table import Pin
from sparkops.runs.code import code_of, source_hash
from sparkops.runs.fingerprint import fingerprint
from sparkops.runs.ids import new_id
from sparkops.runs.lock import writing
from sparkops.runs.log import MaskedFile, captured
from sparkops.runs.params import as_json
from sparkops.runs.ports import RunServices
from sparkops.runs.publisher import publish
from sparkops.runs.record import Run, now, state_after
from sparkops.runs.signals import cancellable
from sparkops.runs.store import Attempt, RunStore
from sparkops.runs.stream import stream
from sparkops.runs.user_error import blame

_log = logging.getLogger("sparkops.runs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be run.

    Args:
        job: The job.
        values: Its bound parameters.
        origins: Parameter to where its value came from.
        at: Table or model name to the version to read.
        as_of: Moment whose versions are read where `at` says nothing.
        resume: The earlier run to go on with.
    """

    job: Job
    values: Mapping[str, Any]
    origins: Mapping[str, str] = field(default_factory=dict)
    at: Mapping[str, int] = field(default_factory=dict)
    as_of: datetime | None = None
    resume: Run | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Where a run happens.

    Args:
        root: The project.
        state: Its state folder: records, logs and locks.
        env: Environment's name.
        settings: Resolved settings, masked.
        secrets: Values that must appear nowhere.
        watch: Told the name of each step as it begins.
        tap: Handed the run's open log, for further writers; called with None at the end.
    """

    root: Path
    state: Path
    env: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    watch: Callable[[str], None] = lambda _: None
    tap: Callable[[MaskedFile | None], None] = lambda _: None


def execute(order: Order, rooms: Callable[[], RunServices], setting: Setting) -> Run:
    """Run the order and return its finished record.

    Args:
        order: What to run.
        rooms: Makes the rooms, once the record stands; it may start Spark.
        setting: Where to run it.

    Raises:
        SparkopsError: What stopped the run; the record says the same, and a note names the run.
    """
    job = order.job
    store = RunStore(setting.state / "runs")
    run_id = order.resume.id if order.resume else new_id()
    attempt = store.begin(run_id, job.name, secrets=setting.secrets, **_first_facts(order, setting))
    with cancellable_and_logged(attempt, setting):
        live: list[RunServices] = []
        try:
            names = [w.table for w in job.writes] + ([job.registers] if job.registers else [])
            with writing(setting.state / "locks", names, run_id):
                live.append(rooms())
                _Steps(order, live[0], setting, attempt).all()
        except BaseException as error:
            raise _stopped(error, job, live, attempt) from error
        attempt.say("ended", state="done", ended=now().isoformat())
        _leave(live, run_id)
    return store.load(run_id)


@contextmanager
def cancellable_and_logged(attempt: Attempt, setting: Setting) -> Iterator[None]:
    """Capture what the block prints, and turn signals into an interrupt."""
    with cancellable(), captured(attempt.log, secrets=setting.secrets) as log:
        setting.tap(log)
        try:
            yield
        finally:
            setting.tap(None)


def _first_facts(order: Order, setting: Setting) -> dict[str, Any]:
    return {
        "params": as_json(order.job, order.values),
        "origins": dict(order.origins),
        "env": setting.env,
        "settings": dict(setting.settings),
        "code": code_of(order.job, setting.root),
    }


def _stopped(error: BaseException, job: Job, live: list[RunServices], attempt: Attempt) -> SparkopsError:
    """Record what stopped the run; return the error that says it to a person."""
    explain = live[0].inputs.explain if live else (lambda _: None)
    told = blame(error, job, explain)
    told.args = tuple(mask(part, attempt.secrets) if isinstance(part, str) else part for part in told.args)
    if isinstance(told, RunCancelled) and live:
        live[0].cluster.cancel(attempt.run_id)
    state = state_after(told)
    told.add_note(f"run {attempt.run_id}")
    said = {"kind": type(told).__name__, "message": str(told)}
    try:
        attempt.say("ended", state=state, ended=now().isoformat(), error=said)
    finally:
        _leave(live, attempt.run_id, keep_staged=state == "failed" and not job.stream)
    return told


def _leave(live: list[RunServices], run_id: str, *, keep_staged: bool = False) -> None:
    for rooms in live:
        if not keep_staged:
            rooms.outputs.discard(run_id)
        rooms.cluster.end(run_id)


@dataclass(frozen=True, slots=True)
class _Steps:
    order: Order
    rooms: RunServices
    setting: Setting
    attempt: Attempt

    def all(self) -> None:
        """Do every step in its order."""
        with self.timed("session"):
            session = self.rooms.cluster.begin(self.attempt.run_id)
        self.attempt.say("session", spark=self.rooms.cluster.facts())
        with self.timed("pin"):
            pins, models = self.pin()
        with self.timed("suites"):
            for write in self.order.job.writes:
                self.rooms.checks.validate(write.table)
        job, earlier = self.order.job, self.order.resume
        if earlier and job.writes and not job.stream and self.restage():
            result = None
        else:
            with self.timed("call"):
                result = self.call(session, pins, models)
        with self.judging(models):
            if job.stream:
                pin, watch = pins[job.stream], self.setting.watch
                stream(result, self.order, self.rooms, self.attempt, self.timed, pin=pin, watch=watch)
            else:
                publish(result, self.order, self.rooms, self.so_far(), self.attempt, self.timed)

    def so_far(self) -> Run:
        """Return the run as its record tells it now."""
        return RunStore(self.setting.state / "runs").load(self.attempt.run_id)

    @contextmanager
    def timed(self, step: str) -> Iterator[None]:
        """Tell that a step begins; record how long it took."""
        self.setting.watch(step)
        begun = perf_counter()
        yield
        self.attempt.say("step", timings={step: round(perf_counter() - begun, 3)})

    @contextmanager
    def judging(self, models: Mapping[str, Any]) -> Iterator[None]:
        """Tell at the end what the rules of models found in the rows that they scored."""
        try:
            yield
        finally:
            found = {name: model.judged for name, model in models.items() if model.judged}
            if found:
                self.attempt.say("judged", rules=found)
            for line in (line for name, told in found.items() for line in _warnings(name, told)):
                _log.warning("%s", line)

    def pin(self) -> tuple[dict[str, Pin], dict[str, Any]]:
        """Decide which versions are read; a resumed run reads what it read before."""
        job, order = self.order.job, self.order
        before = order.resume.inputs if order.resume else {}
        at = {name: pin["version"] for name, pin in before.items()} | dict(order.at)
        read_before = order.resume.models if order.resume else {}
        pins = {
            table: self.rooms.inputs.pin(table, at=at.get(table), as_of=order.as_of)
            if table != job.stream
            else self.rooms.inputs.pin(table)
            for table in job.tables
        }
        models = {m: self.rooms.models.version(m, at=order.at.get(m, read_before.get(m))) for m in job.models}
        versions = {name: model.version for name, model in models.items()}
        self.attempt.say(
            "pinned",
            inputs={name: pin_json(pin) for name, pin in pins.items()},
            models=versions,
            fingerprint=self.fingerprint(pins, versions),
        )
        return pins, models

    def fingerprint(self, pins: Mapping[str, Pin], models: Mapping[str, int]) -> str:
        """Return what tells this work from other work."""
        job = self.order.job
        return fingerprint(
            job,
            source=source_hash(job, self.setting.root),
            params=as_json(job, self.order.values),
            pins=pins.values(),
            models=models,
            suites={w.table: self.rooms.checks.identity(w.table) for w in job.writes},
        )

    def restage(self) -> bool:
        """Tell whether an earlier attempt staged every table of this job."""
        run_id = self.attempt.run_id
        return all(self.rooms.outputs.staged(w.table, run_id) is not None for w in self.order.job.writes)

    def call(self, session: Any, pins: Mapping[str, Pin], models: Mapping[str, Any]) -> Any:
        """Call the author's function with frames, models and values."""
        job = self.order.job
        frames = {name: self.rooms.inputs.read(pin) for name, pin in pins.items() if name != job.stream}
        streams = {job.stream: self.rooms.streams.read(job.stream)} if job.stream else {}
        for name, frame in frames.items():
            if not job.allow_empty and frame.isEmpty():
                raise BadData(
                    f"Table `{name}` has no rows at {_version(pins[name])}, and job `{job.name}` needs some "
                    f"({job.place}). Fill it, read another version with --at, or declare allow_empty=True."
                )
        given: dict[str, Any] = {**frames, **streams, **models, **self.order.values}
        if job.session:
            given[job.session] = session
        result = job.function(**given)
        if result is None:
            raise JobFailed(f"Job `{job.name}` returned nothing. Return what it declares ({job.place}).")
        self.attempt.say("called", scoring={name: str(m.way) for name, m in models.items() if m.way})
        return result


def _warnings(model: str, told: Mapping[str, Any]) -> list[str]:
    """Return what a model's rules warn of; of one that need not hold for all rows, when too many break it."""
    if told["apply"] == "count":
        return []
    return [
        f"Model `{model}`: {broken['rows']:,} of {told['rows']:,} rows judged break {broken['rule']}, a rule of table "
        f"`{broken['table']}` ({broken['place']})."
        for broken in told["broken"]
        if (told["rows"] - broken["rows"]) / told["rows"] < broken["mostly"]
    ]


def _version(pin: Pin) -> str:
    return f"version {pin.version}" if pin.version is not None else pin.location
