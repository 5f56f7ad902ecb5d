"""A tree of centres: from the root, the nearer child, down to a cluster."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from math import inf, sqrt

import numpy as np

from ...batch.columns import Frame, ScalarColumn, VectorColumn
from ...codegen.code_writer import CodeWriter, float_literal
from ...codegen.row_errors import refuse_value
from ...codegen.symbols import Scalar, Vector
from ...ir.arrays import Numbers
from ...ir.description import Step
from ...ir.validation import enum_param, float_array, require
from ...kernels.distances import prepare_vector, squared_distance_expr, squared_distance_rows
from ...kernels.linear_sums import margin_expr, margin_rows
from ...kernels.vector_layout import STORED, is_sparse, mark_ambiguous

# Python reads at most 100 levels of indentation.
_DEEPEST = 80
_FAR = "is endlessly far from every centre, and which is the nearer hangs on whether Spark stores the vector sparse"


@dataclass(frozen=True, slots=True)
class BisectingKMeans:
    """Of two children the nearer, of equally near ones the left; by angle, the left where no distance is a number.

    Of centres that are all endlessly far the left one is taken where Spark stores the vector dense; else none is.

    params: cosine, stored (see `storage`; unknown where it is not said); arrays: centres (nodes, features), left, right (nodes; a node's own place for a cluster) and cluster.
    """

    op: str = "bisecting"

    def emit(self, step: Step, code: CodeWriter) -> None:
        """Write the distances to two children, and what follows each, as nested choices."""
        _check(step)
        centres = step.arrays["centres"]
        source = code.features(step.inputs[0], step.stage, centres.shape[1])
        near = prepare_vector(source, code)
        norm = _norm(step, source, near, code)
        found = code.new_name()
        _node(step, 0, near, norm, found, code, 0)
        code.columns[step.outputs[0]] = Scalar(found, "integer", limit=int(step.arrays["cluster"].max()) + 1)

    def run(self, step: Step, frame: Frame) -> None:
        """Take all rows down, node by node; children come after their parents."""
        source, arrays = frame.features(step.inputs[0]), step.arrays
        left, right = arrays["left"], arrays["right"]
        node = np.zeros(frame.size, dtype=np.int64)
        with np.errstate(all="ignore"):
            norm = np.sqrt(squared_distance_rows(source, np.zeros(arrays["centres"].shape[1]), frame.size))
            frame.refuse(~(norm > 0.0) if step.params["cosine"] else np.isnan(norm))
            if not step.params["cosine"]:
                frame.refuse(_unsure(source, norm, _stored(step)))
            for at in range(len(left)):
                here = node == at
                if left[at] != at and here.any():
                    sides = [_far(step, source, int(side[at]), norm) for side in (left, right)]
                    node[here] = np.where(sides[1] < sides[0], right[at], left[at])[here]
        frame.columns[step.outputs[0]] = ScalarColumn(arrays["cluster"][node])


def _check(step: Step) -> None:
    """Refuse a tree of another form: every child comes after its parent."""
    centres = float_array(step, "centres", None, None)
    count = len(centres)
    left, right, cluster = (float_array(step, name, count) for name in ("left", "right", "cluster"))
    own = np.arange(count)
    leaf = left == own
    require(step, good=count > 0 and bool((leaf == (right == own)).all()))
    children = np.concatenate([left[~leaf], right[~leaf]]).astype(np.int64)
    require(step, good=len(set(children.tolist())) == len(children))
    for side in (left, right):
        require(step, good=bool(((side[~leaf] > own[~leaf]) & (side[~leaf] < count)).all()))
    require(step, good=bool(((cluster[leaf] >= 0) & (cluster[leaf] < count)).all()))
    require(step, good=all(step.arrays[name].dtype == np.int64 for name in ("left", "right", "cluster")))


def _norm(step: Step, source: Vector, near: Vector, code: CodeWriter) -> str:
    """Write the refusal of a vector that has no distance; the name of its length."""
    total = code.local(squared_distance_expr(near, np.zeros(source.size), code))
    field = source.field or step.inputs[0]
    if not step.params["cosine"]:
        problem = refuse_value(field, step.stage, "is no distance: some feature is NaN")
        code.line(f"if {total} != {total}: {code.constant(problem)}({total})")
        _far_off(step, source, total, code)
        return total
    norm = code.local(f"{code.constant(sqrt)}({total})")
    problem = refuse_value(field, step.stage, "is the length of the vector, which has no direction")
    code.line(f"if not {norm} > 0.0: {code.constant(problem)}({norm})")
    return norm


def _far_off(step: Step, source: Vector, total: str, code: CodeWriter) -> None:
    """Write the refusal of a vector that is endlessly far from every centre, unless Spark stores it dense."""
    if _stored(step) == "dense":
        return
    mark_ambiguous(code, source)
    check = partial(
        _refuse_sparse,
        stored=_stored(step),
        problem=refuse_value(source.field or step.inputs[0], step.stage, _FAR),
    )
    code.line(f"if {total} == {code.constant(inf)}: {code.constant(check)}({code.list_expr(source)})")


def _refuse_sparse(values: Sequence[float], *, stored: str, problem: Callable[[object], object]) -> None:
    if is_sparse(stored, values) is not False:
        problem(next((value for value in values if value - value != 0.0), max(values, key=abs)))


def _unsure(source: VectorColumn, norm: Numbers, stored: str) -> Numbers:
    """Tell which vectors are endlessly far from every centre and not known to be stored dense."""
    found = np.isinf(norm)
    for at in np.flatnonzero(found) if stored != "dense" else ():
        found[at] = is_sparse(stored, source.dense()[at].tolist()) is not False
    return found if stored != "dense" else np.zeros(len(norm), dtype=bool)


def _stored(step: Step) -> str:
    return enum_param(step, "stored", STORED) if "stored" in step.params else "unknown"


def _node(step: Step, at: int, near: Vector, norm: str, found: str, code: CodeWriter, depth: int) -> None:
    """Write what follows from a node on; distances are only measured where the row comes by."""
    require(step, good=depth < _DEEPEST)
    left, right = int(step.arrays["left"][at]), int(step.arrays["right"][at])
    if left == at:
        code.line(f"{found} = {int(step.arrays['cluster'][at])}")
        return
    distances = [code.local(_distance(step, side, near, norm, code)) for side in (left, right)]
    before, code.lines = code.lines, []
    for branch, side in ((f"if {distances[1]} < {distances[0]}:", right), ("else:", left)):
        code.lines = []
        _node(step, side, near, norm, found, code, depth + 1)
        before += [branch, *(f"    {line}" for line in code.lines)]
    code.lines = before


def _distance(step: Step, at: int, near: Vector, norm: str, code: CodeWriter) -> str:
    centre = step.arrays["centres"][at]
    if not step.params["cosine"]:
        return squared_distance_expr(near, centre, code)
    length = float(np.linalg.norm(centre))
    return f"1.0 - ({margin_expr(near, centre, 0.0, code, sparse=False)}) / {float_literal(length)} / {norm}"


def _far(step: Step, source: VectorColumn, at: int, norm: Numbers) -> Numbers:
    centre = step.arrays["centres"][at]
    if not step.params["cosine"]:
        return squared_distance_rows(source, centre, len(norm))
    dot = margin_rows(source, centre, 0.0, len(norm), sparse=False)
    return np.asarray(1.0 - dot / float(np.linalg.norm(centre)) / norm)
