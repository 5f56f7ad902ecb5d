"""The condition of a node in terms of a row's variables: a comparison with a threshold, or membership in a set."""

from __future__ import annotations

from typing import NamedTuple

from ..codegen.code_writer import CodeWriter, format_float
from ..codegen.symbols import OneHot, Scalar, Vector, get_block_slot
from .tree_ensemble import AMONG, AT_MOST, TreeEnsemble

# A tested slot: a scalar, or a slot of a one-hot block.
Feature = Scalar | tuple[OneHot, int]


class SplitCondition(NamedTuple):
    """The condition of a node.

    Args:
        limit: True for values at most this threshold, or for members of this set.
        if_true: Node if the condition is true.
        if_false: Node if it is false.
    """

    limit: float | frozenset[float]
    if_true: int
    if_false: int


def bind_features(trees: TreeEnsemble, source: Vector, code: CodeWriter) -> dict[int, Feature]:
    """Bind every tested slot of a vector to a variable, and register its thresholds as boundaries."""
    used = set(trees.find_used_features().tolist())
    features: dict[int, Feature] = {}
    start = 0
    for block in source.blocks:
        for offset in range(block.size):
            if start + offset in used:
                features[start + offset] = (
                    (block, offset)
                    if isinstance(block, OneHot)
                    else code.assign_scalar(get_block_slot(block, offset))
                )
        start += block.size
    for slot, feature in features.items():
        if isinstance(feature, Scalar):
            nodes = (trees.node_type == AT_MOST) & (trees.feature == slot)
            code.add_boundaries(feature, trees.threshold[nodes].tolist())
    return features


def get_operand(feature: Feature) -> str:
    """Return the variable that a condition on a feature compares: the slot, or the index of its one-hot block."""
    return feature.expr if isinstance(feature, Scalar) else feature[0].index


def resolve_split(trees: TreeEnsemble, node: int, feature: Feature) -> SplitCondition | int:
    """Return the condition of an inner node, or the child that every row reaches."""
    left, right = int(trees.left.item(node)), int(trees.right.item(node))
    if not isinstance(feature, Scalar):
        block, slot = feature
        if_hot, if_not = (_goes_left(trees, node, float(values[slot])) for values in (block.hot, block.base))
        if if_hot == if_not:
            return left if if_hot else right
        members = frozenset((slot,))
        return SplitCondition(members, left, right) if if_hot else SplitCondition(members, right, left)
    node_type = trees.node_type.item(node)
    if node_type == AT_MOST:
        return SplitCondition(float(trees.threshold.item(node)), left, right)
    if_member, otherwise = (left, right) if node_type == AMONG else (right, left)
    categories = trees.get_categories(node)
    return SplitCondition(categories, if_member, otherwise) if categories else otherwise


def format_comparison(limit: float | frozenset[float], code: CodeWriter) -> str:
    """Return the right side of a condition as Python source: `<= 0.5`, `== 3`, `in v7`."""
    if isinstance(limit, float):
        return f"<= {format_float(limit)}"
    return f"== {next(iter(limit))!r}" if len(limit) == 1 else f"in {code.bind_constant(limit)}"


def _goes_left(trees: TreeEnsemble, node: int, value: float) -> bool:
    node_type = trees.node_type.item(node)
    if node_type == AT_MOST:
        return bool(value <= trees.threshold.item(node))
    return (value in trees.get_categories(node)) == bool(node_type == AMONG)
