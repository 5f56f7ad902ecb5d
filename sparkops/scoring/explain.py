"""Explanations: the contribution of each input field to the raw score of a linear model or of trees."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from ..errors import ModelError
from .codegen.code_writer import CodeWriter, format_float
from .codegen.symbols import OneHot, Vector
from .ir.arrays import Numbers
from .ir.description import Description, Step
from .kernels.linear_sums import build_margin_expr
from .row_function import generate_code
from .trees.tree_ensemble import AMONG, AT_MOST, TreeEnsemble

Explain = Callable[[Mapping[str, Any]], dict[str, Any]]
_LINEAR = ("linear", "logistic", "svc", "glm", "survival")
_TREES = "trees"


def build_explainer(description: Description) -> Explain:
    """Return the function that explains one row.

    It returns `{"base": b, "contributions": {field: c, ...}}`. The base and all contributions add up to the raw score:
    of a classifier of two classes the second number of `rawPrediction`, of more classes (or a forest) the list of it,
    of a regression the prediction, or the sum before its link. A contribution in a linear model is weight times value;
    in a tree, the change of the expected value at each split of the row's path is attributed to the field of the split
    (A. Saabas, 2014, "Interpreting random forests").

    Raises:
        ModelError: The model is neither linear nor made of trees.
    """
    position = next(
        (position for position, step in reversed([*enumerate(description.steps)]) if _is_explainable(step)),
        None,
    )
    if position is None:
        raise ModelError("Only linear models and trees are explained, and this model ends with neither.")
    step = description.steps[position]
    code = generate_code(replace(description, steps=description.steps[:position]))
    source = code.get_features(step.inputs[0], step.stage)
    explanation = (
        _explain_trees(step, source, code) if step.op == _TREES else _explain_sum(step, source, code)
    )
    code.add_line(f"return {explanation}")
    explain: Explain = code.build_function("explain", "row")
    return explain


def _is_explainable(step: Step) -> bool:
    return step.op in _LINEAR or step.op == _TREES


def _name_blocks(source: Vector, column: str) -> list[str]:
    """Return the field that each block comes from, or its position in the vector."""
    names, start = [], 0
    for block in source.blocks:
        field = block.field
        names.append(
            field or (f"{column}[{start}]" if block.size == 1 else f"{column}[{start}:{start + block.size}]")
        )
        start += block.size
    return names


def _explain_sum(step: Step, source: Vector, code: CodeWriter) -> str:
    weights = np.atleast_2d(step.arrays["weights"])
    base = step.arrays["intercepts" if "intercepts" in step.arrays else "intercept"].tolist()
    is_multinomial = bool(step.params.get("multinomial"))
    terms: dict[str, list[list[str]]] = {}
    start = 0
    for name, block in zip(_name_blocks(source, step.inputs[0]), source.blocks, strict=True):
        vector, block_weights = Vector((block,)), weights[:, start : start + block.size]
        block_sums = [
            build_margin_expr(vector, row, 0.0, code, sparse=bool(step.params.get("sparse")))
            for row in block_weights
        ]
        terms.setdefault(name, []).append(block_sums)
        start += block.size
    items = []
    for name, sums_of_blocks in terms.items():
        sums = [
            " + ".join(f"({block_sums[row]})" for block_sums in sums_of_blocks) for row in range(len(weights))
        ]
        value = f"[{', '.join(sums)}]" if is_multinomial else sums[0]
        items.append(f"{name!r}: {value}")
    base_text = f"[{', '.join(map(format_float, base))}]" if is_multinomial else format_float(base[0])
    return f"{{'base': {base_text}, 'contributions': {{{', '.join(items)}}}}}"


def _explain_trees(step: Step, source: Vector, code: CodeWriter) -> str:
    forest = TreeEnsemble.from_step(step)
    names: list[str] = []
    for name, block in zip(_name_blocks(source, step.inputs[0]), source.blocks, strict=True):
        is_one_field = isinstance(block, OneHot) or block.field is not None or block.size == 1
        start = len(names)
        names += [
            name if is_one_field else f"{step.inputs[0]}[{start + offset}]" for offset in range(block.size)
        ]
    share = 1.0 / len(forest.roots) if step.params["mean"] else 1.0
    kernel = partial(_explain_row, _TreeLists(forest), names, share)
    return f"{code.bind_constant(kernel)}({code.assign_dense(source)})"


class _TreeLists:
    """The nodes of a forest as lists, which are faster to walk for one row."""

    def __init__(self, forest: TreeEnsemble) -> None:
        self.forest = forest
        self.roots = forest.roots.tolist()
        self.node_type, self.feature = forest.node_type.tolist(), forest.feature.tolist()
        self.threshold = forest.threshold.tolist()
        self.left, self.right = forest.left.tolist(), forest.right.tolist()

    def goes_left(self, node: int, value: float) -> bool:
        """Return whether a value goes to the left child of a node."""
        node_type = self.node_type[node]
        if node_type == AT_MOST:
            return bool(value <= self.threshold[node])
        return (value in self.forest.get_categories(node)) is bool(node_type == AMONG)


def _explain_row(lists: _TreeLists, names: list[str], share: float, values: list[float]) -> dict[str, Any]:
    leaves = lists.forest.leaves
    used = sorted({names[slot] for slot in lists.feature}, key=names.index)
    contributions: dict[str, Numbers] = {name: np.zeros(leaves.shape[1]) for name in used}
    base = leaves[lists.roots].sum(axis=0)
    for root in lists.roots:
        node = root
        while lists.node_type[node]:
            slot = lists.feature[node]
            children = lists.left if lists.goes_left(node, values[slot]) else lists.right
            contributions[names[slot]] += leaves[children[node]] - leaves[node]
            node = children[node]
    return {
        "base": _to_list(base * share),
        "contributions": {
            name: _to_list(value * share) for name, value in contributions.items() if value.any()
        },
    }


def _to_list(values: Numbers) -> Any:
    return float(values[0]) if len(values) == 1 else values.tolist()
