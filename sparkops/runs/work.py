"""The work of a run, in named parts: runs whose parts are equal publish the same, and a changed part can be named."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
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
    "checked": "the checks of its input `{name}` were changed",
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
    "checked": "`{name}` is read only if it passes its checks now",
}
_REMOVED: Final[Mapping[str, str]] = {
    "code": "`{name}` is not used any more",
    "table": "`{name}` is not read any more",
    "checks": "`{name}` has no checks any more",
    "checked": "`{name}` does not have to pass its checks any more",
}
# The part of a run whose code was changed after it was loaded, so that it is not known which code was executed.
_CHANGED_CODE: Final = "code <changed while running>"
# The part with the order of the tables that a job returns.
_TABLE_ORDER: Final = "option writes"
# Kinds of parts that decide which rows a job returns; the others decide how these are checked and published.
_COMPUTED: Final = frozenset({"code", "package", "conf", "table", "model", "checked"})


def describe_work(
    job: Job,
    code: CodeReader,
    *,
    inputs: RunInputs,
    suites: Mapping[str, str | None],
    required: Mapping[str, str | None],
) -> dict[str, str]:
    """Return the parts of a run's work, by name.

    For example `table orders` is `version 4 of 8f14e45f`, and `code jobs/sales.py:clean` is a hash.

    The parameters are no part of it: only runs with the same parameters are compared.

    Args:
        job: The job.
        code: Reads the code of the project's jobs.
        inputs: What the run reads.
        suites: The hash of a written table's suite, by table.
        required: The hash of the suite of an input that has to be checked, by table.
    """
    parts = dict(_describe_code(job, code))
    parts |= {f"table {pin.table}": describe_input(pin) for pin in inputs.pins}
    parts |= {f"model {name}": f"version {version}" for name, version in inputs.models.items()}
    parts |= {f"checks {table}": suite for table, suite in suites.items() if suite is not None}
    parts |= {f"checked {table}": suite for table, suite in required.items() if suite is not None}
    parts |= {f"conf {key}": str(value) for key, value in select_value_conf(inputs.settings).items()}
    parts |= {f"write {write.table}": _hash(describe_write(write)) for write in job.writes}
    for metric in dict.fromkeys(gate.metric for gate in job.gates):
        parts[f"gate {metric}"] = _hash([describe_gate(gate) for gate in job.gates if gate.metric == metric])
    options = {"registers": job.registers, "stream": job.stream}
    parts |= {f"option {name}": value for name, value in options.items() if value}
    if len(job.writes) > 1:
        # The tables of the frames that the job returns, in their order.
        parts[_TABLE_ORDER] = ", ".join(write.table for write in job.writes)
    return dict(sorted(parts.items()))


def mark_changed_code(work: Mapping[str, str], job: Job, code: CodeReader) -> dict[str, str]:
    """Return the work of a run, marked if files of its code were changed after the job was loaded.

    A process executes the code that it has loaded, and the parts describe the files as they are. A marked run equals no
    other run.
    """
    if job.load_time is None:
        return dict(work)
    used = code.find_used(code.root / job.place.file, job.name)
    files = used.files if used is not None else (code.root / job.place.file,)
    changed = [code.shorten(file) for file in files if _is_changed_since(file, job.load_time)]
    return dict(sorted({**work, _CHANGED_CODE: ", ".join(changed)}.items())) if changed else dict(work)


def _is_changed_since(file: Path, time: float) -> bool:
    try:
        status = file.stat()
    except OSError:
        return True
    # A copy that preserves the modification time has a new change time.
    return max(status.st_mtime, status.st_ctime) > time


def restore_computed(work: Mapping[str, str], earlier: Mapping[str, str]) -> dict[str, str]:
    """Return the work of a run that publishes what an earlier attempt of it computed.

    Args:
        work: The parts as they are now.
        earlier: The parts of that attempt; empty if its record has none, and then the run has none either.
    """
    if not earlier:
        return {}
    parts = {part: value for part, value in work.items() if part.partition(" ")[0] not in _COMPUTED}
    parts |= {part: value for part, value in earlier.items() if part.partition(" ")[0] in _COMPUTED}
    return dict(sorted(parts.items()))


def describe_input(pin: Pin) -> str:
    """Return what identifies the rows of an input, as a part of the work shows it."""
    _, identity, version, *options = describe_pin(pin)
    text = f"version {version} of {identity[:12]}" if version is not None else f"files {identity[:12]}"
    return ", ".join([text, *(f"options {option[:12]}" for option in options)])


def explain_changes(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """Return what differs between the work of two runs, each as a clause; empty if nothing does."""
    is_order_unknown = _TABLE_ORDER not in before and sum(part.startswith("write ") for part in before) > 1
    return [
        "the last run did not record in which order it returned its tables"
        if part == _TABLE_ORDER and is_order_unknown
        else _explain(part, before.get(part), after.get(part))
        for part in sorted({*before, *after})
        if before.get(part) != after.get(part)
    ]


def _explain(part: str, before: str | None, after: str | None) -> str:
    kind, _, name = part.partition(" ")
    if part == _CHANGED_CODE:
        return f"`{before or after}` was changed after the last run had loaded it"
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
        # The function is made by other code, or is in no file: any change of the job's files counts.
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
