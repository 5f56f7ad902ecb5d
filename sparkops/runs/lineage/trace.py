"""Trace a version of a table or model through the recorded runs.

Upstream are the versions it was made from, downstream the versions that were made from it.
A run that published nothing is not part of a lineage.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from sparkops.errors import InputError, UnknownName, as_clause
from sparkops.pipeline.staging import QUARANTINE_SUFFIX
from sparkops.runs.lineage.graph import Direction, Lineage, LineageNode, NodeKind
from sparkops.runs.records.attempt_files import DAMAGE
from sparkops.runs.records.run import Run

# Its warnings are printed at the end of a command.
_log = logging.getLogger("sparkops.project")
_MAX_HASH: Final = 12
_MAX_VERSIONS: Final = 5


class LineageGraph:
    """Everything that recorded runs read and wrote.

    Args:
        runs: The records, newest first.
    """

    def __init__(self, runs: Iterable[Run]) -> None:
        self._nodes: dict[str, LineageNode] = {}
        self._sources: dict[str, dict[str, None]] = {}
        self._targets: dict[str, dict[str, None]] = {}
        # Name of a table to the identity of the newest one of that name.
        self._identities: dict[str, Any] = {}
        for run in runs:
            try:
                self._add_run(run)
            except DAMAGE as error:
                _log.warning("Run %s is left out: its record is damaged (%s).", run.id, as_clause(error))

    def trace(self, text: str, direction: Direction = "both", depth: int | None = None) -> Lineage:
        """Return the lineage of `TABLE`, `TABLE@VERSION`, `MODEL` or `MODEL/VERSION`; without a version, of the newest.

        Args:
            text: The table or model.
            direction: `up` to what it was made from, `down` to what was made from it.
            depth: Number of runs that are followed in each direction; None for all.

        Raises:
            UnknownName: No recorded run read or wrote a table or model of that name.
            InputError: No recorded run read or wrote that version.
        """
        root = self._find(text)
        edges: dict[tuple[str, str], None] = {}
        if direction != "down":
            edges |= {(end, start): None for start, end in _walk(self._sources, root, depth)}
        if direction != "up":
            edges |= dict.fromkeys(_walk(self._targets, root, depth))
        names = dict.fromkeys((root, *(name for edge in edges for name in edge)))
        return Lineage(root=root, nodes={name: self._nodes[name] for name in names}, edges=tuple(edges))

    def _find(self, text: str) -> str:
        """Return the id of the node that a text names."""
        kind, name, version = _parse_name(text)
        candidates = [
            node
            for node in self._nodes.values()
            if node.kind in ((kind,) if kind else ("table", "source", "model")) and node.name == name
        ]
        current = [node for node in candidates if "#" not in node.id] or candidates
        if not current:
            known = {
                node.name: None for node in self._nodes.values() if node.kind in ("table", "source", "model")
            }
            raise UnknownName(
                "table or model",
                name,
                list(known),
                where="the recorded runs",
                advice="`sparkops runs` lists them.",
            )
        # A table comes before a model of its name.
        current = [node for node in current if node.kind == current[0].kind]
        matches = [node for node in current if version in (None, node.version)]
        if not matches:
            versions = sorted((node.version or 0 for node in current), reverse=True)
            shown = ", ".join(map(str, versions[:_MAX_VERSIONS])) + (
                ", ..." if len(versions) > _MAX_VERSIONS else ""
            )
            raise InputError(
                f"No recorded run read or wrote version {version} of `{name}`. Recorded versions: {shown}."
            )
        return max(matches, key=lambda node: node.version if node.version is not None else -1).id

    def _add_run(self, run: Run) -> None:
        outputs = list(self._list_outputs(run))
        if not outputs:
            return
        inputs = list(self._list_inputs(run))
        node = LineageNode(id=f"run:{run.id}", kind="run", name=run.id, facts=_describe_run(run))
        self._nodes[node.id] = node
        for output in outputs:
            self._nodes[output.id] = output
            self._add_edge(node.id, output.id)
        for source in inputs:
            self._nodes.setdefault(source.id, source)
            self._add_edge(source.id, node.id)

    def _add_edge(self, source: str, target: str) -> None:
        self._sources.setdefault(target, {})[source] = None
        self._targets.setdefault(source, {})[target] = None

    def _list_outputs(self, run: Run) -> Iterator[LineageNode]:
        for name, output in run.outputs.items():
            facts = {"rows": output["rows"], "recorded": True}
            yield self._make_table(name, output["identity"], output["version"], facts)
        tables = [name for name in run.outputs if not name.endswith(QUARANTINE_SUFFIX)]
        if len(tables) == 1:
            # A streaming run publishes a version with each batch.
            output = run.outputs[tables[0]]
            for batch in run.batches:
                if batch["version"] != output["version"] and batch["rows"]:
                    facts = {"rows": batch["rows"], "recorded": True}
                    yield self._make_table(tables[0], output["identity"], batch["version"], facts)
        if run.registered:
            facts = {"metrics": dict(run.registered.get("metrics") or {}), "recorded": True}
            yield _make_node("model", run.registered["name"], run.registered["version"], facts)
        if run.report:
            yield _make_node("report", run.report, None, {"recorded": True})

    def _list_inputs(self, run: Run) -> Iterator[LineageNode]:
        for name, pin in run.inputs.items():
            if pin["version"] is not None:
                yield self._make_table(name, pin["identity"], pin["version"], {"recorded": False})
            else:
                identity = str(pin["identity"])[:_MAX_HASH]
                facts = {"files": identity, "location": pin.get("location"), "recorded": False}
                yield LineageNode(id=f"source:{name}#{identity}", kind="source", name=name, facts=facts)
        for name, version in run.models.items():
            yield _make_node("model", name, version, {"recorded": False})

    def _make_table(self, name: str, identity: Any, version: int, facts: Mapping[str, Any]) -> LineageNode:
        """Return the node of a table's version; that of a table which was dropped and created again has another id."""
        newest = self._identities.setdefault(name, identity)
        suffix = "" if identity == newest else f"#{str(identity)[:8]}"
        return LineageNode(
            id=f"table:{name}@{version}{suffix}", kind="table", name=name, version=version, facts=facts
        )


def _make_node(kind: NodeKind, name: str, version: int | None, facts: Mapping[str, Any]) -> LineageNode:
    suffix = f"/{version}" if version is not None else ""
    return LineageNode(id=f"{kind}:{name}{suffix}", kind=kind, name=name, version=version, facts=facts)


def _describe_run(run: Run) -> dict[str, Any]:
    return {
        "job": run.job,
        "state": run.state,
        "started": run.started,
        "ended": run.ended,
        "code": dict(run.code),
        "checks": {
            "passed": sum(bool(check["success"]) for check in run.checks),
            "failed": sum(not check["success"] for check in run.checks),
        },
    }


def _walk(edges: Mapping[str, Iterable[str]], root: str, depth: int | None) -> Iterator[tuple[str, str]]:
    """Yield the edges that lead away from a node, level by level."""
    seen, level, runs = {root}, [root], 0
    while level and (depth is None or runs < depth):
        # One level to the runs, and one to what these read or wrote.
        for _ in range(2):
            following: list[str] = []
            for node in level:
                for neighbour in edges.get(node, ()):
                    yield node, neighbour
                    if neighbour not in seen:
                        seen.add(neighbour)
                        following.append(neighbour)
            level = following
        runs += 1


def _parse_name(text: str) -> tuple[NodeKind | None, str, int | None]:
    """Return kind, name and version of `TABLE@VERSION`, `MODEL/VERSION` or a name alone."""
    kinds: dict[str, NodeKind] = {"@": "table", "/": "model"}
    for separator, kind in kinds.items():
        name, mark, version = text.rpartition(separator)
        if mark:
            if not version.isascii() or not version.isdigit():
                raise InputError(f"`{text}`: write TABLE@VERSION or MODEL/VERSION, with a number as version.")
            return kind, name, int(version)
    return None, text, None
