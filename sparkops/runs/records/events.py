"""Fold the events of a run's attempts into its record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import reduce
from types import NoneType
from typing import Any, Final

from sparkops.pipeline.json_values.checks import check_from_json, check_to_json
from sparkops.runs.records.run import FIELDS, Run
from sparkops.runs.records.states import ACTIVE

Event = Mapping[str, Any]
Checks = tuple[Mapping[str, Any], ...]

# Keys whose values are merged into those of the run, or appended to them. The value of any other key replaces the
# earlier one.
_MERGED = {
    "inputs",
    "models",
    "scoring",
    "rules",
    "outputs",
    "metrics",
    "timings",
    "spark",
    "replay",
    "stream",
}
_APPENDED = {"staged", "batches"}
# A stream may have any number of batches: a record has the newest.
MAX_BATCHES: Final = 100
_TUPLES = _APPENDED | {"checks", "hidden", "items"}
_TIMES = {"started", "ended"}
# Keys by the type of their values.
_MAPPINGS = _MERGED | {"params", "origins", "settings", "code", "process", "each", "work", "verdicts"}
_TEXTS = {"id", "job", "state", "env"}
_OPTIONAL_TEXTS = {"as_of", "key", "report", "log", "fingerprint", "skipped", "rolled_back", "every"}
_OPTIONAL_MAPPINGS = {"error", "registered", "rollback"}
# Type of the values of each mapping, and of the items of each list.
_VALUES: Mapping[str, type | tuple[type, ...]] = {
    **dict.fromkeys(("inputs", "verdicts", "outputs", "rules"), Mapping),
    **dict.fromkeys(("metrics", "timings"), (int, float)),
}
_ITEMS = {"checks": dict, "batches": dict, "items": dict, "staged": str, "hidden": str}
# Keys whose values are versions of tables.
_VERSIONS = {"inputs", "outputs"}


def fold_events(events: Iterable[Event]) -> Run:
    """Return the run that these events describe, in their order; the first must contain `id` and `job`.

    Raises:
        ValueError: There are no events.
    """
    run: Run | None = None
    checked = _CheckedParts()
    for event in events:
        values = {
            key: _parse(key, value) for key, value in event.items() if key not in ("event", "time", "part")
        }
        if run is not None and "checks" in values:
            values["checks"] = checked.add(_CheckedPart(run.attempt, event.get("part"), values["checks"]))
        merged = _merge(run, values) if run else values
        fields = {FIELDS.get(key, key): value for key, value in merged.items()}
        run = replace(run, **fields) if run else Run(**fields)
        run = replace(run, attempts=_describe_attempts(run, event))
    if run is None:
        raise ValueError("a record without events")
    return run


def _describe_attempts(run: Run, event: Event) -> tuple[Mapping[str, Any], ...]:
    """Return the attempts so far, with the present state of the newest one."""
    newest = {"number": run.attempt, "state": run.state, "ended": run.ended, "error": run.error}
    is_recorded = bool(run.attempts) and run.attempts[-1]["number"] == run.attempt
    if is_recorded and (run.state in ("queued", "rolled_back") or "rolled_back" in event):
        # The run waits for its next attempt, or was rolled back; how its newest attempt ended stays.
        return tuple(map(_end_attempt, run.attempts))
    earlier = (attempt for attempt in run.attempts if attempt["number"] != run.attempt)
    return (*map(_end_attempt, earlier), newest)


def _end_attempt(attempt: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an attempt that was followed by another one: it crashed if it recorded no end."""
    is_ended = attempt["state"] not in ACTIVE or attempt["error"]
    return attempt if is_ended else {**attempt, "state": "crashed"}


@dataclass(frozen=True, slots=True)
class _CheckedPart:
    """Check results that one attempt recorded.

    Args:
        attempt: Number of the attempt.
        name: `published` for the published batches of a stream, `unpublished` for the batch that was not; None for all
            that the run checks.
        checks: The results.
    """

    attempt: int
    name: str | None
    checks: Checks


@dataclass(slots=True)
class _CheckedParts:
    """The check results of a run's attempts; a later attempt checks again what an earlier one did not publish."""

    parts: list[_CheckedPart] = field(default_factory=list)

    def add(self, added: _CheckedPart) -> Checks:
        """Add results, drop those that they replace, and return the results of the run."""
        earlier = [
            part
            for part in self.parts
            if added.name is not None and (part.attempt == added.attempt or part.name == "published")
        ]
        self.parts = [*earlier, added]
        return reduce(_combine_all, (part.checks for part in self.parts))


def _combine_all(earlier: Checks, later: Checks) -> Checks:
    """Return the results over the rows of two parts; the later ones alone if the suite was changed between them."""
    if list(map(_identify, earlier)) != list(map(_identify, later)):
        return later
    return tuple(_combine(*pair) for pair in zip(earlier, later, strict=True))


def _identify(check: Mapping[str, Any]) -> tuple[Any, ...]:
    return check["table"], check["expectation"], check.get("kwargs")


def _combine(earlier: Mapping[str, Any], later: Mapping[str, Any]) -> dict[str, Any]:
    """Return the result over the rows of two results of one expectation."""
    combined = check_from_json(earlier).combine(check_from_json(later))
    return {**check_to_json(combined), "place": later.get("place")}


def _parse(key: str, value: Any) -> Any:
    """Return a value of the record; TypeError if it has another type."""
    _require_type(key, value)
    if key in _TIMES and value is not None:
        return _parse_time(key, value)
    return tuple(value) if key in _TUPLES else value


def _require_type(key: str, value: Any) -> None:
    """Refuse a value of another type than that of its key; TypeError."""
    if key in _MAPPINGS and not isinstance(value, Mapping):
        raise TypeError(f"`{key}` is no mapping")
    if key in _TUPLES and not (
        isinstance(value, list) and all(isinstance(item, _ITEMS[key]) for item in value)
    ):
        raise TypeError(f"`{key}` is no list of {_ITEMS[key].__name__} values")
    if key in _TEXTS and not isinstance(value, str):
        raise TypeError(f"`{key}` is no text")
    if key in _OPTIONAL_TEXTS and not isinstance(value, str | None):
        raise TypeError(f"`{key}` is no text")
    if key in _OPTIONAL_MAPPINGS and not isinstance(value, Mapping | None):
        raise TypeError(f"`{key}` is no mapping")
    if key in _VALUES and not all(isinstance(item, _VALUES[key]) for item in value.values()):
        raise TypeError(f"`{key}` has a value of another type")
    if key in _VERSIONS:
        for name, facts in value.items():
            _require_version(f"{key}.{name}", facts)
    if key == "attempt" and not isinstance(value, int):
        raise TypeError("`attempt` is no number")


def _require_version(name: str, facts: Mapping[str, Any]) -> None:
    """Refuse facts of a table's version that readers of the record could not use; old records lack some facts."""
    if type(facts["version"]) not in (int, NoneType):
        raise TypeError(f"the version of `{name}` is no number")
    if not isinstance(facts.get("identity", ""), str):
        raise TypeError(f"the identity of `{name}` is no text")
    if type(facts.get("rows")) not in (int, NoneType):
        raise TypeError(f"the rows of `{name}` are no number")


def _parse_time(key: str, value: Any) -> datetime:
    if not isinstance(value, str):
        raise TypeError(f"`{key}` is no time")
    time = datetime.fromisoformat(value)
    if time.tzinfo is None:
        raise ValueError(f"`{key}` has no time zone")
    return time


def _merge(run: Run, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of an event, merged with or appended to those of the run where their keys require that."""
    merged: dict[str, Any] = {}
    for key, value in values.items():
        if key in _MERGED:
            merged[key] = {**getattr(run, FIELDS[key]), **value}
        elif key in _APPENDED:
            joined = getattr(run, FIELDS[key]) + value
            merged[key] = joined[-MAX_BATCHES:] if key == "batches" else joined
        else:
            merged[key] = value
    return merged
