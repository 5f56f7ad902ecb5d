"""The top of every tree decided at once: each number of a row leaves some ways open, and one way is left by all.

After QuickScorer (Lucchese and others, 2015): a bit for each way out of a tree's top, a mask for each answer. Between two
neighbouring thresholds a number answers all its tests the same, so that the masks of all its nodes are one row of a table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from struct import Struct

import numpy as np

from ..ir.arrays import Numbers
from .feature_splits import Question
from .levelwise_traversal import Descent, Row
from .tree_ensemble import Forest
from .tree_prefix import WAYS, Top

_MOST_BYTES = 2**24  # of a table: more is slower than the walk, and no modest memory
_MOST_NODES = 500_000  # of the trees: masks of more take longer to make than a model may take to load
_MOST_ASKED = 64  # numbers of a row: to join the masks of more is slower than the walk
# words to be joined for a row, so that nothing is left below; beyond, a few levels are faster gone down
_MOST_WORDS, _MOST_OF_TREE = 7_000, 16
_MOST_SEEN = 200  # trees up to which NumPy's indexing is faster than its `take`
_EXPONENT, _BIAS = 52, 1023  # of a double


def maskable(forest: Forest) -> bool:
    """Tell whether masks of some trees may be worth their making."""
    return len(forest.kind) <= _MOST_NODES


@dataclass(frozen=True, slots=True)
class Masks:
    """What is left of every tree by each number of a row.

    Args:
        descent: The trees.
        top: Their upper parts.
        bounds: Bounds of all numbers, in order.
        rows: (numbers, bounds + 1) row of the table, by how many of all bounds are below the number.
        table: A row: the ways that are left of each tree, as bytes of words; the answers of all tests below the tops.
        test: By node, which of these answers is its own; the last one is no, of the leaves.
    """

    descent: Descent
    top: Top
    bounds: Numbers
    rows: Numbers
    table: Numbers
    test: Numbers

    @classmethod
    def of(cls, descent: Descent, asked: Sequence[Question]) -> Masks | None:
        """Return the masks of some trees; None when they would be large, or no table can hold their thresholds."""
        bounds = np.unique(np.concatenate([np.zeros(0), *(each.bounds for each in asked)]))
        count = sum(len(each.bounds) + 1 for each in asked)
        trees = len(descent.forest.roots)
        size = 8 * (count * trees + len(asked) * len(bounds))
        if not 0 < len(asked) <= _MOST_ASKED or size > _MOST_BYTES or not np.isfinite(bounds).all():
            return None
        top = _top(descent, _MOST_WORDS // (trees * len(asked)))
        own = [_Tests.of(descent, each) for each in asked]
        tests = sum(len(each.nodes) for each in own) + 1 if top.below else 0
        if size + count * tests > _MOST_BYTES:
            return None
        firsts = [0, *accumulate(len(each.nodes) for each in own)]
        test = np.full(len(descent.child), firsts[-1])
        for first, each in zip(firsts, own, strict=False):
            test[each.asking] = each.test + first
        table = _table(top, own, firsts, (count, tests))
        return cls(descent, top, bounds, _rows(bounds, asked), table, test)

    def walk(self) -> Row:
        """Return the function from one row's numbers, in the order of the questions, to the sum of its leaves."""
        pack, read = Struct(f"{len(self.rows)}d").pack, np.frombuffer
        first, row_of = np.arange(len(self.rows)) * self.rows.shape[1], self.rows.ravel().__getitem__
        rank, taken, left = self.bounds.searchsorted, self.table.take, np.bitwise_and.reduce
        way = self._single() if self.top.whole.shape[1] == 1 else self._several()
        if self.top.below:
            walked = self._below(way)
            return lambda values: walked(left(taken(row_of(rank(read(pack(*values))) + first), 0)))
        total = self.descent.total(self.top.exits)
        return lambda values: total(way(left(taken(row_of(rank(read(pack(*values))) + first), 0))))

    def _single(self) -> Callable[[Numbers], Numbers]:
        """Return the function from a word for each tree to its way out.

        One bit is left of each word: of the word as a double, its place is the exponent.
        """
        trees, word, double, whole = len(self.top.whole), self.top.whole.dtype, np.float64, np.int64
        places, shift = np.arange(trees) * WAYS - _BIAS, np.full(trees, _EXPONENT)

        def way(left: Numbers) -> Numbers:
            found: Numbers = (left.view(word).astype(double).view(whole) >> shift) + places
            return found

        return way

    def _several(self) -> Callable[[Numbers], Numbers]:
        """Return the function from several words for each tree, only one of which is not 0, to its way out."""
        double, whole, shift = np.float64, np.int64, np.full(len(self.top.whole), _EXPONENT)
        places = self._get(np.arange(self.top.whole.size) * WAYS - _BIAS)

        def way(left: Numbers) -> Numbers:
            words = left.view(np.uint64)
            at = words.nonzero()[0]
            found: Numbers = (words[at].astype(double).view(whole) >> shift) + places(at)
            return found

        return way

    def _below(self, way: Callable[[Numbers], Numbers]) -> Callable[[Numbers], list[float]]:
        """Return the function from the bytes that are left to the sum of the leaves, some levels below the ways out."""
        exits, child, test = (self._get(each) for each in (self.top.exits, self.descent.child, self.test))
        wide, levels, total = self.top.whole.nbytes, range(self.top.below), self.descent.total()

        def walked(left: Numbers) -> list[float]:
            node, answer = exits(way(left[:wide])), self._get(left[wide:].view(np.bool_))
            for _ in levels:
                node = child(node) + answer(test(node))
            return total(node)

        return walked

    def _get(self, array: Numbers) -> Callable[[Numbers], Numbers]:
        return array.__getitem__ if len(self.top.whole) <= _MOST_SEEN else array.take


@dataclass(frozen=True, slots=True)
class _Tests:
    """The different tests of one number.

    Args:
        asking: Nodes that ask for the number.
        test: By these, which test is theirs.
        nodes: A node of each test.
        answers: (bounds + 1, tests) what each answers, by how many bounds are below the number.
    """

    asking: Numbers
    test: Numbers
    nodes: Numbers
    answers: Numbers

    @classmethod
    def of(cls, descent: Descent, question: Question) -> _Tests:
        """Return the tests of a question."""
        asking = descent.place[question.nodes]
        key = _keys(descent, asking, question)
        node = np.full(int(key.max()) + 1, -1)
        node[key] = np.arange(len(key))
        chosen, test = node[node >= 0], (np.cumsum(node >= 0) - 1)[key]
        nodes = asking[chosen]
        answers = [
            descent.goes_left(nodes, question.slot_values(example)[chosen]) for example in question.examples()
        ]
        return cls(asking, test, nodes, np.array(answers))


def _top(descent: Descent, most: int) -> Top:
    """Return whole trees, where so many words hold the largest; else what one word holds of each."""
    top = Top.of(descent, min(most, _MOST_OF_TREE)) if most > 1 else None
    return top if top is not None and not top.below else Top.of(descent, 1)


def _keys(descent: Descent, asking: Numbers, question: Question) -> Numbers:
    """Return numbers that are the same where nodes have the same test; each test of categories is taken for its own."""
    key = np.searchsorted(question.limits, question.thresholds)
    if question.place is not None:
        key = key + question.place * (len(question.limits) + 1)
    sets = descent.asks_categories(asking)
    return key if sets is None else np.where(sets, int(key.max()) + 1 + np.arange(len(key)), key)


def _rows(bounds: Numbers, asked: Sequence[Question]) -> Numbers:
    own = [np.searchsorted(each.bounds, bounds, side="right") for each in asked]
    first = [0, *accumulate(len(each.bounds) + 1 for each in asked)]
    return np.array([np.append(0, counts) + start for counts, start in zip(own, first, strict=False)])


def _table(top: Top, own: list[_Tests], firsts: list[int], shape: tuple[int, int]) -> Numbers:
    count, tests = shape
    wide = top.whole.nbytes
    table = np.full((count, wide + tests), 255, dtype=np.uint8)
    table[:, :wide] = top.whole.ravel().view(np.uint8)
    table[:, wide + firsts[-1] :] = 0
    row = 0
    for first, each in zip(firsts, own, strict=False):
        for answers, masks in zip(each.answers, _masks(top, each), strict=True):
            table[row, :wide] &= masks.ravel().view(np.uint8)
            if tests:
                table[row, wide + first : wide + first + len(answers)] = answers
            row += 1
    return table


def _masks(top: Top, tests: _Tests) -> Iterator[Numbers]:
    """Yield, for each count of bounds below the number, the ways that its nodes leave of every tree."""
    at = top.at[tests.asking]
    test, at = tests.test[at >= 0], at[at >= 0]
    order = np.argsort(top.tree[at], kind="stable")
    test, at = test[order], at[order]
    trees, starts = np.unique(top.tree[at], return_index=True)
    yes, no = top.yes[at], top.no[at]
    for answers in tests.answers:
        masks = np.full_like(top.whole, np.iinfo(top.whole.dtype).max)
        if len(at):
            left = np.where(answers[test][:, None], yes, no)
            masks[trees] = np.bitwise_and.reduceat(left, starts, axis=0)
        yield masks
