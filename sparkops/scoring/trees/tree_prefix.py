"""The upper part of every tree: as many nodes, in the order of their depth, as some words have bits for the ways out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..ir.arrays import Numbers
from .levelwise_traversal import Descent

WAYS = 64
_HALF = 32


@dataclass(frozen=True, slots=True)
class Top:
    """Nodes of all tops, and what their answers leave; a way out is a bit, those for yes below those for no.

    Args:
        at: By node of the descent, its place in the arrays below; -1 of a node in no top.
        tree: Tree of a node.
        yes: (nodes, words) ways of the whole tree that are left when a node answers yes.
        no: (nodes, words) ways that are left when it answers no.
        whole: (trees, words) all ways.
        exits: (trees * words * 64) node that a way leads to.
        below: Most levels below a way out.
    """

    at: Numbers
    tree: Numbers
    yes: Numbers
    no: Numbers
    whole: Numbers
    exits: Numbers
    below: int

    @classmethod
    def of(cls, descent: Descent, most: int) -> Top:
        """Return the tops of some trees, of at most so many words for each tree."""
        levels, trees, child = _levels(descent, most * WAYS), len(descent.forest.roots), descent.child
        nodes, tree = (np.concatenate(each) for each in zip(*levels, strict=True))
        at = np.full(len(child), -1)
        at[nodes] = np.arange(len(nodes))
        ways, low = np.ones(len(child), dtype=np.intp), np.zeros(len(child), dtype=np.intp)
        for level, _ in reversed(levels):
            ways[level] = ways[child[level]] + ways[child[level] + 1]
        for level, _ in levels:
            low[child[level] + 1] = low[level]
            low[child[level]] = low[level] + ways[child[level] + 1]
        ends = np.concatenate([np.arange(trees), child[nodes], child[nodes] + 1])
        own = np.concatenate([np.arange(trees), tree, tree])[at[ends] < 0]
        ends, largest = ends[at[ends] < 0], int(ways[:trees].max())
        count = -(-largest // WAYS)
        exits = np.zeros(trees * count * WAYS, dtype=np.intp)
        exits[own * count * WAYS + low[ends]] = ends
        word = np.dtype(np.uint32 if largest <= _HALF else np.uint64)
        whole = _bits(ways[:trees], low[:trees], count)
        no, yes = (~_bits(ways[side], low[side], count) for side in (child[nodes] + 1, child[nodes]))
        yes, no, whole = (each.astype(word) for each in (yes, no, whole))
        return cls(at, tree, yes, no, whole, exits, _below(child, ends))


def _levels(descent: Descent, most: int) -> list[tuple[Numbers, Numbers]]:
    """Return the nodes of the tops and their trees, level by level; a tree's are together in each."""
    child, trees = descent.child, len(descent.forest.roots)
    nodes, tree, count, levels = np.arange(trees), np.arange(trees), np.zeros(trees, dtype=np.intp), []
    while len(nodes):
        inner = child[nodes] != nodes
        nodes, tree = nodes[inner], tree[inner]
        rank = count[tree] + np.arange(len(tree)) - np.searchsorted(tree, tree)
        nodes, tree = nodes[rank < most - 1], tree[rank < most - 1]
        levels.append((nodes, tree))
        count += np.bincount(tree, minlength=trees)
        nodes, tree = np.column_stack([child[nodes], child[nodes] + 1]).ravel(), np.repeat(tree, 2)
    return levels


def _bits(count: Numbers, low: Numbers, words: int) -> Numbers:
    """Return (values, words) words with as many ones, from a place on."""
    start = low[:, None] - np.arange(words) * WAYS
    return _ones(start + count[:, None]) & ~_ones(start)


def _ones(count: Numbers) -> Numbers:
    """Return words whose lowest bits are ones, as many as given, from none to all."""
    full = np.uint64(2**WAYS - 1) >> (WAYS - np.clip(count, 1, WAYS)).astype(np.uint64)
    return np.where(count > 0, full, np.uint64(0))


def _below(child: Numbers, nodes: Numbers) -> int:
    """Return how many levels are below some nodes at most."""
    steps = 0
    while len(nodes := nodes[child[nodes] != nodes]):
        nodes, steps = np.concatenate([child[nodes], child[nodes] + 1]), steps + 1
    return steps
