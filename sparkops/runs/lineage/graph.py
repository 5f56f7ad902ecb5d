"""The graph of what runs read and wrote, as values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

NodeKind = Literal["run", "table", "source", "model", "report"]
Direction = Literal["up", "down", "both"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LineageNode:
    """A run, or something that runs read or write.

    Args:
        id: Its id in the graph.
        kind: What it is.
        name: Name of the table, source or model, id of the run, path of the report.
        version: Version of a table or model.
        facts: Of a run: job, state, started, ended, code, and its checks by result. Of a table that a recorded run
            wrote: rows. Of a model: metrics. `recorded` is whether a recorded run made it.
    """

    id: str
    kind: NodeKind
    name: str
    version: int | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """What a version of a table or model was made from, and what was made from it.

    Args:
        root: Id of its node.
        nodes: All nodes by id.
        edges: Pairs of ids, in the direction of the data: input to run, run to output.
    """

    root: str
    nodes: Mapping[str, LineageNode]
    edges: tuple[tuple[str, str], ...]

    def list_sources(self, node: str) -> tuple[str, ...]:
        """Return the nodes that a node was made from."""
        return tuple(source for source, target in self.edges if target == node)

    def list_targets(self, node: str) -> tuple[str, ...]:
        """Return the nodes that were made from a node."""
        return tuple(target for source, target in self.edges if source == node)


def lineage_to_json(lineage: Lineage) -> dict[str, Any]:
    """Return a lineage as JSON values."""
    nodes = [
        {"id": node.id, "kind": node.kind, "name": node.name, "version": node.version, **node.facts}
        for node in lineage.nodes.values()
    ]
    edges = [{"from": source, "to": target} for source, target in lineage.edges]
    return {"root": lineage.root, "nodes": nodes, "edges": edges}


def format_dot(lineage: Lineage) -> Iterator[str]:
    """Yield the lines of a lineage as a graph of Graphviz."""
    shapes = {"run": "box", "table": "cylinder", "source": "folder", "model": "component", "report": "note"}
    yield "digraph lineage {"
    yield "  rankdir=LR;"
    for node in lineage.nodes.values():
        emphasis = ", penwidth=2" if node.id == lineage.root else ""
        yield f"  {_quote(node.id)} [label={_quote(describe_node(node))}, shape={shapes[node.kind]}{emphasis}];"
    for source, target in lineage.edges:
        yield f"  {_quote(source)} -> {_quote(target)};"
    yield "}"


def _quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def describe_node(node: LineageNode) -> str:
    """Return what a node is, in a few words."""
    if node.kind == "run":
        return f"run {node.name} ({node.facts['job']})"
    if node.kind == "table":
        return f"{node.name}@{node.version}"
    return f"{node.name}/{node.version}" if node.kind == "model" else f"{node.kind} {node.name}"
