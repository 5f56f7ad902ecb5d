"""Hashes that identify the work of a run: the job's code, parameters, input versions and checks."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from sparkops.core.imported_files import read_source
from sparkops.pipeline.discovery.source_files import find_source_files
from sparkops.pipeline.job import Job
from sparkops.pipeline.model import Gate
from sparkops.pipeline.parameters.value import to_json
from sparkops.pipeline.table import Pin
from sparkops.pipeline.write import Write

# What a record says of uncommitted changes where git fails.
UNKNOWN_CHANGES: Final = "unknown"
# Prefixes of the keys of Spark's configuration that change values, and not only how fast they are computed.
_VALUE_KEYS = (
    "spark.sql.session.timeZone",
    "spark.sql.ansi.",
    "spark.sql.caseSensitive",
    "spark.sql.timestampType",
    "spark.sql.legacy.",
    "spark.sql.storeAssignmentPolicy",
    "spark.sql.json.",
    "spark.sql.csv.",
    "spark.sql.parquet.",
    "spark.sql.orc.",
    "spark.sql.decimalOperations.",
    "spark.sql.mapKeyDedupPolicy",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunInputs:
    """What a run reads.

    Args:
        pins: Versions of the input tables.
        models: Versions of the models.
        settings: Resolved settings of the project; only those of `select_value_conf` are hashed.
    """

    pins: Iterable[Pin] = ()
    models: Mapping[str, int] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)


def compute_fingerprint(
    job: Job,
    *,
    source: str,
    params: Mapping[str, Any],
    inputs: RunInputs,
    suites: Mapping[str, str | None],
) -> str:
    """Return a hash that is equal for two runs that would do the same work.

    Args:
        job: The job, of which name, writes and gates are hashed.
        source: Hash of the job's source.
        params: JSON values by parameter.
        inputs: What it reads.
        suites: The hash of a written table's suite, by table.
    """
    facts = {
        "job": job.name,
        "writes": [describe_write(write) for write in job.writes],
        "gates": [describe_gate(gate) for gate in job.gates],
        "source": source,
        "params": dict(params),
        "pins": sorted(map(describe_pin, inputs.pins)),
        "models": dict(inputs.models),
        "suites": dict(suites),
    }
    conf = select_value_conf(inputs.settings)
    # Without such settings the hash is that of earlier versions of sparkops, which did not hash them.
    facts |= {"conf": conf} if conf else {}
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()[:20]


def describe_pin(pin: Pin) -> tuple[Any, ...]:
    """Return what identifies the rows of an input; a Delta table has no options."""
    options = (pin.options_hash,) if pin.options_hash else ()
    return (pin.table, pin.identity, pin.version, *options)


def select_value_conf(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of Spark that change the values that it computes, such as the time zone."""
    conf = (settings.get("spark") or {}).get("conf") or {}
    return {key: value for key, value in conf.items() if key.startswith(_VALUE_KEYS)}


# These texts are part of hashes that records keep: they stay as they are, whatever the classes are called.


def describe_write(write: Write) -> str:
    """Return what a hash contains of a write."""
    # A write without `order_by` keeps the text that it had before that option existed.
    order_by = f", order_by={write.order_by!r}" if write.order_by else ""
    return (
        f"Write(table={write.table!r}, mode={write.mode!r}, by={write.by!r}, partition_by={write.partition_by!r}, "
        f"schema_change={write.schema_change!r}{order_by})"
    )


def describe_gate(gate: Gate) -> str:
    """Return what a hash contains of a gate."""
    return (
        f"Gate(metric={gate.metric!r}, at_least={gate.at_least!r}, at_most={gate.at_most!r}, "
        f"not_worse={gate.not_worse!r}, tolerance={gate.tolerance!r}, better={gate.better!r})"
    )


def params_to_json(job: Job, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON value of each parameter; binding these values again gives the same parameters."""
    return {param.name: to_json(param, values[param.name]) for param in job.params}


def describe_code(job: Job, root: Path) -> dict[str, Any]:
    """Return what a record says of the job's code.

    Keys: `place` and `source` (hash of the source); in a git repository also `git` (commit) and `dirty`: hash of the
    uncommitted changes and the untracked Python files, None if there are none, `unknown` where git fails.
    """
    commit, _, top = (_run_git(root, "rev-parse", "HEAD", "--show-toplevel") or "").partition("\n")
    facts: dict[str, Any] = {"place": str(job.place), "source": hash_source(job, root)}
    if commit:
        facts["git"] = commit
        # From the top of the repository: a job may import modules of other folders.
        facts["dirty"] = _hash_uncommitted(Path(top.removesuffix("\n")))
    return facts


def describe_changes(code: Mapping[str, Any]) -> str:
    """Return what follows a commit in a text, by what a record says of the code: ` with uncommitted changes`."""
    dirty = code.get("dirty")
    if dirty == UNKNOWN_CHANGES:
        return ", perhaps with uncommitted changes"
    return " with uncommitted changes" if dirty else ""


def _hash_uncommitted(folder: Path) -> str | None:
    difference = _run_git(folder, "diff", "HEAD")
    names = _run_git(folder, "ls-files", "-z", "--others", "--exclude-standard", "--", "*.py")
    if difference is None or names is None:
        return UNKNOWN_CHANGES
    files = [f"{name}\0{read_source(folder / name)}\0" for name in names.split("\0") if name]
    return _hash("".join([difference, *files])) if difference or files else None


def hash_source(job: Job, root: Path) -> str:
    """Return a hash of the files that the job's code consists of; see `find_source_files`."""
    file = Path(job.place.file)
    file = file if file.is_absolute() else root / file
    return _hash("".join(read_source(path) for path in find_source_files(file, root)))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()[:16]


def _run_git(root: Path, *arguments: str) -> str | None:
    """Return what git prints; None where it fails or there is no repository."""
    try:
        process = subprocess.run(
            ["git", "-C", str(root), *arguments],
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="surrogateescape",
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return process.stdout if process.returncode == 0 else None
