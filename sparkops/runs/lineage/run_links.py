"""The versions of tables and models that each recorded run read and published, from an index beside the records."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from sparkops.config.state_file import MALFORMED
from sparkops.errors import as_clause
from sparkops.pipeline.staging import QUARANTINE_SUFFIX
from sparkops.runs.lineage.graph import NodeKind
from sparkops.runs.records.attempt_files import DamagedRecord, EmptyRecord, parse_event
from sparkops.runs.records.events import fold_events
from sparkops.runs.records.record_index import RecordFiles, RecordIndex
from sparkops.runs.records.run import Run
from sparkops.runs.records.store import RunStore

# Its warnings are printed at the end of a command.
_log = logging.getLogger("sparkops.project")
_FILE: Final = ".lineage.json"
_FORMAT: Final = 1
_MAX_HASH: Final = 12


class LinkedVersion(NamedTuple):
    """A version that a run read or published.

    Args:
        kind: What it is.
        name: Name of the table, source or model, path of the report.
        version: Version of a table or model.
        identity: Delta's id of a table, which differs if a table of the same name is created again; the beginning of
            the hash of a source's files.
    """

    kind: NodeKind
    name: str
    version: int | None = None
    identity: str = ""


class RunLinks(NamedTuple):
    """What a run read and published.

    Args:
        run: Its id.
        inputs: What it read.
        outputs: What it published.
    """

    run: str
    inputs: tuple[LinkedVersion, ...]
    outputs: tuple[LinkedVersion, ...]


class _Entry(NamedTuple):
    """What the index contains of one run; JSON stores it as a list.

    Args:
        changed: Modification time of the run's folder (ns).
        attempt: Name of the newest attempt's file.
        size: Its bytes.
        inputs: What it read; empty if it published nothing.
        outputs: What it published.
    """

    changed: int
    attempt: str
    size: int
    inputs: tuple[LinkedVersion, ...]
    outputs: tuple[LinkedVersion, ...]


def read_all_links(store: RunStore) -> Iterator[RunLinks]:
    """Yield the links of each run that published something, newest first; a damaged record is left out with a warning.

    Only records that have changed since the last time are read.
    """
    index = RecordIndex(store.folder, _FILE, _FORMAT, _parse_entry, _summarize)
    for run_id, entry in sorted(index.refresh(), key=lambda item: item[0], reverse=True):
        if entry is None:
            _warn_of_damage(store, run_id)
        elif entry.outputs:
            yield RunLinks(run_id, entry.inputs, entry.outputs)


def read_links(run: Run) -> RunLinks:
    """Return the links of a run; a replay publishes nothing.

    Raises:
        LookupError: Or another error of `MALFORMED`: the record is damaged.
    """
    outputs = () if run.replay else tuple(version for version, _ in list_outputs(run))
    inputs = tuple(version for version, _ in list_inputs(run)) if outputs else ()
    return RunLinks(run.id, inputs, outputs)


def list_outputs(run: Run) -> Iterator[tuple[LinkedVersion, Mapping[str, Any]]]:
    """Yield each version that a run published, with its facts."""
    for name, output in run.outputs.items():
        yield _make_table(name, output), {"rows": output["rows"], "recorded": True}
    tables = [name for name in run.outputs if not name.endswith(QUARANTINE_SUFFIX)]
    if len(tables) == 1:
        # A streaming run publishes a version with each batch.
        output = run.outputs[tables[0]]
        for batch in run.batches:
            if batch["version"] != output["version"] and batch["rows"]:
                published = {**output, "version": batch["version"]}
                yield _make_table(tables[0], published), {"rows": batch["rows"], "recorded": True}
    if run.registered:
        facts = {"metrics": dict(run.registered.get("metrics") or {}), "recorded": True}
        yield LinkedVersion("model", run.registered["name"], run.registered["version"]), facts
    if run.report:
        yield LinkedVersion("report", run.report), {"recorded": True}


def list_inputs(run: Run) -> Iterator[tuple[LinkedVersion, Mapping[str, Any]]]:
    """Yield each version that a run read, with its facts."""
    for name, pin in run.inputs.items():
        if pin["version"] is not None:
            yield _make_table(name, pin), {"recorded": False}
        else:
            files = str(pin["identity"])[:_MAX_HASH]
            facts = {"files": files, "location": pin.get("location"), "recorded": False}
            yield LinkedVersion("source", name, None, files), facts
    for name, version in run.models.items():
        yield LinkedVersion("model", name, version), {"recorded": False}


def _make_table(name: str, facts: Mapping[str, Any]) -> LinkedVersion:
    return LinkedVersion("table", name, facts["version"], str(facts["identity"]))


def _parse_entry(values: Any) -> _Entry:
    changed, attempt, size, inputs, outputs = values
    return _Entry(
        changed,
        attempt,
        size,
        tuple(LinkedVersion(*values) for values in inputs),
        tuple(LinkedVersion(*values) for values in outputs),
    )


def _summarize(files: RecordFiles) -> _Entry:
    lines = (line for content in files.contents for line in content if line.endswith(b"\n"))
    links = read_links(fold_events(map(parse_event, lines)))
    entry = _Entry(files.changed, files.attempt, files.size, links.inputs, links.outputs)
    # Raises where an entry cannot be written as JSON, which would lose the index of all runs.
    json.dumps(entry)
    return entry


def _warn_of_damage(store: RunStore, run_id: str) -> None:
    try:
        read_links(store.read(run_id))
    except EmptyRecord:
        pass
    except DamagedRecord as error:
        _log.warning("%s", error)
    except MALFORMED as error:
        _log.warning("Run %s is left out: its record is damaged (%s).", run_id, as_clause(error))
