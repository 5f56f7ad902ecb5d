"""Whether a job has anything to do: a hash of its code, parameters, inputs and checks."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from sparkops.pipeline.job import Job
from sparkops.pipeline.model import Gate
from sparkops.pipeline.table import Pin
from sparkops.pipeline.write import Write


def fingerprint(
    job: Job,
    *,
    source: str,
    params: Mapping[str, Any],
    pins: Iterable[Pin],
    models: Mapping[str, int],
    suites: Mapping[str, str | None],
) -> str:
    """Return the same text for two runs that would do the same work.

    Args:
        job: Its name and writes count.
        source: Hash of the job's source.
        params: Parameter to value, as JSON.
        pins: Versions of the input tables.
        models: Versions of the models read.
        suites: Written table to the hash of its checks.
    """
    facts = {
        "job": job.name,
        "writes": [_write_text(write) for write in job.writes],
        "gates": [_gate_text(gate) for gate in job.gates],
        "source": source,
        "params": dict(params),
        "pins": sorted((pin.table, pin.identity, pin.version) for pin in pins),
        "models": dict(models),
        "suites": dict(suites),
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()[:20]


# These texts go into hashes that records keep: they stay as they are, whatever the classes are called.


def _write_text(write: Write) -> str:
    return (
        f"Write(table={write.table!r}, mode={write.mode!r}, by={write.by!r}, partition_by={write.partition_by!r}, "
        f"schema_change={write.schema_change!r})"
    )


def _gate_text(gate: Gate) -> str:
    return (
        f"Gate(metric={gate.metric!r}, at_least={gate.at_least!r}, at_most={gate.at_most!r}, "
        f"not_worse={gate.not_worse!r}, tolerance={gate.tolerance!r}, better={gate.better!r})"
    )
