"""The top levels of each tree, cut so that every exit fits into the bitmask of QuickScorer.

QuickScorer (Lucchese et al., SIGIR 2015) represents each tree by a bitmask with one bit per leaf. A deep tree has too
many leaves for a machine word, so the tree is truncated breadth-first: nodes below the cut are evaluated level by
level, starting from the exit that the bitmask leaves.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..ir.arrays import Numbers
from .levelwise_traversal import LevelwiseTraversal

WORD_BITS = 64
_HALF_WORD_BITS = 32


@dataclass(frozen=True, slots=True)
class TreePrefix:
    """Truncated trees as arrays. An exit is a bit; the exits of a left subtree follow those of the right subtree.

    Nodes are numbered as in `LevelwiseTraversal`.

    Args:
        index: For each node of the ensemble, its row in the arrays below, or -1 if it is not part of a prefix.
        tree: (nodes,) tree of each prefix node.
        mask_true: (nodes, words) exits that remain reachable when the node's condition is true.
        mask_false: (nodes, words) the same when it is false.
        mask_all: (trees, words) all exits of each tree.
        exit_node: (trees * words * 64,) node that each exit bit leads to.
        max_depth_below: Levels below the deepest exit.
    """

    index: Numbers
    tree: Numbers
    mask_true: Numbers
    mask_false: Numbers
    mask_all: Numbers
    exit_node: Numbers
    max_depth_below: int

    @classmethod
    def build(cls, traversal: LevelwiseTraversal, max_words: int) -> TreePrefix:
        """Return the prefixes of all trees, each with at most `max_words` words of exits."""
        child, trees = traversal.right_child, len(traversal.trees.roots)
        levels = _list_prefix_levels(child, trees, max_words * WORD_BITS)
        nodes, tree = (np.concatenate(parts) for parts in zip(*levels, strict=True))
        index = np.full(len(child), -1)
        index[nodes] = np.arange(len(nodes))
        exits, first_exit = np.ones(len(child), dtype=np.intp), np.zeros(len(child), dtype=np.intp)
        for level, _ in reversed(levels):
            exits[level] = exits[child[level]] + exits[child[level] + 1]
        for level, _ in levels:
            first_exit[child[level] + 1] = first_exit[level]
            first_exit[child[level]] = first_exit[level] + exits[child[level] + 1]
        ends = np.concatenate([np.arange(trees), child[nodes], child[nodes] + 1])
        end_tree = np.concatenate([np.arange(trees), tree, tree])[index[ends] < 0]
        ends, max_exits = ends[index[ends] < 0], int(exits[:trees].max())
        words = -(-max_exits // WORD_BITS)
        exit_node = np.zeros(trees * words * WORD_BITS, dtype=np.intp)
        exit_node[end_tree * words * WORD_BITS + first_exit[ends]] = ends
        word_type = np.dtype(np.uint32 if max_exits <= _HALF_WORD_BITS else np.uint64)
        mask_all = _set_bit_ranges(first_exit[:trees], exits[:trees], words)
        mask_false, mask_true = (
            ~_set_bit_ranges(first_exit[side], exits[side], words)
            for side in (child[nodes] + 1, child[nodes])
        )
        return cls(
            index=index,
            tree=tree,
            mask_true=mask_true.astype(word_type),
            mask_false=mask_false.astype(word_type),
            mask_all=mask_all.astype(word_type),
            exit_node=exit_node,
            max_depth_below=_find_max_depth(child, ends),
        )


def _list_prefix_levels(child: Numbers, trees: int, max_exits: int) -> list[tuple[Numbers, Numbers]]:
    """Return the inner nodes of the prefixes and their trees, by level; within a level, ordered by tree."""
    nodes, tree, count, levels = np.arange(trees), np.arange(trees), np.zeros(trees, dtype=np.intp), []
    while len(nodes):
        inner = child[nodes] != nodes
        nodes, tree = nodes[inner], tree[inner]
        rank = count[tree] + np.arange(len(tree)) - np.searchsorted(tree, tree)
        nodes, tree = nodes[rank < max_exits - 1], tree[rank < max_exits - 1]
        levels.append((nodes, tree))
        count += np.bincount(tree, minlength=trees)
        nodes, tree = np.column_stack([child[nodes], child[nodes] + 1]).ravel(), np.repeat(tree, 2)
    return levels


def _set_bit_ranges(first: Numbers, count: Numbers, words: int) -> Numbers:
    """Return (values, words) words with `count` one bits from bit `first` on."""
    start = first[:, None] - np.arange(words) * WORD_BITS
    return _set_low_bits(start + count[:, None]) & ~_set_low_bits(start)


def _set_low_bits(count: Numbers) -> Numbers:
    """Return words whose lowest `count` bits are ones; counts are clipped to 0 and 64."""
    ones = np.uint64(2**WORD_BITS - 1) >> (WORD_BITS - np.clip(count, 1, WORD_BITS)).astype(np.uint64)
    return np.where(count > 0, ones, np.uint64(0))


def _find_max_depth(child: Numbers, nodes: Numbers) -> int:
    """Return the maximum number of levels below some nodes."""
    depth = 0
    while len(nodes := nodes[child[nodes] != nodes]):
        nodes, depth = np.concatenate([child[nodes], child[nodes] + 1]), depth + 1
    return depth
