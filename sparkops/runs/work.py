"""The work of a run, in named parts: runs whose parts are equal publish the same, and a changed part can be named."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sparkops.pipeline.code.used_code import CodeReader
from sparkops.pipeline.job import Job
from sparkops.pipeline.table import Pin
from sparkops.runs.fingerprint import (
    RunInputs,
    describe_gate,
    describe_pin,
    describe_write,
    hash_source,
    select_value_conf,
)

# Kinds of parts, and how a changed part of each is described.
_CHANGES: Final[Mapping[str, str]] = {
    "code": "`{name}` was changed",
    "model": "model `{name}` went from {before} to {after}",
    "checks": "the checks of `{name}` were changed",
    "package": "package `{name}` went from {before} to {after}",
    "conf": "`{name}` went from {before} to {after}",
    "write": "how `{name}` is written was changed",
    "gate": "the gate of `{name}` was changed",
    "option": "`{name}=` of the job went from {before} to {after}",
}
_NEW: Final[Mapping[str, str]] = {
    "code": "`{name}` is used now",
    "table": "`{name}` is read now",
    "checks": "`{name}` has checks now",
}
_REMOVED: Final[Mapping[str, str]] = {
    "code": "`{name}` is not used any more",
    "table": "`{name}` is not read any more",
    "checks": "`{name}` has no checks any more",
}


def describe_work(
    job: Job, code: CodeReader, *, inputs: RunInputs, suites: Mapping[str, str | None]
) -> dict[str, str]:
    """Return the parts of a run's work, by name.

    For example `table orders` is `version 4 of 8f14e45f`, and `code jobs/sales.py:clean` is a hash.

    The parameters are no part of it: only runs with the same parameters are compared.

    Args:
        job: The job.
        code: Reads the code of the project's jobs.
        inputs: What the run reads.
        suites: The hash of a written table's suite, by table.
    """
    parts = dict(_describe_code(job, code))
    parts |= {f"table {pin.table}": describe_input(pin) for pin in inputs.pins}
    parts |= {f"model {name}": f"version {version}" for name, version in inputs.models.items()}
    parts |= {f"checks {table}": suite for table, suite in suites.items() if suite is not None}
    parts |= {f"conf {key}": str(value) for key, value in select_value_conf(inputs.settings).items()}
    parts |= {f"write {write.table}": _hash(describe_write(write)) for write in job.writes}
    for metric in dict.fromkeys(gate.metric for gate in job.gates):
        parts[f"gate {metric}"] = _hash([describe_gate(gate) for gate in job.gates if gate.metric == metric])
    options = {"registers": job.registers, "stream": job.stream}
    parts |= {f"option {name}": value for name, value in options.items() if value}
    return dict(sorted(parts.items()))


def describe_input(pin: Pin) -> str:
    """Return what identifies the rows of an input, as a part of the work shows it."""
    _, identity, version, *options = describe_pin(pin)
    text = f"version {version} of {identity[:12]}" if version is not None else f"files {identity[:12]}"
    return ", ".join([text, *(f"options {option[:12]}" for option in options)])


def explain_changes(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """Return what differs between the work of two runs, each as a clause; empty if nothing does."""
    return [
        _explain(part, before.get(part), after.get(part))
        for part in sorted({*before, *after})
        if before.get(part) != after.get(part)
    ]


def _explain(part: str, before: str | None, after: str | None) -> str:
    kind, _, name = part.partition(" ")
    if kind == "table" and before is not None and after is not None:
        return _explain_input(name, before, after)
    texts = _CHANGES
    if before is None and kind in _NEW:
        texts = _NEW
    elif after is None and kind in _REMOVED:
        texts = _REMOVED
    text = texts.get(kind, "`{name}` differs")
    return text.format(name=name, before=before or "none", after=after or "none")


def _explain_input(name: str, before: str, after: str) -> str:
    """Return how an input differs; see `describe_input`."""
    (old, _, old_id), (new, _, new_id) = before.partition(" of "), after.partition(" of ")
    if old_id and new_id:
        return (
            f"`{name}` went from {old} to {new}"
            if old_id == new_id
            else f"`{name}` is another table, which was created since then"
        )
    if before.partition(", ")[0] == after.partition(", ")[0]:
        return f"how `{name}` is read was changed"
    return f"the files of `{name}` were changed"


def _describe_code(job: Job, code: CodeReader) -> Iterator[tuple[str, str]]:
    """Yield the definitions that the job's function uses, and the versions of the packages that these import."""
    file = code.root / job.place.file
    used = code.find_used(file, job.name)
    if used is None:
        # A function that is made by other code, or is in no file: any change of its files counts.
        yield f"code {code.shorten(file)}", hash_source(job, code.root)
        return
    for name, digest in used.definitions.items():
        yield f"code {name}", digest
    for package in used.packages:
        version = code.versions.find(package)
        if version is not None:
            yield f"package {package}", version


def _hash(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
