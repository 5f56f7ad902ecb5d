"""Lay out a small graph in layers from its root, with few crossings of edges."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

Edge = tuple[str, str]

# How often the layers are ordered in each direction.
_SWEEPS = 3


def assign_layers(root: str, edges: Iterable[Edge]) -> dict[str, int]:
    """Return the layer of each node that leads to the root: the number of edges of its shortest path to it."""
    sources: dict[str, list[str]] = {}
    for source, target in edges:
        sources.setdefault(target, []).append(source)
    layers = {root: 0}
    # Breadth-first: nodes are appended while the list is read.
    waiting = [root]
    for node in waiting:
        for source in sources.get(node, ()):
            if source not in layers:
                layers[source] = layers[node] + 1
                waiting.append(source)
    return layers


def order_layers(layers: Mapping[str, int], edges: Sequence[Edge]) -> list[list[str]]:
    """Return the nodes of each layer in an order with few crossings of edges: each near the mean of its neighbours."""
    ordered: list[list[str]] = [[] for _ in range(max(layers.values()) + 1)]
    for node, layer in layers.items():
        ordered[layer].append(node)
    forward: dict[str, list[str]] = {}
    backward: dict[str, list[str]] = {}
    for source, target in edges:
        forward.setdefault(source, []).append(target)
        backward.setdefault(target, []).append(source)
    for _ in range(_SWEEPS):
        for layer in range(1, len(ordered)):
            ordered[layer] = _order_by(ordered[layer], forward, ordered[layer - 1])
        for layer in range(len(ordered) - 2, -1, -1):
            ordered[layer] = _order_by(ordered[layer], backward, ordered[layer + 1])
    return ordered


def _order_by(nodes: Sequence[str], neighbours: Mapping[str, list[str]], fixed: Sequence[str]) -> list[str]:
    """Return nodes by the mean position of their neighbours in a layer; one without any stays where it is."""
    positions = {node: number / max(len(fixed) - 1, 1) for number, node in enumerate(fixed)}

    def mean(item: tuple[int, str]) -> float:
        number, node = item
        known = [positions[other] for other in neighbours.get(node, ()) if other in positions]
        return sum(known) / len(known) if known else number / max(len(nodes) - 1, 1)

    return [node for _, node in sorted(enumerate(nodes), key=mean)]


def find_surplus_nodes(layers: Mapping[str, int], limit: int) -> Iterator[tuple[str, int]]:
    """Yield the nodes to leave out of layers of more than `limit` nodes, each with its layer; the first ones stay."""
    members: dict[int, list[str]] = {}
    for node, layer in layers.items():
        members.setdefault(layer, []).append(node)
    for layer, nodes in members.items():
        if len(nodes) > limit:
            # The box for those that are left out is one, too.
            yield from ((node, layer) for node in nodes[limit - 1 :])
