"""Trace a version of a table or model through the recorded runs.

Upstream are the versions it was made from, downstream the versions that were made from it.
A run that published nothing is not part of a lineage.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sparkops.core.version_number import is_number
from sparkops.errors import InputError, UnknownName
from sparkops.runs.lineage.graph import Direction, Lineage, LineageNode, NodeKind
from sparkops.runs.lineage.run_links import (
    LinkedVersion,
    RunLinks,
    list_inputs,
    list_outputs,
    read_all_links,
)
from sparkops.runs.records.run import Run
from sparkops.runs.records.store import RunStore

# Versions that a message lists.
_MAX_VERSIONS: Final = 5
_NAMED_KINDS: Final[tuple[NodeKind, ...]] = ("table", "source", "model")
_RUN: Final = "run:"


@dataclass(frozen=True, slots=True)
class _Facts:
    """What is known of the nodes of a lineage, by their ids."""

    versions: dict[str, Mapping[str, Any]]
    runs: dict[str, Mapping[str, Any]]


class LineageGraph:
    """Everything that recorded runs read and published.

    Args:
        links: What each run read and published, newest first.
        read: Returns a run by its id; called only for the runs of a lineage.
    """

    def __init__(self, links: Iterable[RunLinks], read: Callable[[str], Run]) -> None:
        self._read = read
        self._versions: dict[str, LinkedVersion] = {}
        self._sources: dict[str, dict[str, None]] = {}
        self._targets: dict[str, dict[str, None]] = {}
        # Name of a table to the identity of the newest one of that name.
        self._identities: dict[str, str] = {}
        for run in links:
            self._add_run(run)

    @classmethod
    def of(cls, store: RunStore) -> LineageGraph:
        """Return what the recorded runs of a project read and published."""
        return cls(read_all_links(store), store.read)

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
        facts = self._collect_facts(names)
        return Lineage(
            root=root, nodes={name: self._make_node(name, facts) for name in names}, edges=tuple(edges)
        )

    def _collect_facts(self, names: Iterable[str]) -> _Facts:
        """Read the runs of a lineage, and those that published its versions."""
        runs: dict[str, None] = {}
        for name in names:
            runs |= {name: None} if name.startswith(_RUN) else self._sources.get(name, {})
        facts = _Facts({}, {})
        for name in sorted(runs, reverse=True):
            run = self._read(name.removeprefix(_RUN))
            facts.runs[name] = _describe_run(run)
            facts.versions.update((self._make_id(version), values) for version, values in list_outputs(run))
            for version, values in list_inputs(run):
                facts.versions.setdefault(self._make_id(version), values)
        return facts

    def _make_node(self, name: str, facts: _Facts) -> LineageNode:
        if name.startswith(_RUN):
            return LineageNode(id=name, kind="run", name=name.removeprefix(_RUN), facts=facts.runs[name])
        version = self._versions[name]
        known = facts.versions.get(name, {"recorded": False})
        return LineageNode(
            id=name, kind=version.kind, name=version.name, version=version.version, facts=known
        )

    def _find(self, text: str) -> str:
        """Return the id of the node that a text names.

        Raises:
            UnknownName: There is no such table or model.
            InputError: It has no such version.
        """
        kind, name, version = _parse_name(text)
        nodes = self._find_versions(name, (kind,) if kind else _NAMED_KINDS)
        matches = [id_ for id_, node in nodes.items() if version in (None, node.version)]
        if not matches:
            versions = sorted((node.version or 0 for node in nodes.values()), reverse=True)
            more = ", ..." if len(versions) > _MAX_VERSIONS else ""
            raise InputError(
                f"No recorded run read or wrote version {version} of `{name}`. "
                f"Recorded versions: {', '.join(map(str, versions[:_MAX_VERSIONS]))}{more}."
            )
        return max(matches, key=lambda id_: _order_version(nodes[id_]))

    def _find_versions(self, name: str, kinds: Sequence[NodeKind]) -> dict[str, LinkedVersion]:
        """Return the versions of the first table, source or model of a name, by node id.

        Raises:
            UnknownName: There is none.
        """
        nodes = {
            id_: node for id_, node in self._versions.items() if node.name == name and node.kind in kinds
        }
        # Ids with an identity are of tables that were created again since, and of sources.
        nodes = {id_: node for id_, node in nodes.items() if "#" not in id_} or nodes
        if not nodes:
            known = dict.fromkeys(node.name for node in self._versions.values() if node.kind in _NAMED_KINDS)
            raise UnknownName(
                "table or model",
                name,
                list(known),
                where="the recorded runs",
                advice="`sparkops runs` lists them.",
            )
        first = next(iter(nodes.values())).kind
        return {id_: node for id_, node in nodes.items() if node.kind == first}

    def _add_run(self, run: RunLinks) -> None:
        node = _RUN + run.run
        for output in run.outputs:
            self._add_edge(node, self._add_version(output))
        for source in run.inputs:
            self._add_edge(self._add_version(source), node)

    def _add_version(self, version: LinkedVersion) -> str:
        name = self._make_id(version)
        self._versions.setdefault(name, version)
        return name

    def _add_edge(self, source: str, target: str) -> None:
        self._sources.setdefault(target, {})[source] = None
        self._targets.setdefault(source, {})[target] = None

    def _make_id(self, version: LinkedVersion) -> str:
        """Return the id of a version's node; that of a table that was created again since contains its identity."""
        kind, name, number, identity = version
        if kind == "table":
            newest = self._identities.setdefault(name, identity)
            return f"table:{name}@{number}" + ("" if identity == newest else f"#{identity[:8]}")
        if kind == "source":
            return f"source:{name}#{identity}"
        return f"{kind}:{name}" + (f"/{number}" if number is not None else "")


def _order_version(version: LinkedVersion) -> int:
    return version.version if version.version is not None else -1


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
    """Yield the edges that lead away from a node, level by level, over `depth` runs at most."""
    seen, level, runs = {root}, [root], 0
    while level and (depth is None or runs < depth):
        # A version leads to runs, and these to what they read or wrote.
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
            if not is_number(version):
                raise InputError(f"`{text}`: write TABLE@VERSION or MODEL/VERSION, with a number as version.")
            return kind, name, int(version)
    return None, text, None
