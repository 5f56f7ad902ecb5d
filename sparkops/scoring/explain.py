"""Why a row scored as it did: what each input field adds to the raw score of a linear model or of trees."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from ..errors import ModelError
from .codegen.code_writer import CodeWriter, float_literal
from .codegen.symbols import OneHot, Vector
from .ir.arrays import Numbers
from .ir.description import Description, Step
from .kernels.linear_sums import margin_expr
from .row_function import generate_code
from .trees.tree_ensemble import AMONG, AT_MOST, Forest

Explain = Callable[[Mapping[str, Any]], dict[str, Any]]
_LINEAR = ("linear", "logistic", "svc", "glm", "survival")
_TREES = "trees"


def build_explainer(description: Description) -> Explain:
    """Return the function that explains one row.

    It answers `{"base": b, "contributions": {field: c, ...}}`. The base and all contributions add up to the raw score:
    of a classifier of two classes the second number of `rawPrediction`, of more classes (or a forest) the list of it,
    of a regression the prediction, or the sum before its link. A linear model's contribution is weight times value;
    a tree's is how much the expected value changes at each split on the way (A. Saabas, 2014, "Interpreting random
    forests"), given to the field that the split looks at.

    Raises:
        ModelError: The model is neither linear nor made of trees.
    """
    at = next((at for at, step in reversed([*enumerate(description.steps)]) if _explained(step)), None)
    if at is None:
        raise ModelError("Only linear models and trees are explained, and this model ends with neither.")
    step = description.steps[at]
    code = generate_code(replace(description, steps=description.steps[:at]))
    source = code.features(step.inputs[0], step.stage)
    parts = _of_trees(step, source, code) if step.op == _TREES else _of_sum(step, source, code)
    code.line(f"return {parts}")
    made: Explain = code.build_function("explain", "row")
    return made


def _explained(step: Step) -> bool:
    return step.op in _LINEAR or step.op == _TREES


def _names(source: Vector, column: str) -> list[str]:
    """Return, for each block, the field that it comes from, or its place in the vector."""
    names, at = [], 0
    for block in source.blocks:
        field = block.field
        names.append(field or (f"{column}[{at}]" if block.size == 1 else f"{column}[{at}:{at + block.size}]"))
        at += block.size
    return names


def _of_sum(step: Step, source: Vector, code: CodeWriter) -> str:
    weights = np.atleast_2d(step.arrays["weights"])
    base = step.arrays["intercepts" if "intercepts" in step.arrays else "intercept"].tolist()
    several = bool(step.params.get("multinomial"))
    terms: dict[str, list[list[str]]] = {}
    at = 0
    for name, block in zip(_names(source, step.inputs[0]), source.blocks, strict=True):
        one, part = Vector((block,)), weights[:, at : at + block.size]
        sums = [margin_expr(one, row, 0.0, code, sparse=bool(step.params.get("sparse"))) for row in part]
        terms.setdefault(name, []).append(sums)
        at += block.size
    items = []
    for name, blocks in terms.items():
        sums = [" + ".join(f"({each[row]})" for each in blocks) for row in range(len(weights))]
        value = f"[{', '.join(sums)}]" if several else sums[0]
        items.append(f"{name!r}: {value}")
    shown = f"[{', '.join(map(float_literal, base))}]" if several else float_literal(base[0])
    return f"{{'base': {shown}, 'contributions': {{{', '.join(items)}}}}}"


def _of_trees(step: Step, source: Vector, code: CodeWriter) -> str:
    forest = Forest.of(step)
    names: list[str] = []
    for name, block in zip(_names(source, step.inputs[0]), source.blocks, strict=True):
        whole = isinstance(block, OneHot) or block.field is not None or block.size == 1
        start = len(names)
        names += [name if whole else f"{step.inputs[0]}[{start + place}]" for place in range(block.size)]
    share = 1.0 / len(forest.roots) if step.params["mean"] else 1.0
    kernel = partial(_paths, _Lists(forest), names, share)
    return f"{code.constant(kernel)}({code.dense(source)})"


class _Lists:
    """The nodes of a forest as lists, for walking one row."""

    def __init__(self, forest: Forest) -> None:
        self.forest = forest
        self.roots = forest.roots.tolist()
        self.kind, self.feature = forest.kind.tolist(), forest.feature.tolist()
        self.threshold = forest.threshold.tolist()
        self.left, self.right = forest.left.tolist(), forest.right.tolist()

    def goes_left(self, node: int, value: float) -> bool:
        """Tell which way a node sends a value."""
        kind = self.kind[node]
        if kind == AT_MOST:
            return bool(value <= self.threshold[node])
        return (value in self.forest.chosen(node)) is bool(kind == AMONG)


def _paths(lists: _Lists, names: list[str], share: float, values: list[float]) -> dict[str, Any]:
    leaves = lists.forest.leaves
    used = sorted({names[slot] for slot in lists.feature}, key=names.index)
    found: dict[str, Numbers] = {name: np.zeros(leaves.shape[1]) for name in used}
    base = leaves[lists.roots].sum(axis=0)
    for root in lists.roots:
        node = root
        while lists.kind[node]:
            slot = lists.feature[node]
            side = lists.left if lists.goes_left(node, values[slot]) else lists.right
            found[names[slot]] += leaves[side[node]] - leaves[node]
            node = side[node]
    return {
        "base": _plain(base * share),
        "contributions": {name: _plain(value * share) for name, value in found.items() if value.any()},
    }


def _plain(values: Numbers) -> Any:
    return float(values[0]) if len(values) == 1 else values.tolist()
