"""The record of a run, and its id."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from sparkops.core.control_characters import escape_controls
from sparkops.core.wording import format_count
from sparkops.runs.records.states import State

# Crockford's base 32: no i, l, o, u.
_ID_LETTERS: Final = "0123456789abcdefghjkmnpqrstvwxyz"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One execution of a job, over all its attempts. Every mapping holds JSON values, as the record's file does.

    Args:
        id: The run's id.
        job: The job's name.
        state: State of the newest attempt; `crashed` means recorded as active by a process that is gone.
        attempt: Number of the newest attempt, from 1.
        started: When the first attempt began (UTC).
        ended: When the newest attempt ended; None while it runs.
        key: Key under which a retry finds the run; None if it has none.
        params: JSON values by parameter.
        hidden: Parameters whose values contain a secret, which `params` does not show.
        origins: The origin of each value, by parameter.
        env: Environment of the configuration.
        settings: Resolved settings, secrets masked.
        code: Git commit, hash of the uncommitted difference, hash of the job's source.
        fingerprint: Hash of code, parameters, input versions and checks; equal hashes mean equal work.
        work: Values or hashes by part of the work; equal parts mean equal work (see `describe_work`).
        as_of: Time (ISO 8601, UTC) as of which the tables were read; None if no time was requested.
        inputs: The version that was read, by table.
        models: The version that was read, by model name.
        scoring: How each model scored frames, with the reason, by model name.
        rules: The result of a model's row rules, by model name: rows scored, and rows that violate each rule.
        verdicts: `version`, `suite` and the `run` that checked it, by input that had to be checked.
        checks: Results of the checkpoints, in order.
        outputs: Published tables and quarantines, by name.
        registered: The model version that was registered.
        report: Path of the report page.
        metrics: Numbers by name.
        timings: Seconds by step.
        spark: Application id and versions.
        error: Kind and message of the error that stopped the run.
        skipped: Why a flow did not run the job, of a run in state `skipped`.
        process: Host and process id of the newest attempt.
        log: Path of the newest attempt's log.
        staged: Tables whose frames are staged.
        parent: The run of the fan-out that this run is a part of.
        each: Of a fan-out: the values that its runs have, by parameter.
        items: Of a fan-out: `run` (id), `label` and `params` of each of its runs.
        rollback: Of a rollback: its plan, which it follows and which says what it changed.
        rolled_back: The rollback by which this run was undone, while that is in effect.
        replay: Of a replay: `of` (the run that it replays), what it has instead of the recorded values, and its
            `verdict`.
        attempts: Each attempt with its number, state, start, end and error, in order.
        batches: The newest micro-batches of a stream, in order: number, version, rows, quarantined rows, failed
            expectations, time.
        every: Interval in which a stream looks for new rows until it is stopped; None if it ends by itself.
        stream: Of a stream: `batches`, `rows` and `held` of the whole run, and the `progress` after its last batch.
    """

    id: str
    job: str
    state: State = "running"
    attempt: int = 1
    started: datetime | None = None
    ended: datetime | None = None
    key: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    hidden: tuple[str, ...] = ()
    origins: Mapping[str, str] = field(default_factory=dict)
    env: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    code: Mapping[str, Any] = field(default_factory=dict)
    fingerprint: str = ""
    work: Mapping[str, str] = field(default_factory=dict)
    as_of: str | None = None
    inputs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    models: Mapping[str, int] = field(default_factory=dict)
    scoring: Mapping[str, str] = field(default_factory=dict)
    rules: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    verdicts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    checks: tuple[Mapping[str, Any], ...] = ()
    outputs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    registered: Mapping[str, Any] | None = None
    report: str | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    timings: Mapping[str, float] = field(default_factory=dict)
    spark: Mapping[str, Any] = field(default_factory=dict)
    error: Mapping[str, str] | None = None
    skipped: str | None = None
    process: Mapping[str, Any] = field(default_factory=dict)
    log: str | None = None
    staged: tuple[str, ...] = ()
    batches: tuple[Mapping[str, Any], ...] = ()
    parent: str | None = None
    each: Mapping[str, Any] = field(default_factory=dict)
    items: tuple[Mapping[str, Any], ...] = ()
    rollback: Mapping[str, Any] | None = None
    rolled_back: str | None = None
    replay: Mapping[str, Any] = field(default_factory=dict)
    attempts: tuple[Mapping[str, Any], ...] = ()
    every: str | None = None
    stream: Mapping[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Return what a run is and what it published, in one line."""
        return f"Run({', '.join((self.job, self.state, self.id, *self._describe_results()))})"

    def _repr_html_(self) -> str:
        """Return the same as a small table, for notebooks."""
        facts = {"run": self.id, "state": self.state, "parameters": _format_values(self.params)}
        facts |= {
            "results": ", ".join(self._describe_results()),
            "error": (self.error or {}).get("message", ""),
        }
        rows = "".join(
            f"<tr><th style='text-align: left'>{name}</th><td style='text-align: left'>{_to_html(text)}</td></tr>"
            for name, text in facts.items()
            if text
        )
        return f"<table><caption>{_to_html(self.job)}</caption>{rows}</table>"

    def _describe_results(self) -> list[str]:
        results = [
            f"{name}@{output['version']} ({format_count(output['rows'], 'row')})"
            for name, output in self.outputs.items()
        ]
        results += [f"{self.registered['name']}@{self.registered['version']}"] if self.registered else []
        results += [self.report] if self.report else []
        return results + ([f"{self.seconds:.1f} s"] if self.seconds is not None else [])

    @property
    def seconds(self) -> float | None:
        """Return the seconds from the first start to the last end, or None while the run is active."""
        if self.started is None or self.ended is None:
            return None
        return (self.ended - self.started).total_seconds()

    @property
    def batch_count(self) -> int:
        """Return the number of micro-batches, of which `batches` has the newest."""
        return int(self.stream.get("batches", len(self.batches)))


# Fields of `Run` by the key of the record. The keys are in files and in the output of `--json`: a field may be renamed,
# its key not.
FIELDS: Mapping[str, str] = {
    "id": "id",
    "job": "job",
    "state": "state",
    "attempt": "attempt",
    "started": "started",
    "ended": "ended",
    "key": "key",
    "params": "params",
    "hidden": "hidden",
    "origins": "origins",
    "env": "env",
    "settings": "settings",
    "code": "code",
    "fingerprint": "fingerprint",
    "work": "work",
    "as_of": "as_of",
    "inputs": "inputs",
    "models": "models",
    "scoring": "scoring",
    "rules": "rules",
    "verdicts": "verdicts",
    "checks": "checks",
    "outputs": "outputs",
    "registered": "registered",
    "report": "report",
    "metrics": "metrics",
    "timings": "timings",
    "spark": "spark",
    "error": "error",
    "skipped": "skipped",
    "process": "process",
    "log": "log",
    "staged": "staged",
    "batches": "batches",
    "parent": "parent",
    "each": "each",
    "items": "items",
    "rollback": "rollback",
    "rolled_back": "rolled_back",
    "replay": "replay",
    "attempts": "attempts",
    "every": "every",
    "stream": "stream",
}


# Keys that few runs need.
_RARE = {
    "as_of",
    "hidden",
    "work",
    "skipped",
    "verdicts",
    "parent",
    "each",
    "items",
    "replay",
    "rollback",
    "rolled_back",
    "every",
    "stream",
}


def _to_html(text: Any) -> str:
    # Imported here: only notebooks need it, and every list of runs would import its table of characters.
    from html import escape

    return escape(escape_controls(str(text)))


def _format_values(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in values.items() if value is not None)


def run_to_json(run: Run) -> dict[str, Any]:
    """Return the run's values under the keys of its record; those of `_RARE` only if they have a value."""
    shown = {key: getattr(run, field) for key, field in FIELDS.items()}
    return {key: value for key, value in shown.items() if value or key not in _RARE}


def utc_now() -> datetime:
    """Return the present time in UTC."""
    return datetime.now(UTC)


def make_run_id(time: datetime | None = None) -> str:
    """Return an id that sorts by time and is unique (`20261121-141305-7k3x9m2pqa`).

    It consists of the UTC second, three letters for the part of the second (steps of 31 us), and 35 random bits.
    """
    time = (time or datetime.now(UTC)).astimezone(UTC)
    steps = time.microsecond * len(_ID_LETTERS) ** 3 // 1_000_000
    fraction = "".join(_ID_LETTERS[steps >> shift & 31] for shift in (10, 5, 0))
    suffix = fraction + "".join(secrets.choice(_ID_LETTERS) for _ in range(7))
    return f"{time:%Y%m%d-%H%M%S}-{suffix}"
